/** The mean of the m − b updates that vary least in the direction in which they vary most. */
import type { CombinationRule } from './rule.ts'
import { countForCubes } from './subset-count.ts'

/** Each subset costs an eigenvalue of about m³ steps: so many take some ten seconds. */
const WORK_MAX = 2 ** 29

export const smea: CombinationRule = Object.freeze<CombinationRule>({
  id: 'smea',
  version: 1,
  title: 'Smallest maximum eigenvalue averaging',
  source: 'Allouah et al. 2023, arXiv:2302.04787, section 4 (SMEA)',
  formula: 'mean of the m−b updates whose covariance has the smallest largest eigenvalue',
  family: 'combination',
  precondition: 'm ≥ 2b+1, subsets of m−b times m³ at most 2²⁹',
  inputCountMin: (b: number) => 2 * b + 1,
  inputCountMax: (b: number) => countForCubes(b, WORK_MAX),
  breakdown: 'b < m/2',
  cost: 'O(m²·r²·(in+out)) a module, then O((m over b)·m³)',
  usesClaims: true,
  reports: 'the eigenvalue; who was left out',
  weigh: ({ kernel, square, m, b, claims, keep, weights, scratch, wide, note }) => {
    // m − b indices of 4 bytes fit where m values of 8 do.
    note('eigenvalue', kernel.keepCalmest(square, m, m - b, scratch, wide, keep))
    kernel.weighClaims(claims, keep, m, weights)
  },
})
