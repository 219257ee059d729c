/**
 * Whether a file is the canonical update file of its tensors: the structural half of admission, a function of charter,
 * manifest and bytes alone. Values (finite, bounded) are the kernel's half.
 *
 * There is exactly one file for a set of ranks, values and nonce: the header must be, byte for byte, what we would have
 * written. So two files never mean the same update, and no bytes hide in padding or unknown metadata.
 * Source: docs/PROTOCOL.md §5.7.
 */
import type { Layout } from '../charter/schema.ts'
import { denseName } from '../charter/tensor-names.ts'
import { equalBytes } from '../core/bytes.ts'
import { isRoundError, type RoundError } from '../core/errors.ts'
import {
  encodeHeader,
  headerLengthOf,
  parseHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from '../core/safetensors.ts'
import { createHasher } from '../core/hash.ts'
import { openReader, type Reader } from '../files/index.ts'
import { updateMetadata } from './build.ts'
import { factorDiffers, updateError, type UpdateFault } from './errors.ts'
import { diagonalTensors, factorNames, updateTensors } from './layout.ts'

/** One module's factors in the file. */
export interface UpdateFileModule {
  readonly name: string
  readonly rank: number
  readonly a: SafetensorsEntry
  readonly b: SafetensorsEntry
}

/** No header of ours needs more a tensor: a name of at most 519 characters, dtype, shape and offsets. */
const HEADER_SIZE_BYTES_PER_TENSOR = 768
const HEADER_SIZE_BYTES_FIXED = 512
/** A factor of any size is hashed in memory of this one. */
const BLOCK_BYTES = 1 << 20

/**
 * The modules of an update file in the layout's order.
 * @throws UPDATE_NOT_CANONICAL | UPDATE_RANK_TOO_LARGE, and errors of the disk
 */
export async function checkUpdateFile(
  path: string,
  layout: Layout,
  nonce: Uint8Array,
): Promise<readonly UpdateFileModule[]> {
  const reader = await openReader(path)
  try {
    const prefix = await readPrefix(reader, layout)
    const modules = checkUpdateHeader(prefix, reader.sizeBytes, layout, nonce)
    await checkSharedA(reader, modules, layout)
    return modules
  } finally {
    await reader.close()
  }
}

/** @throws UPDATE_FACTOR_DIFFERS */
async function checkSharedA(
  reader: Reader,
  modules: readonly UpdateFileModule[],
  { sharedA }: Layout,
): Promise<void> {
  if (sharedA === undefined) return
  const hasher = createHasher()
  const block = new Uint8Array(BLOCK_BYTES)
  for (const { a } of modules) {
    for (let done = 0; done < a.sizeBytes; done += block.length) {
      const rest = block.subarray(0, Math.min(block.length, a.sizeBytes - done))
      await reader.readInto(rest, a.offset + done)
      hasher.update(rest)
    }
  }
  const found = hasher.digest()
  // [REJECT] §5.8 Where the charter fixes A, an update has these very bytes.
  if (!equalBytes(found, sharedA)) throw factorDiffers(sharedA, found)
}

async function readPrefix(reader: Reader, layout: Layout): Promise<Uint8Array> {
  if (reader.sizeBytes < 8) throw notCanonical('is shorter than its header')
  const first8 = await reader.read(0, 8)
  const length = asUpdateFault(() => headerLengthOf(first8, 'update'))
  const tensorCount = updateTensors(layout, []).length
  const maxLength = HEADER_SIZE_BYTES_FIXED + tensorCount * HEADER_SIZE_BYTES_PER_TENSOR
  if (length > maxLength || 8 + length > reader.sizeBytes) {
    throw notCanonical(`has a header of ${length} bytes`)
  }
  return reader.read(0, 8 + length)
}

/** Pure: `prefix` is the file's first bytes up to the data. */
export function checkUpdateHeader(
  prefix: Uint8Array,
  fileSizeBytes: number,
  layout: Layout,
  nonce: Uint8Array,
): readonly UpdateFileModule[] {
  const header = parsePrefix(prefix, fileSizeBytes)
  const byName = new Map(header.entries.map((entry) => [entry.name, entry]))
  const modules = layout.modules.map(({ name }) => {
    const names = factorNames(name)
    const [a, b] = [byName.get(names.a), byName.get(names.b)]
    // [REJECT] §5.7 An update holds both factors of every module of the layout.
    if (a === undefined || b === undefined) throw notCanonical(`lacks a factor of module ${name}`)
    return { name, rank: a.shape[0] ?? 0, a, b }
  })
  for (const { name } of layout.dense ?? []) {
    // [REJECT] §5.7 … and every dense part.
    if (!byName.has(denseName(name))) throw notCanonical(`lacks dense part ${name}`)
  }
  for (const { name } of layout.fisher === undefined ? [] : diagonalTensors(layout, [])) {
    // [REJECT] §5.7 … and, where the charter asks for them, the Fisher diagonals of both.
    if (!byName.has(name)) throw notCanonical(`lacks the Fisher diagonal ${name}`)
  }
  for (const { name, rank } of modules) {
    if (rank >= 1 && rank <= layout.rankMax) continue
    throw updateError(
      { code: 'UPDATE_RANK_TOO_LARGE', module: name, rank, rankMax: layout.rankMax },
      `module ${name}: rank ${rank}, the charter allows 1 to ${layout.rankMax}`,
    )
  }
  const ranks = modules.map(({ rank }) => rank)
  const expected = encodeHeader(updateTensors(layout, ranks), updateMetadata(nonce))
  // [REJECT] §5.7 The header is, byte for byte, the canonical one of these ranks and this nonce.
  if (!equalBytes(expected.prefix, prefix)) throw notCanonical('has another header than its tensors need')
  return modules
}

function parsePrefix(prefix: Uint8Array, fileSizeBytes: number): SafetensorsHeader {
  return asUpdateFault(() => parseHeader(prefix.subarray(8), fileSizeBytes, 'update'))
}

/** A file that is no safetensors file at all is not canonical either: one code for the member's fault. */
function asUpdateFault<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (isRoundError(error, 'SAFETENSORS_INVALID')) throw notCanonical(error.message)
    throw error
  }
}

const notCanonical = (reason: string): RoundError<UpdateFault> =>
  updateError({ code: 'UPDATE_NOT_CANONICAL', reason }, `update file: ${reason}`)
