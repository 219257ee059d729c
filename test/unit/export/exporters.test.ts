// Protects: exported adapters, deltas and merged models are the merged update exactly, in files that other tools load.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRoundError } from '../../../src/core/errors.ts'
import { encodeHeader } from '../../../src/core/safetensors.ts'
import { exportAdapter } from '../../../src/export/export-adapter.ts'
import { exportDelta } from '../../../src/export/export-delta.ts'
import { exportMerged } from '../../../src/export/export-merged.ts'
import { encodeFloats } from '../../../src/export/float-encoding.ts'
import {
  deltaOf,
  type MergedModule,
  type MergedUpdate,
  withKernels,
} from '../../../src/export/merged-module.ts'
import { modelCard } from '../../../src/export/model-card.ts'
import { readAdapter } from '../../../src/model/peft.ts'
import { decodeFloat32, readAllFloat32 } from '../../../src/model/weights.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-export-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const wave = (length: number, step: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * step + 1))
const stacked: MergedModule = {
  kind: 'stacked',
  name: 'layers.0.q_proj',
  in: 5,
  out: 4,
  rank: 3,
  scale: 1.5,
  a: wave(15, 0.7),
  b: wave(12, 0.3),
}
const wide: MergedModule = { kind: 'dense', name: 'layers.0.v_proj', in: 5, out: 2, delta: wave(10, 0.9) }
const tall: MergedModule = { kind: 'dense', name: 'layers.1.v_proj', in: 2, out: 5, delta: wave(10, 0.4) }
const updateOf = (...modules: readonly MergedModule[]): MergedUpdate => ({
  modules,
  read: async (index) => modules[index] ?? stacked,
  dense: [],
  readDense: () => Promise.resolve(new Float32Array()),
})
const update = updateOf(stacked, wide, tall)

/** ΔW by the definition. */
function productOf(a: Float32Array, b: Float32Array, scale: number, [out, width]: readonly [number, number]) {
  const rank = a.length / width
  return Float32Array.from({ length: out * width }, (_, at) => {
    const [o, i] = [Math.floor(at / width), at % width]
    let sum = 0
    for (let k = 0; k < rank; k++) sum += scale * (b[o * rank + k] ?? 0) * (a[k * width + i] ?? 0)
    return sum
  })
}

async function writeBase(name: string, dtype: string, config: string): Promise<string> {
  const base = join(folder, name)
  const shapes: readonly (readonly [string, readonly number[]])[] = [
    ['embed.weight', [3, 2]],
    ['layers.0.q_proj.weight', [4, 5]],
    ['layers.0.v_proj.weight', [2, 5]],
    ['layers.1.v_proj.weight', [5, 2]],
  ]
  const tensors = shapes.map(([tensor, shape]) => ({ name: tensor, dtype, shape }))
  const { prefix, header } = encodeHeader(tensors, new Map([['format', 'pt']]))
  const parts = header.entries.map(({ name: tensor, shape }) =>
    encodeFloats(
      wave(
        shape.reduce((p, d) => p * d, 1),
        tensor.length / 10,
      ),
      { name: tensor, path: '', dtype },
    ),
  )
  await exportTo(base, { 'model.safetensors': Buffer.concat([prefix, ...parts]), 'config.json': config })
  await exportTo(base, { 'tokenizer.json': '{"a":1}', 'pytorch_model.bin': 'pickle', 'README.md': 'theirs' })
  return base
}

async function exportTo(base: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  const { mkdir } = await import('node:fs/promises')
  await mkdir(base, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(base, name), content)
}

describe('an adapter', () => {
  it('is the merged update exactly, stacked or dense, wide or tall', async () => {
    const out = join(folder, 'adapter')
    await exportAdapter(out, update, { card: 'card\n', baseModel: 'base', baseFolder: null })
    const { modules } = await readAdapter(out)
    expect(modules.map(({ name, rank }) => [name, rank])).toEqual([
      ['layers.0.q_proj', 3],
      ['layers.0.v_proj', 2],
      ['layers.1.v_proj', 2],
    ])
    for (const [i, module] of modules.entries()) {
      const original = [stacked, wide, tall][i] ?? stacked
      const delta = productOf(module.a, module.b, module.scale, [module.out, module.in])
      expect(delta).toEqual(original.kind === 'dense' ? original.delta : deltaOf(original))
    }
    expect(await readFile(join(out, 'README.md'), 'utf8')).toBe('card\n')
  })

  it('stays a PEFT scale: alpha / r is the scale', async () => {
    const out = join(folder, 'adapter-scale')
    await exportAdapter(out, updateOf(stacked), { card: '', baseFolder: null })
    const config = JSON.parse(await readFile(join(out, 'adapter_config.json'), 'utf8')) as Record<
      string,
      number
    >
    expect((config['lora_alpha'] ?? 0) / (config['r'] ?? 1)).toBe(1.5)
  })
})

