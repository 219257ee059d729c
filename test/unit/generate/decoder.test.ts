// Protects: decoding with a cache is a full forward pass, token by token, alone and beside longer prompts, with adapters in it.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDecoder, type Decoder } from '../../../src/generate/decoder.ts'
import { generate, type Voice } from '../../../src/generate/generate.ts'
import { buildGenerationGraph } from '../../../src/generate/generation-graph.ts'
import { checkGenerationOptions } from '../../../src/generate/options.ts'
import { greedy } from '../../../src/generate/sampling.ts'
import { DataType, type OnnxModel } from '../../../src/model/graph.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { loadDecoder } from '../../../src/model/hf-decoder.ts'
import { openModel } from '../../../src/model/open-model.ts'
import { readAdapter, type Adapter } from '../../../src/model/peft.ts'
import { locateTensors, readAllFloat32, readFloat32 } from '../../../src/model/weights.ts'
import { communityLlama, type Products } from '../model/decompose/community-llama.ts'

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const EXPORT = here('vectors/generation/model.onnx')

interface Row {
  readonly prompt: readonly number[]
  readonly continuation: readonly number[]
}

async function decoderOf(path: string, adapter: Adapter | null = null): Promise<Decoder> {
  const { model, folder, file } = await openModel(path)
  const graph = buildGenerationGraph(model, file, adapter === null ? null : { folder: 'adapter', adapter })
  return openDecoder({ graph, weightsFolder: folder, device: 'cpu', threads: 1 })
}

/** Ids are letters, so that texts show ids. */
const voice: Voice = {
  decode: (ids) => String.fromCodePoint(...ids.map((id) => 0x4e00 + id)),
  endIds: new Set(),
  positionCountMax: 1000,
}
const idsOf = (text: string): number[] => Array.from(text, (letter) => (letter.codePointAt(0) ?? 0) - 0x4e00)
const options = (given: object = {}) => checkGenerationOptions({ maxTokens: 12, ...given })
const widest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0)

describe('an export with a cache', () => {
  let decoder: Decoder
  let rows: readonly Row[] = []
  beforeAll(async () => {
    decoder = await decoderOf(EXPORT)
    const text = await readFile(join(dirname(EXPORT), 'expected.json'), 'utf8')
    rows = (JSON.parse(text) as { readonly rows: readonly Row[] }).rows
  })
  afterAll(() => decoder.close())

  it('goes on as PyTorch’s full forward passes do, each prompt alone', async () => {
    expect(decoder).toMatchObject({ hasCache: true, canPad: true })
    for (const { prompt, continuation } of rows) {
      const [answer] = await generate(decoder, voice, [prompt], options())
      expect(idsOf(answer?.text ?? '')).toEqual(continuation)
      expect(answer).toMatchObject({ finish: 'length', promptTokens: prompt.length, tokens: 12 })
    }
  })

  it('goes on alike with prompts of other lengths beside, padded on the left', async () => {
    const answers = await generate(
      decoder,
      voice,
      rows.map(({ prompt }) => prompt),
      options(),
    )
    expect(answers.map(({ text }) => idsOf(text))).toEqual(rows.map(({ continuation }) => continuation))
  })

  it('has the logits of a full forward pass at every step', async () => {
    const prompt = [5, 9, 2]
    let at = await decoder.start([prompt])
    const ids = [...prompt]
    for (let i = 0; i < 10; i++) {
      const fresh = await decoder.start([ids])
      expect(widest(at.logits[0] ?? new Float32Array(), fresh.logits[0] ?? new Float32Array())).toBeLessThan(
        1e-4,
      )
      ids.push(greedy(at.logits[0] ?? new Float32Array()))
      at = await at.next(ids.slice(-1))
    }
  })

  it('ends at an end id, before a stop text, at the model’s positions, and when told to', async () => {
    const [first] = rows
    const prompt = first?.prompt ?? []
    const [, , third = 0] = first?.continuation ?? []
    const run = async (own: Partial<Voice>, given: object = {}, generating = {}) => {
      const [answer] = await generate(decoder, { ...voice, ...own }, [prompt], options(given), generating)
      return answer
    }
    const two = voice.decode(first?.continuation.slice(0, 2) ?? [])
    expect(await run({ endIds: new Set([third]) })).toMatchObject({ text: two, finish: 'end', tokens: 3 })
    const stop = [voice.decode([third])]
    expect(await run({}, { stop })).toMatchObject({ text: two, finish: 'stop', tokens: 3 })
    expect(await run({ positionCountMax: 5 })).toMatchObject({ text: two, finish: 'length', tokens: 2 })
    let asked = 0
    const isCancelled = (): boolean => asked++ === 2
    expect(await run({}, {}, { isCancelled })).toMatchObject({ text: two, finish: 'cancelled', tokens: 2 })
    await expect(run({ positionCountMax: 3 })).rejects.toMatchObject({ code: 'PROMPT_TOO_LONG' })
  })

  it('draws the same for a seed, another text for another, and each row its own', async () => {
    const drawn = async (seed: string) => {
      const answers = await generate(
        decoder,
        voice,
        [
          [5, 9, 2],
          [5, 9, 2],
        ],
        options({ temperature: 1, seed }),
      )
      return answers.map(({ text }) => text)
    }
    const [one, other] = await drawn('a')
    expect(await drawn('a')).toEqual([one, other])
    expect(one).not.toBe(other)
    expect(await drawn('b')).not.toEqual([one, other])
  })
})

