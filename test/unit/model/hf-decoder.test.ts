// Protects: a Hugging Face folder becomes a graph that computes what PyTorch computed, over the weights as they lie.
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DataType } from '../../../src/model/graph.ts'
import { parseDecoderConfig } from '../../../src/model/hf-config.ts'
import { loadDecoder } from '../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { readAdapter } from '../../../src/model/peft.ts'
import { openSession } from '../../../src/model/session.ts'
import { floatsOf } from '../../../src/model/session-tensor.ts'
import { locateTensors, readFloat32, type StoredTensor } from '../../../src/model/weights.ts'

const fixture = (model: string, name: string): string =>
  fileURLToPath(new URL(`../../fixtures/${model}/${name}`, import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-llama-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function readInt64(tensor: StoredTensor | undefined): Promise<BigInt64Array> {
  if (tensor === undefined) throw new Error('the fixture lacks a tensor')
  const bytes = (await readFile(tensor.path)).subarray(tensor.offset, tensor.offset + tensor.sizeBytes)
  return new BigInt64Array(new Uint8Array(bytes).buffer)
}

async function worstLogit(model: string): Promise<number> {
  const { model: graph, folder: weightsFolder } = await loadDecoder(fixture(model, ''), 'base.safetensors')
  const session = await openSession({ model: graph, weightsFolder, device: 'cpu', threads: 1 })
  const reference = await locateTensors(fixture(model, 'reference.safetensors'))
  const feed = async (name: string) => {
    const tensor = reference.get(`input.${name}`)
    return { dataType: DataType.int64, dims: tensor?.shape ?? [], data: await readInt64(tensor) }
  }
  const feeds = { input_ids: await feed('input_ids'), attention_mask: await feed('attention_mask') }
  const { logits } = await session.run(feeds, ['logits'])
  await session.close()
  const expected = reference.get('logits.base')
  if (expected === undefined) throw new Error('the fixture lacks logits')
  expect(logits.dims).toEqual(expected.shape)
  const values = floatsOf(logits)
  const wanted = await readFloat32(expected)
  return wanted.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (values[i] ?? Number.NaN))), 0)
}

describe('logits', () => {
  test.each(['llama', 'qwen2'])('of %s are PyTorch’s', async (model) => {
    // qwen2: biases on queries, keys and values, and a tied head.
    expect(await worstLogit(model)).toBeLessThan(1e-5)
  })
})

test('every weight is a reference into its file; no byte of it is in the graph', async () => {
  const { model } = await loadDecoder(fixture('llama', ''), 'base.safetensors')
  const tensors = await locateTensors(fixture('llama', 'base.safetensors'))
  const external = [...model.graph.initializers.values()].filter((tensor) => tensor.external !== undefined)
  expect(external.map((tensor) => tensor.name).sort()).toEqual([...tensors.keys()].sort())
  for (const { name, external: place } of external) {
    const tensor = tensors.get(name)
    expect(place).toEqual({ location: 'base.safetensors', offset: tensor?.offset, length: tensor?.sizeBytes })
  }
})

test('its linear modules have the names that PEFT gives them', async () => {
  const { model } = await loadDecoder(fixture('llama', ''), 'base.safetensors')
  const { modules } = await readAdapter(fixture('llama', 'adapter'))
  const found = new Map(findLinearModules(model).map((module) => [module.name, module]))
  for (const { name, in: width, out } of modules) {
    expect([found.get(name)?.inSize, found.get(name)?.outSize]).toEqual([width, out])
  }
})

describe('config.json', () => {
  const base = {
    model_type: 'llama',
    vocab_size: 10,
    hidden_size: 8,
    intermediate_size: 16,
    num_hidden_layers: 1,
  }
  const parse = (fields: Record<string, unknown>) =>
    parseDecoderConfig(JSON.stringify({ ...base, num_attention_heads: 2, ...fields }), 'config.json')

  test('of both generations says the same', () => {
    const old = parse({ rope_theta: 5e5, rope_scaling: null, torch_dtype: 'float32' })
    const young = parse({ rope_parameters: { rope_theta: 5e5, rope_type: 'default' }, dtype: 'float32' })
    expect(old).toEqual(young)
    expect(old.positions).toEqual({ kind: 'rotary', size: 4, kinds: [{ theta: 5e5, scaling: null }] })
    expect(old.keyValueHeadCount).toBe(2)
    expect(old.headSize).toBe(4)
  })

  test.each([
    [{ model_type: 'mamba' }, 'model_type'],
    [{ rope_scaling: { rope_type: 'ntk', factor: 8 } }, 'rope_type'],
    [{ hidden_act: 'quick_gelu' }, 'hidden_act'],
    [{ sliding_window: 4096 }, 'sliding_window'],
    [{ quantization_config: { bits: 4 } }, 'quantization_config'],
    [{ partial_rotary_factor: 0.5 }, 'partial_rotary_factor'],
  ])('%j is refused by name', (fields, name) => {
    expect(() => parse(fields)).toThrowError(
      expect.objectContaining({ info: expect.objectContaining({ code: 'MODEL_UNSUPPORTED' }) }),
    )
    expect(() => parse(fields)).toThrowError(new RegExp(`config.json: .*${name}`))
  })

  test('of dynamic positions says how many first training had, of which it reaches beyond', () => {
    const fields = { max_position_embeddings: 30, rope_scaling: { type: 'dynamic', factor: 2.5 } }
    expect(parse(fields).positionCountMax).toBe(75)
    expect(parse({ max_position_embeddings: 30 }).positionCountMax).toBe(30)
  })

  test.each([
    [{ hidden_size: 0 }, 'hidden_size'],
    [{ num_key_value_heads: 3 }, 'num_key_value_heads'],
    [{ vocab_size: '10' }, 'vocab_size'],
    [{ rope_theta: -1 }, 'rope_theta'],
    [{ rope_parameters: { rope_type: 'dynamic' } }, 'factor'],
    [{ rope_scaling: { rope_type: 'longrope', factor: 8 } }, 'max_position_embeddings'],
    [{ rms_norm_eps: 'small' }, 'rms_norm_eps'],
  ])('%j is an error that names the field', (fields, field) => {
    expect(() => parse(fields)).toThrowError(
      expect.objectContaining({ info: expect.objectContaining({ code: 'MODEL_CONFIG_INVALID', field }) }),
    )
  })
})

