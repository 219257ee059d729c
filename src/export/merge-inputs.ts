/**
 * Adapters as inputs of an aggregation outside of a round. Factors are read where they lie. An adapter that holds
 * parameters trained whole holds values, and what is combined are changes: those are computed from the base and written,
 * with the factors, to a file of its own beside the result, which is removed at the end.
 */
import { join } from 'node:path'
import { blocksOf } from '../aggregate/dense-parts.ts'
import { locateDiagonal, locatePartDiagonal, placesOfBlocks } from '../aggregate/inputs.ts'
import type { FactorPlaces, JobInput, JobModule, TensorPlace } from '../aggregate/job.ts'
import { denseName } from '../charter/tensor-names.ts'
import { equalBytes } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import { encodeHeader } from '../core/safetensors.ts'
import { openAtomicWriter, openReader } from '../files/index.ts'
import { type AdapterFile, littleEndian } from '../model/peft.ts'
import { type StoredTensor, type StoredTensors, decodeFloat32 } from '../model/weights.ts'
import { changesOf, type WholeParameter } from '../model/whole-parameters.ts'
import { weightShape } from './merged-module.ts'

export type MergeInputFault = {
  readonly code: 'ADAPTERS_DIFFER'
  readonly file: string
  readonly reason: string
}

/** The modules that all adapters have, in byte order, then their dense parts. @throws ADAPTERS_DIFFER naming the first difference */
export function commonModules(files: readonly AdapterFile[]): readonly JobModule[] {
  const [first, ...rest] = files
  const modules = (first?.modules ?? []).map(({ name, in: width, out }) => ({ name, in: width, out }))
  const parts = (first?.whole ?? []).map(({ name, tensor: { shape } }) => ({ name, shape: [...shape] }))
  const describe = ({ modules: own, whole }: AdapterFile): ReadonlyMap<string, string> =>
    new Map<string, string>([
      ...own.map((each) => [`module ${each.name}`, `[${weightShape(each).join(', ')}]`] as const),
      ...whole.map(({ name, tensor: { shape } }) => [`parameter ${name}`, `[${shape.join(', ')}]`] as const),
    ])
  const expected = first === undefined ? new Map<string, string>() : describe(first)
  for (const file of rest) {
    const found = describe(file)
    const differ = (reason: string): never => {
      throw new RoundError<MergeInputFault>(
        { code: 'ADAPTERS_DIFFER', file: file.path, reason },
        `${file.path}: ${reason} (compared with ${first?.path ?? ''})`,
        { hint: 'Only adapters of the same modules of the same base model can be merged.' },
      )
    }
    for (const [name, shape] of expected) {
      if (!found.has(name)) differ(`lacks ${name}`)
      if (found.get(name) !== shape) differ(`${name} has shape ${found.get(name)}, expected ${shape}`)
    }
    for (const name of found.keys()) if (!expected.has(name)) differ(`has ${name}, which others lack`)
  }
  return [...modules, ...parts.flatMap(blocksOf)]
}

/** @param places — of the dense parts' blocks, where there are any */
export function inputOf(
  { path, modules }: Pick<AdapterFile, 'path' | 'modules'>,
  claim: number,
  places: readonly FactorPlaces[] = [],
): JobInput {
  const factors = modules.map(({ rank, scale, a, b }): FactorPlaces => {
    return { rank, scale: [scale, 1], a: placeOf(a), b: placeOf(b) }
  })
  return { path, claim, factors: [...factors, ...places] }
}

function placeOf({ dtype, offset, path, name }: StoredTensor): TensorPlace {
  if (dtype === 'F32' || dtype === 'BF16' || dtype === 'F16') return { dtype, offset }
  const reason = `tensor ${name} is ${dtype}, expected F32, BF16 or F16`
  throw new RoundError<MergeInputFault>({ code: 'ADAPTERS_DIFFER', file: path, reason }, `${path}: ${reason}`)
}

export interface Joining {
  /** The base model's folder: of what an adapter holds whole, changes are combined. */
  readonly base: string | null
  /** The adapter's Fisher diagonals, where the rule weighs by them. */
  readonly diagonals: StoredTensors | null
  /** Whether those are of s·B. */
  readonly isSharedA: boolean
  readonly path: string
}

