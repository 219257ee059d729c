/**
 * What a graph is fed beside the tokens of a batch, told from its inputs' names, types and shapes. Exporters differ in
 * which inputs they leave: positions, segments, the place in the cache, and an empty cache of keys and values.
 * In: a model. Out: the model without switches of its cache, and a function that completes a batch's feeds.
 * Source: names of inputs as `torch.onnx.export` of `transformers` models and Optimum write them.
 */
import { assert } from '../core/errors.ts'
import { modelError } from '../model/errors.ts'
import { DataType, type OnnxModel, type ValueInfo } from '../model/graph.ts'
import { elementCount, tensorOf } from '../model/onnx-tensor.ts'
import { zeros, type HostTensor, type HostTensors } from '../model/session-tensor.ts'
import type { Batch, Dataset } from './dataset.ts'

/** Keys and values of former tokens: `past_key_values.0.key`, `past_0_value`, … */
const PAST = /^past(?:_key_values?)?[._]\d+[._](?:decoder[._])?(?:key|value)s?$/
const SWITCH = 'use_cache_branch'

export interface FedModel {
  readonly model: OnnxModel
  /** Samples with every input that the model has, and none that it lacks. */
  readonly complete: (data: Dataset) => Dataset
}

/** @param file — for errors @throws MODEL_UNSUPPORTED naming every input that nothing is known of */
export function feedTokens(opened: OnnxModel, file: string): FedModel {
  const model = withoutSwitch(opened)
  const { inputs } = model.graph
  const unknown = inputs.filter((input) => !isKnown(input))
  if (unknown.length > 0) throw unknownInputs(unknown, file, 'input_ids, attention_mask, token_type_ids, …')
  return { model, complete: (data) => mapBatches(data, (batch) => completed(batch, inputs)) }
}

/** A graph that a task cannot feed. */
export function unknownInputs(unknown: readonly ValueInfo[], file: string, known: string): Error {
  const list = unknown.map(({ name, dims }) => `${name} [${dims?.join(', ') ?? '?'}]`).join(', ')
  return modelError(
    { code: 'MODEL_UNSUPPORTED', file, feature: `inputs ${unknown.map(({ name }) => name).join(', ')}` },
    `the graph has inputs that nothing is known to feed: ${list}`,
    `Known are ${known}. Export the model without these inputs, or with constants in their place.`,
  )
}

const WHOLE: readonly DataType[] = [DataType.int64, DataType.int32]
const FLOATS: readonly DataType[] = [DataType.float, DataType.float16]
/** Inputs by name: the types and the rank they must have. */
const KNOWN: ReadonlyMap<string, { readonly types: readonly DataType[]; readonly rank: number }> = new Map([
  ['input_ids', { types: WHOLE, rank: 2 }],
  ['attention_mask', { types: [...WHOLE, DataType.bool, DataType.float], rank: 2 }],
  ['token_type_ids', { types: WHOLE, rank: 2 }],
  ['position_ids', { types: WHOLE, rank: 2 }],
  ['segment_ids', { types: WHOLE, rank: 2 }],
  ['cache_position', { types: WHOLE, rank: 1 }],
])

function isKnown({ name, dataType, dims }: ValueInfo): boolean {
  if (PAST.test(name)) return FLOATS.includes(dataType) && dims?.length === 4
  const known = KNOWN.get(name)
  return (
    known !== undefined && known.types.includes(dataType) && (dims === null || dims.length === known.rank)
  )
}

/** Optimum's merged decoders choose with a switch between two graphs; training is the branch without a cache. */
function withoutSwitch(model: OnnxModel): OnnxModel {
  const { graph } = model
  const input = graph.inputs.find(({ name }) => name === SWITCH)
  if (input === undefined) return model
  const dims = (input.dims ?? [1]).map((dim) => (typeof dim === 'number' ? dim : 1))
  const values = Array.from({ length: elementCount(dims) }, () => 0)
  const initializers = new Map(graph.initializers)
  initializers.set(SWITCH, tensorOf(SWITCH, DataType.bool, dims, values))
  const inputs = graph.inputs.filter(({ name }) => name !== SWITCH)
  return { ...model, graph: { ...graph, inputs, initializers } }
}

export function mapBatches(data: Dataset, map: (batch: Batch) => Batch): Dataset {
  const { packed } = data
  return {
    ...data,
    collate: (numbers) => map(data.collate(numbers)),
    subset: (numbers) => mapBatches(data.subset(numbers), map),
    ...(packed === undefined ? {} : { packed: (packing) => mapBatches(packed(packing), map) }),
  }
}

function completed(batch: Batch, inputs: readonly ValueInfo[]): Batch {
  const ids = batch.feeds['input_ids']
  assert(ids !== undefined, 'batches of tokens have ids')
  const feeds: HostTensors = Object.fromEntries(
    inputs.map((input) => [input.name, feedOf(input, batch.feeds, ids.dims)]),
  )
  return { ...batch, feeds }
}

function feedOf(input: ValueInfo, feeds: HostTensors, [size = 0, length = 0]: readonly number[]): HostTensor {
  const { name, dataType, dims } = input
  if (PAST.test(name)) {
    // [batch, heads, past, head size]: nothing is past, whatever the axis is called.
    const [, heads, , headSize] = dims ?? []
    return zeros(dataType, [size, fixedSize(heads), 0, fixedSize(headSize)])
  }
  const given = feeds[name]
  if (given !== undefined) return cast(given, dataType)
  if (name === 'cache_position') return filled(dataType, [length], (i) => i)
  if (name === 'position_ids') return filled(dataType, [size, length], (i) => i % length)
  // All tokens are of the first segment where the tokenizer tells none.
  return filled(dataType, [size, length], () => 0)
}

const fixedSize = (dim: unknown): number => (typeof dim === 'number' ? dim : 0)

function filled(dataType: DataType, dims: readonly number[], valueAt: (index: number) => number): HostTensor {
  const tensor = zeros(dataType, dims)
  const { data } = tensor
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(valueAt(i))
    else data[i] = valueAt(i)
  }
  return tensor
}

function cast(tensor: HostTensor, dataType: DataType): HostTensor {
  if (tensor.dataType === dataType) return tensor
  return filled(dataType, tensor.dims, (i) => Number(tensor.data[i] ?? 0))
}
