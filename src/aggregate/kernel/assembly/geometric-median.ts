// Smoothed Weiszfeld on weights: the point with the smallest weighted sum of distances, as a combination of the updates.
// Pillutla et al. 2022, "Robust Aggregation for Federated Learning", IEEE TSP 70, Algorithm 2; ν and the number of
// iterations are fixed here, so that nothing depends on when a run decides that it has converged.
import { at, median, put } from './array'
import { squareOfDifference } from './point'

/** ν = 2⁻²⁰ × the median distance of pairs: far below what tells updates apart, far above what rounding leaves. */
const SMOOTHING: f64 = 1.0 / 1048576.0

/** Distances of all pairs i < j, in that order, at `to`; returns how many. */
function pairDistances(square: usize, m: i32, to: usize): i32 {
  let count = 0
  for (let i = 0; i < m; i++) for (let j = i + 1; j < m; j++) put(to, count++, Math.sqrt(at(square, i * m + j)))
  return count
}

/** The update with the most others at distance 0; the lowest index of several. */
function mostRepeated(square: usize, m: i32): i32 {
  let best = 0
  let bestCount = -1
  for (let i = 0; i < m; i++) {
    let count = 0
    for (let j = 0; j < m; j++) if (j != i && at(square, i * m + j) == 0) count++
    if (count > bestCount) {
      best = i
      bestCount = count
    }
  }
  return best
}

/** Distance of ΔWᵢ to the point of `weights`. `u` [m] is scratch. */
export function distanceTo(square: usize, m: i32, weights: usize, i: i32, u: usize): f64 {
  for (let k = 0; k < m; k++) put(u, k, (k == i ? 1 : 0) - at(weights, k))
  return Math.sqrt(squareOfDifference(square, m, u))
}

/**
 * weights [m] of the geometric median after `iterations` steps from the weighted mean; the members' own shares
 * claimᵢ/Σ claims stay factors of every step. Returns the length of the last step.
 * When half of all pairs are at distance 0, the result is the update that most others equal.
 * `scratch` [m·m + 3m] f64.
 */
export function geometricMedian(
  square: usize,
  claims: usize,
  m: i32,
  iterations: i32,
  weights: usize,
  scratch: usize,
): f64 {
  const u = scratch
  const next = u + (<usize>m << 3)
  const pairs = next + (<usize>m << 3)
  let total: f64 = 0
  for (let i = 0; i < m; i++) total += at(claims, i)
  for (let i = 0; i < m; i++) put(weights, i, at(claims, i) / total)
  if (m < 2) return 0
  const count = pairDistances(square, m, pairs)
  // The list is not needed in its order again: it may be sorted in place.
  const middle = median(pairs, count, pairs)
  if (middle == 0) {
    const chosen = mostRepeated(square, m)
    for (let i = 0; i < m; i++) put(weights, i, i == chosen ? 1 : 0)
    return 0
  }
  const smallest = SMOOTHING * middle
  for (let step = 0; step < iterations; step++) {
    let sum: f64 = 0
    for (let i = 0; i < m; i++) {
      const distance = distanceTo(square, m, weights, i, u)
      const share = at(claims, i) / total / (distance > smallest ? distance : smallest)
      put(next, i, share)
      sum += share
    }
    for (let i = 0; i < m; i++) {
      const weight = at(next, i) / sum
      put(u, i, weight - at(weights, i))
      put(weights, i, weight)
    }
  }
  return iterations > 0 ? Math.sqrt(squareOfDifference(square, m, u)) : 0
}