/**
 * Writes an adapter's factors, the changes of what it holds whole and its Fisher diagonals to one file.
 * @throws WEIGHTS_MISMATCH | INPUT_MISMATCH | NO_SPACE
 */
export async function writeJoined(
  file: AdapterFile,
  claim: number,
  { base, diagonals, isSharedA, path }: Joining,
): Promise<JobInput> {
  const changes = base === null ? [] : await changesOf(await readWhole(file), base)
  const stored = [
    ...file.modules.flatMap(({ name, a, b }) => [
      { name: `${name}.lora_A`, tensor: a },
      { name: `${name}.lora_B`, tensor: b },
    ]),
    ...[...(diagonals ?? [])].map(([name, tensor]) => ({ name, tensor })),
  ]
  const { prefix, header } = encodeHeader([
    ...stored.map(({ name, tensor: { dtype, shape } }) => ({ name, dtype, shape })),
    ...changes.map(({ name, shape }) => ({ name: denseName(name), dtype: 'F32', shape })),
  ])
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const { name } of header.entries) {
      const tensor = stored.find((each) => each.name === name)?.tensor
      const change = changes.find((each) => denseName(each.name) === name)?.change
      await writer.write(tensor === undefined ? littleEndian(change) : await bytesOf(tensor))
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
  const offsetOf = (name: string): number => header.entries.find((each) => each.name === name)?.offset ?? 0
  const modules = file.modules.map((module) => ({
    ...module,
    a: { ...module.a, offset: offsetOf(`${module.name}.lora_A`) },
    b: { ...module.b, offset: offsetOf(`${module.name}.lora_B`) },
  }))
  const entries = new Map(header.entries.map((entry) => [entry.name, entry]))
  const from = [...(diagonals?.values() ?? [])][0]?.path ?? file.path
  const parts = changes.flatMap(({ name, shape }) => {
    const part = { name, shape: [...shape] }
    const values = { offset: offsetOf(denseName(name)), dtype: 'F32' as const }
    if (diagonals === null) return placesOfBlocks(part, values)
    return placesOfBlocks(part, values, locatePartDiagonal(part, entries, from))
  })
  const input = inputOf({ path, modules }, claim, parts)
  if (diagonals === null) return input
  const factors = input.factors.map((place, index): FactorPlaces => {
    const module = modules[index]
    if (module === undefined) return place
    const { name, out, rank, in: width } = module
    const shape = { name, out, width: isSharedA ? rank : width }
    return { ...place, fisher: { ...locateDiagonal(shape, entries, from), ofB: isSharedA } }
  })
  return { ...input, factors }
}

async function bytesOf({ path, offset, sizeBytes }: StoredTensor): Promise<Uint8Array> {
  const reader = await openReader(path)
  try {
    return await reader.read(offset, sizeBytes)
  } finally {
    await reader.close()
  }
}

async function readWhole({ path, whole }: AdapterFile): Promise<readonly WholeParameter[]> {
  const reader = await openReader(path)
  try {
    const parameters: WholeParameter[] = []
    for (const { name, tensor } of whole) {
      const values = decodeFloat32(await reader.read(tensor.offset, tensor.sizeBytes), tensor)
      parameters.push({ name, shape: tensor.shape, values })
    }
    return parameters
  } finally {
    await reader.close()
  }
}

/** Where the joined file of adapter `index` lies meanwhile. */
export const joinedPath = (out: string, index: number): string => join(out, `.adapter-${index}.safetensors`)

/** @throws ADAPTERS_DIFFER naming the first adapter and module whose A is another */
export async function checkSharedA(files: readonly AdapterFile[]): Promise<void> {
  const [first, ...rest] = files
  for (const file of rest) {
    for (const [index, { name }] of file.modules.entries()) {
      if (equalBytes(await bytesOfA(file, index), await bytesOfA(first ?? file, index))) continue
      const reason = `module ${name} has another A than ${first?.path ?? ''}`
      throw new RoundError<MergeInputFault>(
        { code: 'ADAPTERS_DIFFER', file: file.path, reason },
        `${file.path}: ${reason}`,
        { hint: 'Leave --shared-a out: rules then work on ΔW.' },
      )
    }
  }
}

async function bytesOfA({ modules }: AdapterFile, index: number): Promise<Uint8Array> {
  const a = modules[index]?.a
  return a === undefined ? new Uint8Array() : bytesOf(a)
}