describe('exports without a cache', () => {
  const rows = ['gpt2', 'llama', 'qwen2'].flatMap((model) =>
    ['dynamo', 'script'].flatMap((exporter) =>
      ['base', 'adapted'].map((logits) => [model, exporter, logits] as const),
    ),
  )
  it.each(rows)('%s, %s: the last token’s logits are PyTorch’s (%s)', async (model, exporter, logits) => {
    const folder = here(`fixtures/${model}`)
    const adapter = logits === 'base' ? null : await readAdapter(join(folder, 'adapter'))
    const decoder = await decoderOf(join(folder, `${exporter}.onnx`), adapter)
    const { prompts, expected } = await referenceOf(folder, `logits.${logits}`)
    expect(decoder.hasCache).toBe(false)
    for (const [i, prompt] of prompts.entries()) {
      const at = await decoder.start([prompt.slice(0, -1)])
      const next = await at.next(prompt.slice(-1))
      expect(widest(next.logits[0] ?? new Float32Array(), expected[i] ?? new Float32Array())).toBeLessThan(
        1e-4,
      )
    }
    await decoder.close()
  })
})

describe('Hugging Face folders', () => {
  const open = async (model: string, hasCache: boolean, adapter: Adapter | null = null): Promise<Decoder> => {
    const folder = here(`fixtures/${model}`)
    const { model: graph } = await loadDecoder(folder, 'base.safetensors', { hasCache })
    const adapted = adapter === null ? null : { folder, adapter }
    const built = buildGenerationGraph(graph, folder, adapted)
    return openDecoder({ graph: built, weightsFolder: folder, device: 'cpu', threads: 1 })
  }

  const rows = ['llama', 'qwen2'].flatMap((model) =>
    ['base', 'adapted'].map((logits) => [model, logits] as const),
  )
  it.each(rows)('%s: with a cache, token by token, PyTorch’s logits (%s)', async (model, logits) => {
    const adapter = logits === 'base' ? null : await readAdapter(here(`fixtures/${model}/adapter`))
    const decoder = await open(model, true, adapter)
    expect(decoder).toMatchObject({ hasCache: true, canPad: true })
    const { prompts, expected } = await referenceOf(here(`fixtures/${model}`), `logits.${logits}`)
    for (const [i, prompt] of prompts.entries()) {
      let at = await decoder.start([prompt.slice(0, 3)])
      for (const id of prompt.slice(3)) at = await at.next([id])
      expect(widest(at.logits[0] ?? new Float32Array(), expected[i] ?? new Float32Array())).toBeLessThan(1e-4)
    }
    await decoder.close()
  })

  it.each(['llama', 'qwen2'])(
    '%s: beside longer prompts as alone, with a cache as without',
    async (model) => {
      const [cached, full] = [await open(model, true), await open(model, false)]
      const prompts = [[3, 1, 4], [15], [9, 2, 6, 5, 3, 58]]
      const together = await generate(cached, voice, prompts, options({ maxTokens: 20 }))
      for (const [i, prompt] of prompts.entries()) {
        const [alone] = await generate(full, voice, [prompt], options({ maxTokens: 20 }))
        expect(together[i]?.text).toBe(alone?.text)
      }
      await cached.close()
      await full.close()
    },
  )
})

