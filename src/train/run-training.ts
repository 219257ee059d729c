/**
 * One training run, in the process that holds the model: base and data in, adapter (or model) and summary out.
 * Files in the output folder: the adapter as PEFT keeps it (LoRA) or a Hugging Face folder (full), `training.json`, and
 * `checkpoint.safetensors` while the run goes on.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { toHex, utf8 } from '../core/bytes.ts'
import { sha256 } from '../core/hash.ts'
import { RoundError } from '../core/errors.ts'
import type { OnProgress } from '../core/ports.ts'
import type { TrainFault } from './errors.ts'
import { ensureFolder, fileDigest, writeJson } from '../files/index.ts'
import { writeDiagonals } from '../model/diagonal-file.ts'
import { ALL_LINEAR, type LinearModule } from '../model/lora.ts'
import { openBase, type TrainingBase } from './base.ts'
import { type Dataset, splitForValidation } from './dataset.ts'
import { packData, type PackingSummary, type SplitData } from './pack-data.ts'
import { openCheckpointStore } from './checkpoint.ts'
import { chooseDevice, type DeviceRecord, recordDevice } from './device.ts'
import type { FisherTrace } from './fisher.ts'
import { runFisher } from './fisher-run.ts'
import { createPull, type Pull } from './pull.ts'
import type { LoraSite, Trainable } from './gradient/training-graph.ts'
import type { ParameterSlot } from './gradient/parameters.ts'
import type { Extents } from './gradient/activation-size.ts'
import type { Alarm } from './alarms.ts'
import { runLoop, type HistoryEntry, type LoopResult, type LoopState } from './loop.ts'
import { chooseMemory, keepMemoryChoice, type MemoryChoice, removeMemoryChoice } from './memory.ts'
import { openObjective } from './objective.ts'
import type { CheckedTrainingOptions, TrainingRecipe } from './options.ts'
import { quantiseTrainingBase, type QuantisationSummary } from './quantised-base.ts'
import type { DataSummary, Task } from './tasks/task.ts'
import { writeTrainedAdapter, keptParameters, writeTrainedModel } from './results.ts'
import { initialParameters, trainableOf, withTargets } from './trainable.ts'

/** `training.json`: what was done, and how it went. */
export interface TrainingResult {
  readonly schema: 'oneround/training@1'
  /** Folder of the adapter (LoRA) or of the model (full). */
  readonly out: string
  /** SHA-256 of each of the base's files, hex. */
  readonly base: Readonly<Record<string, string>>
  /** SHA-256 of each data file, hex, in the order given. */
  readonly data: readonly string[]
  readonly recipe: TrainingRecipe
  /** Where the base was quantised: what that did to its modules. */
  readonly quantisation?: QuantisationSummary
  /** The device that was opened. */
  readonly device: string
  /** What of a step ran where, read from ONNX Runtime's profile; absent where no step was left to take. */
  readonly placement?: DeviceRecord
  /** Whether layers were computed twice, and the estimate that decided it. */
  readonly memory?: MemoryChoice
  /** Where it was asked for: how steeply the loss rises around the result. */
  readonly fisher?: FisherTrace
  /** The charter that gave the defaults, by its digest, and where this run did otherwise. */
  readonly charter?: CheckedTrainingOptions['charter']
  /** What the model learns. */
  readonly task: Task
  /** Samples trained on, and set aside. */
  readonly samples: { readonly training: number; readonly validation: number }
  /** Samples of the data files that lost their end, or had nothing to learn in them. */
  readonly dataSummary: DataSummary
  /** Where short samples share rows: how many rows the training samples make, and the share of them that is no padding. */
  readonly packing?: PackingSummary
  /** Targets of one epoch: tokens of a language model. */
  readonly targetTokens: number
  /** Names of the modules with an adapter; empty in full mode. */
  readonly modules: readonly string[]
  readonly parameterCount: number
  readonly steps: number
  readonly bestStep: number
  /** Mean cross-entropy over the validation targets, nats, before training and at the best step. */
  readonly validationLoss: { readonly before: number; readonly best: number } | null
  readonly stoppedEarly: boolean
  /** What went wrong on the way, and what to do. */
  readonly alarms: readonly Alarm[]
  readonly resumedFromStep: number
  /** Seconds of this process, without those before a resume. */
  readonly seconds: number
  readonly history: readonly HistoryEntry[]
}

export const ADAPTER_FOLDER = 'adapter'

