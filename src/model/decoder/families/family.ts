/** What a family declares, and what most families have in common with Llama. */
import type { AttentionTraits, DecoderConfig, DecoderNames, MlpTraits } from '../config.ts'
import type { ConfigReader } from '../config-reader.ts'

export interface DecoderFamily {
  /** `model_type` of its configs. */
  readonly modelType: string
  /** @throws MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED */
  readonly read: (config: ConfigReader) => DecoderConfig
  /** The modules that get an adapter where nobody says which: last parts of names, as PEFT has them for the family. */
  readonly targetModules: readonly string[]
}

export const LLAMA_NAMES: DecoderNames = {
  root: 'model',
  embedding: 'embed_tokens',
  positions: '',
  layers: 'layers',
  finalNorm: 'norm',
  head: 'lm_head',
  norms: {
    beforeAttention: 'input_layernorm',
    afterAttention: null,
    beforeMlp: 'post_attention_layernorm',
    afterMlp: null,
  },
  attention: { path: 'self_attn', input: ['q_proj', 'k_proj', 'v_proj'], output: 'o_proj' },
  mlp: { path: 'mlp', input: ['gate_proj', 'up_proj'], output: 'down_proj' },
}

export const LLAMA_TARGETS: readonly string[] = ['q_proj', 'v_proj']

export const SEPARATE: AttentionTraits = { projection: 'separate', norms: 'none', scoreCap: null }

/** The sizes that all families but GPT-2 name alike. @param usual — values of fields that configs leave out */
export function readSizes(
  config: ConfigReader,
  usual: { readonly keyValueHeadCount?: number; readonly headSize?: number } = {},
): Pick<DecoderConfig, 'vocabSize' | 'hiddenSize' | 'headCount' | 'keyValueHeadCount' | 'headSize'> & {
  readonly layerCount: number
} {
  const headCount = config.count('num_attention_heads')
  const keyValueHeadCount = config.count('num_key_value_heads', usual.keyValueHeadCount ?? headCount)
  if (headCount % keyValueHeadCount !== 0) {
    throw config.bad('num_key_value_heads', `a divisor of ${headCount}`)
  }
  const hiddenSize = config.count('hidden_size')
  const headSize = config.count('head_dim', usual.headSize ?? Math.floor(hiddenSize / headCount))
  const layerCount = config.count('num_hidden_layers')
  return {
    vocabSize: config.count('vocab_size'),
    hiddenSize,
    headCount,
    keyValueHeadCount,
    headSize,
    layerCount,
  }
}

/** Two projections in, one multiplied by the other's activation. */
export const gated = (config: ConfigReader, field = 'hidden_act', usual = 'silu'): MlpTraits => ({
  kind: 'gated',
  activation: config.activation(field, usual),
  size: config.count('intermediate_size'),
})
