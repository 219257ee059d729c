/**
 * OLMo 2: Llama with norms behind attention and feed-forward in place of before them, and with queries and keys normed
 * over the whole projection. Source: `transformers` Olmo2Config; OLMo team 2024, §3.
 */
import type { DecoderConfig } from '../config.ts'
import type { ConfigReader } from '../config-reader.ts'
import { readRotary } from '../rotary-config.ts'
import { gated, LLAMA_NAMES, LLAMA_TARGETS, readSizes, SEPARATE, type DecoderFamily } from './family.ts'

function read(config: ConfigReader): DecoderConfig {
  const { layerCount, ...sizes } = readSizes(config)
  const hasBias = config.flag('attention_bias', false)
  config.refuse('sliding_window', 'OLMo 2 sees all tokens before')
  return {
    modelType: 'olmo2',
    isPart: false,
    ...sizes,
    positionCountMax: config.count('max_position_embeddings', 2048),
    endOfSequenceId: config.endOfSequenceId(),
    names: {
      ...LLAMA_NAMES,
      norms: {
        beforeAttention: null,
        afterAttention: 'post_attention_layernorm',
        beforeMlp: null,
        afterMlp: 'post_feedforward_layernorm',
      },
    },
    hasScaledEmbeddings: false,
    positions: readRotary(config, { headSize: sizes.headSize }),
    norm: { kind: 'rms', epsilon: config.epsilon('rms_norm_eps', 1e-5), gainOffset: 0 },
    isParallel: false,
    attention: { ...SEPARATE, norms: 'projection' },
    mlp: gated(config),
    bias: { queryKeyValue: hasBias, output: hasBias, mlp: false },
    weightLayout: 'out-in',
    layers: Array.from({ length: layerCount }, () => {
      return { window: null, rotary: 0, scoreScale: 1 / Math.sqrt(sizes.headSize) }
    }),
    head: { isTied: config.flag('tie_word_embeddings', false), logitCap: null },
  }
}

export const OLMO2: DecoderFamily = { modelType: 'olmo2', read, targetModules: LLAMA_TARGETS }
