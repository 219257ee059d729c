/** Every update scaled down to the median norm, then the (weighted) mean. */
import type { CombinationRule } from './rule.ts'

export const clippedMean: CombinationRule = Object.freeze<CombinationRule>({
  id: 'clipped-mean',
  version: 1,
  title: 'Clipped mean',
  source: 'Sun et al. 2019, arXiv:1911.07963, section 4 (norm bounding), with the median norm as bound',
  formula: 'wᵢ = cᵢ/Σc · min(1, median‖ΔW‖ / ‖ΔWᵢ‖)',
  family: 'combination',
  precondition: 'm ≥ 2b+1',
  inputCountMin: (b: number) => 2 * b + 1,
  breakdown: 'b < m/2 cannot raise the norm, but each keeps its direction and its share 1/m',
  cost: 'O(m·r²·(in+out)) a module for the norms',
  usesClaims: true,
  reports: 'who was clipped',
  weigh: ({ kernel, claims, keep, m, norms, scratch, clipped, weights }) => {
    kernel.weighClaims(claims, keep, m, weights)
    kernel.clipToMedian(norms, m, scratch, weights)
    kernel.markAboveMedian(norms, m, scratch, clipped)
  },
})
