/**
 * Round objects and updates as one file, for members that no network reaches: what is carried on a stick or in a mail.
 *
 * Form (`oneround/objects@1`): frames, each a length (4 bytes, little-endian) and a canonical DAG-CBOR item of that length.
 * First `head` (charter, round, who wrote it), then `object` (one envelope each) and `update` (manifest and size, followed by
 * the file's bytes as they are), last `end` with the counts, so that a file that was cut off shows.
 * In: a file from anybody. Out: where everything lies in it; only frames are read, each bounded, never the whole. Nothing
 * in it is believed: objects go through the engine, manifests and chunks through the same checks as a peer's.
 */
import * as v from 'valibot'
import { ENVELOPE_SIZE_BYTES_MAX } from '../agree/envelope.ts'
import {
  type Codec,
  countSchema,
  defineCodec,
  describeDecodeFault,
  digestSchema,
  roundIdSchema,
  textSchema,
} from '../core/canonical.ts'
import { RoundError } from '../core/errors.ts'
import { type Digest, digestKey, type RoundId } from '../core/ids.ts'
import { type AtomicWriter, openReader, type Reader } from '../files/index.ts'
import type { UpdateSource } from '../exchange/interface.ts'

export type CarriedFileFault = {
  readonly code: 'CARRIED_FILE_INVALID'
  readonly file: string
  readonly offset: number
  readonly reason: string
}

const MANIFEST_SIZE_BYTES_MAX = 40 << 20
/** A frame around the largest manifest that any charter allows (2^40 bytes in chunks of a MiB), or an envelope. */
const ITEM_SIZE_BYTES_MAX = Math.max(MANIFEST_SIZE_BYTES_MAX, ENVELOPE_SIZE_BYTES_MAX) + 256
/** As many objects as sync takes of one member (src/exchange/limits.ts). */
export const CARRIED_OBJECT_COUNT_MAX: number = 1 << 16
/** Two bodies of each member's Header may name an update each. */
const CARRIED_UPDATE_COUNT_MAX = 128

const bytesSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.instance(Uint8Array)
const headSchema = v.strictObject({
  kind: v.literal('head'),
  schema: v.literal('oneround/objects@1'),
  charter: digestSchema,
  round: roundIdSchema,
  roundNumber: v.pipe(countSchema(64), v.minValue(1)),
  /** Who wrote the file: a word for people, believed by nobody. */
  from: textSchema(32),
})
const objectSchema = v.strictObject({ kind: v.literal('object'), envelope: bytesSchema })
const updateSchema = v.strictObject({
  kind: v.literal('update'),
  update: digestSchema,
  manifest: bytesSchema,
  sizeBytes: countSchema(2 ** 40),
})
const endSchema = v.strictObject({ kind: v.literal('end'), objects: countSchema(), updates: countSchema() })
const itemSchema = v.variant('kind', [headSchema, objectSchema, updateSchema, endSchema])
type Item = v.InferOutput<typeof itemSchema>
const itemCodec: Codec<Item> = defineCodec('carried', ITEM_SIZE_BYTES_MAX, itemSchema)

export interface CarriedHead {
  readonly charter: Digest
  readonly round: RoundId
  readonly roundNumber: number
  readonly from: string
}

export interface CarriedUpdate {
  readonly manifest: Uint8Array
  readonly sizeBytes: number
  /** `length` bytes of the update's file from `offset`. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>
}

export interface CarriedFile {
  readonly head: CarriedHead
  readonly objectCount: number
  /** The envelope of an object, unchecked. */
  readonly readObject: (index: number) => Promise<Uint8Array>
  readonly updates: ReadonlyMap<string, CarriedUpdate>
  readonly close: () => Promise<void>
}

const LENGTH_BYTES = 4

function invalid(file: string, offset: number, reason: string): RoundError<CarriedFileFault> {
  return new RoundError(
    { code: 'CARRIED_FILE_INVALID', file, offset, reason },
    `${file}: at byte ${offset}: ${reason}`,
    { hint: 'Copy the file again, or have it written again with `oneround objects export`.' },
  )
}

