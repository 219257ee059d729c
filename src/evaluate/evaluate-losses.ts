/**
 * Mean cross-entropy of a base with each of several adapters on data files, in the process that holds the model.
 * Each adapter keeps its own ranks and scales: the graph is built for it. The base alone is the base with an adapter of
 * zeros, so that every figure comes from one and the same arithmetic.
 * In: folders and JSONL files. Out: losses in nats, over all target tokens of a file, and of all files together.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OnProgress } from '../core/ports.ts'
import { makeTemporaryFolder, removeFolder } from '../files/index.ts'
import { modelError } from '../model/errors.ts'
import { findLinearModules } from '../model/linear-modules.ts'
import type { LinearModule } from '../model/lora.ts'
import type { NodeRun } from '../model/session-profile.ts'
import type { OnnxModel } from '../model/graph.ts'
import { readAdapter, type Adapter } from '../model/peft.ts'
import { openBase, type TrainingBase } from '../train/base.ts'
import { chooseDevice, type DeviceRecord, recordDevice } from '../train/device.ts'
import { type Dataset, orderedBatches } from '../train/dataset.ts'
import { unpackParameters } from '../train/gradient/parameters.ts'
import type { LoraSite, WholeParameter } from '../train/gradient/training-graph.ts'
import { openMeasure } from '../train/objective.ts'
import { quantiseTrainingBase, type Quantisation, type QuantisingOptions } from '../train/quantised-base.ts'
import type { Task } from '../train/tasks/task.ts'
import { savedName } from '../train/whole.ts'
import { matchFiles, sumMatches, type ExactMatch } from './exact-match.ts'
import type { Device } from '../model/session.ts'
import type { CheckedEvaluationOptions } from './options.ts'

export interface FileLoss {
  readonly file: string
  /** Mean cross-entropy over the file's target tokens, nats. */
  readonly loss: number
  readonly targetTokens: number
  /** Of classifiers: share of the samples whose own label is the likeliest, 0 to 1. */
  readonly accuracy?: number
  /** Where it was asked for; null where the file asks nothing. */
  readonly exactMatch?: ExactMatch | null
}

export interface AdapterLosses {
  readonly name: string
  /** null: the base alone. */
  readonly adapter: string | null
  /** Over the target tokens of all files together, nats. */
  readonly loss: number
  /** Of language models; null for other tasks, whose loss is no entropy of a text. */
  readonly perplexity: number | null
  /** Of classifiers, over all files together. */
  readonly accuracy?: number
  /** Over all files together, where it was asked for; null where they ask nothing. */
  readonly exactMatch?: ExactMatch | null
  readonly files: readonly FileLoss[]
}

export interface EvaluationResult {
  readonly schema: 'oneround/evaluation@1'
  readonly model: string
  /** How the base was quantised, where it was. */
  readonly quantise?: Quantisation
  readonly targetTokens: number
  /** What of the first batch ran where, read from ONNX Runtime's profile. */
  readonly placement: DeviceRecord | null
  readonly results: readonly AdapterLosses[]
}

interface DataFile {
  readonly file: string
  readonly samples: Dataset
}

/** @throws everything that base, data, adapters and sessions throw, ADAPTER_MISMATCH */
export async function evaluateInProcess(
  options: CheckedEvaluationOptions,
  onProgress: OnProgress,
): Promise<EvaluationResult> {
  const original = await openBase(options.model)
  if (options.quantise === undefined) return measureAll({ base: original }, options, onProgress)
  // The quantised weights are as large as half a base: they lie beside nothing of the user's, and go when all is measured.
  const folder = await makeTemporaryFolder(join(tmpdir(), 'oneround-quantised-'))
  try {
    const quantised = { quantisation: options.quantise, folder, identity: '' }
    const { base } = await quantiseTrainingBase(original, { ...quantised, onProgress })
    return await measureAll({ base, quantised }, options, onProgress)
  } finally {
    await removeFolder(folder)
  }
}

interface Measured {
  readonly base: TrainingBase
  /** How it was quantised, where it was. */
  readonly quantised?: Omit<QuantisingOptions, 'onProgress'>
}

async function measureAll(
  { base, quantised }: Measured,
  options: CheckedEvaluationOptions,
  onProgress: OnProgress,
): Promise<EvaluationResult> {
  const data: DataFile[] = []
  for (const file of options.data) data.push({ file, samples: (await base.readData([file])).dataset })
  const modules = findLinearModules(base.model)
  const device = await chooseDevice(options.device)
  let placement: DeviceRecord | null = null
  const onNodeRuns = (runs: readonly NodeRun[]): void => {
    placement ??= recordDevice(options.device, device, runs, options.allowFallback)
  }
  const results: AdapterLosses[] = []
  const total = options.adapters.length * data.length
  for (const { name, adapter } of options.adapters) {
    const adapted =
      adapter === null ? zeroSites(modules) : await adapterSites(adapter, modules, base.model.graph)
    const files = await measure({ options, device, onNodeRuns, base, ...adapted, data }, () => {
      onProgress({ unit: 'file', done: results.length * data.length, total, note: name })
    })
    const matches = options.exactMatch ? await matchesOf(options, device, adapter, quantised) : null
    const withMatches = files.map((file, i) => ({
      ...file,
      ...exactMatchField(matches, matches?.[i] ?? null),
    }))
    const together = exactMatchField(matches, sumMatches(matches ?? []))
    results.push({ name, adapter, ...summarise(files, base.task), ...together, files: withMatches })
    onProgress({ unit: 'file', done: results.length * data.length, total, note: name })
  }
  const targetTokens = results[0]?.files.reduce((sum, file) => sum + file.targetTokens, 0) ?? 0
  const { model, quantise } = options
  const asked = quantise === undefined ? {} : { quantise }
  return { schema: 'oneround/evaluation@1', model, ...asked, targetTokens, placement, results }
}

