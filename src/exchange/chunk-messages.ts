/**
 * The messages of `/oneround/chunks/1`. Requests and short answers are canonical CBOR; a chunk travels as a zero byte, its
 * index and its bytes, since a megabyte need not be encoded twice. A CBOR map never begins with a zero byte.
 * Source: docs/PROTOCOL.md §10.
 */
import * as v from 'valibot'
import { type Codec, countSchema, defineCodec, digestSchema } from '../core/canonical.ts'

export const CHUNKS_PROTOCOL = '/oneround/chunks/1'
export const CHUNK_REQUEST_SIZE_BYTES_MAX = 256
/** Room of the other fields around a manifest's bytes, and of a chunk's head. */
export const CHUNK_FRAME_EXTRA_BYTES = 128
const CHUNK_HEAD_BYTES = 5

const requestSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('manifest'), update: digestSchema }),
  v.strictObject({ kind: v.literal('chunk'), update: digestSchema, index: countSchema(2 ** 32 - 1) }),
])
export type ChunkRequest = v.InferOutput<typeof requestSchema>
export const chunkRequestCodec: Codec<ChunkRequest> = defineCodec(
  'chunk-request',
  CHUNK_REQUEST_SIZE_BYTES_MAX,
  requestSchema,
)

const bytesSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.instance(Uint8Array)
const answerSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('manifest'), bytes: bytesSchema }),
  /** The reveal gate: not yet, or never, for you. */
  v.strictObject({ kind: v.literal('denied') }),
  v.strictObject({ kind: v.literal('missing') }),
  /** Too much at once, or an error of the server's own: ask later or elsewhere. */
  v.strictObject({ kind: v.literal('busy') }),
])
export type ChunkAnswer = v.InferOutput<typeof answerSchema>

export function chunkAnswerCodec(manifestSizeBytesMax: number): Codec<ChunkAnswer> {
  return defineCodec('chunk-answer', manifestSizeBytesMax + CHUNK_FRAME_EXTRA_BYTES, answerSchema)
}

/** What a chunk's bytes come after in its frame. */
export function chunkHead(index: number): Uint8Array {
  const head = new Uint8Array(CHUNK_HEAD_BYTES)
  new DataView(head.buffer).setUint32(1, index)
  return head
}

/** The chunk in a frame, or null when the frame is another answer. */
export function decodeChunk(
  frame: Uint8Array,
): { readonly index: number; readonly bytes: Uint8Array } | null {
  if (frame.length < CHUNK_HEAD_BYTES || frame[0] !== 0) return null
  const index = new DataView(frame.buffer, frame.byteOffset).getUint32(1)
  return { index, bytes: frame.subarray(CHUNK_HEAD_BYTES) }
}
