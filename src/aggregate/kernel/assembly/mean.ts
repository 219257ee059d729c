// The plain mean of dense tiles: bound by how fast memory is read, so a cache line of every input is summed in registers.
import { highHalf, lowHalf, storeFour } from './dense'

/** Coordinates of one cache line. */
const LINE: i32 = 16

/** λ × (Σ tileᵢ ÷ m), i ascending, in f64, rounded once: the bits that weightedMeanTile has for claims of 1. */
export function meanTile(
  tiles: usize,
  stride: usize,
  m: i32,
  count: i32,
  numerator: f64,
  denominator: f64,
  to: usize,
): void {
  const lambda = f64x2.splat(numerator / denominator)
  const total = f64x2.splat(<f64>m)
  const whole = count - (count % LINE)
  let at: i32 = 0
  for (; at < whole; at += LINE) {
    let a = f64x2.splat(0)
    let b = a
    let c = a
    let d = a
    let e = a
    let f = a
    let g = a
    let h = a
    let from = tiles + (<usize>at << 2)
    for (let i = 0; i < m; i++) {
      const p = v128.load(from)
      const q = v128.load(from, 16)
      const r = v128.load(from, 32)
      const s = v128.load(from, 48)
      a = f64x2.add(a, lowHalf(p))
      b = f64x2.add(b, highHalf(p))
      c = f64x2.add(c, lowHalf(q))
      d = f64x2.add(d, highHalf(q))
      e = f64x2.add(e, lowHalf(r))
      f = f64x2.add(f, highHalf(r))
      g = f64x2.add(g, lowHalf(s))
      h = f64x2.add(h, highHalf(s))
      from += stride
    }
    const end = to + (<usize>at << 2)
    storeFour(end, f64x2.mul(lambda, f64x2.div(a, total)), f64x2.mul(lambda, f64x2.div(b, total)), 4)
    storeFour(end + 16, f64x2.mul(lambda, f64x2.div(c, total)), f64x2.mul(lambda, f64x2.div(d, total)), 4)
    storeFour(end + 32, f64x2.mul(lambda, f64x2.div(e, total)), f64x2.mul(lambda, f64x2.div(f, total)), 4)
    storeFour(end + 48, f64x2.mul(lambda, f64x2.div(g, total)), f64x2.mul(lambda, f64x2.div(h, total)), 4)
  }
  for (; at < count; at += 4) {
    let lower = f64x2.splat(0)
    let upper = lower
    for (let i = 0; i < m; i++) {
      const x = v128.load(tiles + (<usize>at << 2) + <usize>i * stride)
      lower = f64x2.add(lower, lowHalf(x))
      upper = f64x2.add(upper, highHalf(x))
    }
    lower = f64x2.mul(lambda, f64x2.div(lower, total))
    upper = f64x2.mul(lambda, f64x2.div(upper, total))
    storeFour(to + (<usize>at << 2), lower, upper, min(4, count - at))
  }
}
