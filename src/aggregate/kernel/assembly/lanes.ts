// Four f32 as two pairs of f64, and the order in which four lanes of a dot product are added up.

/** The upper two of four f32, widened. */
@inline
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1))
}

/** (0 + 1) + (2 + 3) */
@inline
export function sumLanes(low: v128, upper: v128): f64 {
  return (
    f64x2.extract_lane(low, 0) +
    f64x2.extract_lane(low, 1) +
    (f64x2.extract_lane(upper, 0) + f64x2.extract_lane(upper, 1))
  )
}
