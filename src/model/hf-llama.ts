/**
 * A Hugging Face folder of the Llama architecture (Llama, Mistral, Qwen2, Qwen3) → an ONNX graph over its own weights, without any conversion step.
 * In: `config.json` and safetensors (one file or shards). Out: opset 20, standard operators only; inputs `input_ids`
 * and `attention_mask`, int64 [batch, sequence]; output `logits`, f32 [batch, sequence, vocabulary].
 * Invariants: every weight keeps its name and stays where it lies (external data: file, offset, length); nodes are named
 * by the path of their module, `/model/layers.0/self_attn/q_proj/Gemm`, as exporters do.
 * The residual stream is kept flat, [batch·sequence, hidden], so that each projection is one Gemm on the weight as it is
 * stored, [out, in], and its gradient needs no transposed copy.
 * Source: Touvron et al. 2023 (Llama 2); Su et al. 2021 (RoPE, in the half-split form of `transformers`);
 * Zhang and Sennrich 2019 (RMSNorm); Ainslie et al. 2023 (grouped-query attention).
 */
import { basename, join } from 'node:path'
import { readText } from '../files/index.ts'
import { buildGeometry, type Geometry, type LlamaForm } from './decoder/geometry.ts'
import { modelError } from './errors.ts'
import { DataType, type OnnxModel } from './graph.ts'
import { parseLlamaConfig, type LlamaConfig } from './hf-config.ts'
import { ModuleScope } from './module-scope.ts'
import { locateFolderTensors, locateTensors, type StoredTensor, type StoredTensors } from './weights.ts'

export type { LlamaForm } from './decoder/geometry.ts'

export interface LlamaModel {
  readonly model: OnnxModel
  readonly config: LlamaConfig
  /** The folder that the weights' locations are relative to. */
  readonly folder: string
}

const CONFIG_SIZE_BYTES_MAX = 4 << 20
/**
 * Reads a folder's config, locates its weights and builds the graph; weights are not read.
 * @param weightsName — the safetensors file, where it has another name than `model.safetensors`
 * @throws FILE_MISSING | MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED | WEIGHTS_PICKLED | WEIGHTS_MISMATCH | SAFETENSORS_INVALID
 */
export async function loadLlama(
  folder: string,
  weightsName?: string,
  form: LlamaForm = {},
): Promise<LlamaModel> {
  const file = join(folder, 'config.json')
  const config = parseLlamaConfig(await readText(file, CONFIG_SIZE_BYTES_MAX), file)
  const tensors =
    weightsName === undefined
      ? await locateFolderTensors(folder)
      : await locateTensors(join(folder, weightsName))
  return { model: buildLlama(config, tensors, form), config, folder }
}

/** The names and shapes of the tensors that a config asks for, in the order `transformers` creates them. */
export function llamaTensorShapes(config: LlamaConfig): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize, intermediateSize, headCount, keyValueHeadCount, headSize, bias } = config
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [config.vocabSize, hiddenSize]],
  ])
  const linear = (name: string, out: number, width: number, hasBias: boolean): void => {
    shapes.set(`${name}.weight`, [out, width])
    if (hasBias) shapes.set(`${name}.bias`, [out])
  }
  for (let i = 0; i < config.layerCount; i++) {
    const layer = `model.layers.${i}`
    linear(`${layer}.self_attn.q_proj`, headCount * headSize, hiddenSize, bias.queryKeyValue)
    linear(`${layer}.self_attn.k_proj`, keyValueHeadCount * headSize, hiddenSize, bias.queryKeyValue)
    linear(`${layer}.self_attn.v_proj`, keyValueHeadCount * headSize, hiddenSize, bias.queryKeyValue)
    linear(`${layer}.self_attn.o_proj`, hiddenSize, headCount * headSize, bias.output)
    if (config.hasHeadNorms) {
      shapes.set(`${layer}.self_attn.q_norm.weight`, [headSize])
      shapes.set(`${layer}.self_attn.k_norm.weight`, [headSize])
    }
    linear(`${layer}.mlp.gate_proj`, intermediateSize, hiddenSize, bias.mlp)
    linear(`${layer}.mlp.up_proj`, intermediateSize, hiddenSize, bias.mlp)
    linear(`${layer}.mlp.down_proj`, hiddenSize, intermediateSize, bias.mlp)
    shapes.set(`${layer}.input_layernorm.weight`, [hiddenSize])
    shapes.set(`${layer}.post_attention_layernorm.weight`, [hiddenSize])
  }
  shapes.set('model.norm.weight', [hiddenSize])
  if (!config.hasTiedHead) shapes.set('lm_head.weight', [config.vocabSize, hiddenSize])
  return shapes
}

