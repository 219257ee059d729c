// Protects: the four-bit quantiser writes the bytes that numpy computes from the same formulas, on any machine.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src/core/bytes.ts'
import { BLOCK_SIZES, quantiseRows, type BlockSize } from '../../../../src/model/quantise/index.ts'

interface Vector {
  readonly name: string
  readonly rowCount: number
  readonly inSize: number
  readonly blockSize: BlockSize
  /** Little-endian f32, hex. */
  readonly weight: string
  readonly elements: string
  readonly scales: string
  readonly zeroPoints: string
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../vectors/quantise.json', import.meta.url), 'utf8'),
) as readonly Vector[]

const floats = (hex: string): Float32Array => {
  const bytes = fromHex(hex) ?? new Uint8Array(0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
}

describe('four-bit blocks', () => {
  it.each(VECTORS.map((vector) => [vector.name, vector] as const))('of %s are numpy’s', (_, vector) => {
    const found = quantiseRows(floats(vector.weight), vector)
    expect(found).not.toBeNull()
    expect(Array.from(found?.scales ?? [])).toEqual(Array.from(floats(vector.scales)))
    expect(toHex(found?.elements ?? new Uint8Array(0))).toBe(vector.elements)
    expect(toHex(found?.zeroPoints ?? new Uint8Array(0))).toBe(vector.zeroPoints)
  })

  it('are off by no more than half a step of their block, and say by how much', () => {
    const [first] = VECTORS
    const values = floats(first?.weight ?? '')
    const { rowCount, inSize, blockSize } = first ?? { rowCount: 0, inSize: 0, blockSize: 32 as const }
    const found = quantiseRows(values, { rowCount, inSize, blockSize })
    const steps = Array.from(found?.scales ?? [])
    // The zero point is rounded as well, so that a value at the end of the range may be clipped by half a step more.
    expect(found?.error.largest).toBeLessThanOrEqual(Math.max(...steps) * 1.001)
    expect(found?.error.norm).toBeCloseTo(
      values.reduce((sum, value) => sum + value * value, 0),
      6,
    )
    expect(Math.sqrt((found?.error.squared ?? 0) / (found?.error.norm ?? 1))).toBeLessThan(0.12)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('hold no %s', (value) => {
    const values = new Float32Array(32)
    values[7] = value
    expect(quantiseRows(values, { rowCount: 1, inSize: 32, blockSize: 32 })).toBeNull()
  })

  it('hold zeros exactly, whatever the size', () => {
    for (const blockSize of BLOCK_SIZES) {
      const found = quantiseRows(new Float32Array(300), { rowCount: 2, inSize: 150, blockSize })
      expect(found?.error).toEqual({ squared: 0, norm: 0, largest: 0 })
    }
  })
})