/** @param now — milliseconds of any steady clock @throws everything that base, data, graph and loop throw */
export async function runTraining(
  stated: CheckedTrainingOptions,
  onProgress: OnProgress,
  now: () => number,
): Promise<TrainingResult> {
  const startedAt = now()
  const original = await openBase(stated.model, { isPacked: stated.recipe.packing })
  const options = withTargets(stated, original)
  const samples = await readData(options, original)
  const { data, packing } = packData(samples, original, options.recipe)
  refuseFullExport(original, options.recipe)
  await ensureFolder(options.out)
  const identity = await identityOf(options, original)
  const { base, summary: quantisation } = await quantised(original, options, { identity, onProgress })
  const trainable = trainableOf(base, options.recipe)
  const sites = trainable.kind === 'lora' ? trainable.sites : []
  const modules = sites.map(({ module }) => module)
  let memory: MemoryChoice | null = null
  let placement: DeviceRecord | null = null
  const device = await chooseDevice(options.device)
  const objective = await openObjective({
    model: base.model,
    weightsFolder: base.folder,
    trainable,
    loss: base.loss,
    isHostStepped: options.recipe.optimizer !== 'adamw' || options.recipe.pull > 0,
    device,
    threads: options.threads,
    onNodeRuns: (runs) => {
      placement = recordDevice(options.device, device, runs, options.allowFallback)
    },
    decideCheckpointing: async (activationBytes) => {
      const { checkpointing, memoryLimitMb } = options
      const extents = extentsOf(data.training, options.recipe.batchSize)
      memory = await keepMemoryChoice(options.out, identity.digest, options.resume, () =>
        chooseMemory({ checkpointing, memoryLimitMb, extents, activationBytes }),
      )
      return memory.checkpointing
    },
  })
  try {
    const checkpoints = openCheckpointStore<LoopState>(options.out, identity.digest, checkLoopState)
    if (!options.resume) await checkpoints.remove()
    const initial = await initialParameters(objective.slots, options.recipe, base)
    const { checkpointEverySteps, recipe } = options
    const loop = {
      objective,
      initial,
      training: data.training,
      validation: data.validation,
      recipe,
      ...pullOf(recipe, trainable, objective.slots, initial),
      checkpoints,
      checkpointEverySteps,
      onProgress,
    }
    const result = await runLoop(loop)
    const fisher = recipe.fisher
      ? await runFisher(options, base, {
          trainable,
          device,
          dataset: data.training,
          parameters: result.parameters,
          onProgress,
        })
      : null
    const out = await writeOutcome(options, base, sites, objective.slots, result.parameters)
    const seconds = (now() - startedAt) / 1000
    const outcome = {
      options,
      task: base.task,
      identity,
      data: samples,
      modules,
      objective,
      result,
      out,
      seconds,
    }
    const summary = {
      ...summarise(outcome),
      device,
      ...(placement === null ? {} : { placement }),
      ...(quantisation === null ? {} : { quantisation }),
      ...(packing === null ? {} : { packing }),
      ...(memory === null ? {} : { memory }),
      ...(fisher === null ? {} : { fisher: { samples: fisher.samples, trace: fisher.trace } }),
      ...(options.charter === undefined ? {} : { charter: options.charter }),
    }
    if (fisher !== null) await writeDiagonals(out, fisher.tensors)
    await writeJson(join(options.out, 'training.json'), summary)
    await checkpoints.remove()
    await removeMemoryChoice(options.out)
    return summary
  } finally {
    await objective.close()
  }
}

function pullOf(
  { pull: strength }: TrainingRecipe,
  trainable: Trainable,
  slots: readonly ParameterSlot[],
  initial: Float32Array,
): { readonly pull?: Pull } {
  return strength === 0 ? {} : { pull: createPull({ trainable, slots, initial, strength }) }
}

/** The base as training sees it. The quantised weights lie in the output folder, and stay there for a run that goes on. */
export async function quantised(
  base: TrainingBase,
  { recipe, out }: CheckedTrainingOptions,
  { identity, onProgress }: { readonly identity: Identity; readonly onProgress: OnProgress },
): Promise<{ readonly base: TrainingBase; readonly summary: QuantisationSummary | null }> {
  const { quantise: quantisation } = recipe
  if (quantisation === undefined) return { base, summary: null }
  const digest = JSON.stringify(identity.base)
  return quantiseTrainingBase(base, { quantisation, folder: out, identity: digest, onProgress })
}

/** The largest batch that can come. */
export const extentsOf = ({ size, lengths }: Dataset, batchSize: number): Extents => ({
  batch: Math.min(size, batchSize),
  length: lengths.reduce((longest, length) => Math.max(longest, length), 1),
})

export interface Data extends SplitData {
  readonly summary: DataSummary
}

export async function readData(options: CheckedTrainingOptions, base: TrainingBase): Promise<Data> {
  const { dataset: training, summary } = await base.readData(options.data, options.recipe.maxLength)
  if (options.validation.length > 0) {
    const { dataset: validation } = await base.readData(options.validation, options.recipe.maxLength)
    return { training, validation, summary }
  }
  const { validationShare, seed } = options.recipe
  // A single sample cannot be split: it is trained on, without validation.
  if (validationShare === 0 || training.size < 2) return { training, validation: null, summary }
  return { ...splitForValidation(training, validationShare, seed), summary }
}

