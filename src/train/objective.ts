/**
 * Graphs with a loss, as functions of flat parameters and a batch. Two sessions share the weights on disk: one that
 * makes gradients and one that only measures, which is opened when it is first asked.
 * Cost: each run copies parameters in and gradients out once.
 */
import { assert } from '../core/errors.ts'
import type { OnnxModel } from '../model/graph.ts'
import { openSession, type Device, type Session } from '../model/session.ts'
import { floatsOf, floatTensor, type HostTensors } from '../model/session-tensor.ts'
import type { Batch } from './dataset.ts'
import type { ParameterSlot } from './gradient/parameters.ts'
import type { LossKind } from './gradient/loss.ts'
import {
  buildEvaluationGraph,
  buildTrainingGraph,
  GRADIENTS_OUTPUT,
  LABELS_INPUT,
  LOSS_OUTPUT,
  PARAMETERS_INPUT,
  type Trainable,
  type TrainingGraph,
} from './gradient/training-graph.ts'
import type { Objective } from './loop.ts'

export interface ObjectiveOptions {
  readonly model: OnnxModel
  readonly weightsFolder: string
  readonly trainable: Trainable
  readonly loss: LossKind
  /** Asked once whether layers are to be computed again in the backward pass; measuring has none. Default: no. */
  readonly decideCheckpointing?: (activationBytes: TrainingGraph['activationBytes']) => Promise<boolean>
  readonly device: Device
  /** 0: ONNX Runtime's choice. */
  readonly threads: number
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
  const training = await open(options, graph)
  let measuring: Session | null = null
  return {
    parameterCount: graph.parameterCount,
    slots: graph.parameters,
    decays: decaysOf(graph),
    lossAndGradient: async (parameters, batch) => {
      const result = await training.run(feedsOf(parameters, batch), [LOSS_OUTPUT, GRADIENTS_OUTPUT])
      return {
        lossSum: scalarOf(floatsOf(result[LOSS_OUTPUT])),
        gradient: floatsOf(result[GRADIENTS_OUTPUT]),
      }
    },
    lossSum: async (parameters, batch) => {
      measuring ??= await openMeasuring(options)
      return lossSumOf(measuring, parameters, batch)
    },
    close: async () => {
      await training.close()
      await measuring?.close()
    },
  }
}

/** An objective that only measures: nothing is differentiated. */
export async function openMeasure(
  options: ObjectiveOptions,
): Promise<Omit<OpenObjective, 'lossAndGradient' | 'decays'>> {
  const graph = buildEvaluationGraph(options.model, { trainable: options.trainable, loss: options.loss })
  const session = await open(options, graph)
  return {
    parameterCount: graph.parameterCount,
    slots: graph.parameters,
    lossSum: (parameters, batch) => lossSumOf(session, parameters, batch),
    close: () => session.close(),
  }
}

function openMeasuring(options: ObjectiveOptions): Promise<Session> {
  return open(
    options,
    buildEvaluationGraph(options.model, { trainable: options.trainable, loss: options.loss }),
  )
}

function open({ weightsFolder, device, threads }: ObjectiveOptions, graph: TrainingGraph): Promise<Session> {
  return openSession({ model: graph.model, weightsFolder, device, ...(threads === 0 ? {} : { threads }) })
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

/** Matrices decay; norms and biases do not (Loshchilov and Hutter's decay is of weights). */
function decaysOf({ parameters, parameterCount }: TrainingGraph): Uint8Array {
  const decays = new Uint8Array(parameterCount)
  for (const { dims, offset, size } of parameters) if (dims.length > 1) decays.fill(1, offset, offset + size)
  return decays
}
