/**
 * A Hugging Face folder of an encoder with a classifier → an ONNX graph over its own weights, without any conversion. In: the
 * config's traits and where the weights lie. Out: opset 20, standard operators; inputs `input_ids`, `attention_mask` and,
 * with segments, `token_type_ids`, int64 [batch, sequence], or `pixel_values`, f32 [batch, channels, size, size]; output
 * `logits`, f32 [batch, classes].
 * Invariants: as of decoders (hf-decoder.ts): rows are flat, each projection one Gemm on the weight as it is stored, nodes are
 * named by their modules.
 */
import { basename } from 'node:path'
import { float } from '../attributes.ts'
import { buildActivation } from '../decoder/activation.ts'
import { DTYPES } from '../decoder/tensors.ts'
import { modelError } from '../errors.ts'
import { DataType, type OnnxModel } from '../graph.ts'
import { ModuleScope } from '../module-scope.ts'
import type { StoredTensor, StoredTensors } from '../weights.ts'
import type { EncoderConfig } from './config.ts'

/** A place in the model: its nodes are named by it, and weights below it are found by the end of their names. */
interface Place {
  readonly config: EncoderConfig
  readonly scope: ModuleScope
  readonly path: string
  readonly weights: Weights
}

interface Weights {
  /** @throws WEIGHTS_MISMATCH */
  readonly take: (name: string, shape: readonly number[]) => string
}

const within = (place: Place, name: string): Place => ({
  ...place,
  scope: name.split('.').reduce((scope, part) => scope.within(part), place.scope),
  path: place.path === '' ? name : `${place.path}.${name}`,
})

const weight = ({ path, weights }: Place, end: string, shape: readonly number[]): string =>
  weights.take(path === '' ? end : `${path}.${end}`, shape)

/** Pure. @throws WEIGHTS_MISMATCH | MODEL_UNSUPPORTED */
export function buildEncoder(config: EncoderConfig, tensors: StoredTensors): OnnxModel {
  const scope = new ModuleScope()
  const whole: Place = { config, scope, path: '', weights: weightsOf(scope, tensors) }
  const model = within(whole, config.root)
  const { rows, mask, sequence } = config.input.kind === 'tokens' ? embedTokens(model) : embedPatches(model)
  const geometry = { mask, sequence }
  let hidden = rows
  for (let i = 0; i < config.layerCount; i++)
    hidden = buildLayer(within(model, `${config.layers}.${i}`), geometry, hidden)
  const final = config.isNormFirst ? norm(within(model, 'layernorm'), hidden) : hidden
  // Rows of all samples one below the other: the first of each.
  const batched = scope.op('Reshape', [final, shapeOf(scope, sequence, [config.hiddenSize])])
  const first = scope.op('Gather', [batched, scope.int(0)], { axis: 1 })
  const logits = buildHead(whole, model, first)
  scope.outputAs('logits', logits, DataType.float, ['batch', config.classCount])
  return scope.buildGraph()
}

function weightsOf(scope: ModuleScope, tensors: StoredTensors): Weights {
  const [any] = tensors.values()
  const taken = new Map<string, string>()
  return {
    take: (name, shape) => {
      const known = taken.get(name)
      if (known !== undefined) return known
      const tensor = tensors.get(name) ?? tensors.get(olderName(name))
      const file = tensor?.path ?? any?.path ?? 'model.safetensors'
      const bad = (message: string): Error =>
        modelError({ code: 'WEIGHTS_MISMATCH', file, tensor: name }, message)
      const expected = `[${shape.join(', ')}]`
      if (tensor === undefined) throw bad(`tensor ${name} is absent, config.json needs it as ${expected}`)
      if (tensor.shape.join() !== shape.join())
        throw bad(`tensor ${name} is [${tensor.shape.join(', ')}], config.json needs ${expected}`)
      const value = scope.weight(name, shape, dtypeOf(tensor, bad), externalOf(tensor))
      taken.set(name, value)
      return value
    },
  }
}

/** The first BERTs were saved with TensorFlow's names of a norm's parameters. */
const olderName = (name: string): string =>
  name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta')

function dtypeOf({ dtype, name }: StoredTensor, bad: (message: string) => Error): DataType {
  const found = DTYPES.get(dtype)
  if (found === undefined) throw bad(`tensor ${name} is ${dtype}, expected F32, F16 or BF16`)
  return found
}

