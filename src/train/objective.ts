/**
 * Graphs with a loss, as functions of flat parameters and a batch. Two sessions share the weights on disk: one that
 * makes gradients and one that only measures, which is opened when it is first asked.
 * Cost: each run copies parameters in and gradients out once, but where training keeps both on the device (resident.ts).
 * The first run of the session that makes gradients is profiled where the caller asks what ran where.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from '../core/errors.ts'
import { makeTemporaryFolder, removeFolder } from '../files/index.ts'
import type { OnnxModel } from '../model/graph.ts'
import { openSession, type Device, type Session } from '../model/session.ts'
import type { NodeRun } from '../model/session-profile.ts'
import { floatsOf, floatTensor, type HostTensor, type HostTensors } from '../model/session-tensor.ts'
import type { Batch } from './dataset.ts'
import type { ParameterSlot } from './gradient/parameters.ts'
import type { LossKind } from './gradient/loss.ts'
import {
  buildEvaluationGraph,
  buildTrainingGraph,
  COUNT_OUTPUT,
  FISHER_OUTPUT,
  GRADIENTS_OUTPUT,
  LABELS_INPUT,
  LOSS_OUTPUT,
  PARAMETERS_INPUT,
  type Trainable,
  type TrainingGraph,
} from './gradient/training-graph.ts'
import { drawDropout } from './gradient/dropout.ts'
import type { FisherObjective } from './fisher.ts'
import type { Objective } from './loop.ts'
import { openResidentTrainer, RESIDENT_DEVICES, type ResidentTrainer } from './resident.ts'

export interface ObjectiveOptions {
  readonly model: OnnxModel
  readonly weightsFolder: string
  readonly trainable: Trainable
  readonly loss: LossKind
  /** For optimisers that no device has: gradients come to the host, which takes the steps. */
  readonly isHostStepped?: boolean
  /** Asked once whether layers are to be computed again in the backward pass; measuring has none. Default: no. */
  readonly decideCheckpointing?: (activationBytes: TrainingGraph['activationBytes']) => Promise<boolean>
  readonly device: Device
  /** 0: ONNX Runtime's choice. */
  readonly threads: number
  /** Told once, after the first run, which nodes ran where; what it throws ends that run. */
  readonly onNodeRuns?: (runs: readonly NodeRun[]) => void
}

export interface OpenObjective extends Objective {
  readonly slots: readonly ParameterSlot[]
  readonly close: () => Promise<void>
}

/** @throws what buildTrainingGraph and openSession throw */
export async function openObjective(options: ObjectiveOptions): Promise<OpenObjective> {
  const { model, trainable, loss } = options
  const whole = buildTrainingGraph(model, { trainable, loss })
  const hasCheckpointing = (await options.decideCheckpointing?.(whole.activationBytes)) ?? false
  const graph = hasCheckpointing ? buildTrainingGraph(model, { trainable, loss, hasCheckpointing }) : whole
  const decays = decaysOf(graph)
  const isResident = RESIDENT_DEVICES.includes(options.device) && options.isHostStepped !== true
  if (isResident) return openResident(options, graph, decays)
  const training = await openProfiled(options, graph)
  const measuring = lazyMeasuring(options)
  return {
    parameterCount: graph.parameterCount,
    slots: graph.parameters,
    decays,
    ...noiseOf(graph),
    lossAndGradient: async (parameters, batch) => {
      const feeds = feedsOf(parameters, batch)
      const result = await training.session.run(feeds, [LOSS_OUTPUT, GRADIENTS_OUTPUT])
      await training.afterRun()
      return {
        lossSum: scalarOf(floatsOf(result[LOSS_OUTPUT])),
        gradient: floatsOf(result[GRADIENTS_OUTPUT]),
      }
    },
    lossSum: measuring.lossSum,
    close: async () => {
      await training.session.close()
      await training.cleanUp()
      await measuring.close()
    },
  }
}

