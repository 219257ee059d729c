/** Rules of operators that only move elements: the gradient is moved back. */
import { int, text } from '../../../model/attributes.ts'
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { broadcast, gradientOf, inputOf, outputOf, positiveAxes, range, sub, transpose } from '../emit.ts'

/** Reshape, Flatten, Squeeze, Unsqueeze: back to the input's shape. Inputs beyond the first are shapes and axes. */
export const reshapeRule: GradRule = (c) => [
  c.emit('Reshape', [gradientOf(c), c.reshapeTarget(inputOf(c, 0))]),
  ...c.inputs.slice(1).map(() => null),
]

/** The inverse permutation. */
export const transposeRule: GradRule = (c) => {
  const rank = c.typeOf(inputOf(c, 0)).dims.length
  const perm = c.ints('perm') ?? [...range(0, rank)].reverse()
  const inverse = range(0, rank).map((axis) => perm.indexOf(axis))
  return [transpose(c, gradientOf(c), inverse)]
}

/** Every copy adds up: the walk sums. */
export const expandRule: GradRule = (c) => [
  broadcast(gradientOf(c), c.typeOf(outputOf(c)).dims),
  ...c.inputs.slice(1).map(() => null),
]

/** Each input gets its stretch of the axis back. */
export const concatRule: GradRule = (c) => {
  const rank = c.typeOf(outputOf(c)).dims.length
  const [axis] = positiveAxes([c.int('axis', 0)], rank)
  const g = gradientOf(c)
  let end = 0
  const starts: (number | null)[] = []
  for (const input of c.inputs) {
    starts.push(Number.isNaN(end) ? null : end)
    end += c.typeOf(input).dims[axis ?? 0]?.constant ?? Number.NaN
  }
  return c.inputs.map((_, i) => {
    if (!c.wants(i)) return null
    const [start, stop] = [starts[i], starts[i + 1] ?? (i + 1 === c.inputs.length ? end : null)]
    const isKnown = typeof start === 'number' && typeof stop === 'number' && !Number.isNaN(stop)
    if (isKnown) return slice(c, g, c.int64s(start), c.int64s(stop), axis ?? 0)
    const from = sumOfExtents(c, c.inputs.slice(0, i), axis ?? 0)
    const to = sumOfExtents(c, c.inputs.slice(0, i + 1), axis ?? 0)
    return slice(c, g, from, to, axis ?? 0)
  })
}

function slice(c: GradContext, value: string, start: string, stop: string, axis: number): string {
  return c.emit('Slice', [value, start, stop, c.int64s(axis)])
}

/** How far some inputs reach along an axis together, as an int64 list of one element. */
function sumOfExtents(c: GradContext, inputs: readonly string[], axis: number): string {
  return inputs.reduce((sum, input) => c.emit('Add', [sum, sizeOf(c, input, axis)]), c.int64s(0))
}

function sizeOf(c: GradContext, input: string, axis: number): string {
  return c.emit('Slice', [c.shapeOf(input), c.int64s(axis), c.int64s(axis + 1)])
}

/** Parts that no loss reads are zero. */
export const splitRule: GradRule = (c) => {
  const rank = c.typeOf(inputOf(c, 0)).dims.length
  const [axis] = positiveAxes([c.int('axis', 0)], rank)
  const parts = c.outputs.map((output, i) => {
    const gradient = c.gradients[i] ?? null
    return gradient ?? c.emit('Expand', [c.scalar(0), c.shapeOf(output)])
  })
  return [c.emit('Concat', parts, { axis: int(axis ?? 0) }), ...c.inputs.slice(1).map(() => null)]
}

/** One axis and known bounds: a piece, which the walk joins with its neighbours. Otherwise scattered by position. */
export const sliceRule: GradRule = (c) => {
  const none = c.inputs.slice(1).map(() => null)
  return [slicePiece(c) ?? scatterSlice(c), ...none]
}

