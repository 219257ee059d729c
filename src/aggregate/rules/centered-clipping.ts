/** From the geometric median, the mean of what the updates say is missing, each said in at most τ. */
import type { CombinationRule } from './rule.ts'

export const centeredClipping: CombinationRule = Object.freeze<CombinationRule>({
  id: 'centered-clipping',
  version: 1,
  title: 'Centered clipping',
  source: 'Karimireddy et al. 2021, arXiv:2012.10333, Algorithm 2, from the geometric median of 64 steps',
  formula: 'p ← p + Σ (cᵢ/Σc)·(ΔWᵢ−p)·min(1, τ/‖ΔWᵢ−p‖)',
  family: 'combination',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2 for the start; each step is moved by at most τ·b/m',
  cost: 'O(m²·r²·(in+out)) a module, then O((64+iterations)·m³)',
  usesClaims: true,
  reports: 'τ; who was clipped in the last step',
  takes: [
    {
      name: 'iterations',
      fallback: [3, 1],
      isWhole: true,
      min: [1, 1],
      max: [1024, 1],
      help: 'steps',
    },
    {
      name: 'tau',
      fallback: null,
      isWhole: false,
      min: [1, 1_000_000_000],
      max: [1_000_000_000, 1],
      help: 'radius; without it the median distance to the start',
    },
  ],
  weigh: ({ kernel, square, claims, m, weights, clipped, wide, parameter, note }) => {
    const [iterations] = parameter('iterations')
    const tau = parameter('tau')
    note('tau', kernel.centeredClipping(square, claims, m, iterations, ...tau, weights, clipped, wide))
  },
})
