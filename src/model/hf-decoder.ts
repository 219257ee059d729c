/**
 * A Hugging Face folder of a causal decoder → an ONNX graph over its own weights, without any conversion step.
 * In: `config.json` and safetensors (one file or shards). Out: opset 20, standard operators only; inputs `input_ids`
 * and `attention_mask`, int64 [batch, sequence]; output `logits`, f32 [batch, sequence, vocabulary].
 * Invariants: every weight has its module's name and stays where it lies (external data: file, offset, length); nodes are named
 * by the path of their module, `/model/layers.0/self_attn/q_proj/Gemm`, as exporters do.
 * The residual stream is kept flat, [batch·sequence, hidden], so that each projection is one Gemm on the weight as it is
 * stored and its gradient needs no transposed copy.
 * Source: the papers that `decoder/families/` and the parts name; Wang and Komatsuzaki 2021 (parallel layers).
 */
import { basename, join } from 'node:path'
import { readText } from '../files/index.ts'
import { buildAttention, buildCache, type AttentionParts } from './decoder/attention.ts'
import { buildGeometry, type DecoderForm, type Geometry } from './decoder/geometry.ts'
import { buildCap, buildMlp, buildNorm, within, type Place } from './decoder/parts.ts'
import { withReread } from './decoder/reread.ts'
import { buildRotaries } from './decoder/rotation.ts'
import { DTYPES, findWeights } from './decoder/tensors.ts'
import { DataType, type OnnxModel } from './graph.ts'
import { parseDecoderConfig, type DecoderConfig } from './hf-config.ts'
import { ModuleScope } from './module-scope.ts'
import { locateFolderTensors, locateTensors, type StoredTensor, type StoredTensors } from './weights.ts'

export type { DecoderForm } from './decoder/geometry.ts'
export { decoderTensorShapes } from './decoder/tensors.ts'

export interface DecoderModel {
  readonly model: OnnxModel
  readonly config: DecoderConfig
  /** The folder that the weights' locations are relative to. */
  readonly folder: string
}

const CONFIG_SIZE_BYTES_MAX = 4 << 20

/**
 * Reads a folder's config, locates its weights and builds the graph; weights are not read.
 * @param weightsName — the safetensors file, where it has another name than `model.safetensors`
 * @throws FILE_MISSING | MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED | WEIGHTS_PICKLED | WEIGHTS_MISMATCH | SAFETENSORS_INVALID
 */
export async function loadDecoder(
  folder: string,
  weightsName?: string,
  form: DecoderForm = {},
): Promise<DecoderModel> {
  const file = join(folder, 'config.json')
  const config = parseDecoderConfig(await readText(file, CONFIG_SIZE_BYTES_MAX), file)
  const tensors =
    weightsName === undefined
      ? await locateFolderTensors(folder)
      : await locateTensors(join(folder, weightsName))
  return { model: buildDecoder(config, tensors, form), config, folder }
}

/** Builds the graph over located weights. Pure. @throws WEIGHTS_MISMATCH */
export function buildDecoder(
  config: DecoderConfig,
  tensors: StoredTensors,
  form: DecoderForm = {},
): OnnxModel {
  const found = findWeights(config, tensors)
  const scope = new ModuleScope()
  const inputIds = scope.tokenInput('input_ids')
  const total = form.hasCache === true ? 'total' : 'sequence'
  scope.input('attention_mask', DataType.int64, ['batch', total])
  if (form.hasCache === true || form.isPacked === true) scope.tokenInput('position_ids')
  if (form.isPacked === true) scope.tokenInput('segment_ids')
  const weights = new Map<string, string>()
  for (const [name, tensor] of found) {
    weights.set(name, scope.weight(name, tensor.shape, dtypeOf(tensor), externalOf(tensor)))
  }
  const whole: Place = { config, scope, weight: (name) => weights.get(name) ?? '' }
  const { names, layers, head } = config
  const model = within(whole, names.root)
  const geometry = buildGeometry(model.scope, config, form)
  const rotaries = buildRotaries(model.scope, config, geometry)
  const embedding = found.get(`${names.root}.${names.embedding}.weight`)
  let hidden = buildEmbeddings(model, geometry, inputIds, embedding?.dtype ?? 'F32')
  layers.forEach((traits, i) => {
    const cache =
      form.hasCache === true ? buildCache(scope, config.keyValueHeadCount, config.headSize, i) : null
    const rotary = rotaries(traits.rotary, traits.scoreScale)
    hidden = buildLayer(within(model, `${names.layers}.${i}`), { traits, geometry, rotary, cache }, hidden)
  })
  const final = buildNorm(within(model, names.finalNorm), hidden)
  const matrix = head.isTied
    ? model.weight(`${names.embedding}.weight`)
    : whole.weight(`${names.head}.weight`)
  const flat = scope.within(names.head).op('Gemm', [final, matrix], { transB: 1 })
  const capped = buildCap(scope, flat, head.logitCap)
  scope.op('Reshape', [capped, geometry.hiddenShape(config.vocabSize)], {}, 'logits')
  return withReread(scope.build(config.vocabSize), config)
}

