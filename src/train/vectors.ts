/** Flat vectors, in place. */

type Floats = Float32Array | Float64Array

export function addTo(sum: Floats, term: Floats): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (term[i] ?? 0)
}

export function addSquaresTo(sum: Floats, term: Floats): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (term[i] ?? 0) ** 2
}

export function scaleBy(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * by
}
