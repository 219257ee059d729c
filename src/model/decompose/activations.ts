/** Activations with their bias inside: GELU exact and by its two approximations, softmax. Source: arXiv:1606.08415. */
import { int } from '../attributes.ts'
import type { Decomposition, FusedContext } from './context.ts'
import { add, gelu, mul, slice, swish, fixedSize } from './words.ts'
import type { RefusalCheck } from './context.ts'

/** √(2/π) and 0.044715·√(2/π), as the operator's definition rounds them. */
const TANH_LINEAR = 0.797885
const TANH_CUBIC = 0.035677

const biased = (c: FusedContext): string => (c.has(1) ? add(c, c.input(0), c.input(1)) : c.input(0))

/** ½x(1 + tanh(0.797885·x + 0.035677·x³)) of x + bias */
export const fastGelu: Decomposition = (c) => {
  const x = biased(c)
  const square = mul(c, x, x)
  const inner = mul(c, x, add(c, mul(c, square, c.scalar(TANH_CUBIC)), c.scalar(TANH_LINEAR)))
  const share = add(c, c.emit('Tanh', [inner]), c.scalar(1))
  return [mul(c, mul(c, x, c.scalar(0.5)), share)]
}

export const biasGelu: Decomposition = (c) => [gelu(c, biased(c))]

export const quickGelu: Decomposition = (c) => [swish(c, c.input(0), c.float('alpha', 1.702))]

/** Left half of x + bias times the GELU of its right half. */
export const biasSplitGelu: Decomposition = (c) => {
  const size = fixedSize(c, c.input(1), 0) ?? 0
  const x = add(c, c.input(0), c.input(1))
  return [mul(c, slice(c, x, -1, 0, size / 2), gelu(c, slice(c, x, -1, size / 2, size)))]
}

export const biasSplitRefusal: RefusalCheck = (c) =>
  fixedSize(c, c.input(1), 0) === null ? 'the size of its bias is not known' : null

/** Softmax of x + bias along the last axis: attention with its mask. */
export const biasSoftmax: Decomposition = (c) => {
  const rank = c.dimsOf(c.input(0))?.length ?? 0
  return [c.emit('Softmax', [add(c, c.input(0), c.input(1))], { axis: int(rank - 1) })]
}

export const biasSoftmaxRefusal: RefusalCheck = (c) => {
  const [rank, biasRank] = [c.dimsOf(c.input(0))?.length, c.dimsOf(c.input(1))?.length]
  if (rank === undefined || biasRank === undefined) return 'the number of its axes is not known'
  const axis = c.int('axis', 1)
  if ((axis < 0 ? axis + rank : axis) !== rank - 1) return 'it goes over more than the last axis'
  // A bias of fewer axes is aligned from the front, then, and an addition aligns from the back.
  return c.int('is_inner_broadcast', 1) === 1 && biasRank !== rank ? 'its bias has fewer axes' : null
}
