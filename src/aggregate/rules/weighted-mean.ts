/** The mean weighted by claims (sample counts or the charter's weights), each capped so that b members never have half. */
import type { CombinationRule } from './rule.ts'

export const weightedMean: CombinationRule = Object.freeze<CombinationRule>({
  id: 'weighted-mean',
  version: 1,
  title: 'Weighted mean',
  source: 'McMahan et al. 2017, arXiv:1602.05629, Algorithm 1 (wᵢ = nᵢ/n), with capped counts',
  formula: 'wᵢ = cᵢ/Σc, c the capped claims',
  family: 'combination',
  precondition: 'm ≥ 1; m ≥ 2b+1 when weights are claimed',
  inputCountMin: () => 1,
  breakdown: 'none: one update can move it anywhere within the admission bounds',
  cost: 'O(m·r·(in+out)) a module',
  usesClaims: true,
  reports: 'weights, and the cap where it bites',
  weigh: ({ kernel, claims, keep, m, weights }) => kernel.weighClaims(claims, keep, m, weights),
})