describe('a delta', () => {
  it('is ΔW of every module', async () => {
    const out = join(folder, 'delta')
    await exportDelta(out, update, 'card\n')
    const tensors = await readAllFloat32(join(out, 'delta.safetensors'))
    expect([...tensors.keys()]).toEqual([
      'layers.0.q_proj.weight',
      'layers.0.v_proj.weight',
      'layers.1.v_proj.weight',
    ])
    expect(tensors.get('layers.0.v_proj.weight')).toEqual(wide.kind === 'dense' ? wide.delta : null)
    const expected =
      stacked.kind === 'stacked' ? productOf(stacked.a, stacked.b, 1.5, [4, 5]) : new Float32Array()
    for (const [i, value] of (tensors.get('layers.0.q_proj.weight') ?? []).entries()) {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6)
    }
  })
})

describe('a model with convolutions', () => {
  const convolution: MergedModule = {
    ...wide,
    name: 'down.conv',
    in: 2 * 3 * 2,
    out: 3,
    delta: wave(36, 0.2),
  }
  const writeConvolution = async (shape: readonly number[]): Promise<string> => {
    const base = join(folder, `convolution-${shape.join('-')}`)
    const { prefix } = encodeHeader([{ name: 'down.conv.weight', dtype: 'F32', shape }])
    const weights = encodeFloats(wave(36, 0.5), { name: 'down.conv.weight', path: '', dtype: 'F32' })
    await exportTo(base, { 'model.safetensors': Buffer.concat([prefix, weights]), 'config.json': '{}' })
    return base
  }

  it.each([
    ['its kernel known', withKernels(updateOf(convolution), [{ name: 'down.conv', kernel: [3, 2] }])],
    ['its kernel unknown', updateOf(convolution)],
  ])('has ΔW in them, %s', async (title, known) => {
    const base = await writeConvolution([3, 2, 3, 2])
    const out = join(folder, `convolution ${title}`)
    await exportMerged(out, known, { baseModel: base, card: '' })
    const merged = (await readAllFloat32(join(out, 'model.safetensors'))).get('down.conv.weight')
    const expected = wave(36, 0.5).map((value, i) => value + (wave(36, 0.2)[i] ?? 0))
    expect(merged).toEqual(expected)
  })

  it('is refused where the window is another', async () => {
    const base = await writeConvolution([3, 2, 2, 3])
    const known = withKernels(updateOf(convolution), [{ name: 'down.conv', kernel: [3, 2] }])
    const out = join(folder, 'convolution-other')
    await expect(exportMerged(out, known, { baseModel: base, card: '' })).rejects.toMatchObject({
      info: { code: 'MODULE_NOT_IN_BASE', module: 'down.conv' },
    })
  })
})

describe('a merged model', () => {
  it.each(['F32', 'BF16', 'F16'])('in %s is W + ΔW, every other tensor and file as it was', async (dtype) => {
    const base = await writeBase(`base-${dtype}`, dtype, '{"model_type": "llama"}')
    const out = join(folder, `merged-${dtype}`)
    await exportMerged(out, update, { baseModel: base, card: 'ours\n' })
    const [before, after] = [
      await readAllFloat32(join(base, 'model.safetensors')),
      await readAllFloat32(join(out, 'model.safetensors')),
    ]
    expect([...after.keys()]).toEqual([...before.keys()])
    expect(after.get('embed.weight')).toEqual(before.get('embed.weight'))
    for (const module of [stacked, wide, tall]) {
      const name = `${module.name}.weight`
      const sum = (before.get(name) ?? new Float32Array()).map(
        (value, i) => value + (deltaOf(module)[i] ?? 0),
      )
      const rounded = decodeFloat32(encodeFloats(sum, { name, path: '', dtype }), { name, path: '', dtype })
      expect(after.get(name)).toEqual(rounded)
      expect(after.get(name)).not.toEqual(before.get(name))
    }
    expect(await readFile(join(out, 'tokenizer.json'), 'utf8')).toBe('{"a":1}')
    expect(await readFile(join(out, 'README.md'), 'utf8')).toBe('ours\n')
    await expect(readFile(join(out, 'pytorch_model.bin'))).rejects.toThrow('ENOENT')
  })

  it('is refused for another base, by the name of the module', async () => {
    const base = await writeBase('base-other', 'F32', '{"model_type": "llama"}')
    const stranger = updateOf({ ...stacked, name: 'layers.9.q_proj' })
    const error: unknown = await exportMerged(join(folder, 'x'), stranger, {
      baseModel: base,
      card: '',
    }).catch((thrown: unknown) => thrown)
    expect(isRoundError(error, 'MODULE_NOT_IN_BASE')).toBe(true)
    const square = exportMerged(join(folder, 'x'), updateOf({ ...stacked, out: 5 }), {
      baseModel: base,
      card: '',
    })
    await expect(square).rejects.toThrow(/4×5, expected 5×5/)
  })
})

