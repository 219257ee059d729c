/** The point with the smallest (weighted) sum of distances to the updates. */
import type { CombinationRule } from './rule.ts'

export const geometricMedian: CombinationRule = Object.freeze<CombinationRule>({
  id: 'geometric-median',
  version: 1,
  title: 'Geometric median',
  source: 'Pillutla et al. 2022, arXiv:1912.13445, Algorithm 2 (smoothed Weiszfeld), a fixed number of steps',
  formula:
    'argmin Σ (cᵢ/Σc)·‖ΔWᵢ−p‖: wᵢ ← (cᵢ/Σc)/max(ν, ‖ΔWᵢ−p‖), normalised; ν = 2⁻²⁰ × the median distance of pairs',
  family: 'combination',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2 (less than half of the weight)',
  cost: 'O(m²·r²·(in+out)) a module, then O(iterations·m³)',
  usesClaims: true,
  reports: 'length of the last step',
  takes: [
    {
      name: 'iterations',
      fallback: [64, 1],
      isWhole: true,
      min: [1, 1],
      max: [1024, 1],
      help: 'steps from the weighted mean',
    },
  ],
  weigh: ({ kernel, square, claims, m, weights, wide, parameter, note }) => {
    const [iterations] = parameter('iterations')
    note('lastStep', kernel.geometricMedian(square, claims, m, iterations, weights, wide))
  },
})
