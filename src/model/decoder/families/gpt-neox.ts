/**
 * GPT-NeoX (Pythia, Dolly, RedPajama): rotary positions on a part of each head, attention and feed-forward side by side,
 * queries, keys and values of each head in one projection.
 * Source: `transformers` GPTNeoXConfig; Black et al. 2022, §2.
 */
import type { DecoderConfig } from '../config.ts'
import type { ConfigReader } from '../config-reader.ts'
import { readRotary } from '../rotary-config.ts'
import { readSizes, type DecoderFamily } from './family.ts'

function read(config: ConfigReader): DecoderConfig {
  const { layerCount, ...sizes } = readSizes(config)
  const { headSize, headCount, hiddenSize, keyValueHeadCount } = sizes
  if (keyValueHeadCount !== headCount)
    throw config.bad('num_key_value_heads', 'nothing: every head has its own')
  if (headSize * headCount !== hiddenSize)
    throw config.bad('num_attention_heads', `a divisor of ${hiddenSize}`)
  const hasBias = config.flag('attention_bias', true)
  const rotary = { headSize, thetaField: 'rotary_emb_base', shareField: 'rotary_pct', share: 0.25 }
  return {
    modelType: 'gpt_neox',
    isPart: false,
    ...sizes,
    positionCountMax: config.count('max_position_embeddings', 2048),
    endOfSequenceId: config.endOfSequenceId(),
    names: {
      root: 'gpt_neox',
      embedding: 'embed_in',
      positions: '',
      layers: 'layers',
      finalNorm: 'final_layer_norm',
      head: 'embed_out',
      norms: {
        beforeAttention: 'input_layernorm',
        afterAttention: null,
        beforeMlp: 'post_attention_layernorm',
        afterMlp: null,
      },
      attention: { path: 'attention', input: ['query_key_value'], output: 'dense' },
      mlp: { path: 'mlp', input: ['dense_h_to_4h'], output: 'dense_4h_to_h' },
    },
    hasScaledEmbeddings: false,
    positions: readRotary(config, rotary),
    norm: { kind: 'layer', epsilon: config.epsilon('layer_norm_eps', 1e-5), gainOffset: 0 },
    isParallel: config.flag('use_parallel_residual', true),
    attention: { projection: 'by-head', norms: 'none', scoreCap: null },
    mlp: {
      kind: 'plain',
      activation: config.activation('hidden_act', 'gelu'),
      size: config.count('intermediate_size'),
    },
    bias: { queryKeyValue: hasBias, output: hasBias, mlp: true },
    weightLayout: 'out-in',
    layers: Array.from({ length: layerCount }, () => {
      return { window: null, rotary: 0, scoreScale: 1 / Math.sqrt(headSize) }
    }),
    head: { isTied: config.flag('tie_word_embeddings', false), logitCap: null },
  }
}

export const GPT_NEOX: DecoderFamily = { modelType: 'gpt_neox', read, targetModules: ['query_key_value'] }
