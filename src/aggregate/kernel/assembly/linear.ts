// Linear maps of tiles: what steps before a rule do to dense rows, and the weighted mean of rows.
import { at } from './array'
import { storeRounded } from './dense'

/** One mixed row: Σ sharesₖ × tileₖ over m tiles, k ascending, rounded once. */
export function mixTile(tiles: usize, stride: usize, m: i32, shares: usize, count: i32, to: usize): void {
  for (let c = 0; c < count; c++) {
    const first = tiles + (<usize>c << 2)
    let sum: f64 = 0
    for (let k = 0; k < m; k++) sum += at(shares, k) * <f64>load<f32>(first + <usize>k * stride)
    storeRounded(to + (<usize>c << 2), sum)
  }
}

/** λ × Σ weightᵢ × tileᵢ, i ascending, rounded once. */
export function weightedSumTile(
  tiles: usize,
  stride: usize,
  m: i32,
  weights: usize,
  count: i32,
  numerator: f64,
  denominator: f64,
  to: usize,
): void {
  const lambda = numerator / denominator
  for (let c = 0; c < count; c++) {
    const first = tiles + (<usize>c << 2)
    let sum: f64 = 0
    for (let i = 0; i < m; i++) sum += at(weights, i) * <f64>load<f32>(first + <usize>i * stride)
    storeRounded(to + (<usize>c << 2), lambda * sum)
  }
}

/** λ × (Σ claimᵢ × tileᵢ ÷ Σ claims), i ascending, rounded once. */
export function weightedMeanTile(
  tiles: usize,
  stride: usize,
  m: i32,
  claims: usize,
  count: i32,
  numerator: f64,
  denominator: f64,
  to: usize,
): void {
  const lambda = numerator / denominator
  let total: f64 = 0
  for (let i = 0; i < m; i++) total += at(claims, i)
  for (let c = 0; c < count; c++) {
    const first = tiles + (<usize>c << 2)
    let sum: f64 = 0
    for (let i = 0; i < m; i++) sum += at(claims, i) * <f64>load<f32>(first + <usize>i * stride)
    storeRounded(to + (<usize>c << 2), lambda * (sum / total))
  }
}
