/**
 * Sessions: a graph in, tensors in, tensors out. The only importer of `onnxruntime-node`.
 *
 * `run` and `openSession` hold the event loop while they work, and a device's session leaks when it is made anew: long
 * work belongs in a process of its own that ends afterwards. After a failed run on a GPU the process may crash at exit.
 *
 * Settings, each measured on ONNX Runtime 1.30: no memory pattern (with it every new shape stalls for up to 2.5 s and
 * keeps a block); no pre-packing where weights lie outside the graph (they are then mapped lazily and shared between
 * sessions); no constant folding where weights are half precision (it would widen all of them at load).
 */
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
import { assert, messageOf, RoundError } from '../core/errors.ts'
import { realPath } from '../files/index.ts'
import { DataType, type OnnxModel, type TensorValue } from './graph.ts'
import { GraphBuilder } from './graph-builder.ts'
import { encodeModel } from './onnx.ts'
import { dataTypeName } from './onnx-tensor.ts'
import { type NodeRun, placementOf, readNodeRuns, type Placement } from './session-profile.ts'
import type { HostTensor, HostTensors } from './session-tensor.ts'

/** ONNX Runtime's names of where nodes run. What a device lacks runs on the CPU; `placement` tells. */
export const DEVICES = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const
export type Device = (typeof DEVICES)[number]

export type SessionFault =
  | { readonly code: 'DEVICE_UNAVAILABLE'; readonly device: string }
  | { readonly code: 'MODEL_REFUSED'; readonly reason: string }
  | { readonly code: 'RUN_FAILED'; readonly reason: string }

export interface SessionOptions {
  /** A graph, or the bytes of a model whose external data needs no look (real files inside `weightsFolder`). */
  readonly model: OnnxModel | Uint8Array
  /** The folder that external data is relative to. Needed when the model has any. */
  readonly weightsFolder?: string
  readonly device: Device
  /** Threads of the CPU's kernels; ONNX Runtime's choice if left out. */
  readonly threads?: number
  /** Files go here that `placement` reads; they are the caller's to remove. Slows every run. */
  readonly profileFolder?: string
  /** Outputs that stay in a WebGPU device's memory: `runOnDevice` gives them as `DeviceTensor`. */
  readonly resident?: readonly string[]
}

/** A tensor in the memory of a device, which all sessions of a process on it share. */
export class DeviceTensor {
  readonly #tensor: Tensor

  constructor(tensor: Tensor) {
    assert(tensor.location === 'gpu-buffer', 'a tensor that lies on the device')
    this.#tensor = tensor
  }

  static ortTensorOf(held: DeviceTensor): Tensor {
    return held.#tensor
  }

  /** Gives the memory back. */
  dispose(): void {
    this.#tensor.dispose()
  }
}

/** What a run takes and gives where some tensors stay on the device. */
export type MixedTensors = Readonly<Record<string, HostTensor | DeviceTensor>>

export interface Session {
  readonly device: Device
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /**
   * Runs the graph.
   * @param feeds — one tensor for each input
   * @param fetches — which outputs are wanted
   * @returns a tensor for each of `fetches`, in memory of its own
   * @throws RUN_FAILED with what ONNX Runtime says, such as the node whose shapes do not fit
   */
  readonly run: <Name extends string>(
    feeds: HostTensors,
    fetches: readonly Name[],
  ) => Promise<Record<Name, HostTensor>>
  /**
   * As `run`, of every output, with tensors that lie on the device; those of `resident` come back as such, and are the
   * caller's to dispose.
   */
  readonly runOnDevice: (feeds: MixedTensors) => Promise<MixedTensors>
  /** Where the nodes of the runs so far really ran. Needs `profileFolder`; ends profiling. */
  readonly placement: () => Promise<Placement>
  /** The same, node by node. Needs `profileFolder`; ends profiling. */
  readonly nodeRuns: () => Promise<readonly NodeRun[]>
  readonly close: () => Promise<void>
}

const ORT_TYPES: ReadonlyMap<DataType, Tensor.Type> = new Map<DataType, Tensor.Type>([
  [DataType.float, 'float32'],
  [DataType.double, 'float64'],
  [DataType.float16, 'float16'],
  [DataType.int64, 'int64'],
  [DataType.uint64, 'uint64'],
  [DataType.int32, 'int32'],
  [DataType.uint32, 'uint32'],
  [DataType.int16, 'int16'],
  [DataType.uint16, 'uint16'],
  [DataType.int8, 'int8'],
  [DataType.uint8, 'uint8'],
  [DataType.bool, 'bool'],
])
const DATA_TYPES: ReadonlyMap<string, DataType> = new Map(
  [...ORT_TYPES].map(([dataType, type]) => [type, dataType]),
)

/** Serial number of profile files, which share a folder. */
let profileCount = 0

