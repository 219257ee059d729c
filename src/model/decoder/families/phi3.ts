/**
 * Phi-3, Phi-3.5 and Phi-4: Llama with queries, keys and values in one projection, gate and up in another, rotary
 * positions that may turn a part of each head and that stretch by lists of factors (longrope).
 * Source: `transformers` Phi3Config; Abdin et al. 2024.
 */
import type { DecoderConfig } from '../config.ts'
import { ConfigReader } from '../config-reader.ts'
import { readRotary } from '../rotary-config.ts'
import { readWindows } from '../windows.ts'
import { LLAMA_NAMES, readSizes, type DecoderFamily } from './family.ts'

/** What first configs called longrope. */
const OLD_LONGROPE: readonly unknown[] = ['su', 'yarn']

function read(stated: ConfigReader): DecoderConfig {
  const config = withNewRopeType(stated)
  const { layerCount, ...sizes } = readSizes(config)
  const { headSize } = sizes
  const windows = readWindows(config, layerCount, { usual: null, isSliding: () => true })
  const lengths = {
    max_position_embeddings: config.count('max_position_embeddings', 4096),
    original_max_position_embeddings: config.count('original_max_position_embeddings', 4096),
  }
  const positions = readRotary(new ConfigReader({ ...config.raw, ...lengths }, config.file), {
    headSize,
    shareField: 'partial_rotary_factor',
  })
  return {
    modelType: 'phi3',
    isPart: false,
    ...sizes,
    positionCountMax: lengths.max_position_embeddings,
    endOfSequenceId: config.endOfSequenceId(),
    names: {
      ...LLAMA_NAMES,
      attention: { path: 'self_attn', input: ['qkv_proj'], output: 'o_proj' },
      mlp: { path: 'mlp', input: ['gate_up_proj'], output: 'down_proj' },
    },
    hasScaledEmbeddings: false,
    positions,
    norm: { kind: 'rms', epsilon: config.epsilon('rms_norm_eps', 1e-5), gainOffset: 0 },
    isParallel: false,
    attention: { projection: 'stacked', norms: 'none', scoreCap: null },
    mlp: {
      kind: 'gated-stacked',
      activation: config.activation('hidden_act', 'silu'),
      size: config.count('intermediate_size'),
    },
    bias: { queryKeyValue: false, output: false, mlp: false },
    weightLayout: 'out-in',
    layers: windows.map((window) => ({ window, rotary: 0, scoreScale: 1 / Math.sqrt(headSize) })),
    head: { isTied: config.flag('tie_word_embeddings', false), logitCap: null },
  }
}

function withNewRopeType(config: ConfigReader): ConfigReader {
  const field = config.any('rope_parameters') === undefined ? 'rope_scaling' : 'rope_parameters'
  const fields = config.any(field)
  if (typeof fields !== 'object' || fields === null) return config
  const kind = Object.entries(fields).find(([key]) => key === 'rope_type' || key === 'type')?.[1]
  if (!OLD_LONGROPE.includes(kind)) return config
  return new ConfigReader({ ...config.raw, [field]: { ...fields, rope_type: 'longrope' } }, config.file)
}

export const PHI3: DecoderFamily = { modelType: 'phi3', read, targetModules: ['qkv_proj', 'o_proj'] }
