/** Shapes of operators that move, repeat or describe elements: Reshape, Slice, Concat, Shape, Range, … */
import { intOf, intsOf } from '../attributes.ts'
import { DataType } from '../graph.ts'
import { type Dim, dimAdd, dimCeilDiv, dimDiv, dimExactDiv, dimMax, dimMul, dimOf } from './dim.ts'
import { dimProduct, dimSub, DIM_ONE, DIM_ZERO, Unresolved } from './dim.ts'
import {
  at,
  axisOf,
  broadcast,
  sizeOr,
  statedSizes,
  unify,
  type Result,
  type Rule,
  type RuleContext,
  type RuleTable,
} from './rule.ts'
import { sliceOf } from './slice.ts'
import { broadcastValue, concreteDims, elementOf, indicesOf, mapIndices, numbersOf, toDim } from './value.ts'
import { VALUE_COUNT_MAX, valueOfTensor, valueOrNull, type ConstantValue, type Element } from './value.ts'

/** The same elements in another shape. */
function reshaped(context: RuleContext, dims: readonly Dim[]): readonly Result[] {
  const value = context.value(0)
  const concrete = concreteDims(dims)
  const { dataType } = context.type(0)
  return [{ dataType, dims, value: value && concrete ? { ...value, dims: concrete } : null }]
}

/** Axes from the attribute of older operator sets or the input of newer ones; null where neither is given. */
export function axesOf(context: RuleContext, input = 1): readonly number[] | null {
  const attribute = intsOf(context.node, 'axes')
  if (attribute !== null) return attribute
  return context.has(input) ? numbersOf(context.needValue(input, 'the axes'), 'an axis') : null
}

const reshape: Rule = (context) => {
  const source = context.type(0).dims
  const target = statedSizes(context, 1, 'the target shape')
  const keepsZero = intOf(context.node, 'allowzero', 0) === 1
  const open = target.indexOf(-1)
  if (target.lastIndexOf(-1) !== open) throw new Unresolved('a target shape with two -1')
  const dims = target.map((element, axis): Dim => {
    if (element === -1) return DIM_ONE
    if (element === 0 && !keepsZero) return at(source, axis)
    return sizeOr(context, axis, () => stated(element))
  })
  if (open >= 0) dims[open] = sizeOr(context, open, () => quotientOf(source, dimProduct(dims)))
  return reshaped(context, dims)
}

/** An element of a shape. @throws Unresolved where only a run tells it */
function stated(element: Element | null): Dim {
  if (element === null) throw new Unresolved('a size that only a run tells')
  return toDim(element)
}

/** What -1 stands for. The product of the source is divided factor by factor first, which needs no expansion. */
function quotientOf(source: readonly Dim[], known: Dim): Dim {
  if (known.constant === 0) throw new Unresolved('-1 beside an empty axis')
  const total = dimProduct(source)
  return dimExactDiv(total, known) ?? dimDiv(total, known)
}

const flatten: Rule = (context) => {
  const { dims } = context.type(0)
  const axis = intOf(context.node, 'axis', 1)
  const split = axis < 0 ? axis + dims.length : axis
  return reshaped(context, [dimProduct(dims.slice(0, split)), dimProduct(dims.slice(split))])
}

const squeeze: Rule = (context) => {
  const { dims } = context.type(0)
  const axes = axesOf(context)?.map((axis) => axisOf(axis, dims.length))
  if (axes === undefined && dims.some((dim) => dim.constant === null)) {
    throw new Unresolved('Squeeze without axes of a tensor whose dims are not all known')
  }
  return reshaped(
    context,
    dims.filter((dim, axis) => (axes === undefined ? dim.constant !== 1 : !axes.includes(axis))),
  )
}

const unsqueeze: Rule = (context) => {
  const { dims } = context.type(0)
  const given = axesOf(context) ?? []
  const rank = dims.length + given.length
  const axes = given.map((axis) => axisOf(axis, rank))
  const rest = [...dims]
  return reshaped(
    context,
    Array.from({ length: rank }, (_, axis) =>
      axes.includes(axis) ? DIM_ONE : at([rest.shift() ?? DIM_ONE], 0),
    ),
  )
}

