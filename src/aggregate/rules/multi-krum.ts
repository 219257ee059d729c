/** The mean of the m − b updates whose neighbours are nearest. */
import type { CombinationRule } from './rule.ts'

export const multiKrum: CombinationRule = Object.freeze<CombinationRule>({
  id: 'multi-krum',
  version: 1,
  title: 'Multi-Krum',
  source: 'Blanchard et al. 2017, "Machine Learning with Adversaries", NeurIPS, section 4',
  formula: 'score(i) = Σ of the m−b−2 smallest ‖ΔWᵢ−ΔWⱼ‖², j ≠ i; mean of the m−b smallest scores',
  family: 'combination',
  precondition: 'm ≥ 2b+3',
  inputCountMin: (b: number) => 2 * b + 3,
  breakdown: 'b ≤ (m−3)/2; always leaves b out, in honest rounds too',
  cost: 'O(m²·r²·(in+out)) a module',
  usesClaims: true,
  reports: 'distance score and its rank; who was left out',
  scoreName: 'distance score',
  weigh: ({ kernel, square, m, b, scratch, scores, keep, claims, weights }) => {
    kernel.krumScores(square, m, b, scratch, scores)
    kernel.keepSmallest(scores, m, m - b, keep)
    kernel.weighClaims(claims, keep, m, weights)
  },
})
