/**
 * Our gradients against PyTorch's: a folder of the reference form (a model in one of three graphs, an adapter, inputs,
 * labels, gradients and five optimiser steps as PyTorch + PEFT computed them) → how far ours are from them.
 * In: the folder. Out: a report; gradients by name. Never: a verdict on bars; a missing, extra or non-finite tensor is an
 * error, everything else is a figure.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RoundError } from '../../core/errors.ts'
import { makeTemporaryFolder, readFileBounded, removeFolder } from '../../files/index.ts'
import { loadDecoder } from '../../model/hf-decoder.ts'
import { isEncoderFolder, loadEncoder } from '../../model/hf-encoder.ts'
import { findLinearModules } from '../../model/linear-modules.ts'
import { chooseModules } from '../../model/lora.ts'
import type { OnnxModel } from '../../model/graph.ts'
import { decodeModel } from '../../model/onnx.ts'
import { readAdapter, type Adapter } from '../../model/peft.ts'
import { openSession, type Device, type Session } from '../../model/session.ts'
import {
  floatsOf,
  floatTensor,
  type HostTensor,
  type HostTensors,
  zeros,
} from '../../model/session-tensor.ts'
import { recordDevice } from '../device.ts'
import { createAdamW } from '../optimizer/adamw.ts'
import { prepareBase } from './prepare.ts'
import { packParameters, unpackParameters, type ParameterSlot } from './parameters.ts'
import { readReference, type Reference } from './reference.ts'
import { buildTrainingGraph, COUNT_OUTPUT, GRADIENTS_OUTPUT, LABELS_INPUT } from './training-graph.ts'
import { LOSS_OUTPUT, PARAMETERS_INPUT, type LoraSite, type TrainingGraph } from './training-graph.ts'

export const CHECKED_GRAPHS = ['dynamo', 'script', 'hf'] as const
export type CheckedGraph = (typeof CHECKED_GRAPHS)[number]

const MODEL_SIZE_BYTES_MAX = 2 ** 31 - 1

export type CheckFault =
  /** A gradient that the reference has and we do not, or the other way round. */
  | {
      readonly code: 'GRADIENTS_DIFFER'
      readonly missing: readonly string[]
      readonly extra: readonly string[]
    }
  /** A gradient or loss of ours is NaN or infinite. */
  | { readonly code: 'GRADIENT_NOT_FINITE'; readonly tensor: string }
  /** The adapter names a module that the graph does not have, or with other sizes. */
  | { readonly code: 'ADAPTER_UNFIT'; readonly module: string }

export interface GradientReport {
  readonly model: string
  readonly graph: CheckedGraph
  readonly device: Device
  /** Mean over the targets, nats (squared error for denoisers), at the folder's adapter. */
  readonly loss: number
  readonly referenceLoss: number
  /** How many gradients were compared. */
  readonly tensors: number
  /** `relative`: max |ours − reference| / max |reference| of a tensor. */
  readonly worst: { readonly name: string; readonly relative: number }
  /** Six losses, before each of five steps and after the last; `worst`: largest |ours − reference| / |reference|. */
  readonly adamw: { readonly losses: readonly number[]; readonly worst: number }
}

export interface GradientCheck {
  readonly report: GradientReport
  /** Mean gradients by PEFT name, with their dims. */
  readonly gradients: readonly (ParameterSlot & { readonly values: Float32Array })[]
  /** `relative` of every tensor. */
  readonly relatives: ReadonlyMap<string, number>
}

/**
 * @throws GRADIENTS_DIFFER | GRADIENT_NOT_FINITE | ADAPTER_UNFIT | DEVICE_FALLBACK, and what reading, building and running throw
 */