const transpose: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const order = intsOf(context.node, 'perm') ?? dims.map((_, axis) => dims.length - 1 - axis)
  const moved = order.map((axis) => at(dims, axis))
  const value = context.value(0)
  const concrete = concreteDims(moved)
  if (value === null || concrete === null) return [{ dataType, dims: moved }]
  const place = (index: readonly number[]) => dims.map((_, axis) => index[order.indexOf(axis)] ?? 0)
  return [{ dataType, dims: moved, value: mapIndices(value, concrete, place) }]
}

const concat: Rule = (context) => {
  const types = context.node.inputs.map((_, i) => context.type(i))
  const [first] = types
  if (first === undefined) throw new Unresolved('Concat of nothing')
  const axis = axisOf(intOf(context.node, 'axis', 0), first.dims.length)
  const dims = first.dims.map((dim, i) => {
    const column = types.map((type) => at(type.dims, i))
    return i === axis ? column.reduce(dimAdd) : column.reduce((a, b) => unify(context, a, b), dim)
  })
  return [{ dataType: first.dataType, dims, value: concatValues(context, dims, axis) }]
}

function concatValues(context: RuleContext, dims: readonly Dim[], axis: number): ConstantValue | null {
  const concrete = concreteDims(dims)
  const parts = context.node.inputs.map((_, i) => context.value(i))
  if (concrete === null || !parts.every((part) => part !== null)) return null
  const [first] = parts
  if (first === undefined) return null
  const outer = concrete.slice(0, axis).reduce((a, b) => a * b, 1)
  const elements: Element[] = []
  for (let row = 0; row < outer; row++) {
    for (const part of parts) {
      const width = part.elements.length / outer
      elements.push(...part.elements.slice(row * width, (row + 1) * width))
    }
  }
  return { dataType: first.dataType, dims: concrete, elements }
}

const split: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const axis = axisOf(intOf(context.node, 'axis', 0), dims.length)
  const sizes = splitSizes(context, at(dims, axis))
  const value = context.value(0)
  let start = 0
  return sizes.map((size) => {
    const part = dims.map((dim, i) => (i === axis ? size : dim))
    const concrete = value === null ? null : concreteDims(part)
    const from = start
    start += size.constant ?? Number.NaN
    if (Number.isNaN(from) || value === null || concrete === null) return { dataType, dims: part }
    const place = (index: readonly number[]) => index.map((at, i) => (i === axis ? at + from : at))
    return { dataType, dims: part, value: mapIndices(value, concrete, place) }
  })
}

/** Given sizes, or equal parts: the last one smaller where they do not come out even. */
function splitSizes(context: RuleContext, whole: Dim): readonly Dim[] {
  const attribute = intsOf(context.node, 'split')
  if (attribute !== null) return attribute.map(dimOf)
  if (context.has(1)) {
    return statedSizes(context, 1, 'the sizes of the parts').map((element, i) =>
      sizeOr(context, i, () => stated(element)),
    )
  }
  const count = context.outputCount
  const size = dimCeilDiv(whole, dimOf(count))
  const rest = dimSub(whole, dimMul(size, dimOf(count - 1)))
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? rest : size))
}

const shape: Rule = (context) => {
  const { dims } = context.type(0)
  const rank = dims.length
  const clamp = (end: number) => Math.min(rank, Math.max(0, end < 0 ? end + rank : end))
  const part = dims.slice(clamp(intOf(context.node, 'start', 0)), clamp(intOf(context.node, 'end', rank)))
  const value = { dataType: DataType.int64, dims: [part.length], elements: part.map(elementOf) }
  return [{ dataType: DataType.int64, dims: [dimOf(part.length)], value }]
}

const size: Rule = (context) => {
  const { dims } = context.type(0)
  const dataType = DataType.int64
  const value = valueOrNull(() => ({ dataType, dims: [], elements: [elementOf(dimProduct(dims))] }))
  return [{ dataType, dims: [], value }]
}

