/** The plain mean: what every robust rule is compared with. */
import type { CombinationRule } from './rule.ts'

export const mean: CombinationRule = Object.freeze<CombinationRule>({
  id: 'mean',
  version: 1,
  title: 'Mean',
  source: 'McMahan et al. 2017, arXiv:1602.05629, Algorithm 1 with equal weights',
  formula: 'wᵢ = 1/m',
  family: 'combination',
  precondition: 'm ≥ 1',
  inputCountMin: () => 1,
  breakdown: 'none: one update can move it anywhere within the admission bounds',
  cost: 'O(m·r·(in+out)) a module',
  usesClaims: false,
  reports: 'weights',
  weigh: ({ kernel, ones, keep, m, weights }) => kernel.weighClaims(ones, keep, m, weights),
})
