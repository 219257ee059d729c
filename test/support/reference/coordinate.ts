/** Coordinate rules: one value from the column of all rows. Written from the definitions, one function a rule. */
import { ascending, at, type Matrix, column, median, orderOf, rounded, sum } from './numbers.ts'
import { coordinateWord } from './random.ts'

/** Sorted; the end farther from the median goes until `kept` are left, of two equally far the larger; then the mean. */
export function aroundMedian(values: readonly number[], kept: number): number {
  const middle = median(values)
  let left = ascending(values)
  while (left.length > kept) {
    const [below, above] = [middle - at(left, 0), at(left, left.length - 1) - middle]
    left = below > above ? left.slice(1) : left.slice(0, -1)
  }
  return sum(left) / kept
}

export function weightedMedian(values: readonly number[], claims: readonly number[]): number {
  const order = orderOf(values)
  const total = sum(claims)
  let reached = 0
  for (const [place, i] of order.entries()) {
    reached += at(claims, i)
    const isLast = place === order.length - 1
    if (2 * reached < total && !isLast) continue
    if (2 * reached === total && !isLast) return (at(values, i) + at(values, at(order, place + 1))) / 2
    return at(values, i)
  }
  return 0
}

export function disjointMean(values: readonly number[]): number {
  const sign = Math.sign(sum(values))
  const agreeing = values.filter((value) => sign !== 0 && Math.sign(value) === sign)
  return agreeing.length === 0 ? 0 : sum(agreeing) / agreeing.length
}

export function signMajority(values: readonly number[], claims: readonly number[]): number {
  const votes = (sign: number): number => sum(claims.filter((_, i) => Math.sign(at(values, i)) === sign))
  const [up, down] = [votes(1), votes(-1)]
  if (up === down) return 0
  const size = median(values.map(Math.abs))
  return up > down ? size : -size
}

/** @param claims — of the rows at hand */
export function combineColumn(
  id: string,
  values: readonly number[],
  claims: readonly number[],
  b: number,
): number {
  const m = values.length
  switch (id) {
    case 'median':
      return median(values)
    case 'trimmed-mean':
      return sum(ascending(values).slice(b, m - b)) / (m - 2 * b)
    case 'weighted-median':
      return weightedMedian(values, claims)
    case 'meamed':
      return aroundMedian(values, m - b)
    case 'bulyan':
      return aroundMedian(values, m - 2 * b)
    case 'sign-majority':
      return signMajority(values, claims)
    case 'ties':
    case 'dare-ties':
      return disjointMean(values)
    case 'dare-linear':
      return sum(values.map((value, i) => at(claims, i) * value)) / sum(claims)
    default:
      throw new Error(`no rule ${id}`)
  }
}

/** The largest ⌈density·d⌉ entries of each row over all modules, and their equals; the others become 0. */
export function trimRows(
  modules: readonly Matrix[],
  [numerator, denominator]: readonly [number, number],
): Matrix[] {
  const rows = at(modules, 0).map((_, i) => modules.flatMap((rowsOf) => at(rowsOf, i)))
  const thresholds = rows.map((row) => {
    const kept = (BigInt(row.length) * BigInt(numerator) + BigInt(denominator) - 1n) / BigInt(denominator)
    return at(ascending(row.map(Math.abs)), row.length - Math.max(1, Number(kept)))
  })
  return modules.map((rowsOf) =>
    rowsOf.map((row, i) => row.map((value) => (Math.abs(value) < at(thresholds, i) ? 0 : value))),
  )
}

/** DARE: kept with probability density, then divided by it. */
export function dropRows(
  modules: readonly Matrix[],
  [numerator, denominator]: readonly [number, number],
  seed: Uint8Array,
): Matrix[] {
  const threshold = (BigInt(numerator) << 32n) / BigInt(denominator)
  const factor = denominator / numerator
  return modules.map((rows, module) =>
    rows.map((row, i) =>
      row.map((value, c) => (coordinateWord(seed, module, i, c) < threshold ? rounded(factor * value) : 0)),
    ),
  )
}

export const combineRows = (
  rows: Matrix,
  combine: (values: readonly number[]) => number,
  lambda: number,
): number[] => at(rows, 0).map((_, c) => rounded(lambda * combine(column(rows, c))))