describe('encodeFloats', () => {
  const tensor = (dtype: string) => ({ name: 't', path: 'f', dtype })
  const half = (value: number) =>
    new DataView(encodeFloats(Float32Array.of(value), tensor('F16')).buffer).getUint16(0, true)
  const brain = (value: number) =>
    new DataView(encodeFloats(Float32Array.of(value), tensor('BF16')).buffer).getUint16(0, true)

  it('gives back every f16 and bf16 that there is', () => {
    const all = new Uint16Array(65_536).map((_, i) => i)
    const bytes = new Uint8Array(all.buffer)
    for (const dtype of ['F16', 'BF16']) {
      const again = new Uint16Array(encodeFloats(decodeFloat32(bytes, tensor(dtype)), tensor(dtype)).buffer)
      const exponent = dtype === 'F16' ? 0x7c00 : 0x7f80
      const isNaN = (bits: number) => (bits & 0x7fff) > exponent
      const wrong = [...all].filter((bits) => !isNaN(bits) && again[bits] !== bits)
      expect(wrong).toEqual([])
    }
  })

  it('rounds to nearest, ties to even, and overflows to infinity', () => {
    // Neighbours of 1 in f16 are 2^-10 apart.
    expect(half(1 + 2 ** -11)).toBe(0x3c00)
    expect(half(1 + 3 * 2 ** -11)).toBe(0x3c02)
    expect(half(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01)
    expect(half(65_519)).toBe(0x7bff)
    expect(half(65_520)).toBe(0x7c00)
    expect(half(-1e9)).toBe(0xfc00)
    expect(half(2 ** -25)).toBe(0)
    expect(half(1.5 * 2 ** -25)).toBe(1)
    expect(half(3 * 2 ** -25)).toBe(2)
    expect(half(-(2 ** -30))).toBe(0x8000)
    expect(brain(1 + 2 ** -8)).toBe(0x3f80)
    expect(brain(1 + 3 * 2 ** -8)).toBe(0x3f82)
    expect(half(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00)
  })

  it('refuses integers', () => {
    expect(() => encodeFloats(Float32Array.of(1), tensor('I8'))).toThrow(/I8/)
  })
})

describe('a model card', () => {
  const facts = {
    baseModel: 'base',
    baseFiles: [{ name: 'model.safetensors', sha256: 'ab' }],
    rule: 'multi-krum@1',
    lambda: 1,
    aggregate: 'cd',
    members: [
      { name: 'site-a', weight: 0.5, norm: 1.25, leftOut: null },
      {
        name: 'site-e',
        weight: 0,
        norm: 1.5,
        leftOut: 'left out by multi-krum: distance score 9.4× the median',
      },
    ],
    format: 'adapter' as const,
    round: { charter: 'ef', roundNumber: 1, certificate: '../certificate.json' },
    evaluation: [{ name: 'merged', loss: 1.23456 }],
  }

  it('says base, members, rule, digest, certificate and evaluation', () => {
    const card = modelCard(facts)
    for (const part of [
      'base_model: "base"',
      'peft',
      '1 of 2 members',
      '`multi-krum@1`',
      '`ab`',
      '`cd`',
      '`ef`',
      'left out by multi-krum',
      '1.235',
      'oneround verify',
    ]) {
      expect(card).toContain(part)
    }
    expect(card).not.toMatch(/attack|malicious|poison/i)
  })

  it('of a merge of folders claims no round', () => {
    const card = modelCard({ ...facts, round: null, aggregate: null, evaluation: null, baseFiles: [] })
    expect(card).not.toMatch(/certificate|attest/i)
  })
})
