// From inner products to weights: the combination rules. Everything is f64; ties go to the lower index, which is the
// roster's order. Arrays are f64 unless said otherwise.
import { at, intAt, median, put, putInt, sortAscending } from './array'

/** Below this share of Gᵢᵢ + Gⱼⱼ the Gram form of a squared distance has lost its digits (aggregation: numerics). */
const CANCELLATION: f64 = 1.0 / 1048576.0

/** Squared distances [m, m] from gram [m, m]: Gᵢᵢ + Gⱼⱼ − 2Gᵢⱼ, floored at 0. */
export function distances(gram: usize, m: i32, to: usize): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      const square = at(gram, i * m + i) + at(gram, j * m + j) - 2 * at(gram, i * m + j)
      put(to, i * m + j, i == j || square < 0 ? 0 : square)
    }
  }
}

/** Whether the distance of i and j must be computed from the difference itself. */
export function isCancelled(gram: usize, square: usize, m: i32, i: i32, j: i32): bool {
  return at(square, i * m + j) < CANCELLATION * (at(gram, i * m + i) + at(gram, j * m + j))
}

/** Sets the distance of i and j to 0, for `addDifference` to fill. */
export function clearDistance(square: usize, m: i32, i: i32, j: i32): void {
  put(square, i * m + j, 0)
  put(square, j * m + i, 0)
}

/** wᵢ = claimᵢ / Σ claims over the members with keep[i] ≠ 0 (i32); 0 for the others. */
export function weighClaims(claims: usize, keep: usize, m: i32, weights: usize): void {
  let total: f64 = 0
  for (let i = 0; i < m; i++) if (load<i32>(keep + (<usize>i << 2)) != 0) total += at(claims, i)
  for (let i = 0; i < m; i++) {
    put(weights, i, load<i32>(keep + (<usize>i << 2)) != 0 ? at(claims, i) / total : 0)
  }
}

/** Norms ‖ΔWᵢ‖ = √Gᵢᵢ. */
export function norms(gram: usize, m: i32, to: usize): void {
  for (let i = 0; i < m; i++) put(to, i, Math.sqrt(at(gram, i * m + i)))
}

/** Multiplies each weight by min(1, median norm / own norm). */
export function clipToMedian(norm: usize, m: i32, scratch: usize, weights: usize): void {
  const bound = median(norm, m, scratch)
  for (let i = 0; i < m; i++) if (at(norm, i) > bound) put(weights, i, at(weights, i) * (bound / at(norm, i)))
}

/** Krum scores: the sum of the m − b − 2 smallest squared distances to others, added ascending. `scratch` [m]. */
export function krumScores(square: usize, m: i32, b: i32, scratch: usize, scores: usize): void {
  for (let i = 0; i < m; i++) {
    let count = 0
    for (let j = 0; j < m; j++) if (j != i) put(scratch, count++, at(square, i * m + j))
    sortAscending(scratch, count)
    let sum: f64 = 0
    for (let k = 0; k < m - b - 2; k++) sum += at(scratch, k)
    put(scores, i, sum)
  }
}

/** keep[i] (i32) = 1 for the `count` smallest scores in (value, index) order, else 0. */
export function keepSmallest(scores: usize, m: i32, count: i32, keep: usize): void {
  for (let i = 0; i < m; i++) {
    let before = 0
    for (let j = 0; j < m; j++) {
      if (at(scores, j) < at(scores, i) || (at(scores, j) == at(scores, i) && j < i)) before++
    }
    store<i32>(keep + (<usize>i << 2), before < count ? 1 : 0)
  }
}

/** wᵢ = m·claimᵢ / Σ claims: a sum rather than a mean; 1 each when all claims are equal. */
export function scaleClaims(claims: usize, m: i32, weights: usize): void {
  let total: f64 = 0
  for (let i = 0; i < m; i++) total += at(claims, i)
  for (let i = 0; i < m; i++) put(weights, i, (at(claims, i) * <f64>m) / total)
}

/** Of a claim made from a norm: 2²⁰ stands for the median norm. */
const CLAIM_OF_MEDIAN: f64 = 1048576
const CLAIM_MAX: f64 = 4294967296

/** Whole claims in proportion to 1/norm: ⌊2²⁰ · median norm / norm⌋, from 1 to 2³²; 2³² for norm 0. `scratch` [m]. */
export function inverseNormClaims(norm: usize, m: i32, scratch: usize, claims: usize): void {
  const middle = median(norm, m, scratch)
  for (let i = 0; i < m; i++) {
    const own = at(norm, i)
    let claim = own == 0 ? CLAIM_MAX : Math.floor((CLAIM_OF_MEDIAN * middle) / own)
    if (claim < 1) claim = 1
    if (claim > CLAIM_MAX) claim = CLAIM_MAX
    put(claims, i, claim)
  }
}

/**
 * Bulyan's choice (El Mhamdi et al. 2018, section 4): m − 2b times, of the members R that are left, the one with the smallest
 * sum of the |R| − b − 2 smallest squared distances to others of R goes over; at least one neighbour counts. Sums ascending.
 * keep [m] (i32). `scratch` [m].
 */
export function keepRepeatedKrum(square: usize, m: i32, b: i32, scratch: usize, keep: usize): void {
  for (let i = 0; i < m; i++) putInt(keep, i, 0)
  for (let left = m; left > 2 * b; left--) {
    const neighbours = max(left - b - 2, 1)
    let best = -1
    let bestScore: f64 = 0
    for (let i = 0; i < m; i++) {
      if (intAt(keep, i) != 0) continue
      let count = 0
      for (let j = 0; j < m; j++) {
        if (j != i && intAt(keep, j) == 0) put(scratch, count++, at(square, i * m + j))
      }
      sortAscending(scratch, count)
      let sum: f64 = 0
      for (let k = 0; k < neighbours && k < count; k++) sum += at(scratch, k)
      if (best < 0 || sum < bestScore) {
        best = i
        bestScore = sum
      }
    }
    putInt(keep, best, 1)
  }
}

/** flags [m] (i32): whether the weight is not 0. */
export function markUsed(weights: usize, m: i32, flags: usize): void {
  for (let i = 0; i < m; i++) putInt(flags, i, at(weights, i) != 0 ? 1 : 0)
}

/** flags [m] (i32): whether the norm is above the median norm, so that `clipToMedian` shortens it. `scratch` [m]. */
export function markAboveMedian(norm: usize, m: i32, scratch: usize, flags: usize): void {
  const bound = median(norm, m, scratch)
  for (let i = 0; i < m; i++) putInt(flags, i, at(norm, i) > bound ? 1 : 0)
}