/** Parameters and moments stay on the device; `lossAndGradient` alone is not offered there. */
async function openResident(
  options: ObjectiveOptions,
  graph: TrainingGraph,
  decays: Uint8Array,
): Promise<OpenObjective> {
  const opened: Profiled[] = []
  const resident: ResidentTrainer = await openResidentTrainer({
    graph,
    decays,
    device: options.device,
    open: async (whole, names) => {
      const training = await openProfiled(options, whole, names)
      opened.push(training)
      return training.session
    },
    onFirstRun: async () => {
      for (const { afterRun } of opened) await afterRun()
    },
  })
  const measuring = lazyMeasuring(options)
  return {
    parameterCount: graph.parameterCount,
    slots: graph.parameters,
    decays,
    ...noiseOf(graph),
    resident,
    lossAndGradient: () => Promise.reject(new Error('gradients stay on the device')),
    lossSum: measuring.lossSum,
    close: async () => {
      await resident.close()
      for (const { cleanUp } of opened) await cleanUp()
      await measuring.close()
    },
  }
}

interface Profiled {
  readonly session: Session
  /** After the first run: reports what ran where. */
  readonly afterRun: () => Promise<void>
  readonly cleanUp: () => Promise<void>
}

async function openProfiled(
  options: ObjectiveOptions,
  graph: TrainingGraph,
  resident?: readonly string[],
): Promise<Profiled> {
  const { onNodeRuns } = options
  if (onNodeRuns === undefined) {
    const none = (): Promise<void> => Promise.resolve()
    return { session: await open(options, graph, { resident }), afterRun: none, cleanUp: none }
  }
  const profileFolder = await makeTemporaryFolder(join(tmpdir(), 'oneround-profile-'))
  const cleanUp = (): Promise<void> => removeFolder(profileFolder)
  try {
    const session = await open(options, graph, { resident, profileFolder })
    let hasReported = false
    const afterRun = async (): Promise<void> => {
      if (hasReported) return
      hasReported = true
      onNodeRuns(await session.nodeRuns())
    }
    return { session, afterRun, cleanUp }
  } catch (error) {
    await cleanUp()
    throw error
  }
}

/** Opened when it is first asked. */
function lazyMeasuring(options: ObjectiveOptions): {
  readonly lossSum: Objective['lossSum']
  readonly close: () => Promise<void>
} {
  let measuring: Session | null = null
  return {
    lossSum: async (parameters, batch) => {
      measuring ??= await openMeasuring(options)
      return lossSumOf(measuring, parameters, batch)
    },
    close: async () => measuring?.close(),
  }
}

export interface OpenFisher extends FisherObjective {
  readonly slots: readonly ParameterSlot[]
  /** Where each margin lies. */
  readonly marginSlots: readonly ParameterSlot[]
  readonly close: () => Promise<void>
}

/** Gradients of single samples and their margins at the adapted weights; without dropout, and nothing is computed twice. */
export async function openFisher(options: ObjectiveOptions): Promise<OpenFisher> {
  const { model, trainable, loss } = options
  const plain: Trainable = trainable.kind === 'lora' ? { ...trainable, dropout: 0 } : trainable
  const graph = buildTrainingGraph(model, { trainable: plain, loss, hasFisherSums: true })
  const session = await open(options, graph)
  const fetches = graph.fisher.length === 0 ? [GRADIENTS_OUTPUT] : [GRADIENTS_OUTPUT, FISHER_OUTPUT]
  return {
    slots: graph.parameters,
    marginSlots: graph.fisher,
    lossAndMargins: async (parameters, batch) => {
      const result: HostTensors = await session.run(feedsOf(parameters, batch), fetches)
      const { [FISHER_OUTPUT]: margins, [GRADIENTS_OUTPUT]: gradient } = result
      assert(gradient !== undefined, 'the gradient was asked for')
      return {
        gradient: floatsOf(gradient),
        margins: margins === undefined ? new Float32Array() : floatsOf(margins),
      }
    },
    close: () => session.close(),
  }
}

/** What one batch measures. */
export interface Measure {
  readonly lossSum: number
  /** Of classifiers: how many of the batch's samples have their own label as the likeliest. */
  readonly correctCount: number | null
}

