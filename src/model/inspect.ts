/**
 * What a model holds: inputs, weights, operators, the modules that can get an adapter, and what training it would need.
 * In: a graph. Out: facts, no text. Nothing is run and no weight is read.
 */
import { decomposeWithReport } from './decompose/index.ts'
import { decompositionOf } from './decompose/table.ts'
import type { Dimension, OnnxModel, TensorValue } from './graph.ts'
import { QUANTISED_ACTIVATIONS, withFloatActivations } from './quantise/index.ts'
import { findLinearModules, isQuantisedOp, type LocatedModule } from './linear-modules.ts'
import { dataTypeName, elementCount, isFloatType, itemSizeBits, tensorSizeBytes } from './onnx-tensor.ts'
import {
  inferShapes,
  isUnknown,
  symbolsOf,
  type Dim,
  type InferredGraph,
  type ShapeProblem,
} from './shapes.ts'

export interface ValueReport {
  readonly name: string
  readonly dataType: string
  readonly dims: readonly Dimension[] | null
}

export interface OperatorReport {
  readonly op: string
  /** '' is the standard domain. */
  readonly domain: string
  readonly count: number
}

export interface MemoryEstimate {
  /** Rows of a batch and, where the model takes sequences, tokens of a row. */
  readonly batchSize: number
  readonly length: number
  readonly rank: number
  readonly weightsSizeBytes: number
  /**
   * Every value that a forward pass computes, once: what the backward pass may need if nothing is computed anew.
   * Values that only rename or reshape another are not counted. null where a shape is not known.
   */
  readonly activationsSizeBytes: number | null
  /** Parameters of an adapter of this rank on every linear module but the head. */
  readonly adapterParameterCount: number
  /** Four f32 numbers for each of those: the parameter, its gradient and AdamW's two moments. */
  readonly adapterSizeBytes: number
}

export interface ModelInspection {
  readonly producer: string
  readonly opset: number
  readonly inputs: readonly ValueReport[]
  readonly outputs: readonly ValueReport[]
  /**
   * Elements of all stored float tensors with at least one axis, quantised products counted by their sizes. Where weights
   * lie outside the file, only those: what is in it are constants. Exporters keep a few constants among the weights.
   */
  readonly parameterCount: number
  /** Stored bytes by data type, such as `bfloat16`. */
  readonly weightsSizeBytes: Readonly<Record<string, number>>
  /** One entry a name, in the order of the graph. */
  readonly modules: readonly LocatedModule[]
  readonly operators: readonly OperatorReport[]
  /** Fused operators that are rewritten into standard ones before anything is differentiated. */
  readonly decomposed: readonly OperatorReport[]
  readonly shapeProblems: readonly ShapeProblem[]
  readonly memory: MemoryEstimate
}

export interface InspectOptions {
  readonly batchSize: number
  readonly length: number
  readonly rank: number
}

/** Operators whose result shares its input's memory or is as small as a shape. */
const VIEWS: ReadonlySet<string> = new Set([
  'Flatten',
  'Identity',
  'Reshape',
  'Shape',
  'Squeeze',
  'Unsqueeze',
])

export function inspectModel(original: OnnxModel, options: InspectOptions): ModelInspection {
  const { model } = decomposeWithReport(withFloatActivations(original).model)
  const { graph } = model
  const inferred = inferShapes(model)
  const modules = uniqueModules(inferred.problems.length === 0 ? findLinearModules(model, inferred) : [])
  const tensors = [...graph.initializers.values()]
  return {
    producer: model.producer,
    opset: model.opsets.get('') ?? 0,
    inputs: graph.inputs.map(reportOf),
    outputs: graph.outputs.map(reportOf),
    parameterCount: countParameters(tensors, modules),
    weightsSizeBytes: sizesByType(tensors),
    modules,
    operators: countOperators(original),
    decomposed: decomposedOperators(original, model),
    shapeProblems: inferred.problems,
    memory: estimateMemory(model, inferred, modules, options),
  }
}

const reportOf = (value: OnnxModel['graph']['inputs'][number]): ValueReport => ({
  name: value.name,
  dataType: dataTypeName(value.dataType),
  dims: value.dims,
})

