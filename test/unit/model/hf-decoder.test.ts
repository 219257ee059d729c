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
