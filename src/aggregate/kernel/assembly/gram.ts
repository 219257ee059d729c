// Inner products of low-rank updates without ever forming a dense matrix:
//   ⟨ΔWᵢ, ΔWⱼ⟩ = sᵢsⱼ · Σ_{k,l} (BᵢᵀBⱼ)[k,l] · (AᵢAⱼᵀ)[k,l].
// f32 in, f64 sums. Order of summation, fixed: within a dot product four lanes, (0+1)+(2+3), then the tail; then k, then l;
// modules as the caller feeds them.
//
// A factor table holds for each member 32 bytes: A (u32 address, [rank, in]), Bᵀ (u32 address, [rank, out]), rank (i32),
// 4 bytes unused, scale numerator (f64), scale denominator (f64).

import { high, sumLanes } from './lanes'
import { allDots, PANEL_RANK_MAX } from './panels'

export const ENTRY_BYTES: usize = 32

@inline
export function entryA(entry: usize): usize {
  return <usize>load<u32>(entry)
}
@inline
export function entryB(entry: usize): usize {
  return <usize>load<u32>(entry, 4)
}
@inline
export function entryRank(entry: usize): i32 {
  return load<i32>(entry, 8)
}
@inline
export function entryScale(entry: usize): f64 {
  return load<f64>(entry, 16) / load<f64>(entry, 24)
}

/** Σ aᵢbᵢ over f32 in f64. */
export function dot(a: usize, b: usize, count: i32): f64 {
  let low0 = f64x2.splat(0)
  let high0 = f64x2.splat(0)
  const whole = count & ~3
  for (let i = 0; i < whole; i += 4) {
    const x = v128.load(a)
    const y = v128.load(b)
    low0 = f64x2.add(low0, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)))
    high0 = f64x2.add(high0, f64x2.mul(high(x), high(y)))
    a += 16
    b += 16
  }
  let sum = sumLanes(low0, high0)
  for (let i = whole; i < count; i++) {
    sum += <f64>load<f32>(a) * <f64>load<f32>(b)
    a += 4
    b += 4
  }
  return sum
}

/** Where fourDots leaves its sums: f64 [4], of B and of A. */
const FOUR_B: usize = memory.data(32, 16)
const FOUR_A: usize = memory.data(32, 16)

/**
 * Dot products of row a with four rows that lie `stride` bytes apart: each in the order of `dot`, so its very bits. The row
 * is widened once for four, and the sums do not wait for each other.
 */
function fourDots(a: usize, b: usize, stride: usize, count: i32, to: usize): void {
  let low0 = f64x2.splat(0)
  let low1 = low0
  let low2 = low0
  let low3 = low0
  let high0 = low0
  let high1 = low0
  let high2 = low0
  let high3 = low0
  const whole = count & ~3
  let left = a
  let right = b
  for (let i = 0; i < whole; i += 4) {
    const x = v128.load(left)
    const xLow = f64x2.promote_low_f32x4(x)
    const xHigh = high(x)
    const y0 = v128.load(right)
    const y1 = v128.load(right + stride)
    const y2 = v128.load(right + 2 * stride)
    const y3 = v128.load(right + 3 * stride)
    low0 = f64x2.add(low0, f64x2.mul(xLow, f64x2.promote_low_f32x4(y0)))
    high0 = f64x2.add(high0, f64x2.mul(xHigh, high(y0)))
    low1 = f64x2.add(low1, f64x2.mul(xLow, f64x2.promote_low_f32x4(y1)))
    high1 = f64x2.add(high1, f64x2.mul(xHigh, high(y1)))
    low2 = f64x2.add(low2, f64x2.mul(xLow, f64x2.promote_low_f32x4(y2)))
    high2 = f64x2.add(high2, f64x2.mul(xHigh, high(y2)))
    low3 = f64x2.add(low3, f64x2.mul(xLow, f64x2.promote_low_f32x4(y3)))
    high3 = f64x2.add(high3, f64x2.mul(xHigh, high(y3)))
    left += 16
    right += 16
  }
  let sum0 = sumLanes(low0, high0)
  let sum1 = sumLanes(low1, high1)
  let sum2 = sumLanes(low2, high2)
  let sum3 = sumLanes(low3, high3)
  for (let i = whole; i < count; i++) {
    const x = <f64>load<f32>(left)
    sum0 += x * <f64>load<f32>(right)
    sum1 += x * <f64>load<f32>(right + stride)
    sum2 += x * <f64>load<f32>(right + 2 * stride)
    sum3 += x * <f64>load<f32>(right + 3 * stride)
    left += 4
    right += 4
  }
  store<f64>(to, sum0)
  store<f64>(to, sum1, 8)
  store<f64>(to, sum2, 16)
  store<f64>(to, sum3, 24)
}

