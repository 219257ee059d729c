// Rules that let the updates vote on the sign of each coordinate.
import { at, put, sortAscending } from './array'
import { storeRounded } from './dense'

/**
 * λ × the disjoint mean: the sign of the coordinate's sum is elected, and those that have it are averaged, in the order of
 * the updates; 0 where the sum is 0. Yadav et al. 2023, arXiv:2306.01708, section 3 (elect sign, disjoint merge).
 */
export function disjointMeanTile(
  tiles: usize,
  stride: usize,
  m: i32,
  count: i32,
  numerator: f64,
  denominator: f64,
  to: usize,
): void {
  const lambda = numerator / denominator
  for (let c = 0; c < count; c++) {
    const first = tiles + (<usize>c << 2)
    let sum: f64 = 0
    for (let i = 0; i < m; i++) sum += <f64>load<f32>(first + <usize>i * stride)
    let agreeing: f64 = 0
    let voters = 0
    for (let i = 0; i < m; i++) {
      const value = <f64>load<f32>(first + <usize>i * stride)
      if ((sum > 0 && value > 0) || (sum < 0 && value < 0)) {
        agreeing += value
        voters++
      }
    }
    storeRounded(to + (<usize>c << 2), voters == 0 ? 0 : lambda * (agreeing / <f64>voters))
  }
}

/**
 * λ × sign × size: the sign with the larger sum of claims (a value of 0 votes for neither; equal sums give 0), the size the
 * median of all absolute values, even m: the mean of the two middle ones. The vote after Bernstein et al. 2019,
 * arXiv:1810.05291; there every coordinate has one size. `claims` [m], `sizes` [m] scratch.
 */
export function signMajorityTile(
  tiles: usize,
  stride: usize,
  m: i32,
  claims: usize,
  count: i32,
  numerator: f64,
  denominator: f64,
  sizes: usize,
  to: usize,
): void {
  const lambda = numerator / denominator
  for (let c = 0; c < count; c++) {
    const first = tiles + (<usize>c << 2)
    let up: f64 = 0
    let down: f64 = 0
    for (let i = 0; i < m; i++) {
      const value = <f64>load<f32>(first + <usize>i * stride)
      if (value > 0) up += at(claims, i)
      if (value < 0) down += at(claims, i)
      put(sizes, i, value < 0 ? -value : value)
    }
    sortAscending(sizes, m)
    const upper = at(sizes, m >> 1)
    const size = (m & 1) == 1 ? upper : (at(sizes, (m >> 1) - 1) + upper) / 2
    storeRounded(to + (<usize>c << 2), up > down ? lambda * size : up < down ? lambda * -size : 0)
  }
}
