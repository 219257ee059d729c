/**
 * Canonical bytes: one value, one encoding. Everything that is hashed or signed goes through here.
 *
 * Encoding: DAG-CBOR restricted to integers below 2^53, byte strings, ASCII text, booleans, arrays and maps with text
 * keys; no floats, no null, no CIDs. `@ipld/dag-cbor` also *decodes* input that is not canonical (unsorted keys, several
 * forms of one number, bad UTF-8), so decoding is: length, decode, schema, encode again, equal bytes or refuse.
 * Source: RFC 8949 §4.2, the DAG-CBOR specification; docs/PROTOCOL.md §2.
 */
import * as dagCbor from '@ipld/dag-cbor'
import * as v from 'valibot'
import { equalBytes } from './bytes.ts'
import {
  DIGEST_BYTES,
  type Digest,
  type PublicKey,
  PUBLIC_KEY_BYTES,
  type RoundId,
  SIGNATURE_BYTES,
} from './ids.ts'
import { assert, messageOf } from './errors.ts'

/** Why bytes are not the canonical form of a `T`. */
export type DecodeFault =
  | { readonly code: 'TOO_LARGE'; readonly sizeBytes: number; readonly maxSizeBytes: number }
  | { readonly code: 'MALFORMED'; readonly reason: string }
  | { readonly code: 'NOT_CANONICAL' }

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: DecodeFault }

/** A wire type: total decoder, bounded before anything is allocated. */
export interface Codec<T> {
  readonly type: string
  /** Byte length above which input is refused unread. */
  readonly maxSizeBytes: number
  readonly encode: (value: T) => Uint8Array
  readonly decode: (bytes: Uint8Array) => Decoded<T>
}

/** Refuses what the schema cannot see: floats, null, non-ASCII text, depth that would exhaust the stack. */
const DEPTH_MAX = 16

function findForbidden(value: unknown, depth: number): string | null {
  if (depth > DEPTH_MAX) return `nested deeper than ${DEPTH_MAX}`
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? null
        : 'a number that is not an integer below 2^53'
    case 'string':
      // oxlint-disable-next-line no-control-regex -- the range is the definition of ASCII
      return /^[\x00-\x7f]*$/.test(value) ? null : 'text that is not ASCII'
    case 'boolean':
      return null
    case 'object':
      return value === null ? 'null' : findForbiddenWithin(value, depth)
    default:
      return `a ${typeof value}`
  }
}

function findForbiddenWithin(value: object, depth: number): string | null {
  if (value instanceof Uint8Array) return null
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null
  if (!isPlain) return 'an object that is no plain map'
  for (const [key, item] of Object.entries(value)) {
    const found = findForbidden(key, depth + 1) ?? findForbidden(item, depth + 1)
    if (found !== null) return found
  }
  return null
}

/** What a value from outside holds that no canonical bytes can: floats, null, text that is not ASCII; null for none of it. */
export function whyNotCanonical(value: unknown): string | null {
  return findForbidden(value, 0)
}

/** The canonical bytes of a value made of the allowed kinds only. Any other value is our own mistake: it asserts. */
export function encodeCanonical(value: unknown): Uint8Array {
  const forbidden = findForbidden(value, 0)
  assert(forbidden === null, `cannot encode ${forbidden}`)
  const bytes = dagCbor.encode(value)
  // In Node it may be a Buffer, whose `slice` shares memory where a Uint8Array's copies: hand out the latter only.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Builds the codec of a wire type from its schema. Unknown keys must be refused by the schema (`v.strictObject`). */
export function defineCodec<S extends v.GenericSchema>(
  type: string,
  maxSizeBytes: number,
  schema: S,
): Codec<v.InferOutput<S>> {
  return {
    type,
    maxSizeBytes,
    encode: (value) => encodeCanonical(value),
    decode: (bytes) => decodeCanonical(bytes, maxSizeBytes, schema),
  }
}

function decodeCanonical<S extends v.GenericSchema>(
  bytes: Uint8Array,
  maxSizeBytes: number,
  schema: S,
): Decoded<v.InferOutput<S>> {
  if (bytes.length > maxSizeBytes) {
    return { ok: false, fault: { code: 'TOO_LARGE', sizeBytes: bytes.length, maxSizeBytes } }
  }
  const malformed = (reason: string) => ({ ok: false, fault: { code: 'MALFORMED', reason } }) as const
  let raw: unknown
  try {
    raw = dagCbor.decode(bytes)
  } catch (error) {
    return malformed(messageOf(error))
  }
  const forbidden = findForbidden(raw, 0)
  if (forbidden !== null) return malformed(forbidden)
  const checked = v.safeParse(schema, raw, { abortEarly: true })
  if (!checked.success) {
    const issue = checked.issues[0]
    return malformed(`${v.getDotPath(issue) ?? 'value'}: ${issue.message}`)
  }
  if (!equalBytes(dagCbor.encode(raw), bytes)) return { ok: false, fault: { code: 'NOT_CANONICAL' } }
  return { ok: true, value: checked.output }
}

/** One sentence for a fault, for the operator. */
export function describeDecodeFault(fault: DecodeFault): string {
  switch (fault.code) {
    case 'TOO_LARGE':
      return `${fault.sizeBytes} bytes, at most ${fault.maxSizeBytes} allowed`
    case 'MALFORMED':
      return fault.reason
    case 'NOT_CANONICAL':
      return 'not the canonical encoding of its value'
  }
}

// ---- Schema pieces that every wire type is made of --------------------------------------------------------------

const bytesOf = (length: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check((bytes) => bytes.length === length, `expected ${length} bytes`),
  )

export const digestSchema: v.GenericSchema<Uint8Array, Digest> = v.pipe(
  bytesOf(DIGEST_BYTES),
  v.transform((bytes) => bytes as Digest),
)
export const roundIdSchema: v.GenericSchema<Uint8Array, RoundId> = v.pipe(
  bytesOf(DIGEST_BYTES),
  v.transform((bytes) => bytes as RoundId),
)
export const publicKeySchema: v.GenericSchema<Uint8Array, PublicKey> = v.pipe(
  bytesOf(PUBLIC_KEY_BYTES),
  v.transform((bytes) => bytes as PublicKey),
)
export const signatureSchema: v.GenericSchema<Uint8Array, Uint8Array> = bytesOf(SIGNATURE_BYTES)
/** A count or an index: an integer from 0 to `max` (default 2^53 − 1). */
export const countSchema = (max: number = Number.MAX_SAFE_INTEGER): v.GenericSchema<number, number> =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max))
export const textSchema = (maxLength: number): v.GenericSchema<string, string> =>
  v.pipe(v.string(), v.maxLength(maxLength))
