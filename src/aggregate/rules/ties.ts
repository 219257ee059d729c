/** Each update keeps its largest coordinates; signs are elected; those that agree are averaged. */
import type { CoordinateRule } from './rule.ts'

export const ties: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'ties',
  version: 1,
  title: 'TIES',
  source: 'Yadav et al. 2023, arXiv:2306.01708, Algorithm 1; trimmed over the whole update',
  formula:
    'each update keeps its ⌈density·d⌉ largest entries and their equals; sign of Σx; mean of those with that sign',
  family: 'coordinate',
  precondition: 'm ≥ 1',
  inputCountMin: () => 1,
  breakdown: 'none: one update with large entries elects the signs',
  cost: 'O(m·r·in·out) a module, three passes',
  usesClaims: false,
  reports: '–',
  takes: [
    {
      name: 'density',
      fallback: [1, 5],
      isWhole: false,
      min: [1, 1_000_000],
      max: [1, 1],
      help: 'share of its coordinates that each update keeps',
    },
  ],
  trimsTo: 'density',
  prepareRow: ({ kernel, tile, count, threshold }) => kernel.trimTile(tile, count, ...threshold),
  combineTile: ({ kernel, tiles, stride, m, count, numerator, denominator, to }) =>
    kernel.disjointMeanTile(tiles, stride, m, count, numerator, denominator, to),
})