export async function checkGradients(options: {
  readonly folder: string
  readonly graph: CheckedGraph
  readonly device: Device
  readonly hasCheckpointing?: boolean
  /** Whether floats may be computed on the processor although the device is another. */
  readonly allowsFallback?: boolean
}): Promise<GradientCheck> {
  const { folder, graph, device, hasCheckpointing = false, allowsFallback = false } = options
  const reference = await readReference(folder)
  const adapter = await readAdapter(join(folder, 'adapter'))
  const base = prepareBase(await readGraph(folder, graph))
  const training = buildTrainingGraph(base, {
    trainable: { kind: 'lora', sites: sitesOf(base, adapter) },
    loss: reference.loss,
    hasCheckpointing,
  })
  const profileFolder =
    device === 'cpu' ? null : await makeTemporaryFolder(join(tmpdir(), 'oneround-profile-'))
  const session = await openSession({
    model: training.model,
    weightsFolder: folder,
    device,
    ...(profileFolder === null ? {} : { profileFolder }),
  })
  // An exporter drops inputs that its graph does not read.
  const taken = Object.entries(reference.inputs).filter(([name]) => session.inputNames.includes(name))
  const given = [...firstSegments(session.inputNames, reference), ...taken]
  const feeds = { ...Object.fromEntries(given), [LABELS_INPUT]: reference.labels }
  try {
    const run = (parameters: Float32Array): Promise<Measured> => measure(session, feeds, parameters)
    const initial = packParameters(training.parameters, tensorsOf(adapter))
    const first = await run(initial)
    if (profileFolder !== null) recordDevice(device, device, await session.nodeRuns(), allowsFallback)
    const gradients = gradientsOf(training, first.gradients, reference)
    const relatives = compare(gradients, reference)
    const losses = await descend(run, initial, first, reference)
    return { report: summarise(options, reference, { relatives, losses }), gradients, relatives }
  } finally {
    await session.close()
    if (profileFolder !== null) await removeFolder(profileFolder)
  }
}

/** A model with segments that is told of none has the first everywhere, as `transformers` has it. */
function firstSegments(
  wanted: readonly string[],
  { inputs: { input_ids: ids } }: Pick<Reference, 'inputs'>,
): readonly (readonly [name: string, HostTensor])[] {
  if (ids === undefined || !wanted.includes('token_type_ids')) return []
  return [['token_type_ids', zeros(ids.dataType, ids.dims)]]
}

async function readGraph(folder: string, graph: CheckedGraph): Promise<OnnxModel> {
  if (graph === 'hf') {
    const load = (await isEncoderFolder(folder)) ? loadEncoder : loadDecoder
    return (await load(folder, 'base.safetensors')).model
  }
  const file = join(folder, `${graph}.onnx`)
  return decodeModel(await readFileBounded(file, MODEL_SIZE_BYTES_MAX), file)
}

/** One site for each place where the graph runs a module that the adapter has factors for. */
function sitesOf(base: OnnxModel, adapter: Adapter): readonly LoraSite[] {
  const modules = findLinearModules(base)
  return adapter.modules.flatMap(({ name, rank, scale, in: inSize, out: outSize }) => {
    const found = chooseModules(modules, [name]).filter((module) => module.name === name)
    if (
      found.length === 0 ||
      found.some((module) => module.inSize !== inSize || module.outSize !== outSize)
    ) {
      throw new RoundError<CheckFault>(
        { code: 'ADAPTER_UNFIT', module: name },
        `the graph has no module ${name} of ${inSize} to ${outSize} features, as the adapter has`,
      )
    }
    return found.map((module) => ({ module, rank, scale }))
  })
}

const tensorsOf = (adapter: Adapter): ReadonlyMap<string, Float32Array> =>
  new Map(
    adapter.modules.flatMap(({ name, a, b }): [string, Float32Array][] => [
      [`base_model.model.${name}.lora_A.weight`, a],
      [`base_model.model.${name}.lora_B.weight`, b],
    ]),
  )

interface Measured {
  /** Mean over the targets. */
  readonly loss: number
  /** Of the mean, flat. */
  readonly gradients: Float32Array
}

