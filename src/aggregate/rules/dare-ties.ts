/** Each update keeps a random share of its coordinates, scaled up; then signs are elected as in TIES. */
import { DENSITY, dropAtRandom } from './drop-at-random.ts'
import type { CoordinateRule } from './rule.ts'

export const dareTies: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'dare-ties',
  version: 1,
  title: 'DARE, then TIES’ vote',
  source:
    'Yu et al. 2024, arXiv:2311.03099, section 3.1; Yadav et al. 2023, arXiv:2306.01708, elect and merge',
  formula: 'yᵢ = xᵢ/density with probability density, else 0; sign of Σy; mean of those with that sign',
  family: 'coordinate',
  precondition: 'm ≥ 1',
  inputCountMin: () => 1,
  breakdown: 'none: one update with large entries elects the signs',
  cost: 'O(m·r·in·out) a module',
  usesClaims: false,
  reports: '–',
  isSeeded: true,
  takes: [DENSITY],
  prepareRow: dropAtRandom,
  combineTile: ({ kernel, tiles, stride, m, count, numerator, denominator, to }) =>
    kernel.disjointMeanTile(tiles, stride, m, count, numerator, denominator, to),
})