export interface OpenMeasure extends Pick<OpenObjective, 'parameterCount' | 'slots' | 'lossSum' | 'close'> {
  readonly measure: (parameters: Float32Array, batch: Batch) => Promise<Measure>
}

/** An objective that only measures: nothing is differentiated. */
export async function openMeasure(options: ObjectiveOptions): Promise<OpenMeasure> {
  const { model, trainable, loss } = options
  const hasLogits = loss === 'classification'
  const graph = buildEvaluationGraph(model, { trainable, loss, hasLogits })
  const sums: readonly string[] = [LOSS_OUTPUT, COUNT_OUTPUT]
  const logits = graph.model.graph.outputs.map(({ name }) => name).find((name) => !sums.includes(name))
  const { session, afterRun, cleanUp } = await openProfiled(options, graph)
  const measure = async (parameters: Float32Array, batch: Batch): Promise<Measure> => {
    const fetches = [LOSS_OUTPUT, ...(hasLogits && logits !== undefined ? [logits] : [])]
    const result: HostTensors = await session.run(feedsOf(parameters, batch), fetches)
    await afterRun()
    const { [LOSS_OUTPUT]: loss, [logits ?? '']: scores } = result
    assert(loss !== undefined, 'the loss was asked for')
    return {
      lossSum: scalarOf(floatsOf(loss)),
      correctCount: scores === undefined ? null : correctCountOf(scores, batch),
    }
  }
  return {
    parameterCount: graph.parameterCount,
    slots: graph.parameters,
    measure,
    lossSum: async (parameters, batch) => (await measure(parameters, batch)).lossSum,
    close: async () => {
      await session.close()
      await cleanUp()
    },
  }
}

/** Rows of scores [samples, classes] whose largest score is the label's; the first of equal ones counts. */
function correctCountOf(scores: HostTensor, { labels }: Batch): number {
  const classes = scores.dims.at(-1) ?? 1
  const values = floatsOf(scores)
  let correct = 0
  for (const [row, label] of [...labels.data].entries()) {
    const own = values.subarray(row * classes, (row + 1) * classes)
    if (own.indexOf(Math.max(...own)) === Number(label)) correct++
  }
  return correct
}

function openMeasuring(options: ObjectiveOptions): Promise<Session> {
  return open(
    options,
    buildEvaluationGraph(options.model, { trainable: options.trainable, loss: options.loss }),
  )
}

interface SessionExtras {
  readonly resident?: readonly string[] | undefined
  readonly profileFolder?: string
}

function open(
  { weightsFolder, device, threads }: ObjectiveOptions,
  graph: TrainingGraph,
  { resident, profileFolder }: SessionExtras = {},
): Promise<Session> {
  return openSession({
    model: graph.model,
    weightsFolder,
    device,
    ...(threads === 0 ? {} : { threads }),
    ...(resident === undefined ? {} : { resident }),
    ...(profileFolder === undefined ? {} : { profileFolder }),
  })
}

async function lossSumOf(session: Session, parameters: Float32Array, batch: Batch): Promise<number> {
  const result = await session.run(feedsOf(parameters, batch), [LOSS_OUTPUT])
  return scalarOf(floatsOf(result[LOSS_OUTPUT]))
}

function feedsOf(parameters: Float32Array, batch: Batch): HostTensors {
  return {
    ...batch.feeds,
    [LABELS_INPUT]: batch.labels,
    [PARAMETERS_INPUT]: floatTensor([parameters.length], parameters),
  }
}

function scalarOf(values: Float32Array): number {
  const [value] = values
  assert(value !== undefined, 'a sum has one element')
  return value
}

function noiseOf({ dropout }: TrainingGraph): Pick<Objective, 'noise'> {
  return dropout === undefined ? {} : { noise: (seed) => drawDropout(dropout, seed) }
}

/** Matrices decay; norms and biases do not (Loshchilov and Hutter's decay is of weights). */
function decaysOf({ parameters, parameterCount }: TrainingGraph): Uint8Array {
  const decays = new Uint8Array(parameterCount)
  for (const { dims, offset, size } of parameters) if (dims.length > 1) decays.fill(1, offset, offset + size)
  return decays
}
