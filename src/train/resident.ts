/**
 * Training whose parameters, gradients and moments never leave the device: AdamW and clipping as a graph, its outputs fed
 * back as inputs. Of a step only its loss and the norm of its gradient travel.
 *
 * In: a training graph, the recipe's constants. Out: the same steps as the loop's on the host, to the rounding of f32.
 * Invariant: every buffer that is replaced is disposed; reading back goes through a graph, since ONNX Runtime in Node
 * cannot map a device's buffer.
 * Source: Loshchilov and Hutter 2019 (arXiv:1711.05101), algorithm 2; Pascanu et al. 2013 (clipping by norm).
 */
import { assert } from '../core/errors.ts'
import { DataType, type OnnxModel } from '../model/graph.ts'
import { GraphBuilder } from '../model/graph-builder.ts'
import { encodeModel } from '../model/onnx.ts'
import {
  DeviceTensor,
  type Device,
  type MixedTensors,
  openSession,
  type Session,
  type SessionOptions,
} from '../model/session.ts'
import { floatsOf, floatTensor, type HostTensor } from '../model/session-tensor.ts'
import type { Batch } from './dataset.ts'
import {
  GRADIENTS_OUTPUT,
  LABELS_INPUT,
  LOSS_OUTPUT,
  PARAMETERS_INPUT,
  type TrainingGraph,
} from './gradient/training-graph.ts'

/** Devices whose memory sessions share in Node. */
export const RESIDENT_DEVICES: readonly Device[] = ['webgpu']

export interface ResidentVectors {
  readonly parameters: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
}

export interface ResidentConstants {
  readonly betas: readonly [number, number]
  readonly epsilon: number
}

export interface ResidentStep {
  readonly learningRate: number
  readonly weightDecay: number
  /** Counted from 1. */
  readonly step: number
  /** Targets that the gradient's sum is divided by. */
  readonly targetCount: number
  /** 0: no clipping. */
  readonly gradientNormMax: number
}

/** What the loop needs of it. */
export interface ResidentTrainer {
  readonly load: (vectors: ResidentVectors, constants: ResidentConstants) => Promise<void>
  /** Adds a batch's gradient to the step's. @returns the sum of its losses, nats */
  readonly accumulate: (batch: Batch) => Promise<number>
  /** One update, on all that was accumulated since the last. @returns the norm of the mean gradient, before clipping */
  readonly apply: (step: ResidentStep) => Promise<number>
  readonly read: () => Promise<ResidentVectors>
  readonly close: () => Promise<void>
}

const ACCUMULATED = 'accumulated'
const ACCUMULATED_NEXT = 'accumulated_next'
const MOMENTS = ['first', 'second'] as const
const NORM = 'norm'
const MASK = 'decay_mask'
/** Scalars that change from step to step, f32 [1]. */
const SCALARS = ['scale', 'norm_max', 'rate', 'root_correction', 'shrink'] as const
/** No clipping: no norm of a finite gradient is larger. */
const NO_BOUND = 3.4e38

const next = (name: string): string => `${name}_next`

/** The training graph whose gradients are added to those that an input brings. */
export function accumulatingGraph({ model, parameterCount }: TrainingGraph): OnnxModel {
  const b = new GraphBuilder(model, { prefix: 'resident/' })
  const before = b.input(ACCUMULATED, DataType.float, [parameterCount])
  const sum = b.add('Add', [before, GRADIENTS_OUTPUT])
  b.dropOutput(GRADIENTS_OUTPUT)
  b.outputAs(ACCUMULATED_NEXT, sum, DataType.float, [parameterCount])
  return b.build()
}

