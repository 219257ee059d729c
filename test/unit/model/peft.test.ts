// Protects the meaning of adapter folders: factors, ranks and scales as PEFT reads and writes them, and loud refusals.
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeHeader } from '../../../src/core/safetensors.ts'
import { encodeFloats } from '../../../src/export/float-encoding.ts'
import { locateAdapter, readAdapter, writeAdapter } from '../../../src/model/peft.ts'
import { scaleOf, parseAdapterConfig } from '../../../src/model/peft-config.ts'
import { decodeFloat32 } from '../../../src/model/weights.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-peft-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const module = (name: string, rank: number, scale: number, seed: number) => ({
  name,
  rank,
  scale,
  in: 3,
  out: 5,
  a: Float32Array.from({ length: rank * 3 }, (_, i) => Math.sin(i + seed)),
  b: Float32Array.from({ length: 5 * rank }, (_, i) => Math.cos(i * seed)),
})

describe('a written adapter', () => {
  test('reads back with each module’s own rank, scale and factors', async () => {
    const modules = [
      module('model.layers.1.self_attn.q_proj', 2, 2, 1),
      module('model.layers.0.self_attn.q_proj', 2, 2, 2),
      module('model.layers.0.mlp.up_proj', 7, 0.5, 3),
      module('model.layers.11.self_attn.q_proj', 2, 1, 4),
    ]
    const path = join(folder, 'written')
    await writeAdapter(path, modules, { targetModules: ['q_proj', 'up_proj'], taskType: 'CAUSAL_LM' })
    const { config, modules: read } = await readAdapter(path)
    expect(read.map((m) => m.name)).toEqual([
      'model.layers.0.mlp.up_proj',
      'model.layers.0.self_attn.q_proj',
      'model.layers.1.self_attn.q_proj',
      'model.layers.11.self_attn.q_proj',
    ])
    expect(config.targetModules).toEqual(['q_proj', 'up_proj'])
    for (const m of read) {
      const original = modules.find(({ name }) => name === m.name)
      expect({ rank: m.rank, scale: m.scale, in: m.in, out: m.out }).toEqual({
        rank: original?.rank,
        scale: original?.scale,
        in: 3,
        out: 5,
      })
      expect(m.a).toEqual(original?.a)
      expect(m.b).toEqual(original?.b)
    }
  })

  test('keeps the window of a convolution: A looks through it, B at one point', async () => {
    const path = join(folder, 'convolution')
    const convolution = {
      ...module('down.conv', 2, 2, 1),
      in: 4 * 9,
      kernel: [3, 3],
      a: Float32Array.from({ length: 2 * 36 }, (_, i) => i),
    }
    await writeAdapter(path, [convolution])
    const { modules } = await locateAdapter(path)
    expect(modules.map(({ a, b }) => [a.shape, b.shape])).toEqual([
      [
        [2, 4, 3, 3],
        [5, 2, 1, 1],
      ],
    ])
    const [read] = (await readAdapter(path)).modules
    expect(read).toMatchObject({ in: 36, out: 5, rank: 2, kernel: [3, 3], a: convolution.a })
  })

  test.each(['F16', 'BF16'])(
    'of another trainer is read: %s, the adapter’s name in the names of its tensors',
    async (dtype) => {
      const path = join(folder, `other-${dtype}`)
      await mkdir(path, { recursive: true })
      const shapes = { A: [2, 3], B: [4, 2] } as const
      const tensors = Object.entries(shapes).map(([side, shape]) => {
        return { name: `base_model.model.layers.0.q.lora_${side}.default.weight`, dtype, shape }
      })
      const head = {
        name: 'base_model.model.classifier.modules_to_save.default.weight',
        dtype,
        shape: [1, 2],
      }
      const { prefix, header } = encodeHeader([...tensors, head])
      // Exact in both halves: small multiples of a quarter.
      const values = (count: number) => Float32Array.from({ length: count }, (_, i) => (i - 3) / 4)
      const parts = header.entries.map(({ name, shape }) =>
        encodeFloats(values(shape.reduce((size, extent) => size * extent, 1)), { name, path: '', dtype }),
      )
      await writeFile(join(path, 'adapter_model.safetensors'), Buffer.concat([prefix, ...parts]))
      const config = {
        peft_type: 'LORA',
        r: 2,
        lora_alpha: 3,
        use_rslora: true,
        modules_to_save: ['classifier'],
      }
      await writeFile(join(path, 'adapter_config.json'), JSON.stringify(config))
      const { modules, whole } = await readAdapter(path)
      expect(modules).toMatchObject([
        { name: 'layers.0.q', rank: 2, scale: 3 / Math.sqrt(2), a: values(6), b: values(8) },
      ])
      expect(whole).toMatchObject([{ name: 'classifier.weight', values: values(2) }])
    },
  )

  test('is located without being read: the bytes at each factor’s offset are its values', async () => {
    const path = join(folder, 'located')
    const q = module('q', 2, 2, 1)
    await writeAdapter(path, [q])
    const located = await locateAdapter(path)
    const bytes = await readFile(located.path)
    const b = located.modules[0]?.b
    expect(b).toBeDefined()
    if (b) expect(decodeFloat32(bytes.subarray(b.offset, b.offset + b.sizeBytes), b)).toEqual(q.b)
  })
})

