/**
 * Weights as they lie on disk: safetensors files, one or sharded, located tensor by tensor and read only on request.
 * Pickled weights are refused by name: reading a pickle runs whatever code its author put there.
 * In: a folder or a file. Out: where each tensor lies (file, byte offset, length), or its values as f32.
 * Source: the safetensors format; `model.safetensors.index.json` as `transformers` writes it (`weight_map`).
 */
import { basename, join } from 'node:path'
import { assert } from '../core/errors.ts'
import { headerLengthOf, parseHeader, type SafetensorsHeader } from '../core/safetensors.ts'
import { hasFile, listFiles, openReader, type Reader, readText } from '../files/index.ts'
import { modelError } from './errors.ts'

/** One tensor of a file. `offset` is absolute, `sizeBytes` its length. */
export interface StoredTensor {
  readonly name: string
  /** Path of the file that holds it. */
  readonly path: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly sizeBytes: number
}

export type StoredTensors = ReadonlyMap<string, StoredTensor>

const PICKLE = /\.(bin|pt|pth|ckpt|pkl)$/
const INDEX_SIZE_BYTES_MAX = 64 << 20

/** The checked header of one safetensors file. @throws FILE_MISSING | FILE_UNREADABLE | SAFETENSORS_INVALID */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const reader = await openReader(path)
  try {
    const first8 = await reader.read(0, Math.min(8, reader.sizeBytes))
    const length = headerLengthOf(first8, path)
    // A header longer than its file is a file cut short; the parser says so with the sizes.
    const json = await reader.read(8, Math.min(length, reader.sizeBytes - 8))
    if (json.length < length) return parseHeader(json, -1, path)
    return parseHeader(json, reader.sizeBytes, path)
  } finally {
    await reader.close()
  }
}

/** Where each tensor of one safetensors file lies. @throws FILE_MISSING | SAFETENSORS_INVALID */
export async function locateTensors(path: string): Promise<StoredTensors> {
  const header = await readSafetensorsHeader(path)
  return new Map(header.entries.map((entry) => [entry.name, { ...entry, path }]))
}

/**
 * Where each tensor of a model folder lies: `model.safetensors`, or the shards that
 * `model.safetensors.index.json` names, or the folder's only safetensors file.
 * @throws WEIGHTS_PICKLED | FILE_MISSING | SAFETENSORS_INVALID | MODEL_CONFIG_INVALID
 */
export async function locateFolderTensors(folder: string): Promise<StoredTensors> {
  if (await hasFile(join(folder, 'model.safetensors')))
    return locateTensors(join(folder, 'model.safetensors'))
  const index = join(folder, 'model.safetensors.index.json')
  if (await hasFile(index)) return locateShards(folder, index)
  const names = await listFiles(folder)
  const files = names.filter((name) => name.endsWith('.safetensors') && !isFixtureReference(name))
  if (files.length === 1) return locateTensors(join(folder, files[0] ?? ''))
  const pickle = names.find((name) => PICKLE.test(name))
  if (pickle !== undefined) throw pickled(join(folder, pickle))
  // Opening the usual name gives the usual error, with the path that was expected.
  return locateTensors(join(folder, 'model.safetensors'))
}

/** Values that were computed with a model lie beside it in reference folders; they are no weights. */
const isFixtureReference = (name: string): boolean => name === 'reference.safetensors'

/** The refusal of a pickled file, with what to do instead. */
export function pickled(path: string): Error {
  return modelError(
    { code: 'WEIGHTS_PICKLED', file: path },
    'pickled weights are never read, since reading a pickle runs code',
    'Ask for the safetensors file, or convert it where you trust its author (transformers: save_pretrained).',
  )
}

async function locateShards(folder: string, index: string): Promise<StoredTensors> {
  const bad = (field: string, message: string): Error =>
    modelError({ code: 'MODEL_CONFIG_INVALID', file: index, field }, message)
  const map = parseJsonObject(await readText(index, INDEX_SIZE_BYTES_MAX), index)['weight_map']
  if (typeof map !== 'object' || map === null)
    throw bad('weight_map', 'weight_map is no map of tensors to files')
  const shards = new Set<string>()
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || basename(file) !== file || !file.endsWith('.safetensors')) {
      throw bad(
        'weight_map',
        `weight_map of ${JSON.stringify(tensor)} names no safetensors file of this folder`,
      )
    }
    shards.add(file)
  }
  const all = new Map<string, StoredTensor>()
  for (const shard of [...shards].sort()) {
    for (const [name, tensor] of await locateTensors(join(folder, shard))) all.set(name, tensor)
  }
  for (const name of Object.keys(map)) {
    if (!all.has(name)) throw bad('weight_map', `tensor ${JSON.stringify(name)} is in no shard`)
  }
  return all
}

