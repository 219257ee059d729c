/** The mean of each coordinate of the dense ΔW without its b smallest and b largest values. */
import type { CoordinateRule } from './rule.ts'

export const trimmedMean: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'trimmed-mean',
  version: 1,
  title: 'Coordinate-wise trimmed mean',
  source: 'Yin et al. 2018, arXiv:1803.01498, Definition 2, exactly b from each end',
  formula: 'mean of the m−2b middle values of each coordinate',
  family: 'coordinate',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2, coordinate by coordinate',
  cost: 'O(m·r·in·out + m²·in·out) a module',
  usesClaims: false,
  reports: '–',
  combineTile: ({ kernel, tiles, stride, m, b, count, numerator, denominator, keys, to }) =>
    kernel.trimmedMeanTile(tiles, stride, m, b, count, numerator, denominator, keys, to),
})
