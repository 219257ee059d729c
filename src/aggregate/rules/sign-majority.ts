/** The sign that most updates vote for, with the median size. */
import type { CoordinateRule } from './rule.ts'

export const signMajority: CoordinateRule = Object.freeze<CoordinateRule>({
  id: 'sign-majority',
  version: 1,
  title: 'Majority of signs',
  source: 'Bernstein et al. 2019, arXiv:1810.05291, section 3 for the vote; the size is ours',
  formula: 'sign with the larger Σc (equal: 0) × the median of all sizes',
  family: 'coordinate',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2, coordinate by coordinate: less than half of the votes',
  cost: 'O(m·r·in·out + m²·in·out) a module',
  usesClaims: true,
  reports: 'the cap where it bites',
  combineTile: ({ kernel, tiles, stride, m, claims, count, numerator, denominator, keys, to }) =>
    kernel.signMajorityTile(tiles, stride, m, claims, count, numerator, denominator, keys, to),
})
