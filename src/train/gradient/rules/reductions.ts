/** Rules of reductions and of softmax. */
import type { GradContext, GradRule } from '../context.ts'
import {
  gradientOf,
  indicator,
  inputOf,
  mul,
  outputOf,
  positiveAxes,
  range,
  reduceSum,
  sub,
} from '../emit.ts'

/** Axes of a reduction, the second input; none means all. */
function axesOf(c: GradContext, rank: number): readonly number[] | null {
  const input = c.inputs[1] ?? ''
  const given = input === '' ? null : c.constantOf(input)
  if (given === null && input !== '') return null
  if (given !== null && given.length > 0) return positiveAxes(given, rank)
  return c.int('noop_with_empty_axes', 0) === 1 ? [] : range(0, rank)
}

/** The reduced value's gradient with its axes put back as ones, ready to broadcast against the input. */
function kept(c: GradContext, value: string, axes: readonly number[]): string {
  if (c.int('keepdims', 1) === 1 || axes.length === 0) return value
  return c.emit('Unsqueeze', [value, c.int64s(...axes)])
}

const rankOf = (c: GradContext): number => c.typeOf(inputOf(c, 0)).dims.length
const axesKnown = (c: GradContext): readonly number[] => axesOf(c, rankOf(c)) ?? []

function expanded(c: GradContext, value: string): string {
  return c.emit('Expand', [value, c.shapeOf(inputOf(c, 0))])
}

export const reduceSumRule: GradRule = (c) => [expanded(c, kept(c, gradientOf(c), axesKnown(c))), null]

/** y = Σx/n, n elements reduced: dy/n. n is read from the shapes where it is not known in advance. */
export const reduceMeanRule: GradRule = (c) => {
  const axes = axesKnown(c)
  const dims = c.typeOf(inputOf(c, 0)).dims
  const extents = axes.map((axis) => dims[axis]?.constant ?? null)
  const g = kept(c, gradientOf(c), axes)
  if (extents.every((extent) => extent !== null)) {
    const count = extents.reduce((product, extent) => product * extent, 1)
    return [expanded(c, mul(c, g, c.scalar(1 / count))), null]
  }
  const picked = c.emit('Gather', [c.shapeOf(inputOf(c, 0)), c.int64s(...axes)])
  const count = c.emit('ReduceProd', [picked], { keepdims: { kind: 'int', value: 0 } })
  const divisor = c.emit('Cast', [count], { to: { kind: 'int', value: c.dataType } })
  return [expanded(c, c.emit('Div', [g, divisor])), null]
}

/** y = max or min: shared equally among the elements that equal it, as PyTorch's amax has it. */
export const reduceExtremumRule: GradRule = (c) => {
  const axes = axesKnown(c)
  const isChosen = c.emit('Equal', [inputOf(c, 0), kept(c, outputOf(c), axes)])
  const chosen = c.emit('Cast', [isChosen], { to: { kind: 'int', value: c.dataType } })
  const share = c.emit('Div', [kept(c, gradientOf(c), axes), reduceSum(c, chosen, axes, true)])
  return [mul(c, chosen, share), null]
}

/** y = √Σx²: x/y, and nothing where y is zero, as PyTorch has it */
export const reduceL2Rule: GradRule = (c) => {
  const axes = axesKnown(c)
  const share = c.emit('Div', [kept(c, gradientOf(c), axes), nonZero(c, kept(c, outputOf(c), axes))])
  return [mul(c, inputOf(c, 0), share), null]
}

/** The value with ones in place of zeros: a divisor for what is zero there. */
export const nonZero = (c: GradContext, value: string): string =>
  c.emit('Where', [c.emit('Equal', [value, c.scalar(0)]), c.scalar(1), value])

/** y = Σ|x|: the sign of x */
export const reduceL1Rule: GradRule = (c) => {
  const g = kept(c, gradientOf(c), axesKnown(c))
  return [mul(c, c.emit('Sign', [inputOf(c, 0)]), g), null]
}

/** y = ln Σx: e⁻ʸ */
export const reduceLogSumRule: GradRule = (c) => {
  const share = mul(c, gradientOf(c), c.emit('Exp', [c.emit('Neg', [outputOf(c)])]))
  return [expanded(c, kept(c, share, axesKnown(c))), null]
}

/** y = ln Σeˣ: eˣ⁻ʸ */
export const reduceLogSumExpRule: GradRule = (c) => {
  const axes = axesKnown(c)
  const powers = c.emit('Exp', [sub(c, inputOf(c, 0), kept(c, outputOf(c), axes))])
  return [mul(c, kept(c, gradientOf(c), axes), powers), null]
}

/** y = Πx: the product of the others. One zero alone keeps a slope; beside it, and with two of them, nothing has. */
export const reduceProdRule: GradRule = (c) => {
  const axes = axesKnown(c)
  const x = inputOf(c, 0)
  const isZero = c.emit('Equal', [x, c.scalar(0)])
  const safe = c.emit('Where', [isZero, c.scalar(1), x])
  const product = c.emit('ReduceProd', [safe, c.int64s(...axes)], { keepdims: { kind: 'int', value: 1 } })
  const count = reduceSum(c, indicator(c, isZero), axes, true)
  const whenCount = (wanted: number, value: string): string =>
    c.emit('Where', [c.emit('Equal', [count, c.scalar(wanted)]), value, c.scalar(0)])
  const others = whenCount(0, c.emit('Div', [product, safe]))
  const slope = c.emit('Where', [isZero, whenCount(1, product), others])
  return [mul(c, kept(c, gradientOf(c), axes), slope), null]
}

/** y = Σx²: 2x */
export const reduceSumSquareRule: GradRule = (c) => {
  const share = mul(c, kept(c, gradientOf(c), axesKnown(c)), c.scalar(2))
  return [mul(c, inputOf(c, 0), share), null]
}

export function axesCheck(c: Omit<GradContext, 'emit'>): string | null {
  const input = c.inputs[1] ?? ''
  return input !== '' && c.constantOf(input) === null ? 'its axes are not known in advance' : null
}

/** y = softmax(x): y·(dy − Σ dy·y). Rows without any finite element are NaN forwards; they pass nothing back. */
export const softmaxRule: GradRule = (c) => {
  const [axis] = positiveAxes([c.int('axis', -1)], rankOf(c))
  const y = c.withoutNan(outputOf(c))
  const weighted = mul(c, gradientOf(c), y)
  const total = reduceSum(c, weighted, [axis ?? 0], true)
  return [sub(c, weighted, mul(c, y, total))]
}

/** y = ln softmax(x): dy − eʸ·Σ dy */
export const logSoftmaxRule: GradRule = (c) => {
  const [axis] = positiveAxes([c.int('axis', -1)], rankOf(c))
  const total = reduceSum(c, gradientOf(c), [axis ?? 0], true)
  return [sub(c, gradientOf(c), mul(c, c.emit('Exp', [outputOf(c)]), total))]
}

/** y = Σ₀..ᵢ x along an axis: the same sum from the other end. */
export const cumSumRule: GradRule = (c) => {
  const attributes = {
    exclusive: { kind: 'int', value: c.int('exclusive', 0) },
    reverse: { kind: 'int', value: 1 - c.int('reverse', 0) },
  } as const
  return [c.emit('CumSum', [gradientOf(c), inputOf(c, 1)], attributes), null]
}