function slicePiece(c: GradContext): InputGradient {
  const dims = c.typeOf(inputOf(c, 0)).dims
  const starts = c.constantOf(inputOf(c, 1))
  const stops = c.constantOf(inputOf(c, 2))
  if (starts?.length !== 1 || stops?.length !== 1) return null
  const axis = positiveAxes(sliceAxes(c, 1) ?? [-1], dims.length)[0] ?? -1
  const length = dims[axis]?.constant ?? null
  const step = c.inputs[4] === undefined || c.inputs[4] === '' ? 1 : c.constantOf(c.inputs[4])?.[0]
  if (length === null || step !== 1) return null
  const clamp = (bound: number): number => Math.min(length, Math.max(0, bound < 0 ? bound + length : bound))
  const [start, stop] = [clamp(starts[0] ?? 0), clamp(stops[0] ?? length)]
  if (start === 0 && stop === length) return gradientOf(c)
  return stop > start ? { kind: 'piece', value: gradientOf(c), axis, start, stop, length } : null
}

function sliceAxes(c: Pick<GradContext, 'inputs' | 'constantOf'>, count: number): readonly number[] | null {
  const axes = c.inputs[3]
  return axes === undefined || axes === '' ? range(0, count) : c.constantOf(axes)
}

/**
 * Any bounds and steps: the positions 0…n−1 of each axis are sliced like the input, and the gradient is scattered to
 * where they point. Axes are undone from the last to the first, each against the shape before it was sliced.
 */
function scatterSlice(c: GradContext): InputGradient {
  const x = inputOf(c, 0)
  const dims = c.typeOf(x).dims
  const [starts, stops] = [inputOf(c, 1), inputOf(c, 2)]
  const count = c.typeOf(starts).dims[0]?.constant ?? 1
  const axes = positiveAxes(sliceAxes(c, count) ?? [], dims.length)
  const steps = c.inputs[4] ?? ''
  const pick = (list: string, i: number): string => c.emit('Slice', [list, c.int64s(i), c.int64s(i + 1)])
  let gradient = gradientOf(c)
  axes.forEach((axis, i) => {
    const bounds = [pick(starts, i), pick(stops, i), c.int64s(0), ...(steps === '' ? [] : [pick(steps, i)])]
    const positions = c.emit('Slice', [positionsOf(c, x, axis), ...bounds])
    gradient = scatterAlong(c, { gradient, like: x, positions, axis })
  })
  return gradient
}

const indexScalar = (c: GradContext, value: number): string =>
  c.emit('Squeeze', [c.int64s(value), c.int64s(0)])

export const sliceCheck: RuleCheck = (c) => {
  const count = c.typeOf(inputOf(c, 1)).dims[0]?.constant ?? null
  return count === null || sliceAxes(c, count) === null ? 'its axes are not known in advance' : null
}

/** Zeros or a constant around: the gradient of the middle; cropped ends get zeros back. Copies around: see below. */
export const padRule: GradRule = (c) => {
  const g = gradientOf(c)
  if (c.text('mode', 'constant') !== 'constant') return [copiesBack(c), ...c.inputs.slice(1).map(() => null)]
  const axes = c.inputs[3] ?? ''
  const back = c.emit('Neg', [inputOf(c, 1)])
  const middle = c.emit('Pad', [g, back, c.scalar(0), ...(axes === '' ? [] : [axes])])
  const all = (value: string): string => c.emit('ReduceSum', [value], { keepdims: int(0) })
  const filler = (): string => c.emit('Reshape', [sub(c, all(g), all(middle)), c.shapeOf(inputOf(c, 2))])
  return [c.wants(0) ? middle : null, null, c.wants(2) ? filler() : null, null]
}

/** Padding with copies of the image (reflect, edge, wrap): what each place holds is asked of the operator itself. */
function copiesBack(c: GradContext): string {
  const [x, pads] = [inputOf(c, 0), inputOf(c, 1)]
  const rank = c.typeOf(x).dims.length
  const axes = positiveAxes(padAxes(c, rank) ?? [], rank)
  const known = c.constantOf(pads)
  let gradient = gradientOf(c)
  axes.forEach((axis, i) => {
    if (known?.[i] === 0 && known[i + axes.length] === 0) return
    const both = c.emit('Gather', [pads, c.int64s(i, i + axes.length)])
    const positions = c.emit('Pad', [positionsOf(c, x, axis), both], {
      mode: text(c.text('mode', 'constant')),
    })
    gradient = scatterAlong(c, { gradient, like: x, positions, axis })
  })
  return gradient
}

function padAxes(c: Pick<GradContext, 'inputs' | 'constantOf'>, rank: number): readonly number[] | null {
  const axes = c.inputs[3] ?? ''
  return axes === '' ? range(0, rank) : c.constantOf(axes)
}

