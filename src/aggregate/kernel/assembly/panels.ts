// Dot products of all rows of one factor with all rows of another: each in the order of `dot` (gram.ts), so its very bits,
// but a stretch of columns of all rows is widened once for all of them, and eight sums run side by side in registers.
//
// A stretch of a row lies here as f64 in two halves: of every four columns the first two, then of every four the last two.
// Each half of a dot product is then one sum over pairs of lanes, kept in memory between stretches.
import { high, sumLanes } from './lanes'

/** Rows of a factor at most. */
export const PANEL_RANK_MAX: i32 = 32
/** Columns of a stretch, a multiple of four. */
const STRETCH: i32 = 128
/** f64 of half a row's stretch. */
const HALF: usize = (<usize>STRETCH >> 1) << 3
const ROW: usize = 2 * HALF
const PANEL_BYTES: i32 = PANEL_RANK_MAX * STRETCH * 8
const LEFT: usize = memory.data(PANEL_BYTES, 16)
const RIGHT: usize = memory.data(PANEL_BYTES, 16)
/** f64 [rank, rank, 2 halves, 2 lanes] */
const SUMS: usize = memory.data(PANEL_RANK_MAX * PANEL_RANK_MAX * 32, 16)
const SUM_BYTES: usize = 32

/** Widens `count` columns, a multiple of four, of `rows` rows; rows up to a multiple of `step` become 0. */
function widenPanel(from: usize, stride: usize, rows: i32, step: i32, count: i32, to: usize): void {
  for (let row = 0; row < rows; row++) {
    let source = from + <usize>row * stride
    let target = to + <usize>row * ROW
    for (let i = 0; i < count; i += 4) {
      const x = v128.load(source)
      v128.store(target, f64x2.promote_low_f32x4(x))
      v128.store(target, high(x), HALF)
      source += 16
      target += 16
    }
  }
  const padded = (rows + step - 1) / step * step
  if (padded > rows) memory.fill(to + <usize>rows * ROW, 0, <usize>(padded - rows) * ROW)
}

/** Adds a stretch of half the lanes of two rows with four: sums [2, 4] of two lanes, `sumStride` bytes from row to row. */
function addBlock(left: usize, right: usize, pairs: i32, sums: usize, sumStride: usize): void {
  let s00 = v128.load(sums)
  let s01 = v128.load(sums, SUM_BYTES)
  let s02 = v128.load(sums, 2 * SUM_BYTES)
  let s03 = v128.load(sums, 3 * SUM_BYTES)
  const next = sums + sumStride
  let s10 = v128.load(next)
  let s11 = v128.load(next, SUM_BYTES)
  let s12 = v128.load(next, 2 * SUM_BYTES)
  let s13 = v128.load(next, 3 * SUM_BYTES)
  for (let i = 0; i < pairs; i++) {
    const x0 = v128.load(left)
    const x1 = v128.load(left, ROW)
    const y0 = v128.load(right)
    s00 = f64x2.add(s00, f64x2.mul(x0, y0))
    s10 = f64x2.add(s10, f64x2.mul(x1, y0))
    const y1 = v128.load(right, ROW)
    s01 = f64x2.add(s01, f64x2.mul(x0, y1))
    s11 = f64x2.add(s11, f64x2.mul(x1, y1))
    const y2 = v128.load(right, 2 * ROW)
    s02 = f64x2.add(s02, f64x2.mul(x0, y2))
    s12 = f64x2.add(s12, f64x2.mul(x1, y2))
    const y3 = v128.load(right, 3 * ROW)
    s03 = f64x2.add(s03, f64x2.mul(x0, y3))
    s13 = f64x2.add(s13, f64x2.mul(x1, y3))
    left += 16
    right += 16
  }
  v128.store(sums, s00)
  v128.store(sums, s01, SUM_BYTES)
  v128.store(sums, s02, 2 * SUM_BYTES)
  v128.store(sums, s03, 3 * SUM_BYTES)
  v128.store(next, s10)
  v128.store(next, s11, SUM_BYTES)
  v128.store(next, s12, 2 * SUM_BYTES)
  v128.store(next, s13, 3 * SUM_BYTES)
}

/**
 * Dot products of a [rows, count] with b [others, count], f32, into f64 [rows, others] at `to`; at most PANEL_RANK_MAX rows
 * of either. `b` may be `a`.
 */
export function allDots(a: usize, rows: i32, b: usize, others: i32, count: i32, to: usize): void {
  const stride = <usize>count << 2
  const sumStride = <usize>PANEL_RANK_MAX * SUM_BYTES
  memory.fill(SUMS, 0, <usize>((rows + 1) & ~1) * sumStride)
  const whole = count & ~3
  for (let first = 0; first < whole; first += STRETCH) {
    const columns = min(STRETCH, whole - first)
    const offset = <usize>first << 2
    widenPanel(a + offset, stride, rows, 2, columns, LEFT)
    widenPanel(b + offset, stride, others, 4, columns, RIGHT)
    for (let half: usize = 0; half < 2; half++) {
      for (let k = 0; k < rows; k += 2) {
        const left = LEFT + <usize>k * ROW + half * HALF
        for (let l = 0; l < others; l += 4) {
          const sums = SUMS + <usize>k * sumStride + <usize>l * SUM_BYTES + (half << 4)
          addBlock(left, RIGHT + <usize>l * ROW + half * HALF, columns >> 2, sums, sumStride)
        }
      }
    }
  }
  for (let k = 0; k < rows; k++) {
    for (let l = 0; l < others; l++) {
      const sums = SUMS + <usize>k * sumStride + <usize>l * SUM_BYTES
      let sum = sumLanes(v128.load(sums), v128.load(sums, 16))
      for (let i = whole; i < count; i++) {
        const place = <usize>i << 2
        const x = <f64>load<f32>(a + <usize>k * stride + place)
        sum += x * <f64>load<f32>(b + <usize>l * stride + place)
      }
      store<f64>(to + (<usize>(k * others + l) << 3), sum)
    }
  }
}
