// The weighted median of each coordinate: the smallest value at which the claims of it and all smaller ones reach half of
// all; where they reach exactly half, the mean of it and the next. Cormen et al., "Introduction to Algorithms", problem 9-2.
// Claims are whole numbers, so their sums are exact and the comparison with half is too.
//
// Four coordinates at a time: Batcher's network (networks.ts has the source) sorts the values' images and takes the indices
// of the updates along. Which of two equal values comes first changes no result.
import { at, intAt } from './array'
import { storeRounded } from './dense'
import { image } from './image'

/** Sorts keys [m] of four i32 lanes ascending; indices [m] go with them. */
function sortPairs(keys: usize, indices: usize, m: i32): void {
  for (let p = 1; p < m; p <<= 1) {
    for (let k = p; k >= 1; k >>= 1) {
      for (let j = k % p; j + k < m; j += 2 * k) {
        for (let i = 0; i < k && i + j + k < m; i++) {
          const lower = <usize>(i + j)
          const upper = lower + <usize>k
          // 2p is a power of two: in other runs of 2p when a bit at or above it differs.
          if (((lower ^ upper) & ~<usize>(2 * p - 1)) != 0) continue
          exchange(keys + (lower << 4), keys + (upper << 4), indices + (lower << 4), indices + (upper << 4))
        }
      }
    }
  }
}

@inline
function exchange(lowerKey: usize, upperKey: usize, lowerIndex: usize, upperIndex: usize): void {
  const a = v128.load(lowerKey)
  const b = v128.load(upperKey)
  const c = v128.load(lowerIndex)
  const d = v128.load(upperIndex)
  const isTurned = i32x4.gt_s(a, b)
  v128.store(lowerKey, v128.bitselect(b, a, isTurned))
  v128.store(upperKey, v128.bitselect(a, b, isTurned))
  v128.store(lowerIndex, v128.bitselect(d, c, isTurned))
  v128.store(upperIndex, v128.bitselect(c, d, isTurned))
}

@inline
function value(keys: usize, lane: i32, i: i32): f64 {
  const bits = intAt(keys, 4 * i + lane)
  return <f64>reinterpret<f32>(bits ^ ((bits >> 31) & 0x7fffffff))
}

/** λ × that median; `claims` [m] f64; `keys` [2m] of four i32 lanes is scratch. */
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
  const indices = keys + (<usize>m << 4)
  let total: f64 = 0
  for (let i = 0; i < m; i++) total += at(claims, i)
  for (let c = 0; c < count; c += 4) {
    for (let i = 0; i < m; i++) {
      v128.store(keys + (<usize>i << 4), image(v128.load(tiles + <usize>i * stride + (<usize>c << 2))))
      v128.store(indices + (<usize>i << 4), i32x4.splat(i))
    }
    sortPairs(keys, indices, m)
    const lanes = min(4, count - c)
    for (let lane = 0; lane < lanes; lane++) {
      let below: f64 = 0
      let k = 0
      for (; k < m - 1; k++) {
        below += at(claims, intAt(indices, 4 * k + lane))
        if (2 * below >= total) break
      }
      let result = value(keys, lane, k)
      if (2 * below == total && k < m - 1) result = (result + value(keys, lane, k + 1)) / 2
      storeRounded(to + (<usize>(c + lane) << 2), lambda * result)
    }
  }
}
