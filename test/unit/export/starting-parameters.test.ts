// Protects: what a round's change is measured from, read a piece at a time: the base, or the base with the rounds below, rounded to its dtype.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openStartingParameters } from '../../../src/export/index.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-start-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const SHAPE = [100, 300]
const COUNT = 30_000
const PIECE = 7_001
const NAME = 'head.weight'
const values = (seed: number): Float32Array =>
  Float32Array.from({ length: COUNT }, (_, i) => Math.sin(seed + i) * 2 ** ((i % 7) - 3))

/** To the nearest bfloat16, ties to even, by the two neighbours. */
function toBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)
  const low = (bits[0] ?? 0) & 0xffff0000
  const neighbours = [low, low + 0x10000].map((each) => new Float32Array(Uint32Array.of(each).buffer)[0] ?? 0)
  const [below = 0, above = 0] = neighbours
  const [toBelow, toAbove] = [Math.abs(value - below), Math.abs(above - value)]
  if (toBelow === toAbove) return ((low >>> 16) & 1) === 0 ? below : above
  return toBelow < toAbove ? below : above
}

function writeTensor(
  path: string,
  name: string,
  dtype: 'F32' | 'BF16',
  data: Float32Array,
  metadata: object,
): void {
  const bits = new Uint32Array(data.buffer)
  const bytes =
    dtype === 'F32'
      ? Buffer.from(data.buffer)
      : Buffer.from(Uint16Array.from(bits, (each) => each >>> 16).buffer)
  const header = { __metadata__: metadata, [name]: { dtype, shape: SHAPE, data_offsets: [0, bytes.length] } }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  writeFileSync(path, Buffer.concat([length, json, bytes]))
}

function baseFolder(dtype: 'F32' | 'BF16'): { readonly folder: string; readonly base: Float32Array } {
  const folder = join(root, dtype)
  mkdirSync(folder, { recursive: true })
  const base = dtype === 'F32' ? values(1) : values(1).map(toBfloat16)
  writeTensor(join(folder, 'model.safetensors'), NAME, dtype, base, {})
  return { folder, base }
}

function aggregate(seed: number): { readonly path: string; readonly change: Float32Array } {
  const path = join(root, `aggregate-${seed}.safetensors`)
  const change = values(seed)
  writeTensor(path, `${NAME}.dense`, 'F32', change, {
    format: 'oneround/aggregate@1',
    form: 'stacked',
    rule: 'mean@1',
  })
  return { path, change }
}

async function readInPieces(folder: string, aggregates: readonly string[]): Promise<Float32Array> {
  const start = await openStartingParameters(folder, aggregates)
  const all = new Float32Array(COUNT)
  try {
    for (let first = 0; first < COUNT; first += PIECE) {
      const piece = new Float32Array(Math.min(PIECE, COUNT - first))
      await start.readInto({ name: NAME, shape: SHAPE }, piece, first)
      all.set(piece, first)
    }
  } finally {
    await start.close()
  }
  return all
}

const differing = (found: Float32Array, expected: Float32Array): number =>
  found.findIndex((value, i) => value !== expected[i])

describe('what training started from', () => {
  it.each(['F32', 'BF16'] as const)('is the base: %s', async (dtype) => {
    const { folder, base } = baseFolder(dtype)
    expect(differing(await readInPieces(folder, []), base)).toBe(-1)
  })

  it.each(['F32', 'BF16'] as const)(
    'is the base with the rounds below, rounded to its dtype: %s',
    async (dtype) => {
      const { folder, base } = baseFolder(dtype)
      const [one, two] = [aggregate(2), aggregate(3)]
      const expected = base.map((value, i) => {
        // The changes are summed and rounded to f32 once, added and rounded, then stored as the base is.
        const change = Math.fround((one.change[i] ?? 0) + (two.change[i] ?? 0))
        const merged = Math.fround(value + change)
        return dtype === 'F32' ? merged : toBfloat16(merged)
      })
      expect(differing(await readInPieces(folder, [one.path, two.path]), expected)).toBe(-1)
    },
  )

  it('is refused where the base has another shape', async () => {
    const { folder } = baseFolder('F32')
    const start = await openStartingParameters(folder, [])
    const read = start.readInto({ name: NAME, shape: [300, 100] }, new Float32Array(4), 0)
    await expect(read).rejects.toMatchObject({ info: { code: 'WEIGHTS_MISMATCH', tensor: NAME } })
    await start.close()
  })
})
