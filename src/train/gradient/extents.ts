/**
 * Sizes that a rule computes with: numbers where they are known when the graph is built, else the names of int64 lists of
 * one element that the graph computes as it runs. Arithmetic stays in numbers as long as it can.
 */
import { int } from '../../model/attributes.ts'
import type { GradContext } from './context.ts'

export type Extent = number | string

type Sizing = Pick<GradContext, 'emit' | 'int64s' | 'shapeOf' | 'typeOf'>

/** The size of a forward value along an axis. */
export function extentOf(c: Sizing, value: string, axis: number): Extent {
  const known = c.typeOf(value).dims[axis]?.constant ?? null
  return known ?? c.emit('Slice', [c.shapeOf(value), c.int64s(axis), c.int64s(axis + 1)])
}

export const extentsOf = (c: Sizing, value: string, from = 0): readonly Extent[] =>
  c
    .typeOf(value)
    .dims.slice(from)
    .map((_, i) => extentOf(c, value, from + i))

/** As the name of an int64 list of one element. */
export const emitted = (c: Sizing, extent: Extent): string =>
  typeof extent === 'number' ? c.int64s(extent) : extent

const combining =
  (op: 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max', known: (a: number, b: number) => number) =>
  (c: Sizing, a: Extent, b: Extent): Extent =>
    typeof a === 'number' && typeof b === 'number' ? known(a, b) : c.emit(op, [emitted(c, a), emitted(c, b)])

export const plus = combining('Add', (a, b) => a + b)
export const minus = combining('Sub', (a, b) => a - b)
export const times = combining('Mul', (a, b) => a * b)
/** Of numbers that are never negative, rounded down. */
export const over = combining('Div', (a, b) => Math.floor(a / b))
export const larger = combining('Max', Math.max)

export const isKnown = (extents: readonly Extent[]): extents is readonly number[] =>
  extents.every((extent) => typeof extent === 'number')

/** One int64 list of all of them, such as `Reshape`, `Expand` and `Pad` take. */
export function listOf(c: Sizing, extents: readonly Extent[]): string {
  if (isKnown(extents)) return c.int64s(...extents)
  const parts: string[] = []
  let run: number[] = []
  const close = (): void => {
    if (run.length > 0) parts.push(c.int64s(...run))
    run = []
  }
  for (const extent of extents) {
    if (typeof extent === 'number') run.push(extent)
    else {
      close()
      parts.push(extent)
    }
  }
  close()
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : c.emit('Concat', parts, { axis: int(0) })
}
