/** Clipping by the norm of the whole gradient. Source: Pascanu, Mikolov & Bengio 2013 (arXiv:1211.5063), §3.2. */

/** Euclidean norm, accumulated in f64. NaN or ±Inf anywhere makes it so. */
export function euclideanNorm(vector: Float32Array): number {
  let sum = 0
  for (const element of vector) sum += element * element
  return Math.sqrt(sum)
}

/**
 * Shortens a gradient to `normMax`, in place, where it is longer.
 * @param normMax — 0 switches clipping off
 * @returns the norm before
 */
export function clipByNorm(gradient: Float32Array, normMax: number): number {
  const norm = euclideanNorm(gradient)
  if (normMax > 0 && norm > normMax) {
    const share = normMax / norm
    for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] ?? 0) * share
  }
  return norm
}
