/**
 * An aggregate file → an aggregate of a given rank: what a consortium wants that cannot carry the sum of all ranks, or a
 * dense result. In: the file of `aggregate`. Out: a canonical file of stacked factors, and how much of each module's ΔW is
 * lost by it. The header is read here; every float is the kernel process's.
 */
import { toHex } from '../core/bytes.ts'
import type { Digest } from '../core/ids.ts'
import { headerLengthOf, parseHeader, type SafetensorsEntry } from '../core/safetensors.ts'
import { openReader } from '../files/index.ts'
import { aggregateError } from './errors.ts'
import type { AggregateModulePlace, RecompressFigures } from './job.ts'
import type { KernelClient, KernelClientOptions } from './kernel-client.ts'

export interface RecompressRequest {
  readonly path: string
  /** Largest rank of a module of the result, at least 1. */
  readonly rank: number
  readonly kernelDigest: Digest
  readonly outputPath: string
}

/**
 * @throws INPUT_MISMATCH if the file is no aggregate
 * @throws KERNEL_MISMATCH | KERNEL_ARITHMETIC | KERNEL_LOST | KERNEL_MEMORY | NO_SPACE — this machine's
 */
export async function recompress(
  { path, rank, kernelDigest, outputPath }: RecompressRequest,
  kernel: KernelClient,
  options: KernelClientOptions = {},
): Promise<RecompressFigures> {
  const { modules, parts, rule } = await locateModules(path)
  const job = {
    kind: 'recompress',
    kernelDigest: toHex(kernelDigest),
    path,
    rule,
    rank,
    modules,
    parts: parts.map(({ name, shape, offset, sizeBytes }) => ({ name, shape, offset, sizeBytes })),
    outputPath,
  } as const
  return kernel.recompress(job, options)
}

/** Kept energy over all modules together, 0 to 1; 1 for a result that is 0. For reports. */
export function keptShareOf({ modules }: RecompressFigures): number {
  const sum = (of: (module: RecompressFigures['modules'][number]) => number): number =>
    modules.reduce((total, module) => total + of(module), 0)
  const energy = sum((module) => module.energy)
  return energy === 0 ? 1 : Math.min(1, sum((module) => module.keptEnergy) / energy)
}

interface Located {
  readonly modules: readonly AggregateModulePlace[]
  /** Dense parts have no rank: they are copied. */
  readonly parts: readonly SafetensorsEntry[]
  readonly rule: string
}

async function locateModules(path: string): Promise<Located> {
  const reader = await openReader(path)
  try {
    const length = headerLengthOf(await reader.read(0, Math.min(8, reader.sizeBytes)), path)
    const header = parseHeader(await reader.read(8, length), reader.sizeBytes, path)
    const entries = new Map(header.entries.map((entry) => [entry.name, entry]))
    const modules = header.entries.flatMap((entry) => placeOf(entry, entries, path) ?? [])
    const parts = header.entries.filter(({ name }) => name.endsWith('.dense'))
    if (modules.length === 0) throw mismatch(path, 'holds no module of an aggregate')
    return { modules, parts, rule: header.metadata.get('rule') ?? '' }
  } finally {
    await reader.close()
  }
}

/** The module that a tensor opens: its A, or its ΔW. */
function placeOf(
  { name, shape, dtype, offset }: SafetensorsEntry,
  entries: ReadonlyMap<string, SafetensorsEntry>,
  path: string,
): AggregateModulePlace | null {
  if (dtype === 'F32' && name.endsWith('.dense')) return null
  if (dtype !== 'F32' || shape.length !== 2) throw mismatch(path, `tensor ${name} is not a matrix of F32`)
  const [rows = 0, columns = 0] = shape
  const [, module = '', kind] = /^(.*)\.(lora_A|lora_B|delta)$/.exec(name) ?? []
  if (kind === 'delta') return { form: 'dense', name: module, in: columns, out: rows, offset }
  if (kind === 'lora_B') return null
  const b = entries.get(`${module}.lora_B`)
  if (kind !== 'lora_A' || b === undefined || b.shape[1] !== rows)
    throw mismatch(path, `tensor ${name} is none of an aggregate`)
  const out = b.shape[0] ?? 0
  return { form: 'stacked', name: module, in: columns, out, rank: rows, aOffset: offset, bOffset: b.offset }
}

const mismatch = (file: string, reason: string) =>
  aggregateError({ code: 'INPUT_MISMATCH', file, reason }, `${file}: ${reason}`)