const externalOf = ({ path, offset, sizeBytes }: StoredTensor) => ({
  location: basename(path),
  offset,
  length: sizeBytes,
})

function linear(
  place: Place,
  input: string,
  [out, width]: readonly [number, number],
  hasBias = true,
): string {
  const bias = hasBias ? [weight(place, 'bias', [out])] : []
  return place.scope.op('Gemm', [input, weight(place, 'weight', [out, width]), ...bias], { transB: 1 })
}

function norm(place: Place, input: string): string {
  const { scope, config } = place
  const parameters = ['weight', 'bias'].map((end) => weight(place, end, [config.hiddenSize]))
  return scope.op('LayerNormalization', [input, ...parameters], { axis: -1, epsilon: float(config.epsilon) })
}

interface Embedded {
  /** [batch·sequence, hidden] */
  readonly rows: string
  /** Added to scores [batch, heads, sequence, sequence]; null: everybody sees everybody. */
  readonly mask: string | null
  /** int64 [2]: batch, sequence. */
  readonly sequence: string
}

const shapeOf = (scope: ModuleScope, sequence: string, rest: readonly number[]): string =>
  scope.op('Concat', [sequence, scope.ints(rest)], { axis: 0 })

/** What is added to the score of padding: the most negative f32. */
const UNSEEN = -3.4028234663852886e38

function embedTokens(model: Place): Embedded {
  const { config, scope } = model
  const { input, hiddenSize } = config
  if (input.kind !== 'tokens') throw new TypeError('tokens are embedded where tokens come in')
  const ids = scope.tokenInput('input_ids')
  const attention = scope.tokenInput('attention_mask')
  const sequence = scope.op('Shape', [ids])
  const flat = (value: string): string => scope.op('Reshape', [value, scope.ints([-1])])
  const place = within(model, 'embeddings')
  const look = (name: string, count: number, at: string): string => {
    const table = within(place, name)
    return table.scope.op('Gather', [weight(table, 'weight', [count, hiddenSize]), flat(at)])
  }
  let rows = look('word_embeddings', input.vocabSize, ids)
  if (input.typeCount > 0) {
    // Models of one segment only have no use for an input.
    const types = input.typeCount > 1 ? scope.tokenInput('token_type_ids') : scope.op('Sub', [ids, ids])
    rows = scope.op('Add', [rows, look('token_type_embeddings', input.typeCount, types)])
  }
  const positions = positionsOf(scope, ids, sequence, input.positionsFrom)
  rows = scope.op('Add', [rows, look('position_embeddings', input.positionCount, positions)])
  const seen = scope.cast(attention, DataType.float)
  const hidden = scope.op('Sub', [scope.floats([1], []), seen])
  const added = scope.op('Mul', [hidden, scope.floats([UNSEEN], [])])
  const mask = scope.op('Unsqueeze', [added, scope.ints([1, 2])])
  return { rows: norm(within(place, 'LayerNorm'), rows), mask, sequence }
}

/** int64 [batch, sequence]. */
function positionsOf(scope: ModuleScope, ids: string, sequence: string, from: number | null): string {
  if (from !== null) {
    const isPadding = scope.op('Equal', [ids, scope.int(from)])
    const isText = scope.cast(scope.op('Not', [isPadding]), DataType.int64)
    const counted = scope.op('Mul', [scope.op('CumSum', [isText, scope.int(1)]), isText])
    return scope.op('Add', [counted, scope.int(from)])
  }
  const length = scope.op('Gather', [sequence, scope.int(1)])
  const range = scope.op('Range', [scope.int(0), length, scope.int(1)])
  return scope.op('Expand', [range, sequence])
}

