/**
 * GPT-2: learned positions, layer norms with biases, projections stored [in, out] (Conv1D), queries, keys and values in
 * one of them. Files of the hub lack the `transformer.` that module names have.
 * Source: `transformers` GPT2Config; Radford et al. 2019.
 */
import type { DecoderConfig } from '../config.ts'
import type { ConfigReader } from '../config-reader.ts'
import type { DecoderFamily } from './family.ts'

function read(config: ConfigReader): DecoderConfig {
  config.refuse('add_cross_attention', 'decoders alone are')
  const [hiddenSize, headCount] = [config.count('n_embd', 768), config.count('n_head', 12)]
  if (hiddenSize % headCount !== 0) throw config.bad('n_head', `a divisor of ${hiddenSize}`)
  const headSize = hiddenSize / headCount
  const scale = config.flag('scale_attn_weights', true) ? 1 / Math.sqrt(headSize) : 1
  const isByLayer = config.flag('scale_attn_by_inverse_layer_idx', false)
  return {
    modelType: 'gpt2',
    isPart: false,
    vocabSize: config.count('vocab_size', 50_257),
    hiddenSize,
    headCount,
    keyValueHeadCount: headCount,
    headSize,
    positionCountMax: config.count('n_positions', 1024),
    endOfSequenceId: config.endOfSequenceId(),
    names: {
      root: 'transformer',
      embedding: 'wte',
      positions: 'wpe',
      layers: 'h',
      finalNorm: 'ln_f',
      head: 'lm_head',
      norms: { beforeAttention: 'ln_1', afterAttention: null, beforeMlp: 'ln_2', afterMlp: null },
      attention: { path: 'attn', input: ['c_attn'], output: 'c_proj' },
      mlp: { path: 'mlp', input: ['c_fc'], output: 'c_proj' },
    },
    hasScaledEmbeddings: false,
    positions: { kind: 'learned' },
    norm: { kind: 'layer', epsilon: config.epsilon('layer_norm_epsilon', 1e-5), gainOffset: 0 },
    isParallel: false,
    attention: { projection: 'stacked', norms: 'none', scoreCap: null },
    mlp: {
      kind: 'plain',
      activation: config.activation('activation_function', 'gelu_new'),
      size: config.count('n_inner', 4 * hiddenSize),
    },
    bias: { queryKeyValue: true, output: true, mlp: true },
    weightLayout: 'in-out',
    layers: Array.from({ length: config.count('n_layer', 12) }, (_, i) => {
      return { window: null, rotary: 0, scoreScale: isByLayer ? scale / (i + 1) : scale }
    }),
    head: { isTied: config.flag('tie_word_embeddings', true), logitCap: null },
  }
}

export const GPT2: DecoderFamily = { modelType: 'gpt2', read, targetModules: ['c_attn'] }
