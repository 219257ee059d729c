/**
 * Sites' training in one process: a base opened once, any number of trainings from it, each from the same start. Local
 * training is the product's own loop; only the processes and folders around it are left out, which for models this small
 * would cost more than the training. In: a model folder, a mode, data. Out: all weights of the trained model as one
 * vector, and, for adapters, their factors.
 */
import * as v from 'valibot'
import { deltaOf } from '../../src/export/index.ts'
import { factorsOf } from '../../src/model/lora.ts'
import { openBase, type TrainingBase } from '../../src/train/base.ts'
import { type Batch, type Dataset, orderedBatches } from '../../src/train/dataset.ts'
import { type ParameterSlot, unpackParameters } from '../../src/train/gradient/parameters.ts'
import { runLoop } from '../../src/train/loop.ts'
import { openObjective, type OpenObjective } from '../../src/train/objective.ts'
import { recipeSchema, type TrainingRecipe } from '../../src/train/options.ts'
import { readStartingWeights, writeTrainedModel } from '../../src/train/results.ts'
import { initialParameters, trainableOf } from '../../src/train/trainable.ts'
import type { UpdateModule } from '../../src/update/index.ts'

export const MODES = ['lora', 'full'] as const
export type Mode = (typeof MODES)[number]

export const RANK = 8
/** alpha / rank. */
export const SCALE = 2
export const BATCH_SIZE = 16
const TEST_BATCH_SIZE = 32

/** One stretch of local training. */
export interface Stretch {
  readonly epochs: number
  /** At the first and the last step; linear in between. */
  readonly learningRate: { readonly from: number; readonly to: number }
  readonly seed: string
  /** Of adapters: their rank, the seed of their first A, and whether A stays as it is. */
  readonly rank?: number
  readonly initialSeed?: string
  readonly freezeA?: boolean
}

export interface Trained {
  /** All weights of the model, in the order of `WholeModel.slots`. */
  readonly weights: Float32Array
  /** Empty where all of them were trained. */
  readonly modules: readonly UpdateModule[]
}

/** All of a model's weights, and what its loss is anywhere near them. */
export interface WholeModel {
  readonly folder: string
  readonly slots: readonly ParameterSlot[]
  /** The folder's own. */
  readonly start: Float32Array
  readonly read: (jsonl: string) => Promise<Dataset>
  /** Mean cross-entropy, nats a token. */
  readonly lossAt: (weights: Float32Array, data: Dataset) => Promise<number>
  /** Of the mean cross-entropy. */
  readonly gradientAt: (weights: Float32Array, data: Dataset) => Promise<Float32Array>
  /** Weights of a folder of the same architecture. */
  readonly weightsOf: (folder: string) => Promise<Float32Array>
  readonly write: (folder: string, weights: Float32Array) => Promise<void>
  /** Full fine-tuning from any weights. */
  readonly train: (data: Dataset, start: Float32Array, stretch: Stretch) => Promise<Trained>
  readonly close: () => Promise<void>
}

function recipeOf(
  mode: TrainingRecipe['mode'],
  { epochs, learningRate: { from, to }, seed }: Stretch,
): TrainingRecipe {
  return v.parse(recipeSchema, {
    mode,
    epochs,
    batchSize: BATCH_SIZE,
    schedule: 'linear',
    learningRate: from,
    finalShare: to / from,
    warmupShare: 0,
    validationShare: 0,
    seed,
  })
}

async function runStretch(
  objective: OpenObjective,
  data: Dataset,
  initial: Float32Array,
  recipe: TrainingRecipe,
): Promise<Float32Array> {
  const { parameters } = await runLoop({
    objective,
    initial,
    training: data,
    validation: null,
    recipe,
    checkpoints: null,
    checkpointEverySteps: 0,
    onProgress: () => {},
  })
  return parameters
}

const openOn = (base: TrainingBase, recipe: TrainingRecipe, threads: number): Promise<OpenObjective> =>
  openObjective({
    model: base.model,
    weightsFolder: base.folder,
    trainable: trainableOf(base, recipe),
    loss: base.loss,
    device: 'cpu',
    threads,
  })

