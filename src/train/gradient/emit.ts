/** Short words for the nodes that rules emit most. All forms are of operator set 18 or newer. */
import { int, ints } from '../../model/attributes.ts'
import type { Dim } from './graph-shapes.ts'
import { assert } from '../../core/errors.ts'
import type { BroadcastGradient, GradContext } from './context.ts'

/** The part of a context that emits. */
export type Emitter = Pick<GradContext, 'emit' | 'int64s'>

export const add = (c: Emitter, a: string, b: string): string => c.emit('Add', [a, b])
export const sub = (c: Emitter, a: string, b: string): string => c.emit('Sub', [a, b])
export const mul = (c: Emitter, a: string, b: string): string => c.emit('Mul', [a, b])
export const div = (c: Emitter, a: string, b: string): string => c.emit('Div', [a, b])
export const neg = (c: Emitter, a: string): string => c.emit('Neg', [a])
export const transpose = (c: Emitter, a: string, perm: readonly number[]): string =>
  c.emit('Transpose', [a], { perm: ints(perm) })

/** Sums over axes; none leaves the value as it is. */
export function reduceSum(c: Emitter, value: string, axes: readonly number[], isKept: boolean): string {
  if (axes.length === 0) return value
  return c.emit('ReduceSum', [value, c.int64s(...axes)], { keepdims: int(isKept ? 1 : 0) })
}

/** A mean or an extremum over axes, which stay as ones. */
export const reduceKept = (
  c: Emitter,
  op: 'ReduceMean' | 'ReduceMax',
  value: string,
  axes: readonly number[],
): string => c.emit(op, [value, c.int64s(...axes)], { keepdims: int(1) })

export const broadcast = (value: string, dims: readonly Dim[]): BroadcastGradient => ({
  kind: 'broadcast',
  value,
  dims,
})

/** The gradient of a node's only differentiable output. */
export function gradientOf(context: GradContext): string {
  const [gradient] = context.gradients
  assert(gradient !== undefined && gradient !== null, 'the walk asks only where a gradient arrives')
  return gradient
}

/** Input `i`, which the operator's definition requires. */
export function inputOf(context: Pick<GradContext, 'inputs'>, i: number): string {
  const input = context.inputs[i]
  assert(input !== undefined && input !== '', `input ${i} is required by the operator's definition`)
  return input
}

export function outputOf(context: Pick<GradContext, 'outputs'>): string {
  const [output] = context.outputs
  assert(output !== undefined && output !== '', 'an operator with a gradient has its first output')
  return output
}

/** Axes counted from the front. */
export function positiveAxes(axes: readonly number[], rank: number): readonly number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis))
}

export const range = (start: number, stop: number): readonly number[] =>
  Array.from({ length: Math.max(0, stop - start) }, (_, i) => start + i)

export const zeros = (c: GradContext, like: string): string =>
  c.emit('Expand', [c.scalar(0), c.shapeOf(like)])

/** A condition as 0 and 1 in the rule's element type. */
export const indicator = (c: GradContext, condition: string): string =>
  c.emit('Cast', [condition], { to: int(c.dataType) })
