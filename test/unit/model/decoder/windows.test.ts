// Protects: which layers see a window only, in each form of config.json; odd fields are refused by name.
import { expect, test } from 'vitest'
import { parseDecoderConfig } from '../../../../src/model/hf-config.ts'

const windowsOf = (fields: object) =>
  parseDecoderConfig(
    JSON.stringify({
      vocab_size: 10,
      hidden_size: 8,
      intermediate_size: 16,
      num_hidden_layers: 3,
      num_attention_heads: 2,
      ...fields,
    }),
    'config.json',
  ).layers.map(({ window }) => window)

test('Mistral: all layers, 4096 tokens where nothing is said, none where it says null', () => {
  const model_type = 'mistral'
  expect(windowsOf({ model_type, sliding_window: 7 })).toEqual([7, 7, 7])
  expect(windowsOf({ model_type })).toEqual([4096, 4096, 4096])
  expect(windowsOf({ model_type, sliding_window: null })).toEqual([null, null, null])
})

test.each(['qwen2', 'qwen3'])('%s: layers from max_window_layers on, if the window is used', (model_type) => {
  expect(windowsOf({ model_type, sliding_window: 7, max_window_layers: 1 })).toEqual([null, null, null])
  const used = { model_type, sliding_window: 7, use_sliding_window: true }
  expect(windowsOf(used)).toEqual([null, null, null])
  expect(windowsOf({ ...used, max_window_layers: 1 })).toEqual([null, 7, 7])
  const layer_types = ['sliding_attention', 'full_attention', 'full_attention']
  expect(windowsOf({ ...used, max_window_layers: 1, layer_types })).toEqual([7, null, null])
})

test('Gemma 2: every other layer; Gemma 3: all but each sixth, or as often as it says; Phi-3: all or none', () => {
  const gemma = { num_attention_heads: 4, query_pre_attn_scalar: 4 }
  expect(windowsOf({ ...gemma, model_type: 'gemma2' })).toEqual([4096, null, 4096])
  const third = { ...gemma, model_type: 'gemma3_text', sliding_window: 7 }
  expect(windowsOf({ ...third, num_hidden_layers: 7 })).toEqual([7, 7, 7, 7, 7, null, 7])
  expect(windowsOf({ ...third, sliding_window_pattern: 2 })).toEqual([7, null, 7])
  expect(windowsOf({ ...third, _sliding_window_pattern: 3 })).toEqual([7, 7, null])
  const layer_types = ['full_attention', 'sliding_attention', 'full_attention']
  expect(windowsOf({ ...third, layer_types })).toEqual([null, 7, null])
  expect(windowsOf({ model_type: 'phi3' })).toEqual([null, null, null])
  expect(windowsOf({ model_type: 'phi3', sliding_window: 7 })).toEqual([7, 7, 7])
})

test('a window that is no count, and lists that do not fit, are refused', () => {
  const refused = (fields: object, field: RegExp): void =>
    expect(() => windowsOf({ model_type: 'mistral', ...fields })).toThrow(field)
  refused({ sliding_window: 0 }, /sliding_window is 0/)
  refused({ sliding_window: 2.5 }, /sliding_window is 2.5/)
  refused({ layer_types: ['full_attention'] }, /layer_types.* list of 3/)
  refused({ layer_types: ['full_attention', 'linear_attention', 'full_attention'] }, /linear_attention/)
  const sliding = ['sliding_attention', 'full_attention', 'full_attention']
  refused({ sliding_window: null, layer_types: sliding }, /sliding_window is null/)
  refused({ model_type: 'qwen2', use_sliding_window: true, max_window_layers: -1 }, /max_window_layers/)
})