/** Clipping and AdamW over flat vectors, in f32. */
export function adamwGraph(count: number, { betas, epsilon }: ResidentConstants): OnnxModel {
  const b = new GraphBuilder({ opset: 18, name: 'adamw' })
  const vector = (name: string): string => b.input(name, DataType.float, [count])
  const scalar = (name: (typeof SCALARS)[number]): string => b.input(name, DataType.float, [1])
  const fixed = (value: number): string => b.constant(DataType.float, [1], [value])
  const mix = (beta: number, old: string, fresh: string): string =>
    b.add('Add', [b.add('Mul', [old, fixed(beta)]), b.add('Mul', [fresh, fixed(1 - beta)])])
  const [parameters, first, second] = [vector(PARAMETERS_INPUT), vector('first'), vector('second')]
  const mean = b.add('Mul', [vector(ACCUMULATED), scalar('scale')])
  const squares = b.add('ReduceSum', [b.add('Mul', [mean, mean]), b.int64s(0)])
  const norm = b.add('Sqrt', [squares])
  // min(1, bound / norm); a gradient of zeros stays one.
  const least = b.add('Max', [norm, fixed(1e-30)])
  const bound = b.add('Min', [b.add('Div', [scalar('norm_max'), least]), fixed(1)])
  const gradient = b.add('Mul', [mean, bound])
  const m = mix(betas[0], first, gradient)
  const v = mix(betas[1], second, b.add('Mul', [gradient, gradient]))
  const root = b.add('Div', [b.add('Sqrt', [v]), scalar('root_correction')])
  const change = b.add('Div', [b.add('Mul', [m, scalar('rate')]), b.add('Add', [root, fixed(epsilon)])])
  const decay = b.add('Mul', [b.add('Mul', [parameters, vector(MASK)]), scalar('shrink')])
  const decayed = b.add('Sub', [parameters, decay])
  b.outputAs(next(PARAMETERS_INPUT), b.add('Sub', [decayed, change]), DataType.float, [count])
  b.outputAs(next('first'), m, DataType.float, [count])
  b.outputAs(next('second'), v, DataType.float, [count])
  b.outputAs(NORM, norm, DataType.float, [1])
  return b.build()
}

function copyGraph(): Uint8Array {
  const b = new GraphBuilder({ opset: 17, name: 'copy' })
  const copy = b.add('Identity', [b.input('from', DataType.float, ['n'])])
  b.outputAs('to', copy, DataType.float, ['n'])
  return encodeModel(b.build())
}

export interface ResidentOptions {
  readonly graph: TrainingGraph
  readonly decays: Uint8Array
  /** Opens a session of the objective's settings; the training graph's weights lie outside of it. */
  readonly open: (graph: TrainingGraph, resident: readonly string[]) => Promise<Session>
  readonly device: Device
  /** Called after the first run of the training graph. */
  readonly onFirstRun: (session: Session) => Promise<void>
}

export async function openResidentTrainer(options: ResidentOptions): Promise<ResidentTrainer> {
  const { graph, device } = options
  const training = await options.open({ ...graph, model: accumulatingGraph(graph) }, [ACCUMULATED_NEXT])
  const small = (model: SessionOptions['model'], resident: readonly string[]): Promise<Session> =>
    openSession({ model, device, resident })
  const upload = await small(copyGraph(), ['to'])
  const download = await small(copyGraph(), [])
  return new Trainer(options, { training, upload, download }, small)
}

interface Sessions {
  readonly training: Session
  readonly upload: Session
  readonly download: Session
}

class Trainer implements ResidentTrainer {
  readonly #options: ResidentOptions
  readonly #sessions: Sessions
  readonly #openSmall: (model: OnnxModel, resident: readonly string[]) => Promise<Session>
  #adamw: Session | null = null
  /** Parameters, moments, the decay mask, and zeros. */
  readonly #held = new Map<string, DeviceTensor>()
  /** The step's gradient so far; null before its first batch. */
  #gradient: DeviceTensor | null = null
  #hasRun = false
  #constants: ResidentConstants | null = null

  constructor(
    options: ResidentOptions,
    sessions: Sessions,
    openSmall: (model: OnnxModel, resident: readonly string[]) => Promise<Session>,
  ) {
    this.#options = options
    this.#sessions = sessions
    this.#openSmall = openSmall
  }

  async load(vectors: ResidentVectors, constants: ResidentConstants): Promise<void> {
    const { parameterCount } = this.#options.graph
    this.#constants = constants
    const resident = [PARAMETERS_INPUT, ...MOMENTS].map(next)
    this.#adamw ??= await this.#openSmall(adamwGraph(parameterCount, constants), resident)
    await this.#put(PARAMETERS_INPUT, vectors.parameters)
    for (const name of MOMENTS) await this.#put(name, vectors[name])
    await this.#put(MASK, Float32Array.from(this.#options.decays))
    await this.#put(ACCUMULATED, new Float32Array(parameterCount))
  }

