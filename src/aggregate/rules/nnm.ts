/** A step: every update becomes the mean of the m − b nearest to it. */
import type { AggregationStep } from './rule.ts'

export const nnm: AggregationStep = Object.freeze<AggregationStep>({
  id: 'nnm',
  version: 1,
  title: 'Nearest-neighbour mixing',
  source: 'Allouah et al. 2023, arXiv:2302.01772, Algorithm 2',
  formula: 'rowᵢ = mean of the m−b rows nearest to rowᵢ, itself among them, ties to the lower index',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'brings honest updates of unlike data together; b < m/2 as the rule behind it',
  cost: 'O(m³); dense: O(m²·in·out) a module more',
  countAfter: (m) => m,
  keepsMembers: true,
  makesMeans: true,
  mix: ({ kernel, square, m, b, to }) => kernel.nearestRows(square, m, b, to),
})
