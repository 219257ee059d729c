// Bytes of a file → f32 that the arithmetic may touch: widened exactly, −0 turned into +0, nothing that is not finite.

const EXPONENT: u32 = 0x7f800000
const MINUS_ZERO: u32 = 0x80000000

/** dtype 0: f32, 1: bf16, 2: f16. All widen exactly. */
@inline
function bitsAt(from: usize, index: i32, dtype: i32): u32 {
  if (dtype == 0) return load<u32>(from + (<usize>index << 2))
  const half = <u32>load<u16>(from + (<usize>index << 1))
  return dtype == 1 ? half << 16 : widenHalf(half)
}

/** IEEE 754 binary16 → binary32, exactly. */
function widenHalf(half: u32): u32 {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  let fraction = half & 0x3ff
  if (exponent == 0x1f) return sign | EXPONENT | (fraction << 13)
  if (exponent != 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction == 0) return sign
  // A subnormal half is a normal single: shift until the leading one stands where the hidden bit is.
  const shift = clz<u32>(fraction) - 21
  fraction = (fraction << shift) & 0x3ff
  return sign | ((113 - shift) << 23) | (fraction << 13)
}

/** Widens `count` values. Returns −1, or the index of the first that is not finite. */
export function widen(from: usize, to: usize, count: i32, dtype: i32): i32 {
  for (let i = 0; i < count; i++) {
    const bits = bitsAt(from, i, dtype)
    if ((bits & EXPONENT) == EXPONENT) return i
    store<u32>(to + (<usize>i << 2), bits == MINUS_ZERO ? 0 : bits)
  }
  return -1
}

/** Widens a matrix [rows, columns] into its transpose [columns, rows]. Returns as `widen`, the index in the input. */
export function widenTransposed(from: usize, to: usize, rows: i32, columns: i32, dtype: i32): i32 {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column
      const bits = bitsAt(from, i, dtype)
      if ((bits & EXPONENT) == EXPONENT) return i
      store<u32>(to + (<usize>(column * rows + row) << 2), bits == MINUS_ZERO ? 0 : bits)
    }
  }
  return -1
}

/** Index of the first of `count` f32 whose absolute value is above numerator/denominator, or −1. */
export function findAbove(at: usize, count: i32, numerator: f64, denominator: f64): i32 {
  const bound = numerator / denominator
  for (let i = 0; i < count; i++) {
    if (Math.abs(<f64>load<f32>(at + (<usize>i << 2))) > bound) return i
  }
  return -1
}
