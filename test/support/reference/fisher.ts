/** The mean weighted by Fisher diagonals, each coordinate's weights capped. Written from docs/CONFORMANCE.md. */
import { ascending, at, cell, type Matrix, range, sum } from './numbers.ts'
import { type InputSet, singlesOf } from './vector.ts'

const BLOCK_LENGTH = 65_536

/** [member][coordinate] of one module or block: what each update claims to know there. */
export function diagonalsOf({ inputs, modules }: InputSet): readonly Matrix[] {
  const ofMember = inputs.map(({ fisher = { modules: [], dense: [] } }) => [
    ...fisher.modules.map(({ rows, columns }) => {
      const [ofRows, ofColumns] = [singlesOf(rows), singlesOf(columns)]
      const total = sum(ofColumns)
      return ofRows.flatMap((row) => ofColumns.map((column) => (total === 0 ? 0 : row / total) * column))
    }),
    ...fisher.dense.flatMap((hex) => {
      const values = singlesOf(hex)
      return range(Math.ceil(values.length / BLOCK_LENGTH)).map((block) =>
        values.slice(block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH),
      )
    }),
  ])
  const count = ofMember[0]?.length ?? modules.length
  return range(count).map((module) => ofMember.map((all) => at(all, module)))
}

/** What the largest weights are cut to; Infinity where the b largest do not outweigh the others. */
function capOf(weights: readonly number[], b: number): number {
  if (2 * b * Math.max(...weights) <= sum(weights)) return Infinity
  const sorted = ascending(weights)
  const honest = weights.length - b
  if (sum(sorted.slice(honest)) <= sum(sorted.slice(0, honest))) return Infinity
  for (let kept = weights.length - 1; kept >= honest; kept--) {
    const cap = (sum(sorted.slice(0, honest)) - sum(sorted.slice(honest, kept))) / (weights.length - kept)
    if (cap >= at(sorted, kept - 1)) return cap
  }
  for (let kept = honest - 1; kept > 0; kept--) {
    const cap = sum(sorted.slice(0, kept)) / (kept - (weights.length - 2 * b))
    if (cap >= at(sorted, kept - 1)) return cap
  }
  throw new Error('a sum is at least its largest term')
}

/** @param rows — [member][coordinate] */
export function fisherMean(rows: Matrix, diagonals: Matrix, b: number): number[] {
  return at(rows, 0).map((_, c) => {
    const claimed = diagonals.map((_, i) => cell(diagonals, i, c))
    const cap = capOf(claimed, b)
    const capped = claimed.map((weight) => Math.min(weight, cap))
    const weights = capped.every((weight) => weight === 0) ? capped.map(() => 1) : capped
    return sum(rows.map((_, i) => at(weights, i) * cell(rows, i, c))) / sum(weights)
  })
}