const expand: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const sizes = statedSizes(context, 1, 'the target shape')
  const spare = Math.max(0, dims.length - sizes.length)
  const target = sizes.map((element, i) => sizeOr(context, i + spare, () => stated(element)))
  const result = broadcast(context, [dims, target])
  const value = context.value(0)
  const concrete = concreteDims(result)
  return [{ dataType, dims: result, value: value && concrete ? broadcastValue(value, concrete) : null }]
}

const tile: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const repeats = statedSizes(context, 1, 'the repeats')
  const tiled = dims.map((dim, axis) =>
    sizeOr(context, axis, () => dimMul(dim, stated(repeats[axis] ?? null))),
  )
  const value = context.value(0)
  const concrete = concreteDims(tiled)
  if (value === null || concrete === null) return [{ dataType, dims: tiled }]
  const place = (index: readonly number[]) => index.map((at, axis) => at % (value.dims[axis] ?? 1))
  return [{ dataType, dims: tiled, value: mapIndices(value, concrete, place) }]
}

const pad: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const attribute = intsOf(context.node, 'pads')
  const pads = attribute ?? statedSizes(context, 1, 'the pads')
  const axes = context.has(3) ? (axesOf(context, 3) ?? []) : dims.map((_, axis) => axis)
  const padded = [...dims]
  axes.forEach((axis, i) => {
    const index = axisOf(axis, dims.length)
    padded[index] = sizeOr(context, index, () => {
      const both = dimAdd(stated(pads[i] ?? null), stated(pads[i + axes.length] ?? null))
      return dimAdd(at(dims, index), both)
    })
  })
  return [{ dataType, dims: padded }]
}

const range: Rule = (context) => {
  const { dataType } = context.type(0)
  const [start, limit, delta] = [0, 1, 2].map((i) => context.value(i)?.elements[0] ?? null)
  if (delta === 0) throw new Unresolved('a range without a step')
  if (typeof start === 'number' && typeof limit === 'number' && typeof delta === 'number') {
    const count = Math.max(0, Math.ceil((limit - start) / delta))
    const dims = [dimOf(count)]
    if (count > VALUE_COUNT_MAX) return [{ dataType, dims }]
    const elements = Array.from({ length: count }, (_, i) => start + i * delta)
    return [{ dataType, dims, value: { dataType, dims: [count], elements } }]
  }
  const length = (): Dim => {
    const span = dimSub(stated(limit ?? null), stated(start ?? null))
    return dimMax(DIM_ZERO, dimCeilDiv(span, stated(delta ?? null)))
  }
  return [{ dataType, dims: [sizeOr(context, 0, length)] }]
}

const constant: Rule = (context) => {
  const typed = (
    dataType: DataType,
    dims: readonly number[],
    elements: readonly number[],
  ): readonly Result[] => [{ dataType, dims: dims.map(dimOf), value: { dataType, dims, elements } }]
  for (const [name, attribute] of context.node.attributes) {
    const { kind, value } = attribute
    if (kind === 'tensor') {
      const { dataType, dims } = value
      return [{ dataType, dims: dims.map(dimOf), value: valueOfTensor(value) }]
    }
    if (name === 'value_int' && kind === 'int') return typed(DataType.int64, [], [value])
    if (name === 'value_float' && kind === 'float') return typed(DataType.float, [], [value])
    if (name === 'value_ints' && kind === 'ints') return typed(DataType.int64, [value.length], value)
    if (name === 'value_floats' && kind === 'floats') return typed(DataType.float, [value.length], value)
  }
  throw new Unresolved('a constant that is no tensor of numbers')
}

const constantOfShape: Rule = (context) => {
  const dims = statedSizes(context, 0, 'the shape').map((element, axis) =>
    sizeOr(context, axis, () => stated(element)),
  )
  const fill = context.attribute('value')
  const filled = fill?.kind === 'tensor' ? valueOfTensor(fill.value) : null
  const dataType = filled?.dataType ?? DataType.float
  const concrete = concreteDims(dims)
  if (concrete === null) return [{ dataType, dims }]
  const elements = [...indicesOf(concrete)].map(() => filled?.elements[0] ?? 0)
  return [{ dataType, dims, value: { dataType, dims: concrete, elements } }]
}

