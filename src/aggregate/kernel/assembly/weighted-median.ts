// The weighted median of each coordinate: the smallest value at which the claims of it and all smaller ones reach half of
// all; where they reach exactly half, the mean of it and the next. Cormen et al., "Introduction to Algorithms", problem 9-2.
// Claims are whole numbers, so their sums are exact and the comparison with half is too.
import { at, put } from './array'
import { storeRounded } from './dense'

@inline
function imageOf(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fffffff)
}
@inline
function numberOf(key: i64): f64 {
  return <f64>reinterpret<f32>(imageOf(<i32>(key >> 32)))
}

/** λ × that median; `claims` [m] f64; `keys` [m] i64 is scratch. Equal values are ordered by index, which changes nothing. */
export function weightedMedianTile(
  tiles: usize,
  stride: usize,
  m: i32,
  claims: usize,
  count: i32,
  numerator: f64,
  denominator: f64,
  keys: usize,
  to: usize,
): void {
  const lambda = numerator / denominator
  let total: f64 = 0
  for (let i = 0; i < m; i++) total += at(claims, i)
  for (let c = 0; c < count; c++) {
    for (let i = 0; i < m; i++) {
      const bits = load<i32>(tiles + <usize>i * stride + (<usize>c << 2))
      const key = (<i64>imageOf(bits) << 32) | <i64>i
      let j = i
      for (; j > 0 && load<i64>(keys + (<usize>(j - 1) << 3)) > key; j--) {
        store<i64>(keys + (<usize>j << 3), load<i64>(keys + (<usize>(j - 1) << 3)))
      }
      store<i64>(keys + (<usize>j << 3), key)
    }
    let below: f64 = 0
    let k = 0
    for (; k < m - 1; k++) {
      below += at(claims, <i32>(load<i64>(keys + (<usize>k << 3)) & 0x7fffffff))
      if (2 * below >= total) break
    }
    let result = numberOf(load<i64>(keys + (<usize>k << 3)))
    if (2 * below == total && k < m - 1) result = (result + numberOf(load<i64>(keys + (<usize>(k + 1) << 3)))) / 2
    storeRounded(to + (<usize>c << 2), lambda * result)
  }
}