async function measure(session: Session, feeds: HostTensors, parameters: Float32Array): Promise<Measured> {
  const flat = floatTensor([parameters.length], parameters)
  const wanted = [LOSS_OUTPUT, COUNT_OUTPUT, GRADIENTS_OUTPUT] as const
  const results = await session.run({ ...feeds, [PARAMETERS_INPUT]: flat }, wanted)
  const count = floatsOf(results[COUNT_OUTPUT])[0] ?? 0
  const loss = (floatsOf(results[LOSS_OUTPUT])[0] ?? Number.NaN) / count
  if (!Number.isFinite(loss)) throw notFinite('loss')
  return { loss, gradients: floatsOf(results[GRADIENTS_OUTPUT]).map((element) => element / count) }
}

function notFinite(tensor: string): RoundError<CheckFault> {
  return new RoundError({ code: 'GRADIENT_NOT_FINITE', tensor }, `${tensor} is not finite`)
}

function gradientsOf(
  { parameters }: TrainingGraph,
  flat: Float32Array,
  reference: Reference,
): GradientCheck['gradients'] {
  const names = new Set(parameters.map((slot) => slot.name))
  const missing = [...reference.gradients.keys()].filter((name) => !names.has(name))
  const extra = [...names].filter((name) => !reference.gradients.has(name))
  if (missing.length > 0 || extra.length > 0) {
    throw new RoundError<CheckFault>(
      { code: 'GRADIENTS_DIFFER', missing, extra },
      `gradients missing: ${missing.join(', ') || 'none'}; extra: ${extra.join(', ') || 'none'}`,
    )
  }
  const values = unpackParameters(parameters, flat)
  return parameters.map((slot) => ({ ...slot, values: values.get(slot.name) ?? new Float32Array(0) }))
}

function compare(gradients: GradientCheck['gradients'], reference: Reference): ReadonlyMap<string, number> {
  return new Map(
    gradients.map(({ name, values, size }) => {
      const wanted = reference.gradients.get(name) ?? new Float32Array(0)
      if (!values.every((element) => Number.isFinite(element))) throw notFinite(name)
      if (wanted.length !== size) {
        throw new RoundError<CheckFault>(
          { code: 'GRADIENTS_DIFFER', missing: [name], extra: [] },
          `gradient ${name} has ${size} elements, the reference's ${wanted.length}`,
        )
      }
      return [name, relativeDistance(values, wanted)]
    }),
  )
}

/** max |a − b| / max |b|; the absolute distance where b is zero. */
function relativeDistance(a: Float32Array, b: Float32Array): number {
  let distance = 0
  let largest = 0
  for (let i = 0; i < b.length; i++) {
    distance = Math.max(distance, Math.abs((a[i] ?? 0) - (b[i] ?? 0)))
    largest = Math.max(largest, Math.abs(b[i] ?? 0))
  }
  return largest === 0 ? distance : distance / largest
}

/** The loss before each of the reference's optimiser steps, and after the last. */
async function descend(
  run: (parameters: Float32Array) => Promise<Measured>,
  initial: Float32Array,
  first: Measured,
  { adamw }: Reference,
): Promise<readonly number[]> {
  const { learningRate, losses: wanted } = adamw
  const optimizer = createAdamW(initial.length, adamw)
  const parameters = initial.slice()
  const losses = [first.loss]
  let measured = first
  for (let step = 1; step < wanted.length; step++) {
    optimizer.step(parameters, measured.gradients, { learningRate, step })
    measured = await run(parameters)
    losses.push(measured.loss)
  }
  return losses
}

function summarise(
  { graph, device }: { readonly graph: CheckedGraph; readonly device: Device },
  reference: Reference,
  {
    relatives,
    losses,
  }: { readonly relatives: ReadonlyMap<string, number>; readonly losses: readonly number[] },
): GradientReport {
  const [worst] = [...relatives].sort(([, a], [, b]) => b - a)
  const distances = losses.map((loss, i) => {
    const wanted = reference.adamw.losses[i] ?? Number.NaN
    return Math.abs(loss - wanted) / Math.abs(wanted)
  })
  return {
    model: reference.model,
    graph,
    device,
    loss: losses[0] ?? Number.NaN,
    referenceLoss: reference.lossValue,
    tensors: relatives.size,
    worst: { name: worst?.[0] ?? '', relative: worst?.[1] ?? 0 },
    adamw: { losses, worst: Math.max(...distances) },
  }
}