function embedPatches(model: Place): Embedded {
  const { config, scope } = model
  const { input, hiddenSize } = config
  if (input.kind !== 'image') throw new TypeError('patches are embedded where images come in')
  const { size, patchSize, channelCount } = input
  const pixels = scope.input('pixel_values', DataType.float, ['batch', channelCount, size, size])
  const place = within(model, 'embeddings')
  const projection = within(place, 'patch_embeddings.projection')
  const kernel = weight(projection, 'weight', [hiddenSize, channelCount, patchSize, patchSize])
  const strides = { kernel_shape: [patchSize, patchSize], strides: [patchSize, patchSize] }
  const grid = projection.scope.op(
    'Conv',
    [pixels, kernel, weight(projection, 'bias', [hiddenSize])],
    strides,
  )
  const patchCount = (size / patchSize) ** 2
  const columns = scope.op('Reshape', [grid, scope.ints([0, hiddenSize, patchCount])])
  const patches = scope.op('Transpose', [columns], { perm: [0, 2, 1] })
  const batch = scope.op('Slice', [scope.op('Shape', [pixels]), scope.ints([0]), scope.ints([1])])
  const token = scope.op('Expand', [
    weight(place, 'cls_token', [1, 1, hiddenSize]),
    scope.op('Concat', [batch, scope.ints([1, hiddenSize])], { axis: 0 }),
  ])
  const all = scope.op('Concat', [token, patches], { axis: 1 })
  const placed = scope.op('Add', [all, weight(place, 'position_embeddings', [1, patchCount + 1, hiddenSize])])
  const rows = scope.op('Reshape', [placed, scope.ints([-1, hiddenSize])])
  return {
    rows,
    mask: null,
    sequence: scope.op('Concat', [batch, scope.ints([patchCount + 1])], { axis: 0 }),
  }
}

type Geometry = Pick<Embedded, 'mask' | 'sequence'>

function buildLayer(layer: Place, geometry: Geometry, input: string): string {
  const { config, scope } = layer
  const { names, hiddenSize, innerSize, isNormFirst } = config
  const [attentionNorm, outerNorm] = [within(layer, names.attentionNorm), within(layer, names.outerNorm)]
  const attend = (rows: string): string =>
    linear(within(layer, names.attentionOutput), attention(layer, geometry, rows), [hiddenSize, hiddenSize])
  const feed = (rows: string): string => {
    const inner = linear(within(layer, names.inner), rows, [innerSize, hiddenSize])
    const active = buildActivation(scope, config.activation, inner)
    return linear(within(layer, names.outer), active, [hiddenSize, innerSize])
  }
  const add = (one: string, other: string): string => scope.op('Add', [one, other])
  if (isNormFirst) {
    const seen = add(input, attend(norm(attentionNorm, input)))
    return add(seen, feed(norm(outerNorm, seen)))
  }
  const seen = norm(attentionNorm, add(attend(input), input))
  return norm(outerNorm, add(feed(seen), seen))
}

function attention(layer: Place, { mask, sequence }: Geometry, rows: string): string {
  const { config, scope } = layer
  const { names, hiddenSize, headCount, hasQueryBias } = config
  const headSize = hiddenSize / headCount
  const heads = shapeOf(scope, sequence, [headCount, headSize])
  const project = (name: string, perm: readonly number[]): string => {
    const made = linear(within(layer, name), rows, [hiddenSize, hiddenSize], hasQueryBias)
    return scope.op('Transpose', [scope.op('Reshape', [made, heads])], { perm })
  }
  const query = project(names.query, [0, 2, 1, 3])
  const key = project(names.key, [0, 2, 3, 1])
  const value = project(names.value, [0, 2, 1, 3])
  const scores = scope.op('MatMul', [query, key])
  const scaled = scope.op('Mul', [scores, scope.floats([1 / Math.sqrt(headSize)], [])])
  const masked = mask === null ? scaled : scope.op('Add', [scaled, mask])
  const shares = scope.op('Softmax', [masked], { axis: -1 })
  const mixed = scope.op('Transpose', [scope.op('MatMul', [shares, value])], { perm: [0, 2, 1, 3] })
  return scope.op('Reshape', [mixed, scope.ints([-1, hiddenSize])])
}

function buildHead(whole: Place, model: Place, first: string): string {
  const { config, scope } = whole
  const { hiddenSize, classCount } = config
  const square = [hiddenSize, hiddenSize] as const
  const classify = (name: string, rows: string): string =>
    linear(within(whole, name), rows, [classCount, hiddenSize])
  switch (config.head) {
    case 'pooler':
      return classify('classifier', scope.op('Tanh', [linear(within(model, 'pooler.dense'), first, square)]))
    case 'dense': {
      const dense = scope.op('Tanh', [linear(within(whole, 'classifier.dense'), first, square)])
      return classify('classifier.out_proj', dense)
    }
    case 'pre-classifier':
      return classify(
        'classifier',
        scope.op('Relu', [linear(within(whole, 'pre_classifier'), first, square)]),
      )
    case 'plain':
      return classify('classifier', first)
  }
}
