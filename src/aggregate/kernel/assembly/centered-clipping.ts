// Centered clipping: from a point, the mean of what the updates say is missing, each said in at most τ.
// Karimireddy et al. 2021, "Learning from History for Byzantine Robust Optimization", ICML, Algorithm 2. There the start is
// the result of the round before; here is one round, so it is the geometric median.
import { at, median, put, putInt } from './array'
import { distanceTo, geometricMedian } from './geometric-median'

/** Steps of the geometric median that the clipping starts from. */
const START_ITERATIONS = 64

/**
 * weights [m] after `iterations` steps; τ = numerator/denominator, or with numerator 0 the median distance to the start.
 * clipped [m] (i32): whether the last step shortened what a member said. Returns τ. `scratch` [m·m + 3m] f64.
 */
export function centeredClipping(
  square: usize,
  claims: usize,
  m: i32,
  iterations: i32,
  numerator: f64,
  denominator: f64,
  weights: usize,
  clipped: usize,
  scratch: usize,
): f64 {
  geometricMedian(square, claims, m, START_ITERATIONS, weights, scratch)
  const u = scratch
  const distances = u + (<usize>m << 3)
  const sorted = distances + (<usize>m << 3)
  let total: f64 = 0
  for (let i = 0; i < m; i++) total += at(claims, i)
  for (let i = 0; i < m; i++) put(distances, i, distanceTo(square, m, weights, i, u))
  const radius = numerator == 0 ? median(distances, m, sorted) : numerator / denominator
  for (let step = 0; step < iterations; step++) {
    if (step > 0) for (let i = 0; i < m; i++) put(distances, i, distanceTo(square, m, weights, i, u))
    // Shares of the step: claimᵢ/Σ claims × min(1, τ/dᵢ). What they leave of 1 stays where the point is.
    let moved: f64 = 0
    for (let i = 0; i < m; i++) {
      const distance = at(distances, i)
      const isClipped = distance > radius
      const share = (at(claims, i) / total) * (isClipped ? radius / distance : 1)
      putInt(clipped, i, isClipped ? 1 : 0)
      put(u, i, share)
      moved += share
    }
    const rest: f64 = 1 - moved
    for (let i = 0; i < m; i++) put(weights, i, rest * at(weights, i) + at(u, i))
  }
  return radius
}