/** A graph's weights have names and layouts of its exporter, which no folder of safetensors can be written from. */
export function refuseFullExport(
  { source, folder, isPart }: Pick<TrainingBase, 'source' | 'folder' | 'isPart'>,
  { mode }: Pick<TrainingRecipe, 'mode'>,
): void {
  if (mode.kind !== 'full' || (source !== 'onnx' && !isPart)) return
  const reason = isPart ? 'a model of which one part is built' : 'an exported graph'
  const fault: TrainFault = { code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode', reason }
  const hint = isPart
    ? 'Train an adapter (leave --full out), or name the folder of a model that is text alone.'
    : 'Train an adapter (leave --full out), or name the Hugging Face folder that the graph was exported from.'
  throw new RoundError(fault, `recipe.mode: ${folder} holds ${reason}, of which adapters are trained`, {
    hint,
  })
}

/** What a run is: the same base, data and recipe are the same run, wherever it reads, writes and computes. */
export interface Identity {
  readonly base: Readonly<Record<string, string>>
  readonly data: readonly string[]
  readonly validation: readonly string[]
  readonly digest: string
}

export async function identityOf(options: CheckedTrainingOptions, original: TrainingBase): Promise<Identity> {
  const digests = async (files: readonly string[]): Promise<string[]> => {
    const all: string[] = []
    for (const file of files) all.push(toHex(await fileDigest(file)))
    return all
  }
  const files = await original.digest()
  const base = Object.fromEntries(files.map(({ name, sha256 }) => [name, toHex(sha256)]))
  const data = await digests(options.data)
  const validation = await digests(options.validation)
  const digest = toHex(sha256(utf8(JSON.stringify({ base, data, validation, recipe: options.recipe }))))
  return { base, data, validation, digest }
}

/** PEFT takes `all-linear` as a single word only, and knows no exclusions in a list; layers are said by whole names, too. */
const wordsOf = ({ targets, exclude, layers }: Extract<TrainingRecipe['mode'], { kind: 'lora' }>) =>
  exclude.length > 0 || layers.length > 0 || targets.includes(ALL_LINEAR) ? null : targets

async function writeOutcome(
  options: CheckedTrainingOptions,
  base: TrainingBase,
  sites: readonly LoraSite[],
  slots: readonly ParameterSlot[],
  parameters: Float32Array,
): Promise<string> {
  const { mode } = options.recipe
  if (mode.kind === 'full') {
    const kept = mode.parameters === undefined ? [] : await keptParameters(base, slots)
    await writeTrainedModel({ from: options.model, out: options.out, slots, parameters, kept })
    return options.out
  }
  const out = join(options.out, ADAPTER_FOLDER)
  const { dropout } = mode
  await writeTrainedAdapter({ out, base, targets: wordsOf(mode), dropout, sites, slots, parameters })
  return out
}

interface Outcome {
  readonly options: CheckedTrainingOptions
  readonly task: Task
  readonly identity: Identity
  readonly data: Data
  readonly modules: readonly LinearModule[]
  readonly objective: { readonly parameterCount: number }
  readonly result: LoopResult
  readonly out: string
  readonly seconds: number
}

function summarise({
  options,
  task,
  identity,
  data,
  modules,
  objective,
  result,
  out,
  seconds,
}: Outcome): TrainingResult {
  const before = result.history[0]?.validationLoss ?? null
  const best = result.bestValidationLoss
  return {
    schema: 'oneround/training@1',
    out,
    base: identity.base,
    data: identity.data,
    recipe: options.recipe,
    device: options.device,
    task,
    samples: { training: data.training.size, validation: data.validation?.size ?? 0 },
    dataSummary: data.summary,
    targetTokens: data.training.targetCount,
    modules: modules.map((module) => module.name),
    parameterCount: objective.parameterCount,
    steps: result.stepCount,
    bestStep: result.bestStep,
    validationLoss: before === null || best === null ? null : { before, best },
    stoppedEarly: result.stoppedEarly,
    alarms: result.alarms,
    resumedFromStep: result.resumedFromStep,
    seconds,
    history: result.history,
  }
}

const number = v.number()
const stateSchema = v.strictObject({
  step: number,
  epoch: number,
  batchesDone: number,
  // JSON has no infinity: null is the loss before any validation.
  patience: v.strictObject({
    bestLoss: v.pipe(
      v.nullable(number),
      v.transform((loss) => loss ?? Number.POSITIVE_INFINITY),
    ),
    waited: number,
  }),
  bestStep: number,
  lossSum: number,
  targetCount: number,
  gradientNormMax: number,
  history: v.array(
    v.strictObject({
      step: number,
      epoch: number,
      learningRate: number,
      trainLoss: v.nullable(number),
      validationLoss: v.nullable(number),
      gradientNormMax: v.nullable(number),
    }),
  ),
})

/** @returns the state, or null if it is none of this version */
export function checkLoopState(value: unknown): LoopState | null {
  const parsed = v.safeParse(stateSchema, value)
  return parsed.success ? parsed.output : null
}
