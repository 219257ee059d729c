/**
 * `config.json` of the Llama family, in both generations that `transformers` has written: `rope_theta` at the top level
 * (4.x) and inside `rope_parameters` (5.x). What is not built is refused by name, never approximated. Pure.
 * Source: `transformers` LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config.
 */
import { modelError } from './errors.ts'
import { parseRopeScaling, type RopeScaling } from './rope-scaling.ts'
import { parseJsonObject } from './weights.ts'

export interface LlamaConfig {
  readonly modelType: string
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layerCount: number
  readonly headCount: number
  /** Divides `headCount`: each key and value head serves headCount / keyValueHeadCount query heads. */
  readonly keyValueHeadCount: number
  /** Even. Not always hiddenSize / headCount. */
  readonly headSize: number
  /** Positions that the model was made for: longer sequences are cut. */
  readonly positionCountMax: number
  readonly normEpsilon: number
  readonly ropeTheta: number
  /** Null where positions turn as they are. */
  readonly ropeScaling: RopeScaling | null
  /** By layer: how many tokens a token sees, itself among them; null where it sees all before it. */
  readonly layerWindows: readonly (number | null)[]
  /** Whether queries and keys are normed head by head before they are turned. */
  readonly hasHeadNorms: boolean
  readonly hasTiedHead: boolean
  /** Which projections carry a bias. */
  readonly bias: { readonly queryKeyValue: boolean; readonly output: boolean; readonly mlp: boolean }
  /** The first of `eos_token_id`, where the config has one. */
  readonly endOfSequenceId: number | null
}

/** What `model_type` may be. */
export const MODEL_TYPES: readonly string[] = ['llama', 'mistral', 'qwen2', 'qwen3']
/** Far above any model; keeps products of dimensions exact. */
const DIMENSION_MAX = 2 ** 24

/** @throws MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED */
export function parseLlamaConfig(text: string, file: string): LlamaConfig {
  const raw = parseJsonObject(text, file)
  const bad = (field: string, expected: string): Error =>
    modelError(
      { code: 'MODEL_CONFIG_INVALID', file, field },
      `${field} is ${JSON.stringify(raw[field])}, expected ${expected}`,
    )
  const count = (field: string, usual?: number): number => {
    const value = raw[field] ?? usual
    if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= DIMENSION_MAX) {
      return value as number
    }
    throw bad(field, 'a positive whole number')
  }
  const modelType = checkFamily(raw, file)
  const headCount = count('num_attention_heads')
  const keyValueHeadCount = count('num_key_value_heads', headCount)
  if (headCount % keyValueHeadCount !== 0) throw bad('num_key_value_heads', `a divisor of ${headCount}`)
  const hiddenSize = count('hidden_size')
  const layerCount = count('num_hidden_layers')
  const usualHeadSize = modelType === 'qwen3' ? 128 : Math.floor(hiddenSize / headCount)
  const headSize = count('head_dim', usualHeadSize)
  if (headSize % 2 !== 0) throw bad('head_dim', 'an even number')
  const epsilon = raw['rms_norm_eps'] ?? 1e-6
  if (typeof epsilon !== 'number' || !(epsilon > 0 && epsilon < 1))
    throw bad('rms_norm_eps', 'a number in (0, 1)')
  const hasQueryBias = modelType === 'qwen2' || raw['attention_bias'] === true
  return {
    modelType,
    vocabSize: count('vocab_size'),
    hiddenSize,
    intermediateSize: count('intermediate_size'),
    layerCount,
    headCount,
    keyValueHeadCount,
    headSize,
    positionCountMax: count('max_position_embeddings', 2048),
    normEpsilon: epsilon,
    ropeTheta: ropeThetaOf(raw, file),
    ropeScaling: parseRopeScaling(raw, file),
    layerWindows: layerWindowsOf(raw, modelType, layerCount, file),
    hasHeadNorms: modelType === 'qwen3',
    hasTiedHead: raw['tie_word_embeddings'] === true,
    bias: {
      queryKeyValue: hasQueryBias,
      output: modelType !== 'qwen2' && raw['attention_bias'] === true,
      mlp: raw['mlp_bias'] === true,
    },
    endOfSequenceId: endOfSequenceIdOf(raw['eos_token_id']),
  }
}

