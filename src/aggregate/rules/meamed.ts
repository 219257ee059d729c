/** The mean of the m − b values nearest to the median, coordinate by coordinate. */
import type { CoordinateRule } from './rule.ts'

export const meamed: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'meamed',
  version: 1,
  title: 'Mean around the median',
  source: 'Xie et al. 2018, arXiv:1802.10116, section 3',
  formula: 'mean of the m−b values of each coordinate nearest to its median; of two equally far the smaller',
  family: 'coordinate',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2, coordinate by coordinate',
  cost: 'O(m·r·in·out + m²·in·out) a module',
  usesClaims: false,
  reports: '–',
  combineTile: ({ kernel, tiles, stride, m, b, count, numerator, denominator, keys, to }) =>
    kernel.aroundMedianTile(tiles, stride, m, b, count, numerator, denominator, keys, to),
})
