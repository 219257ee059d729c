/** Each update keeps a random share of its coordinates, scaled up; then the (weighted) mean. */
import { DENSITY, dropAtRandom } from './drop-at-random.ts'
import type { CoordinateRule } from './rule.ts'

export const dareLinear: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'dare-linear',
  version: 1,
  title: 'DARE, then the mean',
  source: 'Yu et al. 2024, arXiv:2311.03099, section 3.1, then the weighted mean',
  formula: 'yᵢ = xᵢ/density with probability density, else 0; Σ (cᵢ/Σc)·yᵢ',
  family: 'coordinate',
  precondition: 'm ≥ 1',
  inputCountMin: () => 1,
  breakdown: 'none: one update can move it anywhere within the admission bounds',
  cost: 'O(m·r·in·out) a module',
  usesClaims: true,
  reports: 'the cap where it bites',
  isSeeded: true,
  takes: [DENSITY],
  prepareRow: dropAtRandom,
  combineTile: ({ kernel, tiles, stride, m, claims, count, numerator, denominator, to }) =>
    kernel.weightedMeanTile(tiles, stride, m, claims, count, numerator, denominator, to),
})