/** Refuses other families, and what this one can vary in that is not built. @returns the model type */
function checkFamily(raw: Record<string, unknown>, file: string): string {
  const modelType = raw['model_type']
  if (typeof modelType !== 'string' || !MODEL_TYPES.includes(modelType)) {
    throw unsupported(file, `model_type ${JSON.stringify(modelType)}`, `known are ${MODEL_TYPES.join(', ')}`)
  }
  if ((raw['hidden_act'] ?? 'silu') !== 'silu') {
    throw unsupported(file, `hidden_act ${JSON.stringify(raw['hidden_act'])}`, 'known is silu')
  }
  const window = raw['sliding_window'] ?? null
  if (modelType === 'llama' && window !== null) {
    throw unsupported(file, `sliding_window ${JSON.stringify(window)}`, 'Llamas see all tokens before')
  }
  if (raw['quantization_config'] !== undefined && raw['quantization_config'] !== null) {
    throw unsupported(file, 'quantization_config', 'take the model before its quantisation')
  }
  return modelType
}

/**
 * Which layers see a window only. Mistral: all, unless `sliding_window` is null. Qwen: those from `max_window_layers` on,
 * if `use_sliding_window` says so. `layer_types` of newer configs names the kind of each layer and wins.
 */
function layerWindowsOf(
  raw: Record<string, unknown>,
  modelType: string,
  layerCount: number,
  file: string,
): (number | null)[] {
  const bad = (field: string, expected: string): Error =>
    modelError(
      { code: 'MODEL_CONFIG_INVALID', file, field },
      `${field} is ${JSON.stringify(raw[field])}, expected ${expected}`,
    )
  const isQwen = modelType.startsWith('qwen')
  const full = Array.from({ length: layerCount }, () => null)
  const value = raw['sliding_window'] === undefined ? 4096 : raw['sliding_window']
  const isOff = modelType === 'llama' || (isQwen && raw['use_sliding_window'] !== true) || value === null
  const types: unknown = raw['layer_types'] ?? null
  if (types !== null && (!Array.isArray(types) || types.length !== layerCount)) {
    throw bad('layer_types', `a list of ${layerCount} kinds`)
  }
  const odd: unknown = types?.find((kind) => kind !== 'full_attention' && kind !== 'sliding_attention')
  if (odd !== undefined) {
    throw unsupported(
      file,
      `layer_types ${JSON.stringify(odd)}`,
      'known are full_attention, sliding_attention',
    )
  }
  if (isOff) {
    if (types?.includes('sliding_attention') === true)
      throw bad('sliding_window', 'the window of layer_types')
    return full
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > DIMENSION_MAX) {
    throw bad('sliding_window', 'a positive whole number or null')
  }
  const first = isQwen ? (raw['max_window_layers'] ?? 28) : 0
  if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0) {
    throw bad('max_window_layers', 'a whole number, 0 or more')
  }
  return full.map((_, i) => {
    const isSliding = types === null ? i >= first : types[i] === 'sliding_attention'
    return isSliding ? value : null
  })
}

function ropeThetaOf(raw: Record<string, unknown>, file: string): number {
  const usual = 10_000
  const parameters = raw['rope_parameters'] ?? raw['rope_scaling'] ?? {}
  if (typeof parameters !== 'object' || Array.isArray(parameters)) {
    throw modelError(
      { code: 'MODEL_CONFIG_INVALID', file, field: 'rope_parameters' },
      'rope_parameters is no map',
    )
  }
  const fields = parameters as Record<string, unknown>
  const share = fields['partial_rotary_factor'] ?? raw['partial_rotary_factor'] ?? 1
  if (share !== 1) throw unsupported(file, `partial_rotary_factor ${JSON.stringify(share)}`, 'known is 1')
  const theta = fields['rope_theta'] ?? raw['rope_theta'] ?? usual
  if (typeof theta === 'number' && Number.isFinite(theta) && theta > 0) return theta
  throw modelError(
    { code: 'MODEL_CONFIG_INVALID', file, field: 'rope_theta' },
    `rope_theta is ${JSON.stringify(theta)}, expected a positive number`,
  )
}

function endOfSequenceIdOf(value: unknown): number | null {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return Number.isSafeInteger(first) && (first as number) >= 0 ? (first as number) : null
}

function unsupported(file: string, feature: string, known: string): Error {
  return modelError(
    { code: 'MODEL_UNSUPPORTED', file, feature },
    `${feature} is not built from config.json; ${known}`,
  )
}
