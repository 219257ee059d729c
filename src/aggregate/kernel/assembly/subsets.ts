// Rules that look at every subset of m − b updates: exact, so only for few updates; the caller bounds how many subsets
// there are. Subsets come in lexicographic order of their indices, and a later one must be strictly better.
import { at, putInt } from './array'
import { largestEigenvalue } from './eigen'

let bestValue: f64 = 0
let isFound: bool = false

@inline
function pick(picked: usize, depth: i32): i32 {
  return load<i32>(picked + (<usize>depth << 2))
}

function keepPicked(picked: usize, size: i32, m: i32, keep: usize): void {
  for (let i = 0; i < m; i++) putInt(keep, i, 0)
  for (let k = 0; k < size; k++) putInt(keep, pick(picked, k), 1)
}

/** Extends picked[0 … depth) by indices from `from`; `widest` is the largest squared distance within it so far. */
function narrow(square: usize, m: i32, size: i32, depth: i32, from: i32, widest: f64, picked: usize, keep: usize): void {
  if (depth == size) {
    bestValue = widest
    isFound = true
    keepPicked(picked, size, m, keep)
    return
  }
  for (let i = from; i <= m - size + depth; i++) {
    let widened = widest
    for (let k = 0; k < depth; k++) {
      const distance = at(square, i * m + pick(picked, k))
      if (distance > widened) widened = distance
    }
    // No extension of it can be strictly better than the best, and of equals the first counts.
    if (isFound && widened >= bestValue) continue
    putInt(picked, depth, i)
    narrow(square, m, size, depth + 1, i + 1, widened, picked, keep)
  }
}

/**
 * keep [m] (i32) = the subset of `size` updates with the smallest diameter: the largest distance of two in it.
 * Returns that diameter. `picked` [size] i32 is scratch.
 */
export function keepNarrowest(square: usize, m: i32, size: i32, picked: usize, keep: usize): f64 {
  isFound = false
  bestValue = 0
  narrow(square, m, size, 0, 0, 0, picked, keep)
  return Math.sqrt(bestValue)
}

/**
 * keep [m] (i32) = the subset of `size` updates whose covariance has the smallest largest eigenvalue. Returns that
 * eigenvalue. `picked` [size] i32 and `matrix` [size·size + size] f64 are scratch.
 */
export function keepCalmest(square: usize, m: i32, size: i32, picked: usize, matrix: usize, keep: usize): f64 {
  isFound = false
  bestValue = 0
  for (let k = 0; k < size; k++) putInt(picked, k, k)
  let raised = 0
  while (raised >= 0) {
    const value = largestEigenvalue(square, m, picked, size, matrix)
    if (!isFound || value < bestValue) {
      isFound = true
      bestValue = value
      keepPicked(picked, size, m, keep)
    }
    // The next subset in lexicographic order: raise the last index that can be raised.
    raised = size - 1
    while (raised >= 0 && pick(picked, raised) == m - size + raised) raised--
    if (raised >= 0) putInt(picked, raised, pick(picked, raised) + 1)
    for (let next = raised + 1; raised >= 0 && next < size; next++) putInt(picked, next, pick(picked, next - 1) + 1)
  }
  return bestValue
}
