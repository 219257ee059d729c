/** Shapes of operators that pick or place elements by index: Gather, GatherND, Scatter…, TopK, ArgMax. */
import { intOf } from '../attributes.ts'
import { DataType } from '../graph.ts'
import { DIM_ONE, Unresolved } from './dim.ts'
import { at, axisOf, sizeOr, unify, type Rule, type RuleTable } from './rule.ts'
import { concreteDims, mapIndices, toDim, toNumber } from './value.ts'

const gather: Rule = (context) => {
  const data = context.type(0)
  const indices = context.type(1)
  const axis = axisOf(intOf(context.node, 'axis', 0), data.dims.length)
  const dims = data.dims.toSpliced(axis, 1, ...indices.dims)
  const { dataType } = data
  const value = context.value(0)
  const picked = context.value(1)?.elements.map(toNumber)
  const concrete = concreteDims(dims)
  const width = data.dims[axis]?.constant ?? null
  if (value === null || concrete === null || width === null || !picked?.every((i) => i !== null)) {
    return [{ dataType, dims }]
  }
  const indexDims = concreteDims(indices.dims) ?? []
  const place = (index: readonly number[]) => {
    const inner = index.slice(axis, axis + indexDims.length)
    const flat = inner.reduce((sum, at, i) => sum * (indexDims[i] ?? 1) + at, 0)
    const chosen = picked[flat] ?? 0
    return index.toSpliced(axis, indexDims.length, chosen < 0 ? chosen + width : chosen)
  }
  return [{ dataType, dims, value: mapIndices(value, concrete, place) }]
}

const gatherNd: Rule = (context) => {
  const data = context.type(0)
  const indices = context.type(1)
  const batchRank = intOf(context.node, 'batch_dims', 0)
  const last = at(indices.dims, indices.dims.length - 1).constant
  if (last === null) throw new Unresolved('indices whose last dimension is not known')
  const leading = indices.dims
    .slice(0, -1)
    .map((dim, axis) => (axis < batchRank ? unify(context, dim, at(data.dims, axis)) : dim))
  return [{ dataType: data.dataType, dims: [...leading, ...data.dims.slice(batchRank + last)] }]
}

const gatherElements: Rule = (context) => [{ dataType: context.type(0).dataType, dims: context.type(1).dims }]

/** Scatters give the data's shape. */
const scatter: Rule = (context) => [context.type(0)]

const topK: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const axis = axisOf(intOf(context.node, 'axis', -1), dims.length)
  const attribute = context.attribute('k')
  const k = attribute?.kind === 'int' ? attribute.value : context.value(1)?.elements[0]
  const count = k === undefined ? context.unknown(axis) : sizeOr(context, axis, () => toDim(k))
  const top = dims.with(axis, count)
  return [
    { dataType, dims: top },
    { dataType: DataType.int64, dims: top },
  ]
}

const argExtreme: Rule = (context) => {
  const { dims } = context.type(0)
  const axis = axisOf(intOf(context.node, 'axis', 0), dims.length)
  const keeps = intOf(context.node, 'keepdims', 1) === 1
  return [{ dataType: DataType.int64, dims: keeps ? dims.with(axis, DIM_ONE) : dims.toSpliced(axis, 1) }]
}

export const GATHER: RuleTable = {
  Gather: gather,
  GatherND: gatherNd,
  GatherElements: gatherElements,
  ScatterND: scatter,
  ScatterElements: scatter,
  Scatter: scatter,
  TopK: topK,
  ArgMax: argExtreme,
  ArgMin: argExtreme,
}
