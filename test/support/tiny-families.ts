/** A small config of each family of decoders, for tests that go through all of them. */
const SIZES = {
  vocab_size: 384,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  sliding_window: 6,
  query_pre_attn_scalar: 120,
}
const { sliding_window: _window, ...WITHOUT_WINDOW } = SIZES
const GEMMA = { ...SIZES, head_dim: 8 }

export interface TinyFamily {
  readonly config: { readonly model_type: string } & Readonly<Record<string, unknown>>
  /** The modules of the first layer that are adapted by default, as PEFT calls them. */
  readonly adapted: readonly string[]
}

const LLAMA = ['model.layers.0.self_attn.q_proj', 'model.layers.0.self_attn.v_proj']

export const TINY_FAMILIES: readonly TinyFamily[] = [
  { config: { ...WITHOUT_WINDOW, model_type: 'llama' }, adapted: LLAMA },
  { config: { ...SIZES, model_type: 'mistral' }, adapted: LLAMA },
  { config: { ...SIZES, model_type: 'qwen3' }, adapted: LLAMA },
  { config: { ...GEMMA, model_type: 'gemma2' }, adapted: LLAMA },
  { config: { ...GEMMA, model_type: 'gemma3_text', sliding_window_pattern: 2 }, adapted: LLAMA },
  {
    config: { model_type: 'gemma3', text_config: GEMMA },
    adapted: LLAMA.map((name) => name.replace('model.', 'model.language_model.')),
  },
  {
    config: { ...SIZES, model_type: 'phi3' },
    adapted: ['model.layers.0.self_attn.qkv_proj', 'model.layers.0.self_attn.o_proj'],
  },
  { config: { ...WITHOUT_WINDOW, model_type: 'olmo2' }, adapted: LLAMA },
  {
    config: {
      model_type: 'gpt2',
      vocab_size: 384,
      n_embd: 32,
      n_layer: 2,
      n_head: 4,
      n_positions: 128,
    },
    adapted: ['transformer.h.0.attn.c_attn'],
  },
  {
    config: { ...WITHOUT_WINDOW, model_type: 'gpt_neox', num_key_value_heads: 4 },
    adapted: ['gpt_neox.layers.0.attention.query_key_value'],
  },
]