function matchesOf(
  { model, data, threads, batchSize }: CheckedEvaluationOptions,
  device: Device,
  adapter: string | null,
  quantised: Measured['quantised'],
): Promise<readonly (ExactMatch | null)[]> {
  const generator = { model, adapter, device, threads, ...(quantised === undefined ? {} : { quantised }) }
  return matchFiles(generator, data, batchSize)
}

/** The field, where exact matches were asked for. */
const exactMatchField = (asked: unknown, exactMatch: ExactMatch | null): { exactMatch?: ExactMatch | null } =>
  asked === null ? {} : { exactMatch }

interface Adapted {
  readonly sites: readonly LoraSite[]
  /** Factors by their PEFT name; those absent are zero. */
  readonly factors: ReadonlyMap<string, Float32Array>
  readonly whole: readonly WholeParameter[]
}

function zeroSites(modules: readonly LinearModule[]): Adapted {
  return {
    sites: modules.slice(0, 1).map((module) => ({ module, rank: 1, scale: 1 })),
    factors: new Map(),
    whole: [],
  }
}

async function adapterSites(
  folder: string,
  modules: readonly LinearModule[],
  { initializers }: OnnxModel['graph'],
): Promise<Adapted> {
  const adapter: Adapter = await readAdapter(folder)
  const byName = new Map(modules.map((module) => [module.name, module]))
  const factors = new Map<string, Float32Array>()
  const sites = adapter.modules.map(({ name, rank, scale, a, b, ...sizes }) => {
    const module = byName.get(name)
    if (module?.inSize !== sizes.in || module.outSize !== sizes.out) {
      const found =
        module === undefined ? 'has no such module' : `has it as [${module.outSize}, ${module.inSize}]`
      const message = `adapts module ${name} [${sizes.out}, ${sizes.in}], but the base ${found}`
      throw modelError({ code: 'ADAPTER_MISMATCH', file: folder, module: name }, message)
    }
    factors.set(`base_model.model.${name}.lora_A.weight`, a).set(`base_model.model.${name}.lora_B.weight`, b)
    return { module, rank, scale }
  })
  const whole = adapter.whole.map(({ name, shape, values }) => {
    const found = initializers.get(name)
    if (found?.dims.join() !== shape.join()) {
      const message = `holds parameter ${name} [${shape.join()}], which the base ${found === undefined ? 'does not have' : `has as [${found.dims.join()}]`}`
      throw modelError({ code: 'ADAPTER_MISMATCH', file: folder, module: name }, message)
    }
    factors.set(savedName(name), values)
    return { initializer: name, slot: savedName(name), dims: shape }
  })
  return { sites, factors, whole }
}

interface Measurement extends Adapted {
  readonly options: CheckedEvaluationOptions
  readonly device: Device
  readonly onNodeRuns: (runs: readonly NodeRun[]) => void
  readonly base: TrainingBase
  readonly data: readonly DataFile[]
}

async function measure(
  { options, device, onNodeRuns, base, sites, factors, whole, data }: Measurement,
  onFile: () => void,
): Promise<readonly FileLoss[]> {
  const { threads, batchSize } = options
  const trainable = { kind: 'lora', sites, whole } as const
  const objective = await openMeasure({
    model: base.model,
    weightsFolder: base.folder,
    trainable,
    loss: base.loss,
    device,
    threads,
    onNodeRuns,
  })
  try {
    const parameters = new Float32Array(objective.parameterCount)
    for (const [name, slot] of unpackParameters(objective.slots, parameters)) {
      const factor = factors.get(name)
      if (factor) slot.set(factor)
    }
    const losses: FileLoss[] = []
    for (const { file, samples } of data) {
      onFile()
      let lossSum = 0
      let targetTokens = 0
      let correct: number | null = null
      for (const numbers of orderedBatches(samples, batchSize)) {
        const batch = samples.collate(numbers)
        const measured = await objective.measure(parameters, batch)
        lossSum += measured.lossSum
        targetTokens += batch.targetCount
        if (measured.correctCount !== null) correct = (correct ?? 0) + measured.correctCount
      }
      const accuracy = correct === null ? {} : { accuracy: correct / targetTokens }
      losses.push({ file, loss: lossSum / targetTokens, targetTokens, ...accuracy })
    }
    return losses
  } finally {
    await objective.close()
  }
}

/** Every target counts alike, in whatever file it is. */
function summarise(
  files: readonly FileLoss[],
  task: Task,
): Pick<AdapterLosses, 'loss' | 'perplexity' | 'accuracy'> {
  const targetTokens = files.reduce((sum, file) => sum + file.targetTokens, 0)
  const mean = (of: (file: FileLoss) => number): number =>
    files.reduce((sum, file) => sum + of(file) * file.targetTokens, 0) / targetTokens
  const loss = mean((file) => file.loss)
  const isClassified = files.every(({ accuracy }) => accuracy !== undefined)
  return {
    loss,
    perplexity: task === 'causal-lm' ? Math.exp(loss) : null,
    ...(isClassified ? { accuracy: mean(({ accuracy = 0 }) => accuracy) } : {}),
  }
}
