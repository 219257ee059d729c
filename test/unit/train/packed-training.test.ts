// Protects: several samples in a row are learned exactly as they are apart, and packing is refused where it could not be.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { openBase } from '../../../src/train/base.ts'
import type { Batch, Dataset } from '../../../src/train/dataset.ts'
import { openObjective } from '../../../src/train/objective.ts'
import { sequenceData } from '../../../src/train/tasks/causal-lm.ts'
import { IGNORED_LABEL, type Sequence } from '../../../src/train/tokens/sequences.ts'
import { checkTrainingOptions, train } from '../../../src/train/index.ts'
import { packData } from '../../../src/train/pack-data.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-packed-'))
  await makeTinyBase(join(folder, 'llama'))
  // Biases on queries, keys and values, and a tied head.
  await makeTinyBase(join(folder, 'qwen2'))
  await copyFile(fixture('qwen2/config.json'), join(folder, 'qwen2', 'config.json'))
  await copyFile(fixture('qwen2/base.safetensors'), join(folder, 'qwen2', 'model.safetensors'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Sequences of random ids, a prompt of random length in each without targets. */
function randomSequences(count: number): readonly Sequence[] {
  const rng = new SeededRng('packed')
  return Array.from({ length: count }, () => {
    const length = rng.between(2, 30)
    const promptLength = rng.below(length - 1)
    const ids = Int32Array.from({ length }, () => rng.between(2, 250))
    const labels = ids.map((id, i) => (i < promptLength ? IGNORED_LABEL : id))
    const targetCount = labels.subarray(1).filter((label) => label !== IGNORED_LABEL).length
    return { ids, labels, targetCount }
  })
}

const all = ({ size, collate }: Dataset): Batch => collate(Array.from({ length: size }, (_, i) => i))

async function measured(model: string, isPacked: boolean) {
  const base = await openBase(join(folder, model), { isPacked })
  const modules = findLinearModules(base.model).filter(({ isHead }) => !isHead)
  const objective = await openObjective({
    model: base.model,
    weightsFolder: base.folder,
    trainable: { kind: 'lora', sites: modules.map((module) => ({ module, rank: 2, scale: 1.5 })) },
    loss: base.loss,
    device: 'cpu',
    threads: 1,
  })
  const rng = new SeededRng('parameters')
  const parameters = Float32Array.from({ length: objective.parameterCount }, () => rng.normal() / 10)
  const apart = sequenceData(randomSequences(12))
  const data = isPacked ? apart.packed?.({ rowLength: 64, seed: 'rows' }) : apart
  if (data === undefined) throw new Error('sequences can be packed')
  const batch = all(data)
  const result = await objective.lossAndGradient(parameters, batch)
  const loss = await objective.lossSum(parameters, batch)
  await objective.close()
  return { ...result, loss, size: data.size, targetCount: batch.targetCount }
}

describe('packed rows', () => {
  it.each(['llama', 'qwen2'])(
    'of %s have the loss and the gradients of their sequences apart',
    async (model) => {
      const [apart, packed] = [await measured(model, false), await measured(model, true)]
      expect(packed.size).toBeLessThan(apart.size / 2)
      expect(packed.targetCount).toBe(apart.targetCount)
      expect(Math.abs(packed.lossSum - apart.lossSum) / apart.lossSum).toBeLessThan(1e-6)
      expect(Math.abs(packed.loss - apart.loss) / apart.loss).toBeLessThan(1e-6)
      const largest = apart.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const far = apart.gradient.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (packed.gradient[i] ?? NaN))),
        0,
      )
      expect(largest).toBeGreaterThan(0)
      expect(far / largest).toBeLessThan(1e-5)
    },
  )
})

describe('packing', () => {
  it('is refused where a graph would mix what stands in a row, and for samples that share none', async () => {
    const base = await openBase(join(folder, 'llama'))
    const recipe = checkTrainingOptions({
      model: 'm',
      data: ['d'],
      out: 'o',
      recipe: { packing: true },
    }).recipe
    const training = sequenceData(randomSequences(4))
    expect(() => packData({ training, validation: null }, base, recipe)).toThrow(
      /packing: .*without inputs position_ids and segment_ids/,
    )
    const packed = await openBase(join(folder, 'llama'), { isPacked: true })
    const { packed: _, ...single } = training
    expect(() => packData({ training: single, validation: null }, packed, recipe)).toThrow(/cannot share/)
    expect(packData({ training, validation: null }, base, { ...recipe, packing: false }).packing).toBeNull()
  })
})

describe('options', () => {
  it('a row length without packing is refused', () => {
    const given = { model: 'm', data: ['d'], out: 'o', recipe: { rowLength: 64 } }
    expect(() => checkTrainingOptions(given)).toThrow(/recipe\.rowLength/)
  })
})

describe('train', () => {
  it('packs where it is asked to, and says how full the rows are', async () => {
    const data = join(folder, 'data.jsonl')
    await writeFile(data, ruleLines(52) + `${JSON.stringify({ text: 'x'.repeat(60) })}\n`)
    const recipe = { epochs: 6, batchSize: 4, learningRate: 2e-2, packing: true }
    const result = await train({
      model: join(folder, 'llama'),
      data: [data],
      out: join(folder, 'out'),
      threads: 1,
      recipe,
    })
    expect(result.samples).toEqual({ training: 48, validation: 5 })
    expect(result.packing?.rows).toBeLessThan(10)
    expect(result.packing?.filledShare).toBeGreaterThan(0.8)
    expect(result.packing?.rowLength).toBeLessThanOrEqual(61)
    expect(result.validationLoss?.best).toBeLessThan((result.validationLoss?.before ?? 0) * 0.95)
  })
})
