/**
 * Safetensors: the header, read with suspicion and written canonically. Bytes of tensors are the caller's business, so
 * that files larger than memory work.
 *
 * Layout: u64 little-endian header length N, N bytes of JSON `{name: {dtype, shape, data_offsets: [begin, end]}}` with
 * an optional `__metadata__` map of texts, then the data. Canonical form (ours): names in byte order, keys in the order
 * dtype, shape, data_offsets, no spaces, header padded with spaces to a multiple of 8, data in name order without gaps.
 * Source: the safetensors format description (huggingface/safetensors README, "Format").
 */
import { concatBytes, toUtf8, utf8 } from './bytes.ts'
import { RoundError } from './errors.ts'

/** Same bound as the reference implementation's. */
export const HEADER_SIZE_BYTES_MAX = 100_000_000
export const DTYPE_SIZE_BYTES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U64', 8],
  ['U32', 4],
  ['U16', 2],
  ['U8', 1],
  ['BOOL', 1],
])

export interface SafetensorsEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Absolute byte offset of the tensor in the file. */
  readonly offset: number
  readonly sizeBytes: number
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>
  /** In the order of their data. */
  readonly entries: readonly SafetensorsEntry[]
  /** Where the data begins. */
  readonly dataOffset: number
  /** What the whole file must measure. */
  readonly fileSizeBytes: number
}

export type SafetensorsFault = {
  readonly code: 'SAFETENSORS_INVALID'
  readonly file: string
  readonly reason: string
}

/** Length of the JSON header from the file's first 8 bytes. @throws SAFETENSORS_INVALID */
export function headerLengthOf(first8: Uint8Array, file: string): number {
  if (first8.length < 8) throw invalid(file, 'shorter than 8 bytes')
  const length = Number(new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true))
  if (length < 2 || length > HEADER_SIZE_BYTES_MAX)
    throw invalid(file, `header length ${length} out of range`)
  return length
}

/**
 * Parses and checks a header: known dtypes, shapes that match their bytes, ranges without overlap or gap, and the
 * file's real size.
 * @param json — the header's bytes, without the length before them
 * @param fileSizeBytes — the file's real size
 * @throws SAFETENSORS_INVALID
 */
export function parseHeader(json: Uint8Array, fileSizeBytes: number, file: string): SafetensorsHeader {
  const raw = parseJson(json, file)
  const dataOffset = 8 + json.length
  const entries: SafetensorsEntry[] = []
  let metadata = new Map<string, string>()
  for (const [name, value] of Object.entries(raw)) {
    if (name === '__metadata__') metadata = parseMetadata(value, file)
    else entries.push(parseEntry(name, value, dataOffset, file))
  }
  entries.sort((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)
  let end = dataOffset
  for (const entry of entries) {
    if (entry.offset !== end)
      throw invalid(file, `tensor ${quote(entry.name)} leaves a gap or overlaps another`)
    end = entry.offset + entry.sizeBytes
  }
  if (end !== fileSizeBytes) throw invalid(file, `${fileSizeBytes} bytes, but its header describes ${end}`)
  return { metadata, entries, dataOffset, fileSizeBytes }
}

function parseJson(json: Uint8Array, file: string): Record<string, unknown> {
  let raw: unknown
  try {
    raw = JSON.parse(toUtf8(json))
  } catch (cause) {
    throw new RoundError(
      { code: 'SAFETENSORS_INVALID', file, reason: 'header is no JSON' },
      `${file}: header is no JSON`,
      {
        cause,
        hint: 'Is this a safetensors file? Pickled weights (.bin, .pt) are never read; convert them first.',
      },
    )
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw invalid(file, 'header is no JSON object')
  return raw as Record<string, unknown>
}

function parseMetadata(value: unknown, file: string): Map<string, string> {
  if (typeof value !== 'object' || value === null) throw invalid(file, '__metadata__ is no map')
  return new Map(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== 'string') throw invalid(file, `__metadata__ ${quote(key)} is no text`)
      return [key, text]
    }),
  )
}

function parseEntry(name: string, value: unknown, dataOffset: number, file: string): SafetensorsEntry {
  const bad = (what: string) => invalid(file, `tensor ${quote(name)}: ${what}`)
  if (typeof value !== 'object' || value === null) throw bad('no description')
  const { dtype, shape, data_offsets: range } = value as Record<string, unknown>
  if (typeof dtype !== 'string') throw bad('no dtype')
  const itemSize = DTYPE_SIZE_BYTES.get(dtype)
  if (itemSize === undefined) throw bad(`unknown dtype ${quote(dtype)}`)
  if (!Array.isArray(shape) || !shape.every(isCount)) throw bad('shape is no list of counts')
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isCount))
    throw bad('data_offsets is no pair of counts')
  const [begin, end] = range as [number, number]
  const sizeBytes = shape.reduce((product, dim) => product * dim, itemSize)
  if (end - begin !== sizeBytes || !Number.isSafeInteger(sizeBytes)) {
    throw bad(`${end - begin} bytes of data, but dtype and shape need ${sizeBytes}`)
  }
  return { name, dtype, shape, offset: dataOffset + begin, sizeBytes }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const quote = (text: string): string => JSON.stringify(text.slice(0, 128))

function invalid(file: string, reason: string): RoundError<SafetensorsFault> {
  return new RoundError({ code: 'SAFETENSORS_INVALID', file, reason }, `${file}: ${reason}`, {
    hint: 'The file is damaged or cut short, or is no safetensors file; copy it again.',
  })
}

export interface TensorLayout {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
}

/**
 * The canonical header for tensors: the bytes to write before the data, and where each tensor goes.
 * @param tensors — any order; names distinct ASCII
 */
export function encodeHeader(
  tensors: readonly TensorLayout[],
  metadata: ReadonlyMap<string, string> = new Map(),
): { readonly prefix: Uint8Array; readonly header: SafetensorsHeader } {
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const parts: string[] = []
  if (metadata.size > 0) {
    const texts = [...metadata].sort(([a], [b]) => (a < b ? -1 : 1))
    parts.push(
      `"__metadata__":{${texts.map(([k, t]) => `${JSON.stringify(k)}:${JSON.stringify(t)}`).join(',')}}`,
    )
  }
  let end = 0
  const ranges = sorted.map(({ name, dtype, shape }) => {
    const begin = end
    end += shape.reduce((product, dim) => product * dim, DTYPE_SIZE_BYTES.get(dtype) ?? Number.NaN)
    if (!Number.isSafeInteger(end)) throw invalid(name, `dtype ${quote(dtype)} or shape is out of range`)
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`,
    )
    return { begin, sizeBytes: end - begin }
  })
  const json = utf8(`{${parts.join(',')}}`)
  const padded = concatBytes(json, utf8(' '.repeat((8 - (json.length % 8)) % 8)))
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true)
  const dataOffset = 8 + padded.length
  const entries = sorted.map((tensor, i) => ({
    ...tensor,
    offset: dataOffset + (ranges[i]?.begin ?? 0),
    sizeBytes: ranges[i]?.sizeBytes ?? 0,
  }))
  return {
    prefix: concatBytes(length, padded),
    header: { metadata, entries, dataOffset, fileSizeBytes: dataOffset + end },
  }
}
