/**
 * What this machine and this installation can train on. In: a folder. Out: each device with the reason why not and what to
 * do, and the basics: Node, processors, memory, disk. Changes nothing and downloads nothing.
 */
import { arch, availableParallelism, platform } from 'node:os'
import { join } from 'node:path'
import { availableMemory } from 'node:process'
import { siblingEntry } from '../core/entry.ts'
import { isRoundError } from '../core/errors.ts'
import { freeSpace, hasFile } from '../files/index.ts'
import { DEVICES, runtimeFolder, type Device } from '../model/session.ts'
import { runWorker } from './worker-client.ts'

export interface DeviceFinding {
  readonly device: Device
  readonly isAvailable: boolean
  /** Why not. */
  readonly reason: string | null
  /** Files that this installation lacks for it. */
  readonly missing: readonly string[]
  /** What to do, such as a command. */
  readonly remedy: string | null
}

export interface Findings {
  readonly schema: 'oneround/doctor@1'
  readonly node: { readonly version: string; readonly isSupported: boolean }
  readonly platform: string
  readonly processors: number
  readonly memoryMb: number
  /** Free on the disk of the folder that was asked about. */
  readonly diskMb: number
  readonly devices: readonly DeviceFinding[]
}

const MEGABYTE = 1e6
/** The oldest Node that package.json admits. */
const NODE_MIN = [20, 19] as const
const CUDA_LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so']

export async function examine(folder: string): Promise<Findings> {
  const devices: DeviceFinding[] = []
  for (const device of DEVICES) devices.push(await examineDevice(device))
  return {
    schema: 'oneround/doctor@1',
    node: { version: process.versions.node, isSupported: isSupportedNode(process.versions.node) },
    platform: `${platform()}-${arch()}`,
    processors: availableParallelism(),
    memoryMb: availableMemory() / MEGABYTE,
    diskMb: (await freeSpace(folder)) / MEGABYTE,
    devices,
  }
}

export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
}

async function examineDevice(device: Device): Promise<DeviceFinding> {
  const reason = await tryDevice(device)
  if (reason === null) return { device, isAvailable: true, reason, missing: [], remedy: null }
  const missing = device === 'cuda' ? await missingLibraries() : []
  return { device, isAvailable: false, reason, missing, remedy: remedyFor(device, missing) }
}

async function tryDevice(device: Device): Promise<string | null> {
  try {
    return await runWorker<string | null>(siblingEntry(import.meta.url, './device-probe'), device)
  } catch (error) {
    if (isRoundError(error, 'WORKER_LOST')) return `the process that tried it ended: ${error.message}`
    throw error
  }
}

async function missingLibraries(): Promise<readonly string[]> {
  if (`${platform()}-${arch()}` !== 'linux-x64') return []
  const folder = join(runtimeFolder(), 'bin', 'napi-v6', 'linux', 'x64')
  const missing: string[] = []
  for (const name of CUDA_LIBRARIES) if (!(await hasFile(join(folder, name)))) missing.push(name)
  return missing
}

/** @param missing — CUDA's libraries that onnxruntime-node downloads only when it is told to */
export function remedyFor(device: Device, missing: readonly string[]): string | null {
  const system = platform()
  if (device === 'cuda') {
    if (`${system}-${arch()}` !== 'linux-x64') return 'CUDA is offered on Linux x64 only.'
    if (missing.length === 0) return 'Install NVIDIA’s driver, CUDA 12 and cuDNN 9.'
    const script = join(runtimeFolder(), 'script', 'install.js')
    return `Needs internet, once: node ${script} --onnxruntime-node-install`
  }
  if (device === 'webgpu') {
    return system === 'linux'
      ? 'Install a Vulkan driver (Debian: mesa-vulkan-drivers for AMD and Intel; NVIDIA’s own), or name one in VK_ICD_FILENAMES.'
      : 'Update the graphics driver.'
  }
  if (device === 'dml') return 'DirectML is offered on Windows only.'
  return device === 'coreml' ? 'CoreML is offered on macOS only.' : null
}
