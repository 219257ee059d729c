// The largest eigenvalue of the covariance of a few updates, from their distances: that of the centred Gram matrix
// −½ H D H over the number of updates (H = I − 11ᵀ/s; Torgerson 1952), by cyclic Jacobi rotations with a fixed number of
// sweeps (Golub and Van Loan, "Matrix Computations", 4th edition, section 8.5).
import { at, intAt, put } from './array'

/** Jacobi converges quadratically; matrices of up to 64 rows are diagonal to the last bit after 7 or 8. */
const SWEEPS = 10

/** matrix [s, s] = −½ H D H of the picked updates; means [s] is scratch behind it. */
function centre(square: usize, m: i32, picked: usize, s: i32, matrix: usize): void {
  const means = matrix + (<usize>(s * s) << 3)
  let whole: f64 = 0
  for (let i = 0; i < s; i++) {
    let sum: f64 = 0
    for (let j = 0; j < s; j++) sum += at(square, intAt(picked, i) * m + intAt(picked, j))
    put(means, i, sum / <f64>s)
    whole += sum / <f64>s
  }
  whole = whole / <f64>s
  for (let i = 0; i < s; i++) {
    for (let j = 0; j < s; j++) {
      const distance = at(square, intAt(picked, i) * m + intAt(picked, j))
      put(matrix, i * s + j, -0.5 * (distance - at(means, i) - at(means, j) + whole))
    }
  }
}

/** One rotation in the plane (p, q), p < q, that makes entry (p, q) zero. */
function rotate(matrix: usize, s: i32, p: i32, q: i32): void {
  const apq = at(matrix, p * s + q)
  if (apq == 0) return
  const theta = (at(matrix, q * s + q) - at(matrix, p * s + p)) / (2 * apq)
  const size = theta < 0 ? -theta : theta
  const root = 1 / (size + Math.sqrt(size * size + 1))
  const t = theta < 0 ? -root : root
  const c = 1 / Math.sqrt(t * t + 1)
  const sine = t * c
  put(matrix, p * s + p, at(matrix, p * s + p) - t * apq)
  put(matrix, q * s + q, at(matrix, q * s + q) + t * apq)
  put(matrix, p * s + q, 0)
  put(matrix, q * s + p, 0)
  for (let k = 0; k < s; k++) {
    if (k == p || k == q) continue
    const kp = at(matrix, k * s + p)
    const kq = at(matrix, k * s + q)
    const newP = c * kp - sine * kq
    const newQ = sine * kp + c * kq
    put(matrix, k * s + p, newP)
    put(matrix, p * s + k, newP)
    put(matrix, k * s + q, newQ)
    put(matrix, q * s + k, newQ)
  }
}

/** `matrix` [s·s + s] is scratch. */
export function largestEigenvalue(square: usize, m: i32, picked: usize, s: i32, matrix: usize): f64 {
  centre(square, m, picked, s, matrix)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let p = 0; p < s; p++) for (let q = p + 1; q < s; q++) rotate(matrix, s, p, q)
  }
  let largest: f64 = 0
  for (let i = 0; i < s; i++) if (at(matrix, i * s + i) > largest) largest = at(matrix, i * s + i)
  return largest / <f64>s
}
