/** Flat vectors, in place. */

export function addTo(sum: Float32Array, term: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (term[i] ?? 0)
}

export function scaleBy(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * by
}