function uniqueModules(modules: readonly LocatedModule[]): readonly LocatedModule[] {
  return [...new Map(modules.map((module) => [module.name, module])).values()]
}

function countParameters(tensors: readonly TensorValue[], modules: readonly LocatedModule[]): number {
  const outside = tensors.filter((tensor) => tensor.external !== undefined)
  const plain = (outside.length > 0 ? outside : tensors).filter(({ dataType, dims }) => {
    return isFloatType(dataType) && dims.length > 0
  })
  const quantised = modules.filter((module) => isQuantisedOp(module.op))
  const counts = [
    ...plain.map((tensor) => elementCount(tensor.dims)),
    ...quantised.map((module) => module.inSize * module.outSize),
  ]
  return counts.reduce((sum, count) => sum + count, 0)
}

function sizesByType(tensors: readonly TensorValue[]): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {}
  for (const { dataType, dims } of tensors) {
    const name = dataTypeName(dataType)
    sizes[name] = (sizes[name] ?? 0) + tensorSizeBytes(dataType, dims)
  }
  return sizes
}

/** What occurs less often than before: only rewriting takes nodes away. */
function decomposedOperators(before: OnnxModel, after: OnnxModel): readonly OperatorReport[] {
  const left = new Map(countOperators(after).map(({ op, domain, count }) => [`${domain}.${op}`, count]))
  return countOperators(before).flatMap(({ op, domain, count }) => {
    const isRewritten =
      QUANTISED_ACTIVATIONS.has(op) || decompositionOf({ op, domain }, before.opsets) !== null
    const gone = isRewritten ? count - (left.get(`${domain}.${op}`) ?? 0) : 0
    return gone > 0 ? [{ op, domain, count: gone }] : []
  })
}

/** The most frequent first. */
function countOperators(model: OnnxModel): readonly OperatorReport[] {
  const counts = new Map<string, OperatorReport>()
  for (const { op, domain } of model.graph.nodes) {
    const key = `${domain}.${op}`
    counts.set(key, { op, domain, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1))
}

function estimateMemory(
  model: OnnxModel,
  inferred: InferredGraph,
  modules: readonly LocatedModule[],
  { batchSize, length, rank }: InspectOptions,
): MemoryEstimate {
  const adapted = modules.filter((module) => module.kind === 'linear' && !module.isHead)
  const adapterParameterCount = adapted.reduce(
    (sum, { inSize, outSize }) => sum + rank * (inSize + outSize),
    0,
  )
  const sizes = [...model.graph.initializers.values()].map(({ dataType, dims }) =>
    tensorSizeBytes(dataType, dims),
  )
  return {
    batchSize,
    length,
    rank,
    weightsSizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    activationsSizeBytes: activationsSize(model, inferred, { batchSize, length }),
    adapterParameterCount,
    adapterSizeBytes: 4 * 4 * adapterParameterCount,
  }
}

function activationsSize(
  model: OnnxModel,
  inferred: InferredGraph,
  { batchSize, length }: { readonly batchSize: number; readonly length: number },
): number | null {
  if (inferred.problems.length > 0) return null
  const types = model.graph.inputs.map((input) => inferred.typeOf(input.name))
  // By convention of all exporters the first axis of an input is the batch; other open axes are lengths.
  const symbols: Record<string, number> = {}
  const bind = (dim: Dim | undefined, value: number): void => {
    for (const name of dim === undefined ? [] : symbolsOf(dim)) symbols[name] ??= value
  }
  for (const { dims } of types) bind(dims[0], batchSize)
  for (const { dims } of types) for (const dim of dims) bind(dim, length)
  let sizeBits = 0
  for (const node of model.graph.nodes) {
    if (VIEWS.has(node.op)) continue
    for (const output of node.outputs) {
      if (output === '' || inferred.valueOf(output) !== null) continue
      const { dataType, dims } = inferred.typeOf(output)
      if (dims.some(isUnknown)) return null
      sizeBits += dims.reduce((product, dim) => product * dim.evaluate(symbols), itemSizeBits(dataType))
    }
  }
  return Math.ceil(sizeBits / 8)
}