const slice: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const asElements = (name: string, input: number, what: string): readonly (Element | null)[] =>
    intsOf(context.node, name) ?? statedSizes(context, input, what)
  const starts = asElements('starts', 1, 'the starts')
  const ends = asElements('ends', 2, 'the ends')
  const axes = axesOf(context, 3) ?? starts.map((_, i) => i)
  const steps = context.has(4) ? numbersOf(context.needValue(4, 'the steps'), 'a step') : starts.map(() => 1)
  const sliced = [...dims]
  const from = dims.map(() => ({ start: DIM_ZERO, step: 1 }))
  axes.forEach((given, i) => {
    const axis = axisOf(given, dims.length)
    sliced[axis] = sizeOr(context, axis, () => {
      const [start, end] = [starts[i] ?? null, ends[i] ?? null]
      if (start === null || end === null) throw new Unresolved('a bound that only a run tells')
      const part = sliceOf(at(dims, axis), { start, end, step: steps[i] ?? 1 })
      from[axis] = part
      return part.length
    })
  })
  const value = context.value(0)
  const concrete = value === null ? null : concreteDims(sliced)
  if (value === null || concrete === null) return [{ dataType, dims: sliced }]
  const place = (index: readonly number[]) =>
    index.map((at, axis) => (from[axis]?.start.constant ?? 0) + at * (from[axis]?.step ?? 1))
  return [{ dataType, dims: sliced, value: mapIndices(value, concrete, place) }]
}

/** As many as the condition has ones: only a run tells. */
const compress: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const axis = context.attribute('axis')
  if (axis?.kind !== 'int') return [{ dataType, dims: [context.unknown(0)] }]
  const along = axisOf(axis.value, dims.length)
  return [{ dataType, dims: dims.with(along, context.unknown(along)) }]
}

const nonZero: Rule = (context) => [
  { dataType: DataType.int64, dims: [dimOf(context.type(0).dims.length), context.unknown(1)] },
]

const unique: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const axis = context.attribute('axis')
  const count = context.unknown(0)
  const counted = { dataType: DataType.int64, dims: [count] }
  if (axis?.kind !== 'int') {
    const inverse = { dataType: DataType.int64, dims: [dimProduct(dims)] }
    return [{ dataType, dims: [count] }, counted, inverse, counted]
  }
  const along = axisOf(axis.value, dims.length)
  const inverse = { dataType: DataType.int64, dims: [at(dims, along)] }
  return [{ dataType, dims: dims.with(along, count) }, counted, inverse, counted]
}

const oneHot: Rule = (context) => {
  const { dims } = context.type(0)
  const axis = axisOf(intOf(context.node, 'axis', -1), dims.length + 1)
  const depth = sizeOr(context, axis, () => stated(context.value(1)?.elements[0] ?? null))
  return [{ dataType: context.type(2).dataType, dims: dims.toSpliced(axis, 0, depth) }]
}

const depthToSpace: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const block = dimOf(intOf(context.node, 'blocksize', 1))
  const [n, c, h, w] = [0, 1, 2, 3].map((axis) => at(dims, axis)) as [Dim, Dim, Dim, Dim]
  return [{ dataType, dims: [n, dimDiv(c, dimMul(block, block)), dimMul(h, block), dimMul(w, block)] }]
}

const spaceToDepth: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const block = dimOf(intOf(context.node, 'blocksize', 1))
  const [n, c, h, w] = [0, 1, 2, 3].map((axis) => at(dims, axis)) as [Dim, Dim, Dim, Dim]
  return [{ dataType, dims: [n, dimMul(c, dimMul(block, block)), dimDiv(h, block), dimDiv(w, block)] }]
}

export const MOVEMENT: RuleTable = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Shape: shape,
  Size: size,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  Range: range,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Slice: slice,
  OneHot: oneHot,
  Compress: compress,
  NonZero: nonZero,
  Unique: unique,
  ReverseSequence: (context) => [context.type(0)],
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
}
