/** The messages of `/oneround/sync/1`, bounded; its id names its version (§10.11). Source: docs/PROTOCOL.md §10. */
import * as v from 'valibot'
import { type Codec, countSchema, defineCodec, digestSchema, roundIdSchema } from '../core/canonical.ts'
import { REQUEST_SIZE_BYTES_MAX } from './limits.ts'

export const SYNC_PROTOCOL = '/oneround/sync/1'
/** Digests in one frame of a list: 34 KiB. */
export const LIST_PAGE_COUNT = 1_024
/** Digests in one request: 17 KiB. */
export const GET_COUNT_MAX = 512
/** A server stops a batch after this many bytes; the reader asks again for the rest. It bounds what a reader buffers. */
export const BATCH_SIZE_BYTES_MAX = 1 << 20
/** Room of the other fields around an object's bytes. */
export const OBJECT_FRAME_EXTRA_BYTES = 256

const bytesSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.instance(Uint8Array)
const clockSchema = countSchema(8_640_000_000_000_000)

const requestSchema = v.variant('kind', [
  /** What do you hold? `summary` of what I hold: equal ones need no list. */
  v.strictObject({
    kind: v.literal('list'),
    round: roundIdSchema,
    summary: digestSchema,
  }),
  v.strictObject({
    kind: v.literal('get'),
    digests: v.pipe(v.array(digestSchema), v.minLength(1), v.maxLength(GET_COUNT_MAX)),
  }),
  /** I hold these updates whole. With `hint`: I also hold an object that is too large for gossip. */
  v.strictObject({
    kind: v.literal('announce'),
    round: roundIdSchema,
    updates: v.pipe(v.array(digestSchema), v.maxLength(GET_COUNT_MAX)),
    hint: v.boolean(),
  }),
])
export type SyncRequest = v.InferOutput<typeof requestSchema>
export const syncRequestCodec: Codec<SyncRequest> = defineCodec(
  'sync-request',
  REQUEST_SIZE_BYTES_MAX,
  requestSchema,
)

const replySchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('same'), clockMs: clockSchema }),
  v.strictObject({ kind: v.literal('other-round') }),
  v.strictObject({
    kind: v.literal('digests'),
    clockMs: clockSchema,
    digests: v.pipe(v.array(digestSchema), v.maxLength(LIST_PAGE_COUNT)),
    isLast: v.boolean(),
  }),
  v.strictObject({ kind: v.literal('object'), digest: digestSchema, bytes: bytesSchema }),
  /** The batch is over; `isWhole` false when it was cut at its bound in bytes. */
  v.strictObject({ kind: v.literal('end'), isWhole: v.boolean() }),
])
export type SyncReply = v.InferOutput<typeof replySchema>

/** @param objectSizeBytesMax — bounds the largest reply */
export function syncReplyCodec(objectSizeBytesMax: number): Codec<SyncReply> {
  const listSizeBytesMax = LIST_PAGE_COUNT * 34 + OBJECT_FRAME_EXTRA_BYTES
  const sizeBytesMax = Math.max(listSizeBytesMax, objectSizeBytesMax + OBJECT_FRAME_EXTRA_BYTES)
  return defineCodec('sync-reply', sizeBytesMax, replySchema)
}
