// Protects: packing keeps every sequence once, keeps rows within their bound and sequences apart, and saves padding.
import { describe, expect, it } from 'vitest'
import { SeededRng } from '../../../../src/core/seeded-rng.ts'
import { joinRow, packRows } from '../../../../src/train/tokens/packing.ts'

const lengthsOf = (seed: string, count: number): readonly number[] => {
  const rng = new SeededRng(seed)
  return Array.from({ length: count }, () => rng.between(1, 200))
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('rows', () => {
  const lengths = lengthsOf('lengths', 3000)

  it('hold every sequence once, within the bound, the same for a seed and others for another', () => {
    const rows = packRows(lengths, 256, 'a')
    expect(rows.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, i) => i))
    expect(rows.filter((row) => sum(row.map((i) => lengths[i] ?? 0)) > 256)).toEqual([])
    expect(packRows(lengths, 256, 'a')).toEqual(rows)
    expect(packRows(lengths, 256, 'b')).not.toEqual(rows)
  })

  it('are nearly full: at most 5 % more of them than tokens need', () => {
    const rows = packRows(lengths, 256, 'a')
    expect(rows.length).toBeLessThan((sum(lengths) / 256) * 1.05)
  })

  it('hold a sequence alone that is longer than a row', () => {
    expect(
      packRows([300, 10, 10], 256, 'a')
        .map((row) => row.length)
        .toSorted((a, b) => a - b),
    ).toEqual([1, 2])
    expect(packRows([], 256, 'a')).toEqual([])
  })
})

describe('a row', () => {
  it('starts positions anew and predicts no sequence from the one before', () => {
    const row = joinRow(
      [
        { ids: Int32Array.of(5, 6, 7), labels: Int32Array.of(-100, 6, 7) },
        { ids: Int32Array.of(8, 9), labels: Int32Array.of(8, 9) },
      ],
      -100,
    )
    expect([...row.ids]).toEqual([5, 6, 7, 8, 9])
    expect([...row.labels]).toEqual([-100, 6, 7, -100, 9])
    expect([...row.positionIds]).toEqual([0, 1, 2, 0, 1])
    expect([...row.segmentIds]).toEqual([1, 1, 1, 2, 2])
  })
})
