/** Geometry of models as flat vectors, in f64. */

export const difference = (x: Float32Array, y: Float32Array): Float32Array =>
  x.map((value, i) => value - (y[i] ?? 0))

export function inner(x: Float32Array, y: Float32Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += (x[i] ?? 0) * (y[i] ?? 0)
  return sum
}

export const norm = (x: Float32Array): number => Math.sqrt(inner(x, x))

/** Mean cosine over all pairs; null for fewer than two. */
export function meanCosine(vectors: readonly Float32Array[]): number | null {
  const norms = vectors.map(norm)
  let sum = 0
  let count = 0
  for (const [i, x] of vectors.entries()) {
    for (const [j, y] of vectors.entries()) {
      if (j <= i) continue
      sum += inner(x, y) / ((norms[i] ?? 0) * (norms[j] ?? 0))
      count++
    }
  }
  return count === 0 ? null : sum / count
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