describe('graphs as onnx-community publishes them', () => {
  const folder = here('fixtures/llama')
  const open = async (products: Products, adapter: Adapter | null): Promise<Decoder> => {
    const weights = await readAllFloat32(join(folder, 'base.safetensors'))
    const model = communityLlama((name) => weights.get(name) ?? new Float32Array(0), products)
    const graph = buildGenerationGraph(model, 'model.onnx', adapter === null ? null : { folder, adapter })
    return openDecoder({ graph, weightsFolder: folder, device: 'cpu', threads: 1 })
  }

  it.each(['base', 'adapted'])('with a cache, token by token, have PyTorch’s logits (%s)', async (logits) => {
    const adapter = logits === 'base' ? null : await readAdapter(join(folder, 'adapter'))
    const decoder = await open('float', adapter)
    // Their attention reads lengths: what is padded on the left would be read as text.
    expect(decoder).toMatchObject({ hasCache: true, canPad: false })
    const { prompts, expected } = await referenceOf(folder, `logits.${logits}`)
    for (const [i, prompt] of prompts.entries()) {
      let at = await decoder.start([prompt.slice(0, 5)])
      for (const id of prompt.slice(5)) at = await at.next([id])
      expect(widest(at.logits[0] ?? new Float32Array(), expected[i] ?? new Float32Array())).toBeLessThan(1e-4)
    }
    await decoder.close()
  })

  it('in four bits go on as their full forward passes do', async () => {
    const decoder = await open('int4', null)
    const ids = [5, 9, 2]
    let at = await decoder.start([ids])
    for (let i = 0; i < 12; i++) {
      const [fresh = new Float32Array()] = (await decoder.start([ids])).logits
      // Four-bit products round their input to eight bits, by blocks: the bar is wider.
      expect(widest(at.logits[0] ?? new Float32Array(), fresh)).toBeLessThan(1e-2)
      ids.push(greedy(fresh))
      at = await at.next(ids.slice(-1))
    }
    await decoder.close()
  })
})

/** Rows of a fixture, without their padding, and the reference's logits at the last token of each. */
async function referenceOf(
  folder: string,
  name: string,
): Promise<{ readonly prompts: readonly (readonly number[])[]; readonly expected: readonly Float32Array[] }> {
  const tensors = await locateTensors(join(folder, 'reference.safetensors'))
  const read = async (each: string): Promise<readonly bigint[]> => {
    const tensor = tensors.get(each)
    if (tensor === undefined) throw new Error(`the fixture lacks ${each}`)
    const bytes = (await readFile(tensor.path)).subarray(tensor.offset, tensor.offset + tensor.sizeBytes)
    return Array.from(new BigInt64Array(new Uint8Array(bytes).buffer))
  }
  const logits = tensors.get(name)
  if (logits === undefined) throw new Error(`the fixture lacks ${name}`)
  const [count = 0, length = 0, width = 0] = logits.shape
  const values = await readFloat32(logits)
  const [ids, mask] = [await read('input.input_ids'), await read('input.attention_mask')]
  const rows = Array.from({ length: count }, (_, row) => {
    const tokens = mask.slice(row * length, (row + 1) * length).filter((bit) => bit === 1n).length
    const last = row * length + tokens - 1
    return {
      prompt: ids.slice(row * length, last + 1).map(Number),
      expected: values.slice(last * width, (last + 1) * width),
    }
  })
  return { prompts: rows.map(({ prompt }) => prompt), expected: rows.map(({ expected }) => expected) }
}