/** Builds the graph over located weights. Pure. @throws WEIGHTS_MISMATCH */
export function buildLlama(config: LlamaConfig, tensors: StoredTensors, form: LlamaForm = {}): OnnxModel {
  checkWeights(config, tensors)
  const scope = new ModuleScope()
  const inputIds = scope.tokenInput('input_ids')
  const total = form.hasCache === true ? 'total' : 'sequence'
  scope.input('attention_mask', DataType.int64, ['batch', total])
  const hasPositions = form.hasCache === true || form.isPacked === true
  if (hasPositions) scope.tokenInput('position_ids')
  if (form.isPacked === true) scope.tokenInput('segment_ids')
  const weights = new Map<string, string>()
  for (const name of llamaTensorShapes(config).keys()) {
    const tensor = tensors.get(name)
    if (tensor) weights.set(name, scope.weight(name, tensor.shape, dtypeOf(tensor), externalOf(tensor)))
  }
  const weight = (name: string): string => weights.get(name) ?? ''
  const model = scope.within('model')
  const geometry = buildGeometry(model, config, form)
  const embedded = weight('model.embed_tokens.weight')
  const ids = model.op('Reshape', [inputIds, scope.ints([-1])])
  let hidden = model.within('embed_tokens').op('Gather', [embedded, ids])
  for (let i = 0; i < config.layerCount; i++) {
    const layer = model.within(`layers.${i}`)
    const path = `model.layers.${i}`
    const normed = buildNorm(
      layer.within('input_layernorm'),
      hidden,
      weight(`${path}.input_layernorm.weight`),
      config,
    )
    const attended = buildAttention({
      scope: layer.within('self_attn'),
      path,
      input: normed,
      weight,
      geometry,
      config,
      mask: geometry.mask(config.layerWindows[i] ?? null),
      cache: form.hasCache === true ? buildCache(scope, config, i) : null,
    })
    hidden = layer.op('Add', [hidden, attended])
    const name = 'post_attention_layernorm'
    const normedAgain = buildNorm(layer.within(name), hidden, weight(`${path}.${name}.weight`), config)
    hidden = layer.op('Add', [hidden, buildMlp(layer.within('mlp'), `${path}.mlp`, normedAgain, weight)])
  }
  const final = buildNorm(model.within('norm'), hidden, weight('model.norm.weight'), config)
  const head = config.hasTiedHead ? embedded : weight('lm_head.weight')
  const flat = scope.within('lm_head').op('Gemm', [final, head], { transB: 1 })
  scope.op('Reshape', [flat, geometry.hiddenShape(config.vocabSize)], {}, 'logits')
  return scope.build(config.vocabSize)
}

function checkWeights(config: LlamaConfig, tensors: StoredTensors): void {
  const [first] = tensors.values()
  for (const [name, shape] of llamaTensorShapes(config)) {
    const tensor = tensors.get(name)
    const file = tensor?.path ?? first?.path ?? 'model.safetensors'
    const bad = (message: string): Error =>
      modelError({ code: 'WEIGHTS_MISMATCH', file, tensor: name }, message)
    if (tensor === undefined)
      throw bad(`tensor ${name} is absent, config.json needs it as [${shape.join(', ')}]`)
    if (tensor.shape.join() !== shape.join()) {
      throw bad(`tensor ${name} is [${tensor.shape.join(', ')}], config.json needs [${shape.join(', ')}]`)
    }
    if (!DTYPES.has(tensor.dtype)) throw bad(`tensor ${name} is ${tensor.dtype}, expected F32, F16 or BF16`)
  }
}

const DTYPES: ReadonlyMap<string, DataType> = new Map([
  ['F32', DataType.float],
  ['F16', DataType.float16],
  ['BF16', DataType.bfloat16],
])

const dtypeOf = (tensor: StoredTensor): DataType => DTYPES.get(tensor.dtype) ?? DataType.float
const externalOf = (tensor: StoredTensor) => ({
  location: basename(tensor.path),
  offset: tensor.offset,
  length: tensor.sizeBytes,
})

/** What a layer kept of the tokens before, and how it gives out what it keeps. */
interface LayerCache {
  readonly extend: (kind: 'key' | 'value', fresh: string) => string
}

function buildCache(scope: ModuleScope, config: LlamaConfig, layer: number): LayerCache {
  const { keyValueHeadCount: groups, headSize } = config
  return {
    extend: (kind, fresh) => {
      const past = scope.input(`past_key_values.${layer}.${kind}`, DataType.float, [
        'batch',
        groups,
        'past',
        headSize,
      ])
      const present = scope.op('Concat', [past, fresh], { axis: 2 })
      scope.outputAs(`present.${layer}.${kind}`, present, DataType.float, [
        'batch',
        groups,
        'total',
        headSize,
      ])
      return present
    },
  }
}

/** x / √(mean(x²) + ε) · w, over the last axis. */
function buildNorm(scope: ModuleScope, input: string, weight: string, config: LlamaConfig): string {
  const squares = scope.op('Mul', [input, input])
  const mean = scope.op('ReduceMean', [squares, scope.ints([-1])], { keepdims: 1 })
  const shifted = scope.op('Add', [mean, scope.floats([config.normEpsilon], [])])
  const inverse = scope.op('Reciprocal', [scope.op('Sqrt', [shifted])])
  return scope.op('Mul', [scope.op('Mul', [input, inverse]), weight])
}

