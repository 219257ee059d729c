/**
 * What members of a charter sign about its successor: drafts that are handed around, approvals, and the votes of the
 * agreement on one of them. Bodies name the charter that is succeeded and their signer; types begin with `s-`, so bytes of a
 * round never pass for these.
 * Source: docs/PROTOCOL.md §11.
 */
import * as v from 'valibot'
import { CHARTER_SIZE_BYTES_MAX, MEMBER_COUNT_MAX } from '../charter/schema.ts'
import {
  type Codec,
  countSchema,
  type Decoded,
  defineCodec,
  digestSchema,
  signatureSchema,
  textSchema,
} from '../core/canonical.ts'
import { objectDigest } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { signedBytesOf, type VerifySignature } from '../core/signature.ts'
import { VIEW_MAX } from './messages.ts'

const FIXED_SIZE_BYTES_MAX = 512
const DRAFT_SIZE_BYTES_MAX = CHARTER_SIZE_BYTES_MAX + MEMBER_COUNT_MAX * 72 + FIXED_SIZE_BYTES_MAX

const bytesSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.instance(Uint8Array)
const authored = {
  /** Digest of the charter that is succeeded. */
  charter: digestSchema,
  member: countSchema(MEMBER_COUNT_MAX - 1),
}
const inView = { ...authored, view: countSchema(VIEW_MAX) }
const named = { ...inView, draft: digestSchema }

const SCHEMAS = {
  /** "Here is a draft": canonical bytes, and the signatures of all its members in its roster's order. */
  's-draft': v.strictObject({
    ...authored,
    successor: bytesSchema,
    signatures: v.pipe(v.array(signatureSchema), v.minLength(2), v.maxLength(MEMBER_COUNT_MAX)),
  }),
  /** "My operator approves this draft." Of several drafts a member may approve each. */
  's-approval': v.strictObject({ ...authored, draft: digestSchema }),
  /** `carriedFrom`: the view in which the draft was notarized; absent when every earlier view has a dummy certificate. */
  's-proposal': v.strictObject({ ...named, carriedFrom: v.optional(countSchema(VIEW_MAX)) }),
  's-vote': v.strictObject(named),
  's-dummy': v.strictObject(inView),
  's-finalize': v.strictObject(named),
} as const

export type SuccessionType = keyof typeof SCHEMAS
export type SuccessionBodies = {
  readonly [T in SuccessionType]: Readonly<v.InferOutput<(typeof SCHEMAS)[T]>>
}

const codecs: { readonly [T in SuccessionType]: Codec<SuccessionBodies[T]> } = {
  's-draft': defineCodec('s-draft', DRAFT_SIZE_BYTES_MAX, SCHEMAS['s-draft']),
  's-approval': defineCodec('s-approval', FIXED_SIZE_BYTES_MAX, SCHEMAS['s-approval']),
  's-proposal': defineCodec('s-proposal', FIXED_SIZE_BYTES_MAX, SCHEMAS['s-proposal']),
  's-vote': defineCodec('s-vote', FIXED_SIZE_BYTES_MAX, SCHEMAS['s-vote']),
  's-dummy': defineCodec('s-dummy', FIXED_SIZE_BYTES_MAX, SCHEMAS['s-dummy']),
  's-finalize': defineCodec('s-finalize', FIXED_SIZE_BYTES_MAX, SCHEMAS['s-finalize']),
}

const envelopeSchema = v.strictObject({ type: textSchema(16), body: bytesSchema, signature: signatureSchema })
export type SuccessionEnvelope = Readonly<v.InferOutput<typeof envelopeSchema>>
/** Longer input is refused unread. */
export const SUCCESSION_SIZE_BYTES_MAX: number = DRAFT_SIZE_BYTES_MAX + 160
const envelopeCodec: Codec<SuccessionEnvelope> = defineCodec(
  's-envelope',
  SUCCESSION_SIZE_BYTES_MAX,
  envelopeSchema,
)

interface MessageOf<T extends SuccessionType> {
  readonly type: T
  readonly body: SuccessionBodies[T]
  /** Canonical bytes of `body`. */
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  readonly digest: Digest
  readonly key: string
  /** What the signer may say once. */
  readonly slot: string
  readonly member: MemberIndex
}
export type SuccessionMessage = { [T in SuccessionType]: MessageOf<T> }[SuccessionType]

// §11.4 A member signs at most one body a slot; Dummy and Finalize of a view share one.
const SLOTS: { readonly [T in SuccessionType]: (body: SuccessionBodies[T]) => string } = {
  's-draft': ({ member, successor }) => `s-draft/${digestKey(objectDigest('charter', successor))}/${member}`,
  's-approval': ({ member, draft }) => `s-approval/${digestKey(draft)}/${member}`,
  's-proposal': ({ member, view }) => `s-proposal/${view}/${member}`,
  's-vote': ({ member, view }) => `s-vote/${view}/${member}`,
  's-dummy': ({ member, view }) => `s-close/${view}/${member}`,
  's-finalize': ({ member, view }) => `s-close/${view}/${member}`,
}

export function encodeSuccession<T extends SuccessionType>(type: T, body: SuccessionBodies[T]): Uint8Array {
  return codecs[type].encode(body)
}

export function successionSlot<T extends SuccessionType>(type: T, body: SuccessionBodies[T]): string {
  return SLOTS[type](body)
}

/** As it travels and lies in files. */
export function encodeSuccessionEnvelope({ type, bytes, signature }: SuccessionMessage): Uint8Array {
  return envelopeCodec.encode({ type, body: bytes, signature })
}

export function decodeSuccessionEnvelope(bytes: Uint8Array): Decoded<SuccessionEnvelope> {
  return envelopeCodec.decode(bytes)
}

const isType = (text: string): text is SuccessionType => Object.hasOwn(SCHEMAS, text)

/** Opens an envelope: total, bounded, signature not yet checked. Null when it is none, or not canonical. */
export function openSuccession({ type, body, signature }: SuccessionEnvelope): SuccessionMessage | null {
  if (!isType(type)) return null
  const decoded = codecs[type].decode(body)
  if (!decoded.ok) return null
  const digest = objectDigest(type, body)
  const value = decoded.value
  // Sound: the codec of `type` gave `value`; the union over types cannot express it.
  const slot = (SLOTS[type] as (body: typeof value) => string)(value)
  const parts = { type, body: value, bytes: body, signature, digest, key: digestKey(digest), slot }
  return { ...parts, member: value.member } as SuccessionMessage
}

export function isSuccessionSignedBy(
  message: SuccessionMessage,
  publicKey: Uint8Array,
  verify: VerifySignature,
): boolean {
  return verify(publicKey, signedBytesOf(message.type, message.bytes), message.signature)
}