describe('an adapter of a module inside of a fused operator', () => {
  it('acts as it does on the product itself', async () => {
    const [vocab, width] = [6, 4]
    const wave = (length: number, step: number): number[] =>
      Array.from({ length }, (_, i) => Math.sin(step * (i + 1)))
    const build = (isFused: boolean): OnnxModel => {
      const b = new GraphBuilder({ opset: 18, name: 'main_graph' })
      b.useDomain('com.microsoft', 1)
      const ids = b.input('input_ids', DataType.int64, ['batch', 'sequence'])
      const x = b.add('Gather', [b.constant(DataType.float, [vocab, width], wave(vocab * width, 1)), ids])
      const weight = b.constant(DataType.float, [width, width], wave(width * width, 2))
      const options = { name: '/model/proj/MatMul', ...(isFused ? { domain: 'com.microsoft' } : {}) }
      const y = b.add(isFused ? 'FusedMatMul' : 'MatMul', [x, weight], {}, options)
      const head = b.constant(DataType.float, [width, vocab], wave(width * vocab, 3))
      b.outputAs('logits', b.add('MatMul', [y, head], {}, { name: '/lm_head/MatMul' }), DataType.float, [
        'batch',
        'sequence',
        vocab,
      ])
      return b.build()
    }
    const [a, other] = [Float32Array.from(wave(2 * width, 4)), Float32Array.from(wave(2 * width, 5))]
    const shape = { name: 'model.proj', rank: 2, scale: 2, in: width, out: width, kernel: [] }
    const { config } = await readAdapter(here('fixtures/llama/adapter'))
    const adapter: Adapter = { config, modules: [{ ...shape, a, b: other }], whole: [] }
    const logitsOf = async (isFused: boolean, own: Adapter | null): Promise<Float32Array> => {
      const adapted = own === null ? null : { folder: 'adapter', adapter: own }
      const graph = buildGenerationGraph(build(isFused), 'model.onnx', adapted)
      const decoder = await openDecoder({ graph, weightsFolder: '.', device: 'cpu', threads: 1 })
      const { logits } = await decoder.start([[3, 1, 4]])
      await decoder.close()
      return logits[0] ?? new Float32Array()
    }
    const plain = await logitsOf(false, adapter)
    expect(widest(await logitsOf(true, adapter), plain)).toBeLessThan(1e-5)
    expect(widest(await logitsOf(true, null), plain)).toBeGreaterThan(0.1)
  })
})

describe('what cannot go on with text', () => {
  it.each([
    ['bert/script.onnx', /logits/],
    ['vit/script.onnx', /logits|input_ids/],
  ])('%s is refused by name', async (path, reason) => {
    const file = here(`fixtures/${path}`)
    const { model } = await openModel(file)
    expect(() => buildGenerationGraph(model, file)).toThrow(reason)
    expect(() => buildGenerationGraph(model, file)).toThrow(
      expect.objectContaining({ code: 'MODEL_NOT_GENERATIVE' }),
    )
  })

  it('nor an adapter of other modules', async () => {
    const { model, file } = await openModel(EXPORT)
    const adapter = await readAdapter(here('fixtures/llama/adapter'))
    const folder = 'fixtures/llama/adapter'
    expect(() => buildGenerationGraph(model, file, { folder, adapter })).toThrow(
      expect.objectContaining({ code: 'ADAPTER_MISMATCH' }),
    )
  })
})
