// Protects: a quantised base is the base with rounded weights, module by module, however its weights lie; files are reused rightly.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataType, type OnnxModel, type TensorValue } from '../../../../src/model/graph.ts'
import { loadDecoder } from '../../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { quantisable, quantiseBase, type QuantiseOptions } from '../../../../src/model/quantise/index.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, int64Tensor, type HostTensors } from '../../../../src/model/session-tensor.ts'
import { tensorOf } from '../../../../src/model/onnx-tensor.ts'
import { locateTensors, readFloat32 } from '../../../../src/model/weights.ts'
import { fixtureModel, fixturePath } from '../../../fixtures/reference.ts'
import { writeTinyBase } from '../../../support/tiny-base.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-quantise-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const BLOCK_SIZE = 32

/** What a file's integers mean, [out, in]: restated from MatMulNBits' definition. */
async function dequantised(
  file: string,
  weight: string,
  inSize: number,
  outSize: number,
): Promise<Float32Array> {
  const tensors = await locateTensors(file)
  const bytes = await readFile(file)
  const part = (name: string): Uint8Array => {
    const { offset = 0, sizeBytes = 0 } = tensors.get(name) ?? {}
    return bytes.subarray(offset, offset + sizeBytes)
  }
  const [elements, zeros] = [part(`elements/${weight}`), part(`zero_points/${weight}`)]
  const scales = await readFloat32(
    tensors.get(`scales/${weight}`) ?? (await Promise.reject(new Error(weight))),
  )
  const blocks = Math.ceil(inSize / BLOCK_SIZE)
  const nibble = (from: Uint8Array, at: number): number => ((from[at >> 1] ?? 0) >> (4 * (at & 1))) & 15
  return Float32Array.from({ length: outSize * inSize }, (_, i) => {
    const [row, column] = [Math.floor(i / inSize), i % inSize]
    const block = row * blocks + Math.floor(column / BLOCK_SIZE)
    const zero = nibble(zeros, row * 2 * Math.ceil(blocks / 2) + Math.floor(column / BLOCK_SIZE))
    const level = nibble(elements, block * BLOCK_SIZE + (column % BLOCK_SIZE))
    return (level - zero) * (scales[block] ?? 0)
  })
}

/** The model with the weights that the quantised ones stand for. */
async function rounded(model: OnnxModel, file: string): Promise<OnnxModel> {
  const initializers = new Map<string, TensorValue>(model.graph.initializers)
  for (const { weight, inSize, outSize, weightLayout } of quantisable(model)) {
    const values = await dequantised(file, weight, inSize, outSize)
    const isOut = weightLayout === 'out-in'
    const laid = isOut
      ? values
      : values.map((_, i) => values[(i % outSize) * inSize + Math.floor(i / outSize)] ?? 0)
    const dims = isOut ? [outSize, inSize] : [inSize, outSize]
    initializers.set(weight, tensorOf(weight, DataType.float, dims, laid))
  }
  return { ...model, graph: { ...model.graph, initializers } }
}

async function outputOf(model: OnnxModel, weightsFolder: string, feeds: HostTensors): Promise<Float32Array> {
  const session = await openSession({ model, weightsFolder, device: 'cpu', threads: 1 })
  try {
    const taken = Object.fromEntries(
      Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)),
    )
    const [name = ''] = session.outputNames
    return floatsOf((await session.run(taken, [name]))[name] ?? int64Tensor([0], []))
  } finally {
    await session.close()
  }
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / Math.max(...b.map(Math.abs))

const optionsFor = (model: OnnxModel, weights: string, file: string, identity = 'base'): QuantiseOptions => ({
  model,
  folder: weights,
  file: join(folder, file),
  blockSize: BLOCK_SIZE,
  identity,
})

const ids = int64Tensor(
  [2, 7],
  Array.from({ length: 14 }, (_, i) => (i * 11) % 300),
)
const mask = int64Tensor(
  [2, 7],
  Array.from({ length: 14 }, (_, i) => (i === 13 ? 0 : 1)),
)

