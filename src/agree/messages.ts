/**
 * Wire bodies: everything that a member may sign in one round, with its codec.
 *
 * Every body names its round and its signer, so bytes of one round or member can never pass for another's, and every
 * list is in strictly ascending roster order, so one meaning has one encoding. Bodies are small (≤ 16 KiB at 64
 * members): updates travel as chunks, never in here. Who may say what, and once, is `slot.ts`; whether a well-formed body
 * is believed is the engine's business (`engine.ts`).
 * Source: docs/PROTOCOL.md §3.
 */
import * as v from 'valibot'
import { MEMBER_COUNT_MAX } from '../charter/schema.ts'
import { compareBytes } from '../core/bytes.ts'
import {
  type Codec,
  countSchema,
  defineCodec,
  digestSchema,
  roundIdSchema,
  textSchema,
} from '../core/canonical.ts'
import type { RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'

/** Views of one instance: far beyond what linear timers reach in the longest round. */
export const VIEW_MAX = 2 ** 31
/** Cuts of one round: cut 0 and the charter's late ones. */
export const CUT_MAX = 16

const memberIndexSchema = countSchema(MEMBER_COUNT_MAX - 1)
const viewSchema = countSchema(VIEW_MAX)
const cutSchema = countSchema(CUT_MAX)
const authored = { round: roundIdSchema, member: memberIndexSchema }

/** Strictly ascending by member: sorted, and each member at most once. */
function isInRosterOrder(items: readonly { readonly member: MemberIndex }[]): boolean {
  return items.every((item, index) => index === 0 || (items[index - 1]?.member ?? 0) < item.member)
}

const namedSchema = v.strictObject({ member: memberIndexSchema, digest: digestSchema })
/** A digest of an object, and the member whose object it is. */
export type Named = Readonly<v.InferOutput<typeof namedSchema>>
const namedListSchema: v.GenericSchema<unknown, readonly Named[]> = v.pipe(
  v.array(namedSchema),
  v.maxLength(MEMBER_COUNT_MAX),
  v.check((list) => isInRosterOrder(list), 'expected strictly ascending members'),
)

// ---- Commit ------------------------------------------------------------------------------------------------------

export const DEVIATION_LENGTH_MAX = 128
export const DEVIATION_COUNT_MAX = 32

/** What a site claims about its training: shown to people, believed by nobody. Losses in millionths of a nat. */
const trainingSummarySchema = v.strictObject({
  epochs: countSchema(2 ** 20),
  steps: countSchema(2 ** 40),
  tokens: countSchema(),
  lossBeforeMillionths: v.optional(countSchema(2 ** 40)),
  lossAfterMillionths: v.optional(countSchema(2 ** 40)),
  /** Where the member trained otherwise than the charter's recipe, a line for each key. */
  deviations: v.optional(v.pipe(v.array(textSchema(DEVIATION_LENGTH_MAX)), v.maxLength(DEVIATION_COUNT_MAX))),
  /** Trace of the Fisher diagonal at the trained parameters, in millionths of nats²; a charter may weigh by it. */
  fisherMillionths: v.optional(countSchema(2 ** 40)),
})
export type TrainingSummary = Readonly<v.InferOutput<typeof trainingSummarySchema>>

const headerSchema = v.strictObject({
  ...authored,
  /** Digest of the update's manifest (src/update/manifest.ts). */
  update: digestSchema,
  sizeBytes: v.pipe(countSchema(2 ** 40), v.minValue(1)),
  chunkSizeBytes: v.pipe(countSchema(1 << 22), v.minValue(1 << 12)),
  layout: digestSchema,
  /** The aggregate that training started from, in a round that builds on the one before; absent where it is the base. */
  basis: v.optional(digestSchema),
  /** Claimed number of training samples. */
  samples: countSchema(2 ** 40),
  summary: trainingSummarySchema,
})
/** "This is the digest of my update": commits me to its bytes before anyone may read them. */
export type Header = Readonly<v.InferOutput<typeof headerSchema>>

const passSchema = v.strictObject(authored)
/** "No update from me in this round." */
export type Pass = Readonly<v.InferOutput<typeof passSchema>>

const sealSchema = v.strictObject({ ...authored, published: namedListSchema })
/** The Headers and Passes that I hold at my commit time, by digest. */
export type Seal = Readonly<v.InferOutput<typeof sealSchema>>

// ---- Certify -----------------------------------------------------------------------------------------------------

const receiptSchema = v.strictObject({ ...authored, of: memberIndexSchema, header: digestSchema })
/** "I hold every byte of the update that this Header of `of` commits to; it is admitted and was committed." */
export type Receipt = Readonly<v.InferOutput<typeof receiptSchema>>

const refusalSchema = v.strictObject({
  ...authored,
  of: memberIndexSchema,
  header: digestSchema,
  /** Code of the admission fault. */
  fault: v.pipe(textSchema(64), v.regex(/^[A-Z][A-Z0-9_]*$/, 'expected an upper-case code')),
})
/** "I have every byte and it is not admissible." */
export type Refusal = Readonly<v.InferOutput<typeof refusalSchema>>

// ---- Cut ---------------------------------------------------------------------------------------------------------

const evidenceSchema = v.pipe(
  v.strictObject({ member: memberIndexSchema, first: digestSchema, second: digestSchema }),
  v.check(({ first, second }) => compareBytes(first, second) < 0, 'expected two digests in byte order'),
)
/** Two bodies of one slot of one member, by digest: proves that the member signed both. */
export type EvidenceItem = Readonly<v.InferOutput<typeof evidenceSchema>>

const evidenceListSchema: v.GenericSchema<unknown, readonly EvidenceItem[]> = v.pipe(
  v.array(evidenceSchema),
  v.maxLength(MEMBER_COUNT_MAX),
  v.check((list) => isInRosterOrder(list), 'expected strictly ascending members'),
)

const statusSchema = v.strictObject({
  ...authored,
  cut: cutSchema,
  /** Member → digest of its certified Header. */
  certified: namedListSchema,
  evidence: evidenceListSchema,
})
/** What I hold certified, and whom I hold evidence against, at my cut time. */
export type Status = Readonly<v.InferOutput<typeof statusSchema>>

// ---- Agree -------------------------------------------------------------------------------------------------------

const valueSchema = v.strictObject({
  round: roundIdSchema,
  cut: cutSchema,
  /** Digests of Status objects of different members: at least q. */
  statuses: namedListSchema,
  /** Digest of the decision of the cut before; absent at cut 0. */
  previous: v.optional(digestSchema),
})
/** x: what is agreed on. */
export type Value = Readonly<v.InferOutput<typeof valueSchema>>

const proposalSchema = v.strictObject({
  ...authored,
  cut: cutSchema,
  view: viewSchema,
  value: valueSchema,
  /** w: the view in which `value` was notarized; absent when every earlier view has a dummy certificate. */
  carriedFrom: v.optional(viewSchema),
})
export type Proposal = Readonly<v.InferOutput<typeof proposalSchema>>

const ballot = { ...authored, cut: cutSchema, view: viewSchema }
const voteSchema = v.strictObject({ ...ballot, value: digestSchema })
export type Vote = Readonly<v.InferOutput<typeof voteSchema>>
const dummySchema = v.strictObject(ballot)
/** "Nothing from the leader of this view in time; I have not finalized in it and never will." */
export type Dummy = Readonly<v.InferOutput<typeof dummySchema>>
const finalizeSchema = v.strictObject({ ...ballot, value: digestSchema })
/** "I saw the value notarized in this view, have not voted dummy in it and never will." */
export type Finalize = Readonly<v.InferOutput<typeof finalizeSchema>>

// ---- Aggregate ---------------------------------------------------------------------------------------------------

const attestationSchema = v.strictObject({
  ...authored,
  cut: cutSchema,
  decision: digestSchema,
  /** SHA-256 of the aggregate's canonical file. */
  aggregate: digestSchema,
  /** The charter's first rule that holds for the number of decided updates. */
  rule: v.strictObject({ id: textSchema(64), version: v.pipe(countSchema(2 ** 16), v.minValue(1)) }),
})
/** "From this decision I computed this aggregate." */
export type Attestation = Readonly<v.InferOutput<typeof attestationSchema>>

const abandonSchema = v.strictObject(authored)
/** "I sign nothing more in this round." */
export type Abandon = Readonly<v.InferOutput<typeof abandonSchema>>

/** Digests at their encoded length, for the size bounds: 32 bytes, head, and a member's key and index beside it. */
const NAMED_SIZE_BYTES_MAX = 64
const FIXED_SIZE_BYTES_MAX = 512
const LIST_SIZE_BYTES_MAX = FIXED_SIZE_BYTES_MAX + MEMBER_COUNT_MAX * NAMED_SIZE_BYTES_MAX
const STATUS_SIZE_BYTES_MAX = LIST_SIZE_BYTES_MAX + MEMBER_COUNT_MAX * 2 * NAMED_SIZE_BYTES_MAX

/** Every type that may be signed in a round, with the codec of its body. */
export const MESSAGE_CODECS = {
  header: defineCodec('header', FIXED_SIZE_BYTES_MAX, headerSchema),
  pass: defineCodec('pass', FIXED_SIZE_BYTES_MAX, passSchema),
  seal: defineCodec('seal', LIST_SIZE_BYTES_MAX, sealSchema),
  receipt: defineCodec('receipt', FIXED_SIZE_BYTES_MAX, receiptSchema),
  refusal: defineCodec('refusal', FIXED_SIZE_BYTES_MAX, refusalSchema),
  status: defineCodec('status', STATUS_SIZE_BYTES_MAX, statusSchema),
  proposal: defineCodec('proposal', LIST_SIZE_BYTES_MAX, proposalSchema),
  vote: defineCodec('vote', FIXED_SIZE_BYTES_MAX, voteSchema),
  dummy: defineCodec('dummy', FIXED_SIZE_BYTES_MAX, dummySchema),
  finalize: defineCodec('finalize', FIXED_SIZE_BYTES_MAX, finalizeSchema),
  attestation: defineCodec('attestation', FIXED_SIZE_BYTES_MAX, attestationSchema),
  abandon: defineCodec('abandon', FIXED_SIZE_BYTES_MAX, abandonSchema),
} as const

export type MessageType = keyof typeof MESSAGE_CODECS

/** The body of each type. */
export interface Bodies {
  readonly header: Header
  readonly pass: Pass
  readonly seal: Seal
  readonly receipt: Receipt
  readonly refusal: Refusal
  readonly status: Status
  readonly proposal: Proposal
  readonly vote: Vote
  readonly dummy: Dummy
  readonly finalize: Finalize
  readonly attestation: Attestation
  readonly abandon: Abandon
}

export const MESSAGE_TYPES: readonly MessageType[] = Object.keys(MESSAGE_CODECS) as MessageType[]

export function isMessageType(text: string): text is MessageType {
  return Object.hasOwn(MESSAGE_CODECS, text)
}

/** The codec of one type, as a codec of that type's body. */
export function codecOf<T extends MessageType>(type: T): Codec<Bodies[T]> {
  // Sound: MESSAGE_CODECS[type] is the codec of Bodies[type], entry by entry; the compiler cannot follow the index.
  return MESSAGE_CODECS[type] as Codec<unknown> as Codec<Bodies[T]>
}

/** The codec of x: signed by nobody, named by its digest in votes. */
export const valueCodec: Codec<Value> = defineCodec('value', LIST_SIZE_BYTES_MAX, valueSchema)

const decidedUpdateSchema = v.strictObject({
  member: memberIndexSchema,
  header: digestSchema,
  update: digestSchema,
})
export type DecidedUpdate = Readonly<v.InferOutput<typeof decidedUpdateSchema>>
const decidedListSchema: v.GenericSchema<unknown, readonly DecidedUpdate[]> = v.pipe(
  v.array(decidedUpdateSchema),
  v.maxLength(MEMBER_COUNT_MAX),
  v.check((list) => isInRosterOrder(list), 'expected strictly ascending members'),
)
const memberListSchema: v.GenericSchema<unknown, readonly MemberIndex[]> = v.pipe(
  v.array(memberIndexSchema),
  v.maxLength(MEMBER_COUNT_MAX),
  v.check(
    (list) => list.every((member, i) => i === 0 || (list[i - 1] ?? 0) < member),
    'expected ascending members',
  ),
)
const decisionSchema = v.strictObject({
  round: roundIdSchema,
  cut: cutSchema,
  updates: decidedListSchema,
  /** Members left out because a decided Status holds evidence against them. */
  excluded: memberListSchema,
  /** Members whose update came in after cut 0: the mark of a late addition. Absent at cut 0. */
  late: v.optional(memberListSchema),
})
/** What was decided: the digest of this, and of nothing else, is what members attest from. */
export type Decision = Readonly<v.InferOutput<typeof decisionSchema>>
export const decisionCodec: Codec<Decision> = defineCodec(
  'decision',
  FIXED_SIZE_BYTES_MAX + MEMBER_COUNT_MAX * 2 * NAMED_SIZE_BYTES_MAX,
  decisionSchema,
)

/** The fields that every body begins with. */
export interface Authored {
  readonly round: RoundId
  readonly member: MemberIndex
}
