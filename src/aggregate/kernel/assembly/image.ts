// Integer images of f32: the order of the images as signed integers is the order of the numbers, zeros and all, and taking
// the image twice gives the number back. min and max of floats would order zeros differently on different machines.

@inline
export function image(x: v128): v128 {
  return v128.xor(x, v128.and(i32x4.shr_s(x, 31), i32x4.splat(0x7fffffff)))
}
