// Dense linear algebra for recompression, in f64: Householder QR and products. A matrix of `count` columns of `length`
// entries is stored column after column. Order of summation as in gram.ts: four lanes, (0+1)+(2+3), then the tail.
// Source: Golub and Van Loan, "Matrix Computations", 4th edition, sections 5.1 and 5.2.

/** Σ xᵢyᵢ over f64. */
export function dot64(x: usize, y: usize, count: i32): f64 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  const whole = count & ~3
  for (let i = 0; i < whole; i += 4) {
    low = f64x2.add(low, f64x2.mul(v128.load(x), v128.load(y)))
    high = f64x2.add(high, f64x2.mul(v128.load(x, 16), v128.load(y, 16)))
    x += 32
    y += 32
  }
  let sum =
    f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  for (let i = whole; i < count; i++) {
    sum += load<f64>(x) * load<f64>(y)
    x += 8
    y += 8
  }
  return sum
}

/** y += factor · x */
export function addScaled(x: usize, y: usize, factor: f64, count: i32): void {
  const many = f64x2.splat(factor)
  const whole = count & ~1
  for (let i = 0; i < whole; i += 2) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(many, v128.load(x))))
    x += 16
    y += 16
  }
  if (whole < count) store<f64>(y, load<f64>(y) + factor * load<f64>(x))
}

@inline
function cell(matrix: usize, index: i32): usize {
  return matrix + (<usize>index << 3)
}

/**
 * Householder QR of [length, count]: the columns are replaced by the reflectors, `q` gets the p = min(length, count)
 * orthonormal columns, `r` the upper triangle [p, count], row-major. Exact dependence needs no care: a column that
 * vanishes leaves a zero in R and an orthonormal column in Q all the same.
 * @param factors — f64 [p], scratch: 2 / vᵀv of each reflector
 */
export function factorQr(columns: usize, length: i32, count: i32, factors: usize, q: usize, r: usize): void {
  const p = length < count ? length : count
  for (let j = 0; j < p; j++) {
    const column = cell(columns, j * length + j)
    const rest = length - j
    const first = load<f64>(column)
    const norm = Math.sqrt(dot64(column, column, rest))
    const diagonal = first > 0 ? -norm : norm
    store<f64>(column, first - diagonal)
    const square = dot64(column, column, rest)
    const factor = square > 0 ? 2 / square : 0
    store<f64>(cell(factors, j), factor)
    store<f64>(cell(r, j * count + j), diagonal)
    for (let k = j + 1; k < count; k++) {
      const other = cell(columns, k * length + j)
      addScaled(column, other, -(factor * dot64(column, other, rest)), rest)
      store<f64>(cell(r, j * count + k), load<f64>(other))
    }
  }
  for (let k = 0; k < p; k++) {
    const column = cell(q, k * length)
    memory.fill(column, 0, <usize>length << 3)
    store<f64>(cell(column, k), 1)
    // Reflectors behind k leave a unit vector at k alone.
    for (let j = k; j >= 0; j--) {
      const reflector = cell(columns, j * length + j)
      const target = cell(column, j)
      const rest = length - j
      addScaled(reflector, target, -(load<f64>(cell(factors, j)) * dot64(reflector, target, rest)), rest)
    }
  }
}

/** to [rowsX, rowsY], column after column, = X·Yᵀ for X [rowsX, count] and Y [rowsY, count], row-major. */
export function multiplyTransposed(x: usize, rowsX: i32, y: usize, rowsY: i32, count: i32, to: usize): void {
  for (let j = 0; j < rowsY; j++) {
    for (let i = 0; i < rowsX; i++) {
      store<f64>(cell(to, j * rowsX + i), dot64(cell(x, i * count), cell(y, j * count), count))
    }
  }
}

/** to [length] = Σ over k of weightsₖ · columnₖ, added in the order of k. */
export function combineColumns(columns: usize, length: i32, count: i32, weights: usize, to: usize): void {
  memory.fill(to, 0, <usize>length << 3)
  for (let k = 0; k < count; k++) addScaled(cell(columns, k * length), to, load<f64>(cell(weights, k)), length)
}

/** Rows of f32 [rows, columns] → f64 columns of the transpose, which is the same order: a widening copy. */
export function promote(from: usize, to: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f64>(to + (<usize>i << 3), <f64>load<f32>(from + (<usize>i << 2)))
}

/** f32 [rows, columns] row-major → f64, column after column. */
export function promoteTransposed(from: usize, rows: i32, columns: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      store<f64>(cell(to, column * rows + row), <f64>load<f32>(from + (<usize>(row * columns + column) << 2)))
    }
  }
}
