/** Rules of operators that pick by index: what was picked twice adds up. Indices may be negative; scattering takes them so. */
import { int, text } from '../../../model/attributes.ts'
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { gradientOf, inputOf, mul, positiveAxes, range, sub, transpose, zeros } from '../emit.ts'
import { emitted, extentOf, listOf, type Extent } from '../extents.ts'

/** One known index is a piece of its axis; anything else is scattered into rows of zeros. */
export const gatherRule: GradRule = (c) => [singlePiece(c) ?? scatterRows(c), null]

function singlePiece(c: GradContext): InputGradient {
  const dims = c.typeOf(inputOf(c, 0)).dims
  const index = c.constantOf(inputOf(c, 1))
  const indexRank = c.typeOf(inputOf(c, 1)).dims.length
  const [axis] = positiveAxes([c.int('axis', 0)], dims.length)
  const length = dims[axis ?? 0]?.constant ?? null
  if (axis === undefined || index?.length !== 1 || indexRank > 1 || length === null) return null
  const start = (index[0] ?? 0) < 0 ? (index[0] ?? 0) + length : (index[0] ?? 0)
  const g = gradientOf(c)
  const value = indexRank === 1 ? g : c.emit('Unsqueeze', [g, c.int64s(axis)])
  return { kind: 'piece', value, axis, start, stop: start + 1, length }
}

/**
 * For data [P…, D, S…] and indices [I…], the gradient [P…, I…, S…] becomes rows [I, P…, S…], which are added into zeros
 * [D, P…, S…] and moved back. For axis 0, an embedding's case, nothing is moved.
 */
function scatterRows(c: GradContext): string {
  const [data, indices] = [inputOf(c, 0), inputOf(c, 1)]
  const rank = c.typeOf(data).dims.length
  const indexRank = c.typeOf(indices).dims.length
  const axis = positiveAxes([c.int('axis', 0)], rank)[0] ?? 0
  const outRank = rank - 1 + indexRank
  const middle = range(axis, axis + indexRank)
  const others = range(0, outRank).filter((at) => !middle.includes(at))
  const g = axis === 0 ? gradientOf(c) : transpose(c, gradientOf(c), [...middle, ...others])
  const toFront = [axis, ...range(0, rank).filter((at) => at !== axis)]
  const shape = c.shapeOf(data)
  const frontShape = axis === 0 ? shape : c.emit('Gather', [shape, c.int64s(...toFront)])
  const none = c.emit('Expand', [c.scalar(0), frontShape])
  const pointers = c.emit('Unsqueeze', [indices, c.int64s(indexRank)])
  const rows = c.emit('ScatterND', [none, pointers, g], { reduction: text('add') })
  if (axis === 0) return rows
  return transpose(
    c,
    rows,
    range(0, rank).map((at) => toFront.indexOf(at)),
  )
}

/** y[i…] = x[index[i…]] along the axis. */
export const gatherElementsRule: GradRule = (c) => {
  const data = inputOf(c, 0)
  const attributes = { axis: int(c.int('axis', 0)), reduction: text('add') }
  return [c.emit('ScatterElements', [zeros(c, data), inputOf(c, 1), gradientOf(c)], attributes), null]
}

/** Rows that tuples of indices point to; behind batch axes, the batch's own coordinates are put before each tuple. */
export const gatherNdRule: GradRule = (c) => {
  const [data, indices] = [inputOf(c, 0), inputOf(c, 1)]
  const batch = c.int('batch_dims', 0)
  const whole = batch === 0 ? indices : withCoordinates(c, indices, batch)
  return [c.emit('ScatterND', [zeros(c, data), whole, gradientOf(c)], { reduction: text('add') }), null]
}

function withCoordinates(c: GradContext, indices: string, batch: number): string {
  const rank = c.typeOf(indices).dims.length
  const column = listOf(c, [...range(0, rank - 1).map((axis) => extentOf(c, indices, axis)), 1])
  const scalar = (extent: Extent): string => c.emit('Squeeze', [emitted(c, extent), c.int64s(0)])
  const coordinates = range(0, batch).map((axis) => {
    const places = c.emit('Range', [scalar(0), scalar(extentOf(c, indices, axis)), scalar(1)])
    const others = range(0, rank).filter((at) => at !== axis)
    return c.emit('Expand', [c.emit('Unsqueeze', [places, c.int64s(...others)]), column])
  })
  return c.emit('Concat', [...coordinates, indices], { axis: int(rank - 1) })
}

/** y = x with `updates` written over it or added: x keeps what was not overwritten, updates get what was. */
export const scatterNdRule: GradRule = (c) => {
  const [indices, updates, g] = [inputOf(c, 1), inputOf(c, 2), gradientOf(c)]
  const isAdded = c.text('reduction', 'none') === 'add'
  const kept = (): string => (isAdded ? g : c.emit('ScatterND', [g, indices, zeros(c, updates)]))
  return [c.wants(0) ? kept() : null, null, c.wants(2) ? c.emit('GatherND', [g, indices]) : null]
}

/** The same along one axis. */
export const scatterElementsRule: GradRule = (c) => {
  const [indices, updates, g] = [inputOf(c, 1), inputOf(c, 2), gradientOf(c)]
  const axis = { axis: int(c.int('axis', 0)) }
  const isAdded = c.text('reduction', 'none') === 'add'
  const kept = (): string => (isAdded ? g : c.emit('ScatterElements', [g, indices, zeros(c, updates)], axis))
  return [c.wants(0) ? kept() : null, null, c.wants(2) ? c.emit('GatherElements', [g, indices], axis) : null]
}

export const reductionCheck: RuleCheck = (c) => {
  const reduction = c.text('reduction', 'none')
  return ['none', 'add'].includes(reduction) ? null : `scattering with reduction ${reduction} has no rule`
}

/** The values go back to where the forward node found them. */
export const topKRule: GradRule = (c) => {
  const g = c.gradients[0] ?? null
  if (g === null) return [null, null]
  const axis = int(c.int('axis', -1))
  const places = c.furtherOutput(1, 2)
  const data = inputOf(c, 0)
  return [c.emit('ScatterElements', [zeros(c, data), places, g], { axis, reduction: text('add') }), null]
}

/** y is `on` where the index says and `off` elsewhere: each of the two values gets what lies in its places. */
export const oneHotRule: GradRule = (c) => {
  const g = gradientOf(c)
  const bits = c.emit(
    'Concat',
    [c.emit('Unsqueeze', [c.scalar(0), c.int64s(0)]), c.emit('Unsqueeze', [c.scalar(1), c.int64s(0)])],
    { axis: int(0) },
  )
  const places = c.emit('OneHot', [inputOf(c, 0), inputOf(c, 1), bits], { axis: int(c.int('axis', -1)) })
  const sum = (value: string): string =>
    c.emit('Unsqueeze', [c.emit('ReduceSum', [value], { keepdims: int(0) }), c.int64s(0)])
  const on = sum(mul(c, g, places))
  return [null, null, c.emit('Concat', [sub(c, sum(g), on), on], { axis: int(0) })]
}
