// Inner products of low-rank updates without ever forming a dense matrix:
//   ⟨ΔWᵢ, ΔWⱼ⟩ = sᵢsⱼ · Σ_{k,l} (BᵢᵀBⱼ)[k,l] · (AᵢAⱼᵀ)[k,l].
// f32 in, f64 sums. Order of summation, fixed: within a dot product four lanes, (0+1)+(2+3), then the tail; then k, then l;
// modules as the caller feeds them.
//
// A factor table holds for each member 32 bytes: A (u32 address, [rank, in]), Bᵀ (u32 address, [rank, out]), rank (i32),
// 4 bytes unused, scale numerator (f64), scale denominator (f64).

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

@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1))
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
  let sum =
    f64x2.extract_lane(low0, 0) +
    f64x2.extract_lane(low0, 1) +
    (f64x2.extract_lane(high0, 0) + f64x2.extract_lane(high0, 1))
  for (let i = whole; i < count; i++) {
    sum += <f64>load<f32>(a) * <f64>load<f32>(b)
    a += 4
    b += 4
  }
  return sum
}

function product(left: usize, right: usize, inCount: i32, outCount: i32): f64 {
  const aStride = <usize>inCount << 2
  const bStride = <usize>outCount << 2
  let sum: f64 = 0
  for (let k = 0; k < entryRank(left); k++) {
    for (let l = 0; l < entryRank(right); l++) {
      const b = dot(entryB(left) + <usize>k * bStride, entryB(right) + <usize>l * bStride, outCount)
      const a = dot(entryA(left) + <usize>k * aStride, entryA(right) + <usize>l * aStride, inCount)
      sum += b * a
    }
  }
  return entryScale(left) * entryScale(right) * sum
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
