// From inner products to weights: the combination rules. Everything is f64; ties go to the lower index, which is the
// roster's order. Arrays are f64 unless said otherwise.

/** Below this share of Gᵢᵢ + Gⱼⱼ the Gram form of a squared distance has lost its digits (aggregation: numerics). */
const CANCELLATION: f64 = 1.0 / 1048576.0

@inline
function at(array: usize, index: i32): f64 {
  return load<f64>(array + (<usize>index << 3))
}
@inline
function put(array: usize, index: i32, value: f64): void {
  store<f64>(array + (<usize>index << 3), value)
}

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

/** Sorts `count` values ascending in place. */
function sortAscending(array: usize, count: i32): void {
  for (let i = 1; i < count; i++) {
    const value = at(array, i)
    let j = i
    for (; j > 0 && at(array, j - 1) > value; j--) put(array, j, at(array, j - 1))
    put(array, j, value)
  }
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

/** Median of `count` values; even: mean of the two middle ones. `scratch` [count]. */
export function median(values: usize, count: i32, scratch: usize): f64 {
  memory.copy(scratch, values, <usize>count << 3)
  sortAscending(scratch, count)
  const upper = at(scratch, count >> 1)
  return (count & 1) == 1 ? upper : (at(scratch, (count >> 1) - 1) + upper) / 2
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
