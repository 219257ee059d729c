/** The median of each coordinate of the dense ΔW. */
import type { CoordinateRule } from './rule.ts'

export const median: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'median',
  version: 1,
  title: 'Coordinate-wise median',
  source: 'Yin et al. 2018, arXiv:1803.01498, Definition 1',
  formula: 'the middle value of each coordinate; even m: the mean of the two middle ones',
  family: 'coordinate',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2, coordinate by coordinate',
  cost: 'O(m·r·in·out + m²·in·out) a module',
  usesClaims: false,
  reports: '–',
  combineTile: ({ kernel, tiles, stride, m, count, numerator, denominator, keys, to }) =>
    kernel.medianTile(tiles, stride, m, count, numerator, denominator, keys, to),
})
