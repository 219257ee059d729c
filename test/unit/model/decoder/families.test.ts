// Protects: decoders of each family, built from their folders, compute PyTorch's logits, loss and gradients, in every form.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDecoder } from '../../../../src/generate/decoder.ts'
import { buildGenerationGraph } from '../../../../src/generate/generation-graph.ts'
import { loadDecoder, type DecoderForm } from '../../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { packParameters, unpackParameters } from '../../../../src/train/gradient/parameters.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { formulaWeight, writeFormulaBase } from '../../../support/formula-base.ts'

interface Case {
  readonly config: { readonly vocab_size: number; readonly model_type: string }
  readonly loss: number
  readonly places: readonly (readonly [number, number])[]
  readonly logits: readonly (readonly number[])[]
  /** Of each place with nothing behind it, where positions look at the length of the run. */
  readonly alone?: readonly (readonly number[])[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
  /** Of every weight: the gradient's length, and its product with the formula's direction. */
  readonly whole: Readonly<Record<string, readonly [norm: number, product: number]>>
}
interface Vectors {
  readonly ids: readonly (readonly number[])[]
  readonly mask: readonly (readonly number[])[]
  readonly rank: number
  readonly scale: number
  readonly cases: Readonly<Record<string, Case>>
}

/** max |ours − PyTorch's| / max |PyTorch's| of a tensor. */
const BAR = 1e-5
const path = fileURLToPath(new URL('../../../vectors/decoders.json', import.meta.url))
const vectors = JSON.parse(await readFile(path, 'utf8')) as Vectors
const { ids, mask, rank, scale } = vectors
const [rows, columns] = [ids.length, ids[0]?.length ?? 0]
const flat = (values: readonly (readonly number[])[]): number[] => values.flat()
/** Tokens of each row, without the padding at its end. */
const lengths = mask.map((row) => row.filter((value) => value === 1).length)

function distance(ours: ArrayLike<number>, theirs: readonly number[]): number {
  expect(ours.length).toBe(theirs.length)
  const widest = Math.max(...theirs.map(Math.abs))
  return Math.max(...theirs.map((value, i) => Math.abs(value - (ours[i] ?? Number.NaN)))) / widest
}

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-families-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe.each(Object.entries(vectors.cases))('%s', (name, expected) => {
  let folder = ''
  beforeAll(async () => {
    folder = await writeFormulaBase(join(root, name.replaceAll(/\W+/g, '-')), expected.config)
  })

  /** The formula's factors of the adapted modules, by the names that training gives them. */
  const factors = (modules: readonly { name: string; inSize: number; outSize: number }[]) =>
    modules.flatMap(({ name: module, inSize, outSize }): [string, Float32Array][] => [
      [`base_model.model.${module}.lora_A.weight`, formulaWeight(`${module}.lora_A`, rank * inSize)],
      [`base_model.model.${module}.lora_B.weight`, formulaWeight(`${module}.lora_B`, outSize * rank)],
    ])

  it('trains with PyTorch’s loss and gradients', async () => {
    const { model } = await loadDecoder(folder)
    const adapted = findLinearModules(model).filter((module) => `${module.name}.lora_A` in expected.gradients)
    expect(adapted).toHaveLength(Object.keys(expected.gradients).length / 2)
    const sites = adapted.map((module) => ({ module, rank, scale }))
    const training = buildTrainingGraph(model, { trainable: { kind: 'lora', sites }, loss: 'causal-lm' })
    const parameters = packParameters(training.parameters, new Map(factors(adapted)))
    const session = await openSession({
      model: training.model,
      weightsFolder: folder,
      device: 'cpu',
      threads: 1,
    })
    const labels = flat(ids).map((id, i) => (flat(mask)[i] === 1 ? id : -100))
    const results = await session.run(
      {
        input_ids: int64Tensor([rows, columns], flat(ids)),
        attention_mask: int64Tensor([rows, columns], flat(mask)),
        labels: int64Tensor([rows, columns], labels),
        parameters: floatTensor([parameters.length], parameters),
      },
      ['loss_sum', 'token_count', 'gradients'],
    )
    await session.close()
    const count = floatsOf(results.token_count)[0] ?? 0
    expect(Math.abs((floatsOf(results.loss_sum)[0] ?? 0) / count / expected.loss - 1)).toBeLessThanOrEqual(
      BAR,
    )
    const gradients = unpackParameters(
      training.parameters,
      floatsOf(results.gradients).map((value) => value / count),
    )
    for (const [key, theirs] of Object.entries(expected.gradients)) {
      const ours = gradients.get(`base_model.model.${key}.weight`) ?? new Float32Array(0)
      expect(distance(ours, theirs), key).toBeLessThanOrEqual(BAR)
    }
  })

  it('gives every weight PyTorch’s gradient', async () => {
    const { model } = await loadDecoder(folder)
    const training = buildTrainingGraph(model, { trainable: { kind: 'full' }, loss: 'causal-lm' })
    const names = training.parameters.map(({ name }) => name)
    expect(names.toSorted()).toEqual(Object.keys(expected.whole).toSorted())
    const weights = training.parameters.map(({ name, size }) => [name, formulaWeight(name, size)] as const)
    const parameters = packParameters(training.parameters, new Map(weights))
    const session = await openSession({
      model: training.model,
      weightsFolder: folder,
      device: 'cpu',
      threads: 1,
    })
    const labels = flat(ids).map((id, i) => (flat(mask)[i] === 1 ? id : -100))
    const results = await session.run(
      {
        input_ids: int64Tensor([rows, columns], flat(ids)),
        attention_mask: int64Tensor([rows, columns], flat(mask)),
        labels: int64Tensor([rows, columns], labels),
        parameters: floatTensor([parameters.length], parameters),
      },
      ['token_count', 'gradients'],
    )
    await session.close()
    const count = floatsOf(results.token_count)[0] ?? 0
    for (const [name, gradient] of unpackParameters(training.parameters, floatsOf(results.gradients))) {
      const direction = formulaWeight(`${name}.direction`, gradient.length)
      const dot = (other: Float32Array): number =>
        gradient.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0)
      const [norm, product] = expected.whole[name] ?? [Number.NaN, Number.NaN]
      expect(Math.abs(Math.sqrt(dot(gradient)) / count / norm - 1), name).toBeLessThanOrEqual(BAR)
      const reach = norm * Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0))
      expect(Math.abs(dot(direction) / count - product) / reach, name).toBeLessThanOrEqual(BAR)
    }
  })

  const run = async (
    form: DecoderForm,
    feeds: Readonly<Record<string, readonly number[]>>,
    dims: readonly number[],
  ) => {
    const { model } = await loadDecoder(folder, undefined, form)
    const session = await openSession({ model, weightsFolder: folder, device: 'cpu', threads: 1 })
    const fed = Object.entries(feeds).map(([key, values]) => [key, int64Tensor(dims, values)] as const)
    const { logits } = await session.run(Object.fromEntries(fed), ['logits'])
    await session.close()
    return (place: number): Float32Array => {
      const size = expected.config.vocab_size
      return floatsOf(logits).subarray(place * size, (place + 1) * size)
    }
  }
  const compare = (logitsAt: (row: number, at: number) => Float32Array): void => {
    expected.places.forEach(([row, at], i) => {
      expect(distance(logitsAt(row, at), expected.logits[i] ?? []), `${row}, ${at}`).toBeLessThanOrEqual(BAR)
    })
  }

  it('computes PyTorch’s logits, padded on either side', async () => {
    const right = await run({}, { input_ids: flat(ids), attention_mask: flat(mask) }, [rows, columns])
    compare((row, at) => right(row * columns + at))
    const shift = (values: readonly (readonly number[])[]): number[] =>
      values.flatMap((row, i) => {
        const count = lengths[i] ?? 0
        return [...row.slice(count), ...row.slice(0, count)]
      })
    if (expected.config.model_type === 'gpt2') return
    // Positions are counted from the first column; rotary logits depend on their differences alone.
    const left = await run({}, { input_ids: shift(ids), attention_mask: shift(mask) }, [rows, columns])
    compare((row, at) => left(row * columns + columns - (lengths[row] ?? 0) + at))
  })

  it('computes them of samples that share a row', async () => {
    const own = ids.map((row, i) => row.slice(0, lengths[i]))
    const feeds = {
      input_ids: own.flat(),
      attention_mask: own.flatMap((row) => row.map(() => 1)),
      position_ids: own.flatMap((row) => row.map((_, at) => at)),
      segment_ids: own.flatMap((row, i) => row.map(() => i + 1)),
    }
    const packed = await run({ isPacked: true }, feeds, [1, own.flat().length])
    compare((row, at) => packed((row === 0 ? 0 : (lengths[0] ?? 0)) + at))
  })

  it('computes them token by token with a cache', async () => {
    const { model } = await loadDecoder(folder, undefined, { hasCache: true })
    const graph = buildGenerationGraph(model, folder)
    const decoder = await openDecoder({ graph, weightsFolder: folder, device: 'cpu', threads: 1 })
    const alone = expected.alone ?? expected.logits
    for (const [i, [row, at]] of expected.places.entries()) {
      const prompt = ids[row]?.slice(0, at + 1) ?? []
      let step = await decoder.start([prompt.slice(0, 2)])
      for (const id of prompt.slice(2)) step = await step.next([id])
      expect(distance(step.logits[0] ?? [], alone[i] ?? [])).toBeLessThanOrEqual(BAR)
    }
    // Side by side: the shorter prompt is padded on the left, and both go on.
    const [long = 0, short = 0] = lengths
    let step = await decoder.start([ids[0]?.slice(0, long - 2) ?? [], ids[1]?.slice(0, short - 2) ?? []])
    for (const back of [2, 1])
      step = await step.next([ids[0]?.[long - back] ?? 0, ids[1]?.[short - back] ?? 0])
    await decoder.close()
    expect(distance(step.logits[0] ?? [], expected.logits[1] ?? [])).toBeLessThanOrEqual(BAR)
    expect(distance(step.logits[1] ?? [], expected.logits[2] ?? [])).toBeLessThanOrEqual(BAR)
  })
})
