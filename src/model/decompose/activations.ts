/** Activations with their bias inside: GELU exact and by its two approximations. Source: arXiv:1606.08415. */
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