describe('the config of another family', () => {
  const parse = (config: object) => parseDecoderConfig(JSON.stringify(config), 'config.json')
  const sizes = { vocab_size: 10, hidden_size: 16, intermediate_size: 8, num_hidden_layers: 1 }
  const heads = { ...sizes, num_attention_heads: 2, num_key_value_heads: 2 }
  const longrope = { type: 'longrope', short_factor: [1], long_factor: [1] }

  test.each([
    [{ model_type: 'gpt2', add_cross_attention: true }, 'add_cross_attention'],
    [{ model_type: 'gpt2', activation_function: 'tanh' }, 'activation_function "tanh"'],
    [{ ...heads, model_type: 'gemma2', use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    [{ ...heads, model_type: 'olmo2', partial_rotary_factor: 0.5 }, 'partial_rotary_factor 0.5'],
    [{ ...heads, model_type: 'olmo2', sliding_window: 8 }, 'sliding_window 8'],
  ])('%j is refused by name', (config, name) => {
    expect(() => parse(config)).toThrowError(
      expect.objectContaining({ info: expect.objectContaining({ code: 'MODEL_UNSUPPORTED' }) }),
    )
    expect(() => parse(config)).toThrow(name)
  })

  test.each([
    [{ model_type: 'gpt2', n_embd: 10, n_head: 3 }, 'n_head'],
    [{ ...heads, model_type: 'gpt_neox', rotary_pct: 0.4 }, 'rotary_pct'],
    [{ ...heads, model_type: 'gpt_neox', hidden_size: 17 }, 'num_attention_heads'],
    [{ ...heads, model_type: 'phi3', rope_scaling: longrope }, 'short_factor'],
    [{ ...heads, model_type: 'phi3', partial_rotary_factor: 2 }, 'partial_rotary_factor'],
    [{ ...heads, model_type: 'gemma2', final_logit_softcapping: -1 }, 'final_logit_softcapping'],
    [{ ...heads, model_type: 'gemma3_text', rope_local_base_freq: 0 }, 'rope_local_base_freq'],
    [{ model_type: 'gemma3' }, 'text_config'],
  ])('%j is an error that names the field', (config, field) => {
    expect(() => parse(config)).toThrowError(
      expect.objectContaining({ info: expect.objectContaining({ code: 'MODEL_CONFIG_INVALID', field }) }),
    )
  })

  test('of a hub’s Gemma 3 that sees images leaves most to the family: theta, heads, vocabulary, windows', () => {
    // The text part of google/gemma-3-4b-it, as its config.json has it.
    const text_config = {
      model_type: 'gemma3_text',
      hidden_size: 2560,
      intermediate_size: 10_240,
      num_hidden_layers: 34,
      rope_scaling: { factor: 8, rope_type: 'linear' },
      sliding_window: 1024,
    }
    const config = parse({ model_type: 'gemma3', eos_token_id: [1, 106], text_config, vision_config: {} })
    expect(config).toMatchObject({ vocabSize: 262_208, headCount: 8, keyValueHeadCount: 4, headSize: 256 })
    expect(config).toMatchObject({ endOfSequenceId: 1, positionCountMax: 131_072, head: { isTied: true } })
    expect(config.positions).toEqual({
      kind: 'rotary',
      size: 256,
      kinds: [
        { theta: 1e6, scaling: { kind: 'linear', factor: 8 } },
        { theta: 10_000, scaling: null },
      ],
    })
    const global = config.layers.flatMap(({ window, rotary }, i) => (window === null ? [[i, rotary]] : []))
    expect(global).toEqual([5, 11, 17, 23, 29].map((i) => [i, 0]))
    expect(config.layers[0]).toEqual({ window: 1024, rotary: 1, scoreScale: 1 / 16 })
  })
})

describe('a damaged folder', () => {
  test('with pickled weights is refused', async () => {
    await copyFile(fixture('llama', 'config.json'), join(folder, 'config.json'))
    await writeFile(join(folder, 'pytorch_model.bin'), 'PK')
    await expect(loadDecoder(folder)).rejects.toMatchObject({
      info: { code: 'WEIGHTS_PICKLED', file: join(folder, 'pytorch_model.bin') },
    })
  })

  test('with weights cut short is SAFETENSORS_INVALID, wherever the cut is', async () => {
    const path = join(folder, 'model.safetensors')
    for (const size of [500_000, 2000, 100, 5, 0]) {
      await copyFile(fixture('llama', 'base.safetensors'), path)
      await truncate(path, size)
      await expect(loadDecoder(folder)).rejects.toMatchObject({
        info: { code: 'SAFETENSORS_INVALID', file: path },
      })
    }
  })

  test('with weights of another shape names the tensor', async () => {
    await copyFile(fixture('llama', 'base.safetensors'), join(folder, 'model.safetensors'))
    const config = JSON.parse(await readFile(fixture('llama', 'config.json'), 'utf8'))
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, intermediate_size: 161 }))
    await expect(loadDecoder(folder)).rejects.toMatchObject({
      info: { code: 'WEIGHTS_MISMATCH', tensor: 'model.layers.0.mlp.gate_proj.weight' },
    })
  })
})
