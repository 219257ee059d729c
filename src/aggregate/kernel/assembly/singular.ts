// Singular values by one-sided Jacobi rotations, and the truncation to a rank. f64.
// Source: Hestenes 1958, "Inversion of matrices by biorthogonalization and related results"; Demmel and Veselić 1992,
// "Jacobi's method is more accurate than QR", for why small singular values come out right too.

import { dot64, addScaled } from './orthogonal'

/** A product this small beside the norms is rounding; rotating by it would never end. 2⁻⁵⁰. */
const PARALLEL: f64 = 1.0 / 1125899906842624.0

@inline
function cell(matrix: usize, index: i32): usize {
  return matrix + (<usize>index << 3)
}

/** Rotates the columns x and y: (c·x − s·y, s·x + c·y). */
function rotate(x: usize, y: usize, count: i32, c: f64, s: f64): void {
  for (let i = 0; i < count; i++) {
    const a = load<f64>(x)
    const b = load<f64>(y)
    store<f64>(x, c * a - s * b)
    store<f64>(y, s * a + c * b)
    x += 8
    y += 8
  }
}

/**
 * One-sided Jacobi on C [length, count], column after column: C becomes C·V = U·Σ, `v` [count, count] becomes V. Pairs in
 * the order (0,1), (0,2), …; at most `sweepCount` sweeps. A sweep that rotates nothing ends it: every further one would
 * find the same numbers and rotate nothing, so the bits do not depend on stopping.
 * @returns the number of sweeps that rotated something
 */
export function jacobi(c: usize, length: i32, count: i32, v: usize, sweepCount: i32): i32 {
  memory.fill(v, 0, (<usize>count * <usize>count) << 3)
  for (let k = 0; k < count; k++) store<f64>(cell(v, k * count + k), 1)
  for (let sweep = 0; sweep < sweepCount; sweep++) {
    let hasRotated = false
    for (let i = 0; i < count - 1; i++) {
      for (let j = i + 1; j < count; j++) {
        const x = cell(c, i * length)
        const y = cell(c, j * length)
        const product = dot64(x, y, length)
        const squareX = dot64(x, x, length)
        const squareY = dot64(y, y, length)
        if (Math.abs(product) <= PARALLEL * Math.sqrt(squareX) * Math.sqrt(squareY)) continue
        hasRotated = true
        const ratio = (squareY - squareX) / (2 * product)
        const size = 1 / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio))
        const tangent = ratio < 0 ? -size : size
        const cosine = 1 / Math.sqrt(1 + tangent * tangent)
        const sine = cosine * tangent
        rotate(x, y, length, cosine, sine)
        rotate(cell(v, i * count), cell(v, j * count), count, cosine, sine)
      }
    }
    if (!hasRotated) return sweep
  }
  return sweepCount
}

/** squares [count] = the squared norms of the columns of C·V: squared singular values, in the columns' order. */
export function squaredValues(c: usize, length: i32, count: i32, squares: usize): void {
  for (let k = 0; k < count; k++) {
    const column = cell(c, k * length)
    store<f64>(cell(squares, k), dot64(column, column, length))
  }
}

/** order (i32) [count] = columns by descending square; equal ones in the columns' order. */
export function orderDescending(squares: usize, count: i32, order: usize): void {
  for (let k = 0; k < count; k++) {
    const square = load<f64>(cell(squares, k))
    let before = 0
    for (let l = 0; l < count; l++) {
      const other = load<f64>(cell(squares, l))
      if (other > square || (other == square && l < k)) before++
    }
    store<i32>(order + (<usize>before << 2), k)
  }
}

/** Divides a column by √√square, the square root of the singular value; a column of square 0 becomes 0. */
export function divideByRoot(column: usize, count: i32, square: f64): void {
  const root = Math.sqrt(Math.sqrt(square))
  const factor = root > 0 ? 1 / root : 0
  for (let i = 0; i < count; i++) store<f64>(cell(column, i), load<f64>(cell(column, i)) * factor)
}

/** Multiplies a column by √√square. */
export function multiplyByRoot(column: usize, count: i32, square: f64): void {
  const root = Math.sqrt(Math.sqrt(square))
  for (let i = 0; i < count; i++) store<f64>(cell(column, i), load<f64>(cell(column, i)) * root)
}

/** Whether the first of the entries of largest absolute value is negative. */
export function isTurned(column: usize, count: i32): bool {
  let largest: f64 = 0
  let isNegative = false
  for (let i = 0; i < count; i++) {
    const value = load<f64>(cell(column, i))
    if (Math.abs(value) > largest) {
      largest = Math.abs(value)
      isNegative = value < 0
    }
  }
  return isNegative
}

/** Rounds `count` f64, `step` bytes apart in the result, to f32; −0 becomes +0. `isNegated` turns the sign first. */
export function demote(from: usize, count: i32, isNegated: bool, to: usize, step: usize): void {
  for (let i = 0; i < count; i++) {
    const value = load<f64>(cell(from, i))
    // Adding +0 turns −0 into +0 and leaves every other value as it is.
    store<f32>(to + <usize>i * step, <f32>(isNegated ? -value : value) + 0)
  }
}

/** Start of the subspace iteration: `count` f64 of ±1 from a fixed generator (xorshift32, Marsaglia 2003). */
export function fillSigns(to: usize, count: i32, seed: u32): void {
  let state = seed
  for (let i = 0; i < count; i++) {
    state ^= state << 13
    state ^= state >> 17
    state ^= state << 5
    store<f64>(cell(to, i), (state & 0x10000) == 0 ? 1 : -1)
  }
}

/** to [count][rows] = M·xₖ for the `count` columns x of `columns` entries; M f32 [rows, columns]. */
export function multiplyRows(matrix: usize, rows: i32, columns: i32, x: usize, count: i32, row: usize, to: usize): void {
  for (let r = 0; r < rows; r++) {
    const at = matrix + ((<usize>r * <usize>columns) << 2)
    for (let i = 0; i < columns; i++) store<f64>(cell(row, i), <f64>load<f32>(at + (<usize>i << 2)))
    for (let k = 0; k < count; k++) store<f64>(cell(to, k * rows + r), dot64(row, cell(x, k * columns), columns))
  }
}

/** to [count][columns] = Mᵀ·yₖ for the `count` columns y of `rows` entries, rows added in order. */
export function multiplyColumns(matrix: usize, rows: i32, columns: i32, y: usize, count: i32, row: usize, to: usize): void {
  memory.fill(to, 0, (<usize>count * <usize>columns) << 3)
  for (let r = 0; r < rows; r++) {
    const at = matrix + ((<usize>r * <usize>columns) << 2)
    for (let i = 0; i < columns; i++) store<f64>(cell(row, i), <f64>load<f32>(at + (<usize>i << 2)))
    for (let k = 0; k < count; k++) addScaled(row, cell(to, k * columns), load<f64>(cell(y, k * rows + r)), columns)
  }
}
