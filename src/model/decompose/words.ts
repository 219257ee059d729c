/** Short words for what decompositions emit most. */
import { int, ints } from '../attributes.ts'
import { DataType } from '../graph.ts'
import type { FusedContext } from './context.ts'

type Emitter = FusedContext

export const add = (c: Emitter, a: string, b: string): string => c.emit('Add', [a, b])
export const sub = (c: Emitter, a: string, b: string): string => c.emit('Sub', [a, b])
export const mul = (c: Emitter, a: string, b: string): string => c.emit('Mul', [a, b])
export const reshape = (c: Emitter, x: string, ...dims: readonly number[]): string =>
  c.emit('Reshape', [x, c.int64s(...dims)])
export const transpose = (c: Emitter, x: string, ...perm: readonly number[]): string =>
  c.emit('Transpose', [x], { perm: ints(perm) })
export const unsqueeze = (c: Emitter, x: string, ...axes: readonly number[]): string =>
  c.emit('Unsqueeze', [x, c.int64s(...axes)])
export const concat = (c: Emitter, values: readonly string[], axis: number): string =>
  c.emit('Concat', values, { axis: int(axis) })
export const cast = (c: Emitter, x: string, to: DataType): string => c.emit('Cast', [x], { to: int(to) })

/** `[from, to)` of one axis. */
export const slice = (c: Emitter, x: string, axis: number, from: number, to: number): string =>
  c.emit('Slice', [x, c.int64s(from), c.int64s(to), c.int64s(axis)])

/** One axis of a value's shape, int64 without axes. */
export const sizeOf = (c: Emitter, x: string, axis: number): string =>
  c.emit('Gather', [c.emit('Shape', [x]), c.whole(axis)])

/** Mean over the last axes, kept. `ReduceMean` takes axes as an input since opset 18. */
export function meanOver(c: Emitter, x: string, ...axes: readonly number[]): string {
  return c.opset >= 18
    ? c.emit('ReduceMean', [x, c.int64s(...axes)], { keepdims: int(1) })
    : c.emit('ReduceMean', [x], { axes: ints(axes), keepdims: int(1) })
}

/** x·σ(αx) */
export function swish(c: Emitter, x: string, alpha: number): string {
  return mul(c, x, c.emit('Sigmoid', [alpha === 1 ? x : mul(c, x, c.scalar(alpha))]))
}

/** ½x(1 + erf(x/√2)). Source: Hendrycks & Gimpel 2016 (arXiv:1606.08415). */
export function gelu(c: Emitter, x: string): string {
  if (c.opset >= 20) return c.emit('Gelu', [x])
  const share = add(c, c.emit('Erf', [mul(c, x, c.scalar(Math.SQRT1_2))]), c.scalar(1))
  return mul(c, mul(c, x, c.scalar(0.5)), share)
}

/** The most negative number of the type: what a masked score becomes, so that rows that are masked out wholly stay finite. */
export const lowest = (c: Emitter): string =>
  c.scalar(
    c.dataType === DataType.float16
      ? -65504
      : c.dataType === DataType.bfloat16
        ? -3.3895e38
        : -3.4028234663852886e38,
  )

/** The fixed size of a value's axis (negative: from the end), or null. */
export function fixedSize(c: Emitter, value: string, axis: number): number | null {
  return c.dimsOf(value)?.at(axis)?.constant ?? null
}

/** A text that is equal for equal sizes of an axis, whatever the values are called. */
export const axisKey = (c: Emitter, value: string, axis: number): string =>
  c.dimsOf(value)?.at(axis)?.key ?? `${value}[${axis}]`
