/** The one update whose neighbours are nearest. */
import type { CombinationRule } from './rule.ts'

export const krum: CombinationRule = Object.freeze<CombinationRule>({
  id: 'krum',
  version: 1,
  title: 'Krum',
  source: 'Blanchard et al. 2017, "Machine Learning with Adversaries", NeurIPS, section 4',
  formula: 'the update with the smallest Σ of the m−b−2 smallest ‖ΔWᵢ−ΔWⱼ‖², j ≠ i',
  family: 'combination',
  precondition: 'm ≥ 2b+3',
  inputCountMin: (b: number) => 2 * b + 3,
  breakdown: 'b ≤ (m−3)/2; throws away what all others learned',
  cost: 'O(m²·r²·(in+out)) a module',
  usesClaims: false,
  reports: 'distance score and its rank',
  scoreName: 'distance score',
  weigh: ({ kernel, square, m, b, scratch, scores, keep, claims, weights }) => {
    kernel.krumScores(square, m, b, scratch, scores)
    kernel.keepSmallest(scores, m, 1, keep)
    kernel.weighClaims(claims, keep, m, weights)
  },
})