/** Where allDots leaves its sums: f64 [rank, rank], of B and of A. */
const ALL_B: usize = memory.data(PANEL_RANK_MAX * PANEL_RANK_MAX * 8, 16)
const ALL_A: usize = memory.data(PANEL_RANK_MAX * PANEL_RANK_MAX * 8, 16)

/** Σ over k, then l, of the products of dot products, for ranks that panels hold. */
function sumOfFew(left: usize, right: usize, inCount: i32, outCount: i32): f64 {
  const rows = entryRank(left)
  const others = entryRank(right)
  allDots(entryB(left), rows, entryB(right), others, outCount, ALL_B)
  allDots(entryA(left), rows, entryA(right), others, inCount, ALL_A)
  let sum: f64 = 0
  const end = <usize>(rows * others) << 3
  for (let at: usize = 0; at < end; at += 8) sum += load<f64>(ALL_B + at) * load<f64>(ALL_A + at)
  return sum
}

function product(left: usize, right: usize, inCount: i32, outCount: i32): f64 {
  const sum =
    max(entryRank(left), entryRank(right)) > PANEL_RANK_MAX
      ? sumOfMany(left, right, inCount, outCount)
      : sumOfFew(left, right, inCount, outCount)
  return entryScale(left) * entryScale(right) * sum
}

/** The same sum in the same order, for any ranks. */
function sumOfMany(left: usize, right: usize, inCount: i32, outCount: i32): f64 {
  const aStride = <usize>inCount << 2
  const bStride = <usize>outCount << 2
  const rank = entryRank(right)
  const whole = rank & ~3
  let sum: f64 = 0
  for (let k = 0; k < entryRank(left); k++) {
    const bRow = entryB(left) + <usize>k * bStride
    const aRow = entryA(left) + <usize>k * aStride
    for (let l = 0; l < whole; l += 4) {
      fourDots(bRow, entryB(right) + <usize>l * bStride, bStride, outCount, FOUR_B)
      fourDots(aRow, entryA(right) + <usize>l * aStride, aStride, inCount, FOUR_A)
      for (let each: usize = 0; each < 32; each += 8) sum += load<f64>(FOUR_B + each) * load<f64>(FOUR_A + each)
    }
    for (let l = whole; l < rank; l++) {
      const b = dot(bRow, entryB(right) + <usize>l * bStride, outCount)
      const a = dot(aRow, entryA(right) + <usize>l * aStride, inCount)
      sum += b * a
    }
  }
  return sum
}

/** Adds one module's inner products to gram [m, m], f64. */
export function addGram(table: usize, m: i32, inCount: i32, outCount: i32, gram: usize): void {
  for (let i = 0; i < m; i++) {
    for (let j = i; j < m; j++) {
      const at = gram + (<usize>(i * m + j) << 3)
      const sum =
        load<f64>(at) +
        product(table + <usize>i * ENTRY_BYTES, table + <usize>j * ENTRY_BYTES, inCount, outCount)
      store<f64>(at, sum)
      store<f64>(gram + (<usize>(j * m + i) << 3), sum)
    }
  }
}

/** s·‖A‖_F·‖B‖_F of one member's module: bounds what any product of its factors can reach. */
export function factorNorm(entry: usize, inCount: i32, outCount: i32): f64 {
  const rank = entryRank(entry)
  const a = dot(entryA(entry), entryA(entry), rank * inCount)
  const b = dot(entryB(entry), entryB(entry), rank * outCount)
  return entryScale(entry) * Math.sqrt(a) * Math.sqrt(b)
}

/** Whether value ≤ numerator/denominator. */
export function isWithin(value: f64, numerator: f64, denominator: f64): bool {
  return value <= numerator / denominator
}

/** Whether √square ≤ numerator/denominator. */
export function isRootWithin(square: f64, numerator: f64, denominator: f64): bool {
  return Math.sqrt(square) <= numerator / denominator
}
