/**
 * Envelopes: a body, its type and its signature, as they travel, lie in the journal and are exchanged by sync.
 *
 * In: bytes from a peer, a file or our own journal. Out: a `Message`, the decoded body with its digest and slot, or the
 * fault. The digest covers type and body, never the signature: a signer can make many signatures of one body, so nothing
 * agreed may depend on them. A `Message` is decoded once; checking the signature needs the charter (`isSignedBy`).
 * Source: docs/PROTOCOL.md §2, §3.
 */
import * as v from 'valibot'
import {
  type Codec,
  type DecodeFault,
  type Decoded,
  defineCodec,
  signatureSchema,
  textSchema,
} from '../core/canonical.ts'
import { objectDigest } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { signedBytesOf, type VerifySignature } from '../core/signature.ts'
import { type Bodies, codecOf, isMessageType, MESSAGE_CODECS, type MessageType } from './messages.ts'
import { slotOf } from './slot.ts'

const BODY_SIZE_BYTES_MAX = Math.max(...Object.values(MESSAGE_CODECS).map((codec) => codec.maxSizeBytes))
/** Map head, three keys, the type's text, and the heads and bytes of body and signature. */
const WRAPPING_SIZE_BYTES_MAX = 160
/** Longer input is refused unread. */
export const ENVELOPE_SIZE_BYTES_MAX: number = BODY_SIZE_BYTES_MAX + WRAPPING_SIZE_BYTES_MAX

const bytesSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.instance(Uint8Array)
const envelopeSchema = v.strictObject({
  type: textSchema(16),
  body: bytesSchema,
  signature: signatureSchema,
})
/** What travels: the signature is over `signedBytesOf(type, body)`. */
export type Envelope = Readonly<v.InferOutput<typeof envelopeSchema>>
const envelopeCodec: Codec<Envelope> = defineCodec('envelope', ENVELOPE_SIZE_BYTES_MAX, envelopeSchema)

/** One type's envelope with its body decoded. */
export interface MessageOf<T extends MessageType> {
  readonly type: T
  readonly body: Bodies[T]
  /** The canonical bytes of `body`. */
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  /** Digest of type and body. */
  readonly digest: Digest
  /** `digest` as a map key. */
  readonly key: string
  /** What the signer may say once, unique within the round (slot.ts). */
  readonly slot: string
  readonly member: MemberIndex
}
export type Message = { [T in MessageType]: MessageOf<T> }[MessageType]

/** Why bytes are not a message. `UNKNOWN_TYPE` may be a newer program's: it is ignored, not held against the sender. */
export type EnvelopeFault = DecodeFault | { readonly code: 'UNKNOWN_TYPE' }
export type DecodedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly fault: EnvelopeFault }

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return envelopeCodec.encode({ type: envelope.type, body: envelope.body, signature: envelope.signature })
}

export function decodeEnvelope(bytes: Uint8Array): Decoded<Envelope> {
  return envelopeCodec.decode(bytes)
}

/** The digest that everything refers to an object by: of type and body, never of the signature. */
export function envelopeDigest(envelope: Pick<Envelope, 'type' | 'body'>): Digest {
  return objectDigest(envelope.type, envelope.body)
}

/** Opens an envelope: total, bounded, signature not yet checked. */
export function openEnvelope(envelope: Envelope): DecodedMessage {
  // [REJECT] §2.3 The body is the canonical encoding of a value of its type's schema, within its size bound.
  if (!isMessageType(envelope.type)) return { ok: false, fault: { code: 'UNKNOWN_TYPE' } }
  const decoded = codecOf(envelope.type).decode(envelope.body)
  if (!decoded.ok) return decoded
  return { ok: true, message: buildMessage(envelope.type, decoded.value, envelope.body, envelope.signature) }
}

/** From bytes to a message in one go. */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  const decoded = decodeEnvelope(bytes)
  return decoded.ok ? openEnvelope(decoded.value) : decoded
}

/** A message from its parts; `bytes` must be the canonical encoding of `body`. */
export function buildMessage<T extends MessageType>(
  type: T,
  body: Bodies[T],
  bytes: Uint8Array,
  signature: Uint8Array,
): Message {
  const digest = objectDigest(type, bytes)
  const slot = slotOf(type, body)
  // Sound: `type` and `body` belong together by the signature; the union over T cannot express it.
  return {
    type,
    body,
    bytes,
    signature,
    digest,
    key: digestKey(digest),
    slot,
    member: body.member,
  } as Message
}

/** The envelope of a message, as it travels. */
export function envelopeOf(message: Message): Envelope {
  return { type: message.type, body: message.bytes, signature: message.signature }
}

/** Whether the message bears the signature of the key. */
export function isSignedBy(message: Message, publicKey: Uint8Array, verify: VerifySignature): boolean {
  return verify(publicKey, signedBytesOf(message.type, message.bytes), message.signature)
}
