/**
 * The best approximation of a matrix by factors of a small rank, by subspace iteration. For poisoners only: it is
 * neither fast nor reproducible across machines, and nothing honest needs it.
 * Source: Golub and Van Loan, "Matrix Computations", 4th edition, section 8.2.4 (orthogonal iteration).
 */
import { SeededRng } from '../core/seeded-rng.ts'

const ITERATION_COUNT = 30

/** @returns b [out, rank] with orthonormal columns and a [rank, in], with b·a ≈ matrix [out, in] */
export function factorise(
  matrix: Float64Array,
  out: number,
  width: number,
  rank: number,
): { readonly a: Float32Array; readonly b: Float32Array } {
  // Rows of `basis` [rank, out] span the columns; started from the matrix's own range.
  let basis = orthonormal(startOf(matrix, out, width, rank), rank, out)
  let projected = multiplyLeft(basis, matrix, rank, out, width)
  for (let round = 0; round < ITERATION_COUNT; round++) {
    basis = orthonormal(multiplyRight(projected, matrix, rank, out, width), rank, out)
    projected = multiplyLeft(basis, matrix, rank, out, width)
  }
  const b = new Float32Array(out * rank)
  for (let o = 0; o < out; o++) for (let k = 0; k < rank; k++) b[o * rank + k] = basis[k * out + o] ?? 0
  return { a: Float32Array.from(projected), b }
}

/** Random combinations of the columns: they span what the matrix reaches, however many of its columns are equal. */
function startOf(matrix: Float64Array, out: number, width: number, rank: number): Float64Array {
  const rng = new SeededRng('oneround/factorise')
  const start = new Float64Array(rank * out)
  for (let k = 0; k < rank; k++) {
    const shares = Float64Array.from({ length: width }, () => rng.normal())
    for (let o = 0; o < out; o++) {
      let sum = 0
      for (let i = 0; i < width; i++) sum += (matrix[o * width + i] ?? 0) * (shares[i] ?? 0)
      start[k * out + o] = sum
    }
  }
  return start
}

/** basis [rank, out] · matrix [out, in] */
function multiplyLeft(
  basis: Float64Array,
  matrix: Float64Array,
  rank: number,
  out: number,
  width: number,
): Float64Array {
  const result = new Float64Array(rank * width)
  for (let k = 0; k < rank; k++) {
    for (let o = 0; o < out; o++) {
      const weight = basis[k * out + o] ?? 0
      for (let i = 0; i < width; i++) {
        result[k * width + i] = (result[k * width + i] ?? 0) + weight * (matrix[o * width + i] ?? 0)
      }
    }
  }
  return result
}

/** rows [rank, in] · matrixᵀ [in, out] */
function multiplyRight(
  rows: Float64Array,
  matrix: Float64Array,
  rank: number,
  out: number,
  width: number,
): Float64Array {
  const result = new Float64Array(rank * out)
  for (let k = 0; k < rank; k++) {
    for (let o = 0; o < out; o++) {
      let sum = 0
      for (let i = 0; i < width; i++) sum += (rows[k * width + i] ?? 0) * (matrix[o * width + i] ?? 0)
      result[k * out + o] = sum
    }
  }
  return result
}

/** Gram-Schmidt over rows, twice for accuracy; a row that vanishes stays zero. */
function orthonormal(rows: Float64Array, count: number, length: number): Float64Array {
  const result = rows.slice()
  for (let k = 0; k < count; k++) {
    const row = result.subarray(k * length, (k + 1) * length)
    for (let pass = 0; pass < 2; pass++) {
      for (let l = 0; l < k; l++) {
        const other = result.subarray(l * length, (l + 1) * length)
        const overlap = row.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0)
        for (let i = 0; i < length; i++) row[i] = (row[i] ?? 0) - overlap * (other[i] ?? 0)
      }
    }
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
    for (let i = 0; i < length; i++) row[i] = norm < 1e-12 ? 0 : (row[i] ?? 0) / norm
  }
  return result
}