  async accumulate(batch: Batch): Promise<number> {
    const feeds = {
      ...batch.feeds,
      [LABELS_INPUT]: batch.labels,
      [PARAMETERS_INPUT]: this.#get(PARAMETERS_INPUT),
      [ACCUMULATED]: this.#gradient ?? this.#get(ACCUMULATED),
    }
    const { training } = this.#sessions
    const results = await training.runOnDevice(feeds)
    this.#gradient?.dispose()
    this.#gradient = deviceOf(results, ACCUMULATED_NEXT)
    if (!this.#hasRun) await this.#options.onFirstRun(training)
    this.#hasRun = true
    return numberOf(results, LOSS_OUTPUT)
  }

  async apply(at: ResidentStep): Promise<number> {
    const gradient = this.#gradient
    assert(this.#adamw !== null && gradient !== null, 'a step comes after load and a batch')
    const names = [PARAMETERS_INPUT, ...MOMENTS]
    const held = Object.fromEntries([...names, MASK].map((name) => [name, this.#get(name)]))
    const feeds = { ...held, ...this.#scalars(at), [ACCUMULATED]: gradient }
    const results = await this.#adamw.runOnDevice(feeds)
    for (const name of names) {
      this.#get(name).dispose()
      this.#held.set(name, deviceOf(results, next(name)))
    }
    gradient.dispose()
    this.#gradient = null
    return numberOf(results, NORM)
  }

  async read(): Promise<ResidentVectors> {
    const copyOf = async (name: string): Promise<Float32Array> => {
      const { to } = await this.#sessions.download.runOnDevice({ from: this.#get(name) })
      assert(to !== undefined && !(to instanceof DeviceTensor), 'what is read back lies on the host')
      return floatsOf(to)
    }
    const parameters = await copyOf(PARAMETERS_INPUT)
    return { parameters, first: await copyOf('first'), second: await copyOf('second') }
  }

  async close(): Promise<void> {
    this.#gradient?.dispose()
    for (const tensor of this.#held.values()) tensor.dispose()
    this.#held.clear()
    const { training, upload, download } = this.#sessions
    for (const session of [training, upload, download, this.#adamw]) await session?.close()
  }

  #scalars(at: ResidentStep): Readonly<Record<(typeof SCALARS)[number], HostTensor>> {
    assert(this.#constants !== null, 'a step comes after load')
    const [beta1, beta2] = this.#constants.betas
    return {
      scale: scalarTensor(1 / at.targetCount),
      norm_max: scalarTensor(at.gradientNormMax > 0 ? at.gradientNormMax : NO_BOUND),
      rate: scalarTensor(at.learningRate / (1 - beta1 ** at.step)),
      root_correction: scalarTensor(Math.sqrt(1 - beta2 ** at.step)),
      shrink: scalarTensor(at.learningRate * at.weightDecay),
    }
  }

  #get(name: string): DeviceTensor {
    const tensor = this.#held.get(name)
    assert(tensor !== undefined, `${name} was loaded`)
    return tensor
  }

  async #put(name: string, values: Float32Array): Promise<void> {
    const from = floatTensor([values.length], values)
    const results = await this.#sessions.upload.runOnDevice({ from })
    this.#held.get(name)?.dispose()
    this.#held.set(name, deviceOf(results, 'to'))
  }
}

const scalarTensor = (value: number): HostTensor => floatTensor([1], Float32Array.of(value))

function deviceOf(results: MixedTensors, name: string): DeviceTensor {
  const tensor = results[name]
  assert(tensor instanceof DeviceTensor, `${name} stays on the device`)
  return tensor
}

function numberOf(results: MixedTensors, name: string): number {
  const tensor = results[name]
  assert(tensor !== undefined && !(tensor instanceof DeviceTensor), `${name} comes back to the host`)
  const [value] = floatsOf(tensor)
  assert(value !== undefined, `${name} has one element`)
  return value
}
