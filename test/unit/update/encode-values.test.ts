// Protects: a tensor of any size goes into an update a piece at a time, with the bytes that it would have in one.
import { describe, expect, it } from 'vitest'
import type { ValueSource } from '../../../src/model/weights.ts'
import { createValueEncoder, type UpdateValues } from '../../../src/update/encode-values.ts'

/** More than two pieces of 2^18, and no whole number of them. */
const COUNT = 600_001
const PIECE_BYTES_MAX = 1 << 20
const values = Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i) * 2 ** ((i % 40) - 20))

/** `values` behind a source that notes how much is asked for at once. */
function sourceOf(asked: number[]): ValueSource {
  return {
    length: COUNT,
    readInto: (target, first) => {
      asked.push(target.byteLength)
      target.set(values.subarray(first, first + target.length))
      return Promise.resolve()
    },
  }
}

async function bytesOf(given: UpdateValues, multiplier: number, dtype: 'f32' | 'bf16'): Promise<Buffer> {
  const taken: Buffer[] = []
  const take = (bytes: Uint8Array): void => void taken.push(Buffer.from(bytes))
  await createValueEncoder({ dtype }).encode('t', given, multiplier, take)
  expect(Math.max(...taken.map(({ length }) => length))).toBeLessThanOrEqual(PIECE_BYTES_MAX)
  return Buffer.concat(taken)
}

describe('values of an update', () => {
  it.each(['f32', 'bf16'] as const)('are never in memory as a whole: %s', async (dtype) => {
    const asked: number[] = []
    const bytes = await bytesOf(sourceOf(asked), 1.5, dtype)
    expect(Math.max(...asked)).toBeLessThanOrEqual(PIECE_BYTES_MAX)
    expect(asked.reduce((sum, length) => sum + length, 0)).toBe(4 * COUNT)
    expect(bytes.equals(await bytesOf(values, 1.5, dtype))).toBe(true)
  })

  it('are f32, each rounded once', async () => {
    const bytes = await bytesOf(values, 1 / 3, 'f32')
    const folded = values.map((value) => Math.fround(value * (1 / 3)))
    expect(bytes.equals(Buffer.from(folded.buffer))).toBe(true)
  })

  it.each([
    ['f32', Number.NaN, 1],
    ['f32', Number.POSITIVE_INFINITY, 1],
    ['f32', 3e38, 2],
    ['bf16', 3.4e38, 1],
  ] as const)(
    'that are not finite are named by their place: %s, %f × %d',
    async (dtype, value, multiplier) => {
      const damaged = values.slice()
      damaged[COUNT - 3] = value
      await expect(bytesOf(damaged, multiplier, dtype)).rejects.toMatchObject({
        info: { code: 'UPDATE_NOT_FINITE', tensor: 't', index: COUNT - 3 },
      })
    },
  )

  it('leave those of the caller as they are', async () => {
    const own = values.slice()
    await bytesOf(own, 0.1, 'bf16')
    expect(Buffer.from(own.buffer).equals(Buffer.from(values.buffer))).toBe(true)
  })
})