/**
 * Opens a session.
 * @throws DEVICE_UNAVAILABLE if this machine or this installation has no such device
 * @throws MODEL_REFUSED with what ONNX Runtime says
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { device } = options
  checkDevice(device)
  const { bytes, settings } = await prepare(options)
  const prefix = `profile-${process.pid}-${profileCount++}`
  const profiling =
    options.profileFolder === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: join(options.profileFolder, prefix) }
  let session: InferenceSession
  try {
    session = await InferenceSession.create(bytes, { ...settings, ...profiling })
  } catch (error) {
    if (device !== 'cpu') await probeDevice(device)
    const reason = firstLine(error)
    throw new RoundError({ code: 'MODEL_REFUSED', reason }, `ONNX Runtime refuses the model: ${reason}`, {
      cause: error,
    })
  }
  const nodeRuns = (): Promise<readonly NodeRun[]> => {
    assert(options.profileFolder !== undefined, 'placement needs a session with a profileFolder')
    session.endProfiling()
    return readNodeRuns(options.profileFolder, prefix)
  }
  return {
    device,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: (feeds, fetches) => runSession(session, feeds, fetches),
    runOnDevice: async (feeds) => {
      // All of them, in the session's order: ONNX Runtime 1.30 takes locations by place among what is fetched.
      const results = await runNative(session, feeds, session.outputNames)
      return Object.fromEntries(session.outputNames.map((name) => [name, fromDevice(results[name])]))
    },
    placement: async () => placementOf(await nodeRuns()),
    nodeRuns,
    close: () => session.release(),
  }
}

/** Whether sessions can be opened on a device: tried with the smallest graph there is. */
export async function isDeviceAvailable(device: Device): Promise<boolean> {
  return (await whyUnavailable(device)) === null
}

/** Why no session can be opened on a device; null where one can. May end the process where a driver is faulty. */
export async function whyUnavailable(device: Device): Promise<string | null> {
  try {
    checkDevice(device)
    await probeDevice(device)
    return null
  } catch (error) {
    if (error instanceof RoundError && error.code === 'DEVICE_UNAVAILABLE') return error.message
    throw error
  }
}

/** Where `onnxruntime-node` lies: its script and its libraries. */
export function runtimeFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')))
}

/** ONNX Runtime falls back silently to the CPU for a device that this installation lacks: asked before. */
function checkDevice(device: Device): void {
  const names = listSupportedBackends().map((backend) => backend.name)
  if (!names.includes(device))
    throw unavailable(device, `this installation of onnxruntime-node has ${names.join(', ')}`)
}

async function probeDevice(device: Device): Promise<void> {
  const b = new GraphBuilder({ opset: 17, name: 'probe' })
  b.outputAs('y', b.input('x', DataType.float, [1]), DataType.float, [1])
  try {
    const session = await InferenceSession.create(encodeModel(b.build()), {
      executionProviders: providersOf(device),
    })
    await session.release()
  } catch (error) {
    throw unavailable(device, firstLine(error), error)
  }
}

function unavailable(device: Device, reason: string, cause?: unknown): RoundError<SessionFault> {
  return new RoundError(
    { code: 'DEVICE_UNAVAILABLE', device },
    `device ${device} is not available: ${reason}`,
    {
      cause,
      hint: '`oneround doctor` says what is missing and how to get it. Device cpu is always there.',
    },
  )
}

function providersOf(device: Device): string[] {
  return device === 'cpu' ? ['cpu'] : [device, 'cpu']
}

async function prepare(
  options: SessionOptions,
): Promise<{ bytes: Uint8Array; settings: InferenceSession.SessionOptions }> {
  const extra: Record<string, string> = {}
  let bytes: Uint8Array
  let folder = options.weightsFolder === undefined ? null : await realPath(options.weightsFolder)
  if (options.model instanceof Uint8Array) bytes = options.model
  else {
    const placed = await followLinks(options.model, folder)
    bytes = encodeModel(placed.model)
    folder = placed.folder
    // Weights dequantised in the graph are multiplied as f32: the products ONNX Runtime makes of them would otherwise round
    // what goes in to eight bits, which has no gradient (its default, accuracy level 4).
    extra['session.qdq_matmulnbits_accuracy_level'] = '1'
    if (hasHalfWeights(options.model)) extra['optimization.disable_specified_optimizers'] = 'ConstantFolding'
  }
  if (folder !== null) {
    extra['session.model_external_initializers_file_folder_path'] = folder
    extra['session.disable_prepacking'] = '1'
  }
  const settings = {
    executionProviders: providersOf(options.device),
    enableMemPattern: false,
    // Errors come as exceptions; the same line on stderr would be noise.
    logSeverityLevel: 4,
    extra,
    ...(options.resident === undefined ? {} : { preferredOutputLocation: locationsOf(options.resident) }),
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
  } as const
  return { bytes, settings }
}

