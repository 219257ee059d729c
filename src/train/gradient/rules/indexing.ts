/** Rules of operators that pick by index: what was picked twice adds up. Indices may be negative; scattering takes them so. */
import { int, text } from '../../../model/attributes.ts'
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { gradientOf, inputOf, positiveAxes, range, transpose } from '../emit.ts'

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
  const zeros = c.emit('Expand', [c.scalar(0), frontShape])
  const pointers = c.emit('Unsqueeze', [indices, c.int64s(indexRank)])
  const rows = c.emit('ScatterND', [zeros, pointers, g], { reduction: text('add') })
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
  const zeros = c.emit('Expand', [c.scalar(0), c.shapeOf(data)])
  const attributes = { axis: int(c.int('axis', 0)), reduction: text('add') }
  return [c.emit('ScatterElements', [zeros, inputOf(c, 1), gradientOf(c)], attributes), null]
}

/** Rows that tuples of indices point to. */
export const gatherNdRule: GradRule = (c) => {
  const data = inputOf(c, 0)
  const zeros = c.emit('Expand', [c.scalar(0), c.shapeOf(data)])
  return [c.emit('ScatterND', [zeros, inputOf(c, 1), gradientOf(c)], { reduction: text('add') }), null]
}

/** y = x with `updates` written over it: x keeps what was not overwritten, updates get what was. */
export const scatterNdRule: GradRule = (c) => {
  const [indices, updates, g] = [inputOf(c, 1), inputOf(c, 2), gradientOf(c)]
  const isAdded = c.text('reduction', 'none') === 'add'
  const zeros = (): string => c.emit('Expand', [c.scalar(0), c.shapeOf(updates)])
  const kept = (): string => (isAdded ? g : c.emit('ScatterND', [g, indices, zeros()]))
  return [c.wants(0) ? kept() : null, null, c.wants(2) ? c.emit('GatherND', [g, indices]) : null]
}

/** Adding while scattering came with opset 16. */
export const scatterCheck: RuleCheck = (c) =>
  c.opset >= 16 ? null : 'its gradient needs opset 16 (scatter with reduction)'

export const gatherNdCheck: RuleCheck = (c) =>
  c.int('batch_dims', 0) === 0 ? scatterCheck(c) : 'batch_dims other than 0 has no rule'

export const scatterNdCheck: RuleCheck = (c) =>
  ['none', 'add'].includes(c.text('reduction', 'none')) ? null : 'this reduction has no rule'