export const padCheck: RuleCheck = (c) =>
  padAxes(c, 1) === null ? 'its axes are not known in advance' : null

/** 0…n−1 for an axis of n elements. */
function positionsOf(c: GradContext, x: string, axis: number): string {
  const extent = c.emit('Squeeze', [sizeOf(c, x, axis), c.int64s(0)])
  return c.emit('Range', [indexScalar(c, 0), extent, indexScalar(c, 1)])
}

interface Scattering {
  readonly gradient: string
  readonly like: string
  /** For each place of the gradient along the axis, the place in `like` that it belongs to. */
  readonly positions: string
  readonly axis: number
}

function scatterAlong(c: GradContext, { gradient, like, positions, axis }: Scattering): string {
  const rank = c.typeOf(like).dims.length
  const shape = c.emit('Shape', [gradient])
  const parts = range(0, rank).map((at) =>
    at === axis ? sizeOf(c, like, at) : c.emit('Slice', [shape, c.int64s(at), c.int64s(at + 1)]),
  )
  const none = c.emit('Expand', [c.scalar(0), c.emit('Concat', parts, { axis: int(0) })])
  const others = range(0, rank).filter((at) => at !== axis)
  const aligned = others.length === 0 ? positions : c.emit('Unsqueeze', [positions, c.int64s(...others)])
  const index = c.emit('Expand', [aligned, shape])
  return c.emit('ScatterElements', [none, index, gradient], { axis: int(axis), reduction: text('add') })
}

/** The upper or lower triangle: what was cut off gets nothing. */
export const triluRule: GradRule = (c) => {
  const diagonal = c.inputs.slice(1)
  return [c.emit('Trilu', [gradientOf(c), ...diagonal], { upper: int(c.int('upper', 1)) }), null]
}

/** Turned once more. */
export const reverseSequenceRule: GradRule = (c) => {
  const axes = { batch_axis: int(c.int('batch_axis', 1)), time_axis: int(c.int('time_axis', 0)) }
  return [c.emit('ReverseSequence', [gradientOf(c), inputOf(c, 1)], axes), null]
}

/** Chosen rows go back to where they were; without an axis, elements of the flattened tensor. */
export const compressRule: GradRule = (c) => {
  const [x, condition, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const rank = c.typeOf(x).dims.length
  const given = c.ints('axis') ?? (c.attributes['axis']?.kind === 'int' ? [c.int('axis', 0)] : null)
  const rows = c.emit('Transpose', [c.emit('NonZero', [condition])])
  if (given === null) {
    const count = c.emit('Size', [x])
    const flat = c.emit('Expand', [c.scalar(0), c.emit('Unsqueeze', [count, c.int64s(0)])])
    const back = c.emit('ScatterND', [flat, rows, g], { reduction: text('add') })
    return [c.emit('Reshape', [back, c.shapeOf(x)]), null]
  }
  const [axis = 0] = positiveAxes(given, rank)
  const positions = c.emit('Squeeze', [rows, c.int64s(1)])
  return [scatterAlong(c, { gradient: g, like: x, positions, axis }), null]
}

/** A scale of known step: y = start + i·delta. */
export const rangeRule: GradRule = (c) => {
  const g = gradientOf(c)
  const sum = (value: string): string => c.emit('ReduceSum', [value], { keepdims: int(0) })
  const count = c.emit('Size', [outputOf(c)])
  const one = c.scalar(1)
  const steps = (): string =>
    c.emit('Range', [c.scalar(0), c.emit('Cast', [count], { to: int(c.dataType) }), one])
  return [c.wants(0) ? sum(g) : null, null, c.wants(2) ? sum(c.emit('Mul', [g, steps()])) : null]
}

/** Every tile adds up: [n·r] → [r, n] per axis, summed over r. */
export const tileRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const rank = c.typeOf(x).dims.length
  const pairs = c.emit(
    'Concat',
    [c.emit('Unsqueeze', [inputOf(c, 1), c.int64s(1)]), c.emit('Unsqueeze', [c.shapeOf(x), c.int64s(1)])],
    { axis: int(1) },
  )
  const shape = c.emit('Reshape', [pairs, c.int64s(2 * rank)])
  const parted = c.emit('Reshape', [gradientOf(c), shape])
  const summed = c.emit('ReduceSum', [parted, c.int64s(...range(0, rank).map((i) => 2 * i))], {
    keepdims: int(0),
  })
  return [summed, null]
}
