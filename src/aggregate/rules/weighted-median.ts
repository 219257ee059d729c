/** The weighted median of each coordinate of the dense ΔW. */
import type { CoordinateRule } from './rule.ts'

export const weightedMedian: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'weighted-median',
  version: 1,
  title: 'Coordinate-wise weighted median',
  source: 'Cormen et al., Introduction to Algorithms, problem 9-2; as Yin et al. 2018 with capped claims',
  formula: 'the smallest value at which claims reach half of Σc; exactly half: the mean of it and the next',
  family: 'coordinate',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2 with less than half of the weight, coordinate by coordinate',
  cost: 'O(m·r·in·out + m²·in·out) a module',
  usesClaims: true,
  reports: 'the cap where it bites',
  combineTile: ({ kernel, tiles, stride, m, claims, count, numerator, denominator, keys, to }) =>
    kernel.weightedMedianTile(tiles, stride, m, claims, count, numerator, denominator, keys, to),
})