/** A JSON object, or MODEL_CONFIG_INVALID naming the file. */
export function parseJsonObject(text: string, file: string): Record<string, unknown> {
  let value: unknown = null
  let reason = 'expected a JSON object'
  try {
    value = JSON.parse(text)
  } catch (cause) {
    reason = `no JSON (${cause instanceof Error ? cause.message : String(cause)})`
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw modelError({ code: 'MODEL_CONFIG_INVALID', file, field: '' }, reason)
  }
  return value as Record<string, unknown>
}

/** The values of a stored tensor as f32. Exact for F32, F16 and BF16. @throws WEIGHTS_MISMATCH for other dtypes */
export async function readFloat32(tensor: StoredTensor): Promise<Float32Array> {
  const reader = await openReader(tensor.path)
  try {
    return decodeFloat32(await reader.read(tensor.offset, tensor.sizeBytes), tensor)
  } finally {
    await reader.close()
  }
}

/** All tensors of a safetensors file by name, as f32. For files that fit in memory. */
export async function readAllFloat32(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  const out = new Map<string, Float32Array>()
  for (const [name, tensor] of await locateTensors(path)) out.set(name, await readFloat32(tensor))
  return out
}

/** Whether numbers lie in memory as safetensors has them. */
export const IS_LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Values that lie elsewhere, row-major: a tensor of any size is read a piece at a time. */
export interface ValueSource {
  /** How many there are. */
  readonly length: number
  /** Fills `target` with the values from `first` on. */
  readonly readInto: (target: Float32Array, first: number) => Promise<void>
}

/** Widens little-endian F32, F16 or BF16 bytes to f32. @throws WEIGHTS_MISMATCH */
export function decodeFloat32(
  bytes: Uint8Array,
  tensor: { readonly name: string; readonly path: string; readonly dtype: string },
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (tensor.dtype) {
    case 'F32':
      // The bytes as they are, where the machine's order is the file's: forty times as fast as value by value.
      if (IS_LITTLE_ENDIAN) return new Float32Array(new Uint8Array(bytes).buffer)
      return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true))
    case 'BF16':
      return widen(view, singleBitsOfBfloat16)
    case 'F16':
      return widen(view, halfToSingleBits)
    default:
      throw notFloat(tensor)
  }
}

function notFloat({ name, path, dtype }: Pick<StoredTensor, 'name' | 'path' | 'dtype'>): Error {
  return modelError(
    { code: 'WEIGHTS_MISMATCH', file: path, tensor: name },
    `tensor ${JSON.stringify(name)} is ${dtype}, expected F32, F16 or BF16`,
  )
}

/**
 * Fills `target` with the values of a stored tensor from value `first` on: a large one is read a piece at a time, in memory that is
 * used again. What lies beyond the tensor's end is the caller's mistake.
 * @param reader — of `tensor.path`
 * @throws WEIGHTS_MISMATCH | FILE_CUT_SHORT
 */
export async function readFloat32Into(
  reader: Reader,
  tensor: StoredTensor,
  target: Float32Array,
  first: number,
): Promise<void> {
  const toBits = WIDENING.get(tensor.dtype)
  if (toBits === undefined && tensor.dtype !== 'F32') throw notFloat(tensor)
  const width = toBits === undefined ? 4 : 2
  assert(width * (first + target.length) <= tensor.sizeBytes, 'a piece lies within its tensor')
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
  // Halves are read behind the place where they are widened to: none is written over before it was read.
  const stored = bytes.subarray(bytes.length - width * target.length)
  await reader.readInto(stored, tensor.offset + width * first)
  if (toBits === undefined && IS_LITTLE_ENDIAN) return
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < bits.length; i++)
    bits[i] = toBits === undefined ? view.getUint32(i * 4, true) : toBits(view.getUint16(i * 2, true))
}

function widen(view: DataView, toBits: (half: number) => number): Float32Array {
  const bits = new Uint32Array(view.byteLength / 2)
  for (let i = 0; i < bits.length; i++) bits[i] = toBits(view.getUint16(i * 2, true))
  return new Float32Array(bits.buffer)
}

/** The f32 bit pattern of an f16 one. Exact: every half is a single. Source: IEEE 754-2019 §3.4. */
function halfToSingleBits(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // Subnormal halves are normal singles: shift the leading one into the hidden bit.
  const shift = Math.clz32(fraction) - 21
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
}

const singleBitsOfBfloat16 = (bits: number): number => bits << 16

/** To the bits of an f32, of the dtypes that have half as many. */
const WIDENING: ReadonlyMap<string, (half: number) => number> = new Map([
  ['BF16', singleBitsOfBfloat16],
  ['F16', halfToSingleBits],
])