/** Reads where everything lies. @throws FILE_MISSING | CARRIED_FILE_INVALID — nothing was taken then */
export async function openCarriedFile(path: string): Promise<CarriedFile> {
  const reader = await openReader(path)
  try {
    return await indexFile(reader)
  } catch (error) {
    await reader.close()
    throw error
  }
}

interface Frame {
  readonly item: Item
  readonly begin: number
  readonly end: number
}

async function readFrame(reader: Reader, offset: number): Promise<Frame> {
  const begin = offset + LENGTH_BYTES
  if (begin > reader.sizeBytes) throw invalid(reader.path, offset, 'it was cut off')
  const head = await reader.read(offset, LENGTH_BYTES)
  const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true)
  if (length > ITEM_SIZE_BYTES_MAX) throw invalid(reader.path, offset, 'is no file of `objects export`')
  if (begin + length > reader.sizeBytes) throw invalid(reader.path, offset, 'it was cut off')
  const decoded = itemCodec.decode(await reader.read(begin, length))
  if (!decoded.ok) throw invalid(reader.path, offset, describeDecodeFault(decoded.fault))
  return { item: decoded.value, begin, end: begin + length }
}

async function indexFile(reader: Reader): Promise<CarriedFile> {
  const first = await readFrame(reader, 0)
  if (first.item.kind !== 'head') throw invalid(reader.path, 0, 'is no file of `objects export`')
  const objects: number[] = []
  const updates = new Map<string, CarriedUpdate>()
  for (let offset = first.end; ;) {
    const { item, end } = await readFrame(reader, offset)
    if (item.kind === 'end') {
      const isWhole =
        item.objects === objects.length && item.updates === updates.size && end === reader.sizeBytes
      if (!isWhole) throw invalid(reader.path, offset, 'its end does not fit what comes before')
      break
    }
    if (item.kind === 'head') throw invalid(reader.path, offset, 'a second head')
    if (item.kind === 'object') objects.push(offset)
    else updates.set(digestKey(item.update), carriedUpdate(reader, item, end))
    const isTooMany = objects.length > CARRIED_OBJECT_COUNT_MAX || updates.size > CARRIED_UPDATE_COUNT_MAX
    if (isTooMany) throw invalid(reader.path, offset, 'more than a round can have')
    offset = item.kind === 'update' ? end + item.sizeBytes : end
  }
  const readObject = async (index: number): Promise<Uint8Array> => {
    const { item } = await readFrame(reader, objects[index] ?? 0)
    if (item.kind !== 'object')
      throw invalid(reader.path, objects[index] ?? 0, 'it changed while it was read')
    return item.envelope
  }
  return { head: first.item, objectCount: objects.length, readObject, updates, close: reader.close }
}

function carriedUpdate(
  reader: Reader,
  { manifest, sizeBytes }: Extract<Item, { kind: 'update' }>,
  begin: number,
): CarriedUpdate {
  return { manifest, sizeBytes, read: (offset, length) => reader.read(begin + offset, length) }
}

export interface CarriedContent {
  readonly head: CarriedHead
  readonly objects: readonly Uint8Array[]
  readonly updates: readonly {
    readonly update: Digest
    readonly sizeBytes: number
    readonly source: UpdateSource
  }[]
}

/** Writes the frames in order. @throws NO_SPACE | FILE_UNREADABLE */
export async function writeCarried(writer: AtomicWriter, content: CarriedContent): Promise<void> {
  const { head, objects, updates } = content
  const write = (item: Item): Promise<void> => writer.write(frameOf(item))
  await write({ kind: 'head', schema: 'oneround/objects@1', ...head })
  for (const envelope of objects) await write({ kind: 'object', envelope })
  const never = new AbortController().signal
  for (const { update, sizeBytes, source } of updates) {
    await write({ kind: 'update', update, manifest: source.manifest, sizeBytes })
    for (let index = 0; index < source.chunkCount; index++) {
      await writer.write(await source.readChunk(index, never))
    }
  }
  await write({ kind: 'end', objects: objects.length, updates: updates.length })
}

function frameOf(item: Item): Uint8Array {
  const body = itemCodec.encode(item)
  const frame = new Uint8Array(LENGTH_BYTES + body.length)
  new DataView(frame.buffer).setUint32(0, body.length, true)
  frame.set(body, LENGTH_BYTES)
  return frame
}
