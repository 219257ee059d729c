/** The mean of the m − b updates that lie closest together. */
import type { CombinationRule } from './rule.ts'
import { countForSubsets } from './subset-count.ts'

/** A search of this many subsets, most of them cut short, takes about a second. */
const SUBSET_COUNT_MAX = 2 ** 20

export const minimumDiameter: CombinationRule = Object.freeze<CombinationRule>({
  id: 'minimum-diameter',
  version: 1,
  title: 'Minimum-diameter averaging',
  source: 'El Mhamdi et al. 2018, arXiv:1802.07927, section 3 ("Brute"), after Rousseeuw 1985',
  formula: 'mean of the m−b updates with the smallest largest ‖ΔWᵢ−ΔWⱼ‖',
  family: 'combination',
  precondition: 'm ≥ 2b+1, at most 2²⁰ subsets of m−b',
  inputCountMin: (b: number) => 2 * b + 1,
  inputCountMax: (b: number) => countForSubsets(b, SUBSET_COUNT_MAX),
  breakdown: 'b < m/2',
  cost: 'O(m²·r²·(in+out)) a module, then O(m over b subsets)',
  usesClaims: true,
  reports: 'the diameter; who was left out',
  weigh: ({ kernel, square, m, b, claims, keep, weights, wide, note }) => {
    note('diameter', kernel.keepNarrowest(square, m, m - b, wide, keep))
    kernel.weighClaims(claims, keep, m, weights)
  },
})