const batchesOf = (data: Dataset): readonly Batch[] =>
  orderedBatches(data, TEST_BATCH_SIZE).map((numbers) => data.collate(numbers))

export async function openWhole(folder: string, threads: number): Promise<WholeModel> {
  const base = await openBase(folder)
  const objective = await openOn(base, v.parse(recipeSchema, { mode: { kind: 'full' } }), threads)
  const { slots } = objective
  const weightsOf = (from: string): Promise<Float32Array> =>
    readStartingWeights(slots, { ...base, folder: from })
  return {
    folder,
    slots,
    start: await weightsOf(folder),
    read: async (jsonl) => (await base.readData([jsonl])).dataset,
    lossAt: async (weights, data) => {
      let sum = 0
      for (const batch of batchesOf(data)) sum += await objective.lossSum(weights, batch)
      return sum / data.targetCount
    },
    gradientAt: async (weights, data) => {
      const sum = new Float32Array(weights.length)
      for (const batch of batchesOf(data)) {
        const { gradient } = await objective.lossAndGradient(weights, batch)
        for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (gradient[i] ?? 0) / data.targetCount
      }
      return sum
    },
    weightsOf,
    write: (out, parameters) => writeTrainedModel({ from: folder, out, slots, parameters, kept: [] }),
    train: async (data, start, stretch) => {
      const recipe = recipeOf({ kind: 'full' }, stretch)
      return { weights: await runStretch(objective, data, start, recipe), modules: [] }
    },
    close: objective.close,
  }
}

export interface AdapterTrainer {
  readonly train: (data: Dataset, stretch: Stretch) => Promise<Trained>
  readonly close: () => Promise<void>
}

/** Adapters on all linear modules of a folder's model. @param options — of every training, since they shape the graph */
export async function openAdapters(
  folder: string,
  whole: WholeModel,
  options: {
    readonly threads: number
    readonly rank?: number
    readonly freezeA?: boolean
    readonly initialSeed: string
  },
): Promise<AdapterTrainer> {
  const { threads, rank = RANK, freezeA = false, initialSeed } = options
  const base = await openBase(folder)
  const start = await whole.weightsOf(folder)
  const mode = { kind: 'lora', targets: ['all-linear'], rank, alpha: SCALE * rank, freezeA } as const
  const initialRecipe = v.parse(recipeSchema, { mode, seed: initialSeed })
  const trainable = trainableOf(base, initialRecipe)
  const objective = await openOn(base, initialRecipe, threads)
  const sites = trainable.kind === 'lora' ? trainable.sites : []
  return {
    train: async (data, stretch) => {
      const recipe = recipeOf(initialRecipe.mode, stretch)
      const initial = await initialParameters(objective.slots, initialRecipe, base)
      const values = unpackParameters(objective.slots, await runStretch(objective, data, initial, recipe))
      const modules = sites.map(({ module, rank: r, scale, frozenA }): UpdateModule => {
        const { a, b } = factorsOf(module, r)
        return {
          name: module.name,
          rank: r,
          scale,
          in: module.inSize,
          out: module.outSize,
          a: (frozenA ?? values.get(a.name) ?? new Float32Array()).slice(),
          b: (values.get(b.name) ?? new Float32Array()).slice(),
        }
      })
      return { weights: movedBy(start, modules, whole.slots), modules }
    },
    close: objective.close,
  }
}

/** Weights with adapters' ΔW added. */
export function movedBy(
  start: Float32Array,
  modules: readonly UpdateModule[],
  slots: readonly ParameterSlot[],
): Float32Array {
  const weights = start.slice()
  const offsets = new Map(slots.map(({ name, offset }) => [name, offset]))
  for (const module of modules) {
    const offset = offsets.get(`${module.name}.weight`) ?? 0
    for (const [i, change] of deltaOf({ kind: 'stacked', ...module }).entries())
      weights[offset + i] = (weights[offset + i] ?? 0) + change
  }
  return weights
}
