/** A step: updates longer than a bound are scaled down to it. */
import type { AggregationStep } from './rule.ts'

export const clip: AggregationStep = Object.freeze<AggregationStep>({
  id: 'clip',
  version: 1,
  title: 'Clipping of norms',
  source: 'Sun et al. 2019, arXiv:1911.07963, section 4 (norm bounding)',
  formula: 'rowᵢ = rowᵢ · min(1, norm / ‖rowᵢ‖)',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2 cannot raise the median norm; directions stay',
  cost: 'O(m²); dense: O(m²·in·out) a module more',
  takes: [
    {
      name: 'norm',
      fallback: null,
      isWhole: false,
      min: [1, 1_000_000_000],
      max: [1_000_000_000, 1],
      help: 'largest norm of ΔW; without it the median norm',
    },
  ],
  countAfter: (m) => m,
  keepsMembers: true,
  makesMeans: false,
  mix: ({ kernel, norms, m, scratch, clipped, parameter, to }) =>
    kernel.clipRows(norms, m, ...parameter('norm'), scratch, clipped, to),
})