describe('adapter_config.json', () => {
  const config = (fields: Record<string, unknown>) =>
    parseAdapterConfig(
      JSON.stringify({ peft_type: 'LORA', r: 4, lora_alpha: 8, ...fields }),
      'adapter_config.json',
    )

  test('scale follows patterns, matched at the end of a name behind a dot', () => {
    const parsed = config({ rank_pattern: { 'layers.1.q_proj': 16 }, alpha_pattern: { 'v_proj|k_proj': 2 } })
    expect(scaleOf(parsed, 'model.layers.0.q_proj')).toBe(2)
    expect(scaleOf(parsed, 'model.layers.1.q_proj')).toBe(0.5)
    expect(scaleOf(parsed, 'model.layers.11.q_proj')).toBe(2)
    expect(scaleOf(parsed, 'model.layers.0.k_proj')).toBe(0.5)
    expect(scaleOf(parsed, 'model.layers.0.bigk_proj')).toBe(2)
  })

  test('rsLoRA divides by the root of the rank', () => {
    expect(scaleOf(config({ use_rslora: true }), 'q')).toBe(4)
  })

  test.each([
    ['use_dora', true],
    ['lora_bias', true],
    ['peft_type', 'IA3'],
    ['trainable_token_indices', [1]],
    ['init_lora_weights', 'pissa_niter_4'],
    ['init_lora_weights', 'olora'],
    ['init_lora_weights', 'corda'],
    ['init_lora_weights', 'loftq'],
    ['init_lora_weights', 'of a later release'],
    ['loftq_config', { loftq_bits: 4 }],
  ])('%s = %j is refused by name', (field, value) => {
    expect(() => config({ [field]: value })).toThrowError(
      expect.objectContaining({ info: expect.objectContaining({ code: 'ADAPTER_UNSUPPORTED' }) }),
    )
    expect(() => config({ [field]: value })).toThrowError(new RegExp(field))
  })

  test.each([true, false, null, 'gaussian', 'eva', 'orthogonal'])(
    'init_lora_weights = %j is read',
    (start) => {
      expect(config({ init_lora_weights: start }).rank).toBeGreaterThan(0)
    },
  )

  test.each([
    ['r', 0],
    ['r', 2.5],
    ['lora_alpha', 'high'],
    ['rank_pattern', { '(': 3 }],
    ['target_modules', 7],
  ])('%s = %j is an error that names the field', (field, value) => {
    expect(() => config({ [field]: value })).toThrowError(new RegExp(`adapter_config.json: .*${field}`))
  })
})

describe('damaged adapter folders', () => {
  test('a rank that the config does not give is an error', async () => {
    const path = join(folder, 'rank')
    await writeAdapter(path, [module('q', 2, 2, 1)])
    const config = JSON.parse(await readFile(join(path, 'adapter_config.json'), 'utf8'))
    await writeFile(join(path, 'adapter_config.json'), JSON.stringify({ ...config, r: 3 }))
    await expect(readAdapter(path)).rejects.toMatchObject({ info: { code: 'ADAPTER_INVALID' } })
  })

  test('a file cut short is SAFETENSORS_INVALID', async () => {
    const path = join(folder, 'short')
    await writeAdapter(path, [module('q', 2, 2, 1)])
    for (const size of [4, 60, 300]) {
      await truncate(join(path, 'adapter_model.safetensors'), size)
      await expect(readAdapter(path)).rejects.toMatchObject({ info: { code: 'SAFETENSORS_INVALID' } })
      await writeAdapter(path, [module('q', 2, 2, 1)])
    }
  })

  test('NaN in a factor is named', async () => {
    const path = join(folder, 'nan')
    const q = module('q', 2, 2, 1)
    q.b[3] = Number.NaN
    await writeAdapter(path, [q])
    await expect(readAdapter(path)).rejects.toThrowError(/lora_B.*NaN at 3/)
  })

  test('pickled factors are refused', async () => {
    const path = join(folder, 'pickled')
    await writeAdapter(path, [module('q', 2, 2, 1)])
    await rm(join(path, 'adapter_model.safetensors'))
    await writeFile(join(path, 'adapter_model.bin'), 'PK')
    await expect(readAdapter(path)).rejects.toMatchObject({ info: { code: 'WEIGHTS_PICKLED' } })
  })
})

test('half and bfloat16 values widen exactly', () => {
  const tensor = { name: 't', path: 'f', dtype: 'F16' }
  const halves = [0x3c00, 0xc000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x8000, 0x7c00]
  const values = decodeFloat32(new Uint8Array(Uint16Array.from(halves).buffer), tensor)
  expect([...values]).toEqual([1, -2, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 65504, -0, Infinity])
  const brains = new Uint8Array(Uint16Array.from([0x3f80, 0xc2f7]).buffer)
  expect([...decodeFloat32(brains, { ...tensor, dtype: 'BF16' })]).toEqual([1, -123.5])
})