describe('a base in four bits', () => {
  it.each([
    ['llama', 'hf', 14],
    ['qwen2', 'dynamo', 14],
    ['gpt2', 'dynamo', 8],
    ['gpt2', 'script', 8],
    ['bert', 'script', 13],
  ] as const)('of %s (%s) computes what its %d rounded modules compute', async (name, graph, count) => {
    const weights = fixturePath(name)
    const model =
      graph === 'hf' ? (await loadDecoder(weights, 'base.safetensors')).model : fixtureModel(name, graph)
    const options = optionsFor(model, weights, `${name}-${graph}.safetensors`)
    const quantised = await quantiseBase(options)
    expect(quantised.modules).toHaveLength(count)
    expect(quantised.modules.every(({ relativeError }) => relativeError > 0.03 && relativeError < 0.12)).toBe(
      true,
    )
    const names = (of: OnnxModel): readonly string[] => findLinearModules(of).map((module) => module.name)
    expect(names(quantised.model)).toEqual(names(model))
    const feeds = {
      input_ids: ids,
      attention_mask: mask,
      token_type_ids: int64Tensor([2, 7], new Uint8Array(14)),
    }
    const found = await outputOf(quantised.model, weights, feeds)
    const wanted = await outputOf(await rounded(model, options.file), weights, feeds)
    expect(distance(found, wanted)).toBeLessThan(1e-5)
    expect(distance(found, await outputOf(model, weights, feeds))).toBeGreaterThan(1e-4)
  })

  it('leaves embeddings alone, also where the head shares them', async () => {
    const tiny = await writeTinyBase(join(folder, 'tied'))
    const { model } = await loadDecoder(tiny)
    const { modules } = await quantiseBase({ ...optionsFor(model, tiny, 'tied.safetensors') })
    expect(modules.map(({ name }) => name)).toEqual(
      [
        'self_attn.q_proj',
        'self_attn.k_proj',
        'self_attn.v_proj',
        'self_attn.o_proj',
        'mlp.gate_proj',
        'mlp.up_proj',
        'mlp.down_proj',
      ].map((part) => `model.layers.0.${part}`),
    )
  })
})

describe('the file of quantised weights', () => {
  const open = async () => {
    const weights = fixturePath('llama')
    return { weights, model: (await loadDecoder(weights, 'base.safetensors')).model }
  }

  it('is used again by the same base and settings only, and is made of the same bytes', async () => {
    const { model, weights } = await open()
    const options = optionsFor(model, weights, 'again.safetensors')
    const first = await quantiseBase(options)
    const bytes = await readFile(options.file)
    const again = await quantiseBase(options)
    expect([first.isReused, again.isReused]).toEqual([false, true])
    expect(again.modules).toEqual(first.modules)
    expect((await quantiseBase({ ...options, identity: 'another' })).isReused).toBe(false)
    expect((await quantiseBase({ ...options, blockSize: 16 })).isReused).toBe(false)
    expect((await quantiseBase(options)).isReused).toBe(false)
    expect(await readFile(options.file)).toEqual(bytes)
  })

  it('is refused where it is damaged', async () => {
    const { model, weights } = await open()
    const options = optionsFor(model, weights, 'damaged.safetensors')
    await writeFile(options.file, 'no weights')
    await expect(quantiseBase(options)).rejects.toMatchObject({ info: { code: 'SAFETENSORS_INVALID' } })
  })

  it('is not written of weights that are not finite', async () => {
    const { model, weights } = await open()
    const [module] = quantisable(model)
    const name = module?.weight ?? ''
    const dims = [module?.outSize ?? 0, module?.inSize ?? 0]
    const bad = tensorOf(
      name,
      DataType.float,
      dims,
      new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(Number.NaN, 5, 6),
    )
    const broken = {
      ...model,
      graph: { ...model.graph, initializers: new Map([...model.graph.initializers, [name, bad]]) },
    }
    const options = optionsFor(broken, weights, 'broken.safetensors')
    await expect(quantiseBase(options)).rejects.toMatchObject({
      info: { code: 'WEIGHTS_MISMATCH', tensor: name },
    })
    await expect(readFile(options.file)).rejects.toThrow(/ENOENT/)
  })
})