function buildLinear(
  scope: ModuleScope,
  path: string,
  input: string,
  weight: (name: string) => string,
): string {
  const bias = weight(`${path}.bias`)
  return scope.op('Gemm', [input, weight(`${path}.weight`), ...(bias === '' ? [] : [bias])], { transB: 1 })
}

interface AttentionParts {
  readonly scope: ModuleScope
  /** The layer's path in weight names. */
  readonly path: string
  /** [batch·sequence, hidden] */
  readonly input: string
  readonly weight: (name: string) => string
  readonly geometry: Geometry
  readonly config: LlamaConfig
  /** As `Geometry.mask` makes it. */
  readonly mask: string
  readonly cache: LayerCache | null
}

/**
 * Grouped-query attention without repeating keys: the queries of a group are stacked along the sequence axis, so that
 * each key and value head takes part in one product.
 */
function buildAttention({
  scope,
  path,
  input,
  weight,
  geometry,
  config,
  mask,
  cache,
}: AttentionParts): string {
  const { headCount, keyValueHeadCount: groups, headSize } = config
  const perGroup = headCount / groups
  const project = (name: string): string =>
    buildLinear(scope.within(name), `${path}.self_attn.${name}`, input, weight)
  const split = (name: string, shape: readonly number[], perm: readonly number[], norm = ''): string => {
    const parts = scope.op('Reshape', [project(name), geometry.hiddenShape(...shape)])
    const gain = norm === '' ? '' : weight(`${path}.self_attn.${norm}.weight`)
    const normed = gain === '' ? parts : buildNorm(scope.within(norm), parts, gain, config)
    return scope.op('Transpose', [normed], { perm })
  }
  // [batch, groups, perGroup, sequence, headSize] and [batch, groups, sequence, headSize]
  const queries = split('q_proj', [groups, perGroup, headSize], [0, 2, 3, 1, 4], 'q_norm')
  const keys = split('k_proj', [groups, headSize], [0, 2, 1, 3], 'k_norm')
  const ownValues = split('v_proj', [groups, headSize], [0, 2, 1, 3])
  const turnedQueries = buildRotation(scope, queries, geometry.cosine.query, geometry.sine.query, headSize)
  const ownKeys = buildRotation(scope, keys, geometry.cosine.key, geometry.sine.key, headSize)
  const turnedKeys = cache?.extend('key', ownKeys) ?? ownKeys
  const values = cache?.extend('value', ownValues) ?? ownValues
  const stacked = scope.op('Reshape', [turnedQueries, scope.ints([0, groups, -1, headSize])])
  const flatScores = scope.op('MatMul', [
    stacked,
    scope.op('Transpose', [turnedKeys], { perm: [0, 1, 3, 2] }),
  ])
  const scores = scope.op('Reshape', [flatScores, geometry.scoreShape])
  const shares = scope.op('Softmax', [scope.op('Add', [scores, mask])], { axis: -1 })
  const flatShares = scope.op('Reshape', [shares, scope.op('Shape', [flatScores])])
  const mixed = scope.op('MatMul', [flatShares, values])
  const perHead = scope.op('Reshape', [mixed, scope.ints([0, groups, perGroup, -1, headSize])])
  const rows = scope.op('Transpose', [perHead], { perm: [0, 3, 1, 2, 4] })
  const joined = scope.op('Reshape', [rows, scope.ints([-1, headCount * headSize])])
  return buildLinear(scope.within('o_proj'), `${path}.self_attn.o_proj`, joined, weight)
}

/** x·cos + rotate(x)·sin with rotate(x₁, x₂) = (−x₂, x₁), over the last axis. */
function buildRotation(
  scope: ModuleScope,
  x: string,
  cosine: string,
  sine: string,
  headSize: number,
): string {
  const half = headSize / 2
  const slice = (from: number, to: number): string =>
    scope.op('Slice', [x, scope.ints([from]), scope.ints([to]), scope.ints([-1])])
  const turned = scope.op('Concat', [scope.op('Neg', [slice(half, headSize)]), slice(0, half)], { axis: -1 })
  return scope.op('Add', [scope.op('Mul', [x, cosine]), scope.op('Mul', [turned, sine])])
}

function buildMlp(scope: ModuleScope, path: string, input: string, weight: (name: string) => string): string {
  const gate = buildLinear(scope.within('gate_proj'), `${path}.gate_proj`, input, weight)
  const activation = scope.within('act_fn')
  const activated = activation.op('Mul', [gate, activation.op('Sigmoid', [gate])])
  const up = buildLinear(scope.within('up_proj'), `${path}.up_proj`, input, weight)
  return buildLinear(scope.within('down_proj'), `${path}.down_proj`, scope.op('Mul', [activated, up]), weight)
}
