/**
 * The certificate of a cut: what anyone, offline, needs to see that this aggregate is what the members agreed on.
 *
 * It holds x and the Finalize quorum on it, the statuses that x names (so the decision can be derived again), the Headers
 * of the decided updates, the evidence against the excluded, and q equal attestations. Nothing in it is taken on trust
 * but the charter: `checkCertificate` derives the decision itself.
 * Source: docs/PROTOCOL.md §8.
 */
import type { Charter } from '../charter/schema.ts'
import { equalBytes } from '../core/bytes.ts'
import type { Codec } from '../core/canonical.ts'
import { AssertionError } from '../core/errors.ts'
import { objectDigest } from '../core/hash.ts'
import type { Digest, RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { VerifySignature } from '../core/signature.ts'
import { type Envelope, isSignedBy, type Message, type MessageOf, openEnvelope } from './envelope.ts'
import {
  type Attestation,
  type Decision,
  decisionCodec,
  type Header,
  type MessageType,
  type Status,
  type Value,
  valueCodec,
} from './messages.ts'
import { decisionOf, hasSameUpdates, valueDigest } from './value.ts'

export interface Certificate {
  readonly round: RoundId
  readonly charter: Digest
  readonly cut: number
  /** The decision of the cut before, which x names; absent at cut 0. */
  readonly previous?: Decision
  readonly decision: Decision
  /** SHA-256 of the aggregate's canonical file. */
  readonly aggregate: Digest
  readonly rule: Attestation['rule']
  readonly value: Value
  /** One Finalize of each of at least q members, of one view and of `value`; roster order. */
  readonly finalizes: readonly Envelope[]
  /** The Status objects that `value` names; roster order. */
  readonly statuses: readonly Envelope[]
  /** The Header of each decided update; roster order. */
  readonly headers: readonly Envelope[]
  /** For each member excluded in this cut, in roster order, the two bodies of one slot. */
  readonly evidence: readonly (readonly [Envelope, Envelope])[]
  /** One Attestation of each of at least q members, all equal; roster order. */
  readonly attestations: readonly Envelope[]
}

/** Why a certificate does not prove what it says. `part` names where. */
export type CertificateFault =
  | { readonly code: 'CERTIFICATE_OTHER_CHARTER' | 'CERTIFICATE_OTHER_ROUND' | 'CERTIFICATE_NOT_CANONICAL' }
  | { readonly code: 'CERTIFICATE_OBJECT_INVALID'; readonly part: Part; readonly index: number }
  | {
      readonly code: 'CERTIFICATE_NO_QUORUM'
      readonly part: Part
      readonly count: number
      readonly quorum: number
    }
  | {
      readonly code:
        | 'CERTIFICATE_OTHER_PREVIOUS'
        | 'CERTIFICATE_OTHER_STATUSES'
        | 'CERTIFICATE_OTHER_DECISION'
        | 'CERTIFICATE_OTHER_HEADERS'
    }
  | { readonly code: 'CERTIFICATE_EVIDENCE_UNPROVEN'; readonly member: MemberIndex }
  | { readonly code: 'CERTIFICATE_UNDECIDED'; readonly updateCount: number; readonly minUpdates: number }
  | { readonly code: 'CERTIFICATE_RULE_UNKNOWN'; readonly rule: Attestation['rule'] }
type Part = 'finalizes' | 'statuses' | 'headers' | 'evidence' | 'attestations'

/** What a certificate is checked against: the charter that one trusts, and the ids that follow from it. */
export interface CertificateTrust {
  readonly charter: Charter
  readonly charterDigest: Digest
  readonly round: RoundId
  readonly verify: VerifySignature
}

class Refused extends Error {
  readonly fault: CertificateFault
  constructor(fault: CertificateFault) {
    super(fault.code)
    this.fault = fault
  }
}

/**
 * Whether the certificate proves that the charter's members decided this set and attest this aggregate. It says nothing
 * of the aggregate's bytes: comparing those, and recomputing them, is `verify`'s.
 * @param certificate — hostile in every value, yet of this shape (whoever reads the file checks arrays and bytes); every
 *   envelope in it is opened and its signature checked
 * @returns null when it holds
 */
export function checkCertificate(certificate: Certificate, trust: CertificateTrust): CertificateFault | null {
  try {
    checkAll(certificate, trust)
    return null
  } catch (error) {
    if (error instanceof Refused) return error.fault
    throw error
  }
}

function demand(condition: boolean, fault: CertificateFault): asserts condition {
  if (!condition) throw new Refused(fault)
}

function checkAll(certificate: Certificate, trust: CertificateTrust): void {
  // §8.5 The certificate names the charter and the round.
  demand(equalBytes(certificate.charter, trust.charterDigest), { code: 'CERTIFICATE_OTHER_CHARTER' })
  demand(equalBytes(certificate.round, trust.round), { code: 'CERTIFICATE_OTHER_ROUND' })
  const isCanonical = isValid(valueCodec, certificate.value) && isValid(decisionCodec, certificate.decision)
  demand(isCanonical, { code: 'CERTIFICATE_NOT_CANONICAL' })
  demand(certificate.value.cut === certificate.cut && equalBytes(certificate.value.round, trust.round), {
    code: 'CERTIFICATE_OTHER_ROUND',
  })
  checkPrevious(certificate, trust)
  checkFinalizes(certificate, trust)
  const statuses = openStatuses(certificate, trust)
  checkDecision(certificate, trust, statuses)
  checkEvidence(certificate, trust, statuses)
  checkAttestations(certificate, trust)
}

/** Whether the value has a canonical form of its type; hostile, so it may be one that cannot even be encoded. */
function isValid<T>(codec: Codec<T>, value: T): boolean {
  try {
    return codec.decode(codec.encode(value)).ok
  } catch (error) {
    if (error instanceof AssertionError) return false
    throw error
  }
}

/** Opens the envelopes of one part: each of the type, of this round, signed by its member; at most one a member. */
function open<T extends MessageType>(
  certificate: Certificate,
  trust: CertificateTrust,
  part: Exclude<Part, 'evidence'>,
  type: T,
): readonly MessageOf<T>[] {
  let last = -1
  return certificate[part].map((envelope, index) => {
    const message = openSigned(envelope, trust)
    const isRight = message !== null && isOfType(message, type) && message.member > last
    // §8.6 Every envelope is canonical, of its type and round, signed by its member; one a member, in roster order.
    demand(isRight, { code: 'CERTIFICATE_OBJECT_INVALID', part, index })
    last = message.member
    return message
  })
}

function isOfType<T extends MessageType>(message: Message | MessageOf<T>, type: T): message is MessageOf<T> {
  return message.type === type
}

function openSigned(envelope: Envelope, { charter, round, verify }: CertificateTrust): Message | null {
  const opened = openEnvelope(envelope)
  if (!opened.ok || !equalBytes(opened.message.body.round, round)) return null
  const signer = charter.members[opened.message.member]
  return signer !== undefined && isSignedBy(opened.message, signer.publicKey, verify) ? opened.message : null
}

/** A late cut's certificate shows the decision that it adds to; that x names it makes q members answer for it. */
function checkPrevious({ cut, value, previous }: Certificate, { round, charter }: CertificateTrust): void {
  const named = value.previous
  const fault = { code: 'CERTIFICATE_OTHER_PREVIOUS' } as const
  if (previous === undefined || named === undefined) {
    // §7.9 Cut 0 follows no decision.
    return demand(cut === 0 && previous === undefined && named === undefined, fault)
  }
  demand(isValid(decisionCodec, previous), { code: 'CERTIFICATE_NOT_CANONICAL' })
  const digest = objectDigest(decisionCodec.type, decisionCodec.encode(previous))
  const isNext = previous.cut === cut - 1 && equalBytes(previous.round, round)
  const members = [...previous.updates.map(({ member }) => member), ...previous.excluded]
  const isOfRoster = members.every((member) => member < charter.members.length)
  // §7.9 The certificate of cut k holds decision k−1, which is the one that x names.
  demand(isNext && isOfRoster && equalBytes(digest, named), fault)
}

function checkFinalizes(certificate: Certificate, trust: CertificateTrust): void {
  const finalizes = open(certificate, trust, 'finalizes', 'finalize')
  const digest = valueDigest(certificate.value)
  const view = finalizes[0]?.body.view
  for (const [index, { body }] of finalizes.entries()) {
    // §8.7 q Finalize of different members, all of one view and for x.
    const isRight = body.cut === certificate.cut && body.view === view && equalBytes(body.value, digest)
    demand(isRight, { code: 'CERTIFICATE_OBJECT_INVALID', part: 'finalizes', index })
  }
  demandQuorum('finalizes', finalizes.length, trust.charter.q)
}

function demandQuorum(part: Part, count: number, quorum: number): void {
  demand(count >= quorum, { code: 'CERTIFICATE_NO_QUORUM', part, count, quorum })
}

function openStatuses(certificate: Certificate, trust: CertificateTrust): readonly Status[] {
  const statuses = open(certificate, trust, 'statuses', 'status')
  const named = certificate.value.statuses
  // §8.8 The statuses are those that x names, all of them and no other.
  const isSame =
    statuses.length === named.length &&
    statuses.every(
      (status, index) =>
        status.body.cut === certificate.cut &&
        equalBytes(status.digest, named[index]?.digest ?? new Uint8Array()),
    )
  demand(isSame, { code: 'CERTIFICATE_OTHER_STATUSES' })
  return statuses.map((status) => status.body)
}

function checkDecision(certificate: Certificate, trust: CertificateTrust, statuses: readonly Status[]): void {
  const headers = open(certificate, trust, 'headers', 'header')
  const headerUnder = (digest: Digest): Header | null =>
    headers.find((header) => equalBytes(header.digest, digest))?.body ?? null
  const { updates } = certificate.decision
  const isSame =
    headers.length === updates.length &&
    headers.every(
      (header, index) => header.member === updates[index]?.member && headerUnder(updates[index].header),
    )
  demand(isSame, { code: 'CERTIFICATE_OTHER_HEADERS' })
  // §8.9 The decision is the one that follows from the statuses.
  const { value, previous = null } = certificate
  const derived = decisionOf(value, statuses, (_, digest) => headerUnder(digest), previous)
  demand(
    derived !== null && equalBytes(decisionCodec.encode(derived), decisionCodec.encode(certificate.decision)),
    {
      code: 'CERTIFICATE_OTHER_DECISION',
    },
  )
  const { minUpdates } = trust.charter
  const updateCount = updates.length
  demand(updateCount >= minUpdates, { code: 'CERTIFICATE_UNDECIDED', updateCount, minUpdates })
  const isNews = previous === null || !hasSameUpdates(previous, certificate.decision)
  // §7.8 A late cut without change has no result, so no certificate either.
  demand(isNews, { code: 'CERTIFICATE_OTHER_DECISION' })
}

function checkEvidence(certificate: Certificate, trust: CertificateTrust, statuses: readonly Status[]): void {
  const before = certificate.previous?.excluded ?? []
  const excluded = certificate.decision.excluded.filter((member) => !before.includes(member))
  demandQuorum('evidence', certificate.evidence.length, excluded.length)
  for (const [index, member] of excluded.entries()) {
    const [first, second] = (certificate.evidence[index] ?? []).map((envelope) => openSigned(envelope, trust))
    const items = statuses.flatMap((status) => status.evidence).filter((item) => item.member === member)
    // §8.10 Each member excluded in this cut signed two different bodies of one slot, as a decided status says.
    const isProven =
      first != null &&
      second != null &&
      first.member === member &&
      second.member === member &&
      first.slot === second.slot &&
      items.some((item) => equalBytes(item.first, first.digest) && equalBytes(item.second, second.digest))
    demand(isProven, { code: 'CERTIFICATE_EVIDENCE_UNPROVEN', member })
  }
}

function checkAttestations(certificate: Certificate, trust: CertificateTrust): void {
  const { rule } = certificate
  const isKnown = trust.charter.aggregation.rules.some(
    ({ id, version }) => id === rule.id && version === rule.version,
  )
  // §8.11 The rule is one of the charter's.
  demand(isKnown, { code: 'CERTIFICATE_RULE_UNKNOWN', rule })
  const attestations = open(certificate, trust, 'attestations', 'attestation')
  const decision = objectDigest(decisionCodec.type, decisionCodec.encode(certificate.decision))
  for (const [index, { body }] of attestations.entries()) {
    // §8.11 q Attestations of different members, all of this cut, decision, aggregate and rule.
    const isRight =
      body.cut === certificate.cut &&
      equalBytes(body.decision, decision) &&
      equalBytes(body.aggregate, certificate.aggregate) &&
      body.rule.id === rule.id &&
      body.rule.version === rule.version
    demand(isRight, { code: 'CERTIFICATE_OBJECT_INVALID', part: 'attestations', index })
  }
  demandQuorum('attestations', attestations.length, trust.charter.q)
}
