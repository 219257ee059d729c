/** The sum of the updates: tasks added up. λ of the charter is the paper's scaling. */
import type { CombinationRule } from './rule.ts'

export const taskArithmetic: CombinationRule = Object.freeze<CombinationRule>({
  id: 'task-arithmetic',
  version: 1,
  title: 'Task arithmetic',
  source: 'Ilharco et al. 2023, arXiv:2212.04089, section 3; its λ is the charter’s',
  formula: 'wᵢ = m·cᵢ/Σc: the sum, not the mean',
  family: 'combination',
  precondition: 'm ≥ 1',
  inputCountMin: () => 1,
  breakdown: 'none: one update can move it anywhere within the admission bounds',
  cost: 'O(m·r·(in+out)) a module',
  usesClaims: true,
  reports: 'weights',
  weigh: ({ kernel, claims, m, weights }) => kernel.scaleClaims(claims, m, weights),
})