const dtypeOf = (tensor: StoredTensor): DataType => DTYPES.get(tensor.dtype) ?? DataType.float
const externalOf = (tensor: StoredTensor) => ({
  location: basename(tensor.path),
  offset: tensor.offset,
  length: tensor.sizeBytes,
})

/** Rows of the tokens, [batch·sequence, hidden], with their positions where these are learned. */
function buildEmbeddings(model: Place, geometry: Geometry, inputIds: string, dtype: string): string {
  const { scope, config } = model
  const { embedding, positions } = config.names
  const ids = scope.op('Reshape', [inputIds, scope.ints([-1])])
  const place = scope.within(embedding)
  const rows = place.op('Gather', [model.weight(`${embedding}.weight`), ids])
  if (config.hasScaledEmbeddings) {
    return place.op('Mul', [rows, place.floats([roundTo(Math.sqrt(config.hiddenSize), dtype)], [])])
  }
  if (config.positions.kind !== 'learned') return rows
  const every = scope.op('Expand', [geometry.positions, geometry.hiddenShape()])
  const places = scope.op('Reshape', [every, scope.ints([-1])])
  return scope.op('Add', [
    rows,
    scope.within(positions).op('Gather', [model.weight(`${positions}.weight`), places]),
  ])
}

/** Bits of a significand, the leading one among them. */
const SIGNIFICAND_BITS: ReadonlyMap<string, number> = new Map([
  ['F16', 11],
  ['BF16', 8],
])

/** A number of ordinary size as a dtype has it: to the nearest, ties to even. */
function roundTo(value: number, dtype: string): number {
  const bits = SIGNIFICAND_BITS.get(dtype)
  if (bits === undefined) return Math.fround(value)
  const unit = 2 ** (Math.floor(Math.log2(value)) - bits + 1)
  const steps = value / unit
  const below = Math.floor(steps)
  const isUp = steps - below > 0.5 || (steps - below === 0.5 && below % 2 === 1)
  return (isUp ? below + 1 : below) * unit
}

/** One layer: attention and feed-forward, each between the norms that the family has, added to what came in. */
function buildLayer(layer: Place, parts: Omit<AttentionParts, 'place'>, input: string): string {
  const { scope, config } = layer
  const { norms, attention, mlp } = config.names
  const norm = (name: string | null, x: string): string =>
    name === null ? x : buildNorm(within(layer, name), x)
  const before = norm(norms.beforeAttention, input)
  const place = within(layer, attention.path)
  const attended = norm(norms.afterAttention, buildAttention({ ...parts, place }, before))
  const forward = (x: string): string => norm(norms.afterMlp, buildMlp(within(layer, mlp.path), x))
  if (!config.isParallel) {
    const middle = scope.op('Add', [input, attended])
    return scope.op('Add', [middle, forward(norm(norms.beforeMlp, middle))])
  }
  const other = forward(norms.beforeMlp === null ? before : norm(norms.beforeMlp, input))
  return scope.op('Add', [scope.op('Add', [input, attended]), other])
}
