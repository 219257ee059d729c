/** Division of whole numbers, for addresses and counts: the only division on the agreed path outside the kernel. */
import { assert } from '../../core/errors.ts'

/** ⌈a / b⌉ */
export function divideUp(a: number, b: number): number {
  assert(Number.isSafeInteger(a) && Number.isSafeInteger(b) && a >= 0 && b > 0, 'counts are whole numbers')
  return Math.ceil(a / b)
}

/** ⌊a / b⌋ */
export function divideDown(a: number, b: number): number {
  assert(Number.isSafeInteger(a) && Number.isSafeInteger(b) && a >= 0 && b > 0, 'counts are whole numbers')
  return Math.floor(a / b)
}
