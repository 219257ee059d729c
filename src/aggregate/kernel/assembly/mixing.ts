// Steps before a rule: each makes new rows out of the rows before, row′ᵢ = Σ Sᵢₖ rowₖ, so all of them together are one
// matrix P [count, m] on the updates. Gram matrix and distances of the new rows follow from those of the updates.
import { at, intAt, median, put, putInt } from './array'
import { squareOfDifference, squareOfSum } from './point'
import { below } from './random'

/** rows [m, m] = the identity: no step yet. */
export function identityRows(m: i32, rows: usize): void {
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) put(rows, i * m + j, i == j ? 1 : 0)
}

/** Row i is the mean of the m − b rows nearest to row i, itself among them, in (distance, index) order. */
export function nearestRows(square: usize, m: i32, b: i32, to: usize): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      let before = 0
      const own = at(square, i * m + j)
      for (let k = 0; k < m; k++) {
        const other = at(square, i * m + k)
        if (other < own || (other == own && k < j)) before++
      }
      put(to, i * m + j, before < m - b ? 1 / <f64>(m - b) : 0)
    }
  }
}

/**
 * Rows in an order drawn from the seed (Fisher and Yates, from the last place down), then means of `size` neighbours; the
 * last bucket has what is left. Returns how many buckets there are. `order` [m] i32 is scratch.
 */
export function bucketRows(m: i32, size: i32, seed: usize, step: i32, order: usize, to: usize): i32 {
  for (let i = 0; i < m; i++) putInt(order, i, i)
  let drawn = 0
  for (let i = m - 1; i > 0; i--) {
    const j = below(seed, step, drawn++, i + 1)
    const held = intAt(order, i)
    putInt(order, i, intAt(order, j))
    putInt(order, j, held)
  }
  const count = (m + size - 1) / size
  for (let row = 0; row < count; row++) {
    const first = row * size
    const last = min(first + size, m)
    for (let j = 0; j < m; j++) put(to, row * m + j, 0)
    for (let k = first; k < last; k++) put(to, row * m + intAt(order, k), 1 / <f64>(last - first))
  }
  return count
}

/**
 * Row i is row i scaled to norm at most numerator/denominator; with numerator 0, at most the median norm.
 * clipped [m] (i32): which were. `scratch` [m].
 */
export function clipRows(
  norms: usize,
  m: i32,
  numerator: f64,
  denominator: f64,
  scratch: usize,
  clipped: usize,
  to: usize,
): void {
  const bound = numerator == 0 ? median(norms, m, scratch) : numerator / denominator
  for (let i = 0; i < m; i++) {
    const isClipped = at(norms, i) > bound
    putInt(clipped, i, isClipped ? 1 : 0)
    for (let j = 0; j < m; j++) put(to, i * m + j, i != j ? 0 : isClipped ? bound / at(norms, i) : 1)
  }
}

/** to [count, m] = step [count, middle] × rows [middle, m], summed over the middle ascending. */
export function composeRows(step: usize, count: i32, middle: i32, rows: usize, m: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < m; j++) {
      let sum: f64 = 0
      for (let k = 0; k < middle; k++) sum += at(step, i * middle + k) * at(rows, k * m + j)
      put(to, i * m + j, sum)
    }
  }
}

/** to [count, count] = P G Pᵀ: for each i ≤ j, k ascending, within it l ascending; mirrored. */
export function mixGram(gram: usize, m: i32, rows: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      let total: f64 = 0
      for (let k = 0; k < m; k++) {
        let inner: f64 = 0
        for (let l = 0; l < m; l++) inner += at(rows, j * m + l) * at(gram, k * m + l)
        total += at(rows, i * m + k) * inner
      }
      put(to, i * count + j, total)
      put(to, j * count + i, total)
    }
  }
}

/**
 * to [count, count]: squared distances of the rows, from u = Pᵢ − Pⱼ. Where all rows sum to 1 (`areMeans`), from the
 * updates' distances; otherwise from inner products. `u` [m] is scratch.
 */
export function mixDistances(
  gram: usize,
  square: usize,
  m: i32,
  rows: usize,
  count: i32,
  areMeans: i32,
  u: usize,
  to: usize,
): void {
  for (let i = 0; i < count; i++) {
    put(to, i * count + i, 0)
    for (let j = i + 1; j < count; j++) {
      for (let k = 0; k < m; k++) put(u, k, at(rows, i * m + k) - at(rows, j * m + k))
      const value = areMeans != 0 ? squareOfDifference(square, m, u) : squareOfSum(gram, m, u)
      put(to, i * count + j, value)
      put(to, j * count + i, value)
    }
  }
}

/** weights [m] = Pᵀ × shares [count]: what the updates count for, i ascending. */
export function unmixWeights(shares: usize, count: i32, rows: usize, m: i32, weights: usize): void {
  for (let j = 0; j < m; j++) {
    let sum: f64 = 0
    for (let i = 0; i < count; i++) sum += at(shares, i) * at(rows, i * m + j)
    put(weights, j, sum)
  }
}
