/**
 * Which device a run is to use, and which one it really used. In: the device that was asked for; the nodes of a run, from
 * ONNX Runtime's profile. Out: a device that is there; a record of what ran where, or an error where the arithmetic did not
 * run on the device that was asked for by name.
 * Invariant: what is recorded comes from the profile, never from the option.
 */
import { RoundError } from '../core/errors.ts'
import { DEVICES, isDeviceAvailable, type Device } from '../model/session.ts'
import type { NodeRun } from '../model/session-profile.ts'

/** `auto`: the best device that is there. */
export const DEVICE_CHOICES = ['auto', ...DEVICES] as const
export type DeviceChoice = (typeof DEVICE_CHOICES)[number]

/** Best first. CoreML is taken only by name: it runs few of a backward pass's operators. */
const AUTO_ORDER = ['cuda', 'dml', 'webgpu'] as const satisfies readonly Device[]

const PROVIDERS: Readonly<Record<Device, string>> = {
  cpu: 'CPUExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  dml: 'DmlExecutionProvider',
  coreml: 'CoreMLExecutionProvider',
}

/** Operators of a kind, and how many nodes of it. */
export type OperatorCounts = Readonly<Record<string, number>>

/** What ran where. */
export interface DeviceRecord {
  /** The option. */
  readonly asked: DeviceChoice
  /** The device that was opened. */
  readonly device: Device
  /** Nodes of a training step by ONNX Runtime's name of where they ran. */
  readonly providers: Readonly<Record<string, number>>
  /** What ran on the processor although another device was opened; shapes and indices always do. */
  readonly cpuNodes: OperatorCounts
  /** Of these, arithmetic on floats. */
  readonly fallbacks: OperatorCounts
}

export type DeviceFault = {
  /** Arithmetic ran on the processor although a device was asked for by name. */
  readonly code: 'DEVICE_FALLBACK'
  readonly device: Device
  /** Names of nodes. */
  readonly nodes: readonly string[]
}

/** The device to open: the one named, or for `auto` the first that is there. Tries each by opening a session on it. */
export async function chooseDevice(
  choice: DeviceChoice,
  isAvailable: (device: Device) => Promise<boolean> = isDeviceAvailable,
): Promise<Device> {
  if (choice !== 'auto') return choice
  for (const device of AUTO_ORDER) if (await isAvailable(device)) return device
  return 'cpu'
}

/**
 * What ran where.
 * @throws DEVICE_FALLBACK naming nodes, where a device other than the processor was named and floats were computed on the
 *   processor, unless `allowsFallback`
 */
export function recordDevice(
  asked: DeviceChoice,
  device: Device,
  runs: readonly NodeRun[],
  allowsFallback: boolean,
): DeviceRecord {
  const onCpu = device === 'cpu' ? [] : runs.filter(({ provider }) => provider === PROVIDERS.cpu)
  const fallen = onCpu.filter(({ isFloatWork }) => isFloatWork)
  const isElsewhere = device !== 'cpu' && !runs.some(({ provider }) => provider === PROVIDERS[device])
  if (asked !== 'auto' && !allowsFallback && (fallen.length > 0 || isElsewhere)) {
    throw fallback(device, isElsewhere ? runs : fallen)
  }
  return {
    asked,
    device,
    providers: countsOf(runs.map(({ provider }) => provider)),
    cpuNodes: countsOf(onCpu.map(({ op }) => op)),
    fallbacks: countsOf(fallen.map(({ op }) => op)),
  }
}

const NAMED_COUNT_MAX = 5

function fallback(device: Device, fallen: readonly NodeRun[]): RoundError<DeviceFault> {
  const named = fallen.slice(0, NAMED_COUNT_MAX).map(({ op, name }) => `${op} ${name}`)
  const more = fallen.length > named.length ? ` and ${fallen.length - named.length} more` : ''
  return new RoundError(
    { code: 'DEVICE_FALLBACK', device, nodes: fallen.map(({ name }) => name) },
    `device ${device}: ${fallen.length} nodes that compute with floats ran on the processor: ${named.join(', ')}${more}`,
    { hint: 'Choose device cpu or auto, or allow it with --allow-fallback.' },
  )
}

function countsOf(words: readonly string[]): OperatorCounts {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** A sentence or two for people. */
export function describeDevice({ asked, device, providers, fallbacks }: DeviceRecord): string {
  const where = Object.entries(providers).map(([name, count]) => `${count} nodes on ${shortName(name)}`)
  const chosen =
    asked !== 'auto'
      ? ''
      : device === 'cpu'
        ? ' No other device is available.'
        : ` Chosen as the best there is.`
  const fell = Object.entries(fallbacks).map(([op, count]) => `${count} ${op}`)
  const left = fell.length === 0 ? '' : ` Computed on the processor instead: ${fell.join(', ')}.`
  return `Ran on ${device}: ${where.join(', ')}.${chosen}${left}`
}

const shortName = (provider: string): string => provider.replace(/ExecutionProvider$/, '')
