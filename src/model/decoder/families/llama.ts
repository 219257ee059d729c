/**
 * Llama (SmolLM and many others call themselves `llama`), Mistral, Qwen2 and Qwen3: one architecture with other biases,
 * windows and norms. Source: `transformers` LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config; Touvron et al. 2023.
 */
import type { DecoderConfig } from '../config.ts'
import type { ConfigReader } from '../config-reader.ts'
import { readRotary } from '../rotary-config.ts'
import { readWindows, type WindowPattern } from '../windows.ts'
import { gated, LLAMA_NAMES, LLAMA_TARGETS, readSizes, SEPARATE, type DecoderFamily } from './family.ts'

const read = (config: ConfigReader, modelType: string): DecoderConfig => {
  const { layerCount, ...sizes } = readSizes(config, modelType === 'qwen3' ? { headSize: 128 } : {})
  const isQwen2 = modelType === 'qwen2'
  // Mistral's and Qwen2's configs have no such field: projections are as the family has them.
  const hasBias = !isQwen2 && modelType !== 'mistral' && config.flag('attention_bias', false)
  const windows = readWindows(config, layerCount, windowPatternOf(config, modelType))
  return {
    modelType,
    isPart: false,
    ...sizes,
    positionCountMax: config.count('max_position_embeddings', 2048),
    endOfSequenceId: config.endOfSequenceId(),
    names: LLAMA_NAMES,
    hasScaledEmbeddings: false,
    positions: readRotary(config, { headSize: sizes.headSize }),
    norm: { kind: 'rms', epsilon: config.epsilon('rms_norm_eps', 1e-6), gainOffset: 0 },
    isParallel: false,
    attention: { ...SEPARATE, norms: modelType === 'qwen3' ? 'head' : 'none' },
    mlp: gated(config),
    bias: {
      queryKeyValue: isQwen2 || hasBias,
      output: hasBias,
      mlp: modelType === 'llama' && config.flag('mlp_bias', false),
    },
    weightLayout: 'out-in',
    layers: windows.map((window) => ({ window, rotary: 0, scoreScale: 1 / Math.sqrt(sizes.headSize) })),
    head: { isTied: config.flag('tie_word_embeddings', false), logitCap: null },
  }
}

/**
 * Mistral: all layers, unless `sliding_window` is null. Qwen: those from `max_window_layers` on, if `use_sliding_window`
 * says so. Llama: none.
 */
function windowPatternOf(config: ConfigReader, modelType: string): WindowPattern {
  if (modelType === 'llama') {
    config.refuse('sliding_window', 'Llamas see all tokens before')
    return { usual: null, isSliding: () => false }
  }
  if (modelType === 'mistral') return { usual: 4096, isSliding: () => true }
  const first = config.any('max_window_layers') ?? 28
  if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0) {
    throw config.bad('max_window_layers', 'a whole number, 0 or more')
  }
  const isOff = !config.flag('use_sliding_window', false)
  return { usual: 4096, isOff, isSliding: (layer) => layer >= first }
}

export const LLAMA_FAMILIES: readonly DecoderFamily[] = ['llama', 'mistral', 'qwen2', 'qwen3'].map(
  (modelType) => ({ modelType, targetModules: LLAMA_TARGETS, read: (config) => read(config, modelType) }),
)
