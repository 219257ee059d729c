/**
 * The journal's file format: records one after the other, read with suspicion.
 *
 * A record is `magic(4) length(4, little-endian) hash(32) body(length)`, the body canonical DAG-CBOR, the hash SHA-256
 * over the previous record's hash and the body, so that no record can be taken out of the middle unseen. The first
 * record names the key and the instance: 16 random bytes drawn when the journal was made.
 * A tail that a crash left half written is left out of the scan; damage with a whole record after it is an error.
 */
import * as v from 'valibot'
import { concatBytes, equalBytes, utf8 } from '../core/bytes.ts'
import {
  type Codec,
  defineCodec,
  describeDecodeFault,
  publicKeySchema,
  roundIdSchema,
  signatureSchema,
  textSchema,
} from '../core/canonical.ts'
import { assert, RoundError } from '../core/errors.ts'
import { sha256 } from '../core/hash.ts'
import { asDigest, DIGEST_BYTES, type RoundId } from '../core/ids.ts'

export type JournalFault =
  | { readonly code: 'JOURNAL_MISSING'; readonly file: string }
  | { readonly code: 'JOURNAL_EXISTS'; readonly file: string }
  | {
      readonly code: 'JOURNAL_CORRUPT'
      readonly file: string
      readonly offset: number
      readonly reason: string
    }
  | { readonly code: 'JOURNAL_OF_ANOTHER_KEY'; readonly file: string }

/** What was signed, as it was sent. */
export interface SignedRecord {
  readonly roundId: RoundId
  /** The slot's name (docs/PROTOCOL.md §2): a member signs at most one body in it. */
  readonly slot: string
  readonly type: string
  /** Canonical bytes of the signed object. */
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

const MAGIC = utf8('1RJ\n')
const FRAME_BYTES = MAGIC.length + 4 + DIGEST_BYTES
export const INSTANCE_BYTES = 16
/** A proposal that lists the statuses of 64 members stays far below. */
export const JOURNAL_RECORD_SIZE_BYTES_MAX = 8 << 20
export const NO_PREVIOUS = asDigest(new Uint8Array(DIGEST_BYTES))

const bodySchema: v.GenericSchema<Uint8Array, Uint8Array> = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => bytes.length < JOURNAL_RECORD_SIZE_BYTES_MAX, 'too large'),
)
const instanceSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => bytes.length === INSTANCE_BYTES, `expected ${INSTANCE_BYTES} bytes`),
)
const openSchema = v.strictObject({
  kind: v.literal('open'),
  publicKey: publicKeySchema,
  instance: instanceSchema,
})
const signedSchema = v.strictObject({
  kind: v.literal('signed'),
  roundId: roundIdSchema,
  slot: textSchema(256),
  type: textSchema(64),
  body: bodySchema,
  signature: signatureSchema,
})
const recordSchema = v.variant('kind', [openSchema, signedSchema])
export type JournalRecord = v.InferOutput<typeof recordSchema>
export const recordCodec: Codec<JournalRecord> = defineCodec(
  'journal-record',
  JOURNAL_RECORD_SIZE_BYTES_MAX,
  recordSchema,
)

/** The bytes of the record that follows the one with hash `previous`. */
export function frameOf(
  body: Uint8Array,
  previous: Uint8Array,
): { readonly bytes: Uint8Array; readonly hash: Uint8Array } {
  assert(body.length <= JOURNAL_RECORD_SIZE_BYTES_MAX, 'a journal record within its bound')
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, body.length, true)
  const hash = sha256(previous, body)
  return { bytes: concatBytes(MAGIC, length, hash, body), hash }
}

interface Frame {
  readonly body: Uint8Array
  readonly hash: Uint8Array
  readonly end: number
}

/** The frame at `offset` if it is all there, whatever its hash says. */
function frameAt(bytes: Uint8Array, offset: number): Frame | null {
  if (offset + FRAME_BYTES > bytes.length) return null
  if (!equalBytes(bytes.subarray(offset, offset + MAGIC.length), MAGIC)) return null
  const length = new DataView(bytes.buffer, bytes.byteOffset + offset + MAGIC.length, 4).getUint32(0, true)
  const begin = offset + FRAME_BYTES
  if (length > JOURNAL_RECORD_SIZE_BYTES_MAX || begin + length > bytes.length) return null
  return {
    hash: bytes.subarray(begin - DIGEST_BYTES, begin),
    body: bytes.subarray(begin, begin + length),
    end: begin + length,
  }
}

/** Whether anything from a damaged place on still reads as a record: a half-written tail never does. */
function hasRecordFrom(bytes: Uint8Array, offset: number): boolean {
  for (let at = offset; at + FRAME_BYTES <= bytes.length; at++) {
    const frame = frameAt(bytes, at)
    if (frame && recordCodec.decode(frame.body).ok) return true
  }
  return false
}

export interface Scan {
  readonly records: readonly JournalRecord[]
  /** Where the last whole record ends. */
  readonly end: number
  readonly lastHash: Uint8Array
}

/** Every whole record from the start. @throws JOURNAL_CORRUPT */
export function scanRecords(bytes: Uint8Array, file: string): Scan {
  const records: JournalRecord[] = []
  let end = 0
  let lastHash: Uint8Array = NO_PREVIOUS
  while (end < bytes.length) {
    const frame = frameAt(bytes, end)
    const isWhole = frame !== null && equalBytes(sha256(lastHash, frame.body), frame.hash)
    if (!isWhole) {
      if (hasRecordFrom(bytes, end)) throw corrupt(file, end, 'damaged, with readable records after it')
      break
    }
    const decoded = recordCodec.decode(frame.body)
    if (!decoded.ok) throw corrupt(file, end, describeDecodeFault(decoded.fault))
    records.push(decoded.value)
    end = frame.end
    lastHash = frame.hash
  }
  return { records, end, lastHash }
}

export function corrupt(file: string, offset: number, reason: string): RoundError<JournalFault> {
  return new RoundError(
    { code: 'JOURNAL_CORRUPT', file, offset, reason },
    `${file}: damaged at byte ${offset}: ${reason}`,
    {
      hint: 'This key cannot know what it has signed. Keep the file, and let the key sign nothing until the rounds it took part in are over.',
    },
  )
}
