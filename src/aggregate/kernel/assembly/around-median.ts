// The mean of the values nearest to the median, coordinate by coordinate: `meamed` on all updates, the second half of
// `bulyan` on those it chose. Xie et al. 2018, arXiv:1802.10116, section 3; El Mhamdi et al. 2018, section 4.
//
// The nearest values are neighbours in the sorted list, so `dropped` times the farther of the two ends goes; of two equally
// far, the larger value. Scalar: four lanes would drop different ends.
import { image } from './image'
import { gather, storeRounded } from './dense'

@inline
function value(keys: usize, lane: i32, i: i32): f64 {
  return <f64>load<f32>(keys + (<usize>i << 4) + (<usize>lane << 2))
}

/** λ × that mean of m − dropped values; tiles, stride, keys and to as for `medianTile`. */
export function aroundMedianTile(
  tiles: usize,
  stride: usize,
  m: i32,
  dropped: i32,
  count: i32,
  numerator: f64,
  denominator: f64,
  keys: usize,
  to: usize,
): void {
  const lambda = numerator / denominator
  const kept = <f64>(m - dropped)
  for (let first = 0; first < count; first += 4) {
    gather(tiles, stride, m, 0, <usize>first << 2, 1, keys)
    for (let i = 0; i < m; i++) {
      const key = keys + (<usize>i << 4)
      v128.store(key, image(v128.load(key)))
    }
    const lanes = min(4, count - first)
    for (let lane = 0; lane < lanes; lane++) {
      const upper = value(keys, lane, m >> 1)
      const middle = (m & 1) == 1 ? upper : (value(keys, lane, (m - 1) >> 1) + upper) / 2
      let start = 0
      let end = m
      for (let k = 0; k < dropped; k++) {
        if (middle - value(keys, lane, start) > value(keys, lane, end - 1) - middle) start++
        else end--
      }
      let sum: f64 = 0
      for (let k = start; k < end; k++) sum += value(keys, lane, k)
      storeRounded(to + (<usize>(first + lane) << 2), lambda * (sum / kept))
    }
  }
}
