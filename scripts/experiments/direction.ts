/** One claim: what it expects, the figure with its interval, whether it holds. Made from numbers that cells gave. */
import { type Estimate, estimate } from './statistics.ts'

export interface Direction {
  readonly claim: string
  /** What the claim says of the figure. */
  readonly expected: string
  readonly measured: number
  /** 95 %, percentile bootstrap over the cells. */
  readonly interval: readonly [low: number, high: number]
  /** Cells, or pairs of cells, that it is over. */
  readonly cells: number
  readonly holds: boolean
}

export type Test = (estimate: Estimate) => boolean
export const isPositive: Test = ({ interval: [low] }) => low > 0
export const isNegative: Test = ({ interval: [, high] }) => high < 0

export function direction(
  claim: string,
  expected: string,
  found: Estimate | null,
  test: Test,
): readonly Direction[] {
  if (found === null || found.count === 0) return []
  const { mean, interval, count } = found
  return [{ claim, expected, measured: mean, interval, cells: count, holds: test(found) }]
}

export const over = (values: readonly number[]): Estimate | null =>
  values.length === 0 ? null : estimate(values)