/**
 * ONNX Runtime refuses external data whose real path leaves the folder, and download caches are made of links: the
 * locations are replaced by real files below the one folder that holds them all.
 */
async function followLinks(
  model: OnnxModel,
  folder: string | null,
): Promise<{ model: OnnxModel; folder: string | null }> {
  const { initializers } = model.graph
  const locations = new Set([...initializers.values()].flatMap((tensor) => tensor.external?.location ?? []))
  if (locations.size === 0) return { model, folder: null }
  assert(folder !== null, 'a model with external data needs its weightsFolder')
  const real = new Map<string, string>()
  for (const location of locations) real.set(location, await realPath(join(folder, location)))
  const common = commonFolder([...real.values()])
  const moved = [...initializers].map(([name, tensor]): [string, TensorValue] => {
    const path = tensor.external === undefined ? undefined : real.get(tensor.external.location)
    if (tensor.external === undefined || path === undefined) return [name, tensor]
    const location = relative(common, path).split(sep).join('/')
    return [name, { ...tensor, external: { ...tensor.external, location } }]
  })
  return {
    model: { ...model, graph: { ...model.graph, initializers: new Map(moved) } },
    folder: common,
  }
}

function commonFolder(paths: readonly string[]): string {
  const [first, ...others] = paths.map((path) => dirname(path).split(sep))
  const parts = first ?? []
  const isShared = (index: number) => others.every((other) => other[index] === parts[index])
  const end = parts.findIndex((_, index) => !isShared(index))
  return parts.slice(0, end < 0 ? parts.length : end).join(sep) || sep
}

function hasHalfWeights(model: OnnxModel): boolean {
  return [...model.graph.initializers.values()].some(
    ({ dataType, dims }) =>
      dims.length > 1 && (dataType === DataType.float16 || dataType === DataType.bfloat16),
  )
}

async function runSession<Name extends string>(
  session: InferenceSession,
  feeds: HostTensors,
  fetches: readonly Name[],
): Promise<Record<Name, HostTensor>> {
  const results = await runNative(session, feeds, fetches)
  const entries = fetches.map((name) => [name, fromOrt(results[name])])
  // The entries' keys are exactly `fetches`.
  return Object.fromEntries(entries) as Record<Name, HostTensor>
}

async function runNative(
  session: InferenceSession,
  feeds: MixedTensors,
  fetches: readonly string[],
): Promise<InferenceSession.ReturnType> {
  const given = Object.entries(feeds).map(([name, tensor]) => {
    const isHeld = tensor instanceof DeviceTensor
    return [name, isHeld ? DeviceTensor.ortTensorOf(tensor) : toOrt(tensor)] as const
  })
  try {
    return await session.run(Object.fromEntries(given), fetches)
  } catch (error) {
    const reason = firstLine(error)
    throw new RoundError({ code: 'RUN_FAILED', reason }, `ONNX Runtime could not run the graph: ${reason}`, {
      cause: error,
    })
  }
}

/** What is not named comes back to the host. */
function locationsOf(resident: readonly string[]): Readonly<Record<string, 'gpu-buffer'>> {
  return Object.fromEntries(resident.map((name) => [name, 'gpu-buffer']))
}

function fromDevice(value: Tensor | undefined): HostTensor | DeviceTensor {
  return value?.location === 'gpu-buffer' ? new DeviceTensor(value) : fromOrt(value)
}

function toOrt({ dataType, dims, data }: HostTensor): Tensor {
  const type = ORT_TYPES.get(dataType)
  assert(type !== undefined, `${dataTypeName(dataType)} tensors do not travel into a session`)
  const tensor = new Tensor(type, data, dims)
  // Where Node has Float16Array (24 on), onnxruntime-common 1.30 makes one of half precision's bit patterns, and the native
  // side reads that as empty ("expected 4, got 0"): give it back the bits it takes.
  if (dataType === DataType.float16) Object.defineProperty(tensor, 'cpuData', { value: data })
  return tensor
}

function fromOrt(value: Tensor | undefined): HostTensor {
  assert(value !== undefined, 'ONNX Runtime returns every output that was asked for')
  const dataType = DATA_TYPES.get(value.type)
  const { data, dims } = value
  assert(dataType !== undefined && !Array.isArray(data), `an output of type ${value.type}`)
  // Newer Node hands half precision out as Float16Array; its bit patterns are what we pass on.
  const isHalf = dataType === DataType.float16 && !(data instanceof Uint16Array)
  return { dataType, dims, data: isHalf ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data }
}

function firstLine(error: unknown): string {
  return messageOf(error).trim().split('\n', 1)[0] ?? ''
}
