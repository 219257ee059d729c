/**
 * Gemma 2 and the text part of Gemma 3: scaled embeddings, norms before and behind both halves of a layer, whose gains
 * are stored less one, layers with and without a window. Gemma 2 caps scores and logits; Gemma 3 norms queries and keys
 * and turns local and global layers by other bases.
 * Source: `transformers` Gemma2Config, Gemma3TextConfig, Gemma3Config; Gemma team 2024 and 2025.
 */
import type { DecoderConfig, RotaryPositions } from '../config.ts'
import { ConfigReader } from '../config-reader.ts'
import { readRotary, readRotaryKind, ropeFields, ropeFieldsOf } from '../rotary-config.ts'
import { readWindows } from '../windows.ts'
import { gated, LLAMA_NAMES, LLAMA_TARGETS, readSizes, SEPARATE, type DecoderFamily } from './family.ts'

/** Every so many layers of Gemma 3 one sees all tokens before. */
const GLOBAL_EVERY = 6
/** What hub configs of Gemma 3 leave out: the defaults of `Gemma3TextConfig`. */
const USUAL_3 = { vocab_size: 262_208, num_attention_heads: 8, num_key_value_heads: 4 }
const USUAL = { keyValueHeadCount: 4, headSize: 256 }

function read2(config: ConfigReader): DecoderConfig {
  const { layerCount, ...sizes } = readSizes(config, USUAL)
  const windows = readWindows(config, layerCount, { usual: 4096, isSliding: (layer) => layer % 2 === 0 })
  return {
    ...common(config, 'gemma2'),
    ...sizes,
    positionCountMax: config.count('max_position_embeddings', 8192),
    positions: readRotary(config, { headSize: sizes.headSize }),
    attention: { ...SEPARATE, scoreCap: config.positiveOrNull('attn_logit_softcapping', 50) },
    layers: windows.map((window) => ({ window, rotary: 0, scoreScale: scoreScale(config) })),
    head: {
      isTied: config.flag('tie_word_embeddings', true),
      logitCap: config.positiveOrNull('final_logit_softcapping', 30),
    },
  }
}

function read3(stated: ConfigReader): DecoderConfig {
  const config = new ConfigReader({ ...USUAL_3, ...stated.raw }, stated.file)
  const { layerCount, ...sizes } = readSizes(config, USUAL)
  const field =
    config.any('sliding_window_pattern') === undefined ? '_sliding_window_pattern' : 'sliding_window_pattern'
  const every = config.count(field, GLOBAL_EVERY)
  const windows = readWindows(config, layerCount, {
    usual: 4096,
    isSliding: (layer) => (layer + 1) % every !== 0,
  })
  return {
    ...common(config, 'gemma3_text'),
    ...sizes,
    positionCountMax: config.count('max_position_embeddings', 131_072),
    positions: rotary3(config, sizes.headSize),
    attention: {
      ...SEPARATE,
      norms: 'head',
      scoreCap: config.positiveOrNull('attn_logit_softcapping', null),
    },
    layers: windows.map((window) => {
      return { window, rotary: window === null ? 0 : 1, scoreScale: scoreScale(config) }
    }),
    head: {
      isTied: config.flag('tie_word_embeddings', true),
      logitCap: config.positiveOrNull('final_logit_softcapping', null),
    },
  }
}

/** The folder of a model that also sees images: its text part is a Gemma 3, under other names. */
function read3Nested(config: ConfigReader): DecoderConfig {
  const { text_config: text, ...outer } = config.raw
  if (typeof text !== 'object' || text === null || Array.isArray(text)) {
    throw config.bad('text_config', 'a map')
  }
  const shared = ['eos_token_id', 'tie_word_embeddings'].filter((field) => outer[field] !== undefined)
  const fields = Object.fromEntries(shared.map((field) => [field, outer[field]]))
  const inner = read3(new ConfigReader({ ...fields, ...text }, config.file))
  const root = 'model.language_model'
  return {
    ...inner,
    modelType: 'gemma3',
    isPart: true,
    names: { ...inner.names, root },
  }
}

/** Global layers, then local ones: both inside `rope_parameters` (5.x), or by fields of their own (4.x). */
function rotary3(config: ConfigReader, headSize: number): RotaryPositions {
  const [far, near] = [ropeFieldsOf(config, 'full_attention'), ropeFieldsOf(config, 'sliding_attention')]
  const form = { headSize, theta: 1e6 }
  const { size, kinds } = readRotary(
    far === null ? config : new ConfigReader({ ...config.raw, rope_parameters: far }, config.file),
    form,
  )
  const local = { headSize, theta: 10_000, thetaField: 'rope_local_base_freq' }
  const localFields = near ?? { rope_theta: config.positive('rope_local_base_freq', 10_000) }
  if (far === null && ropeFields(config)['sliding_attention'] !== undefined) {
    throw config.bad('rope_parameters', 'full_attention beside sliding_attention')
  }
  return { kind: 'rotary', size, kinds: [...kinds, readRotaryKind(config, localFields, local, size)] }
}

const scoreScale = (config: ConfigReader): number =>
  1 / Math.sqrt(config.positive('query_pre_attn_scalar', 256))

function common(config: ConfigReader, modelType: string) {
  config.refuse('use_bidirectional_attention', 'tokens see those before them')
  const hasBias = config.flag('attention_bias', false)
  return {
    modelType,
    isPart: false,
    endOfSequenceId: config.endOfSequenceId(),
    names: {
      ...LLAMA_NAMES,
      norms: {
        beforeAttention: 'input_layernorm',
        afterAttention: 'post_attention_layernorm',
        beforeMlp: 'pre_feedforward_layernorm',
        afterMlp: 'post_feedforward_layernorm',
      },
    },
    hasScaledEmbeddings: true,
    norm: { kind: 'rms', epsilon: config.epsilon('rms_norm_eps', 1e-6), gainOffset: 1 },
    isParallel: false,
    mlp: gated(config, 'hidden_activation', 'gelu_pytorch_tanh'),
    bias: { queryKeyValue: hasBias, output: hasBias, mlp: false },
    weightLayout: 'out-in',
  } as const
}

export const GEMMA_FAMILIES: readonly DecoderFamily[] = [
  { modelType: 'gemma2', read: read2, targetModules: LLAMA_TARGETS },
  { modelType: 'gemma3_text', read: read3, targetModules: LLAMA_TARGETS },
  { modelType: 'gemma3', read: read3Nested, targetModules: LLAMA_TARGETS },
]
