/**
 * The certificate of a cut: what anyone, offline, needs to see that this aggregate is what the members agreed on.
 *
 * It holds x and the Finalize quorum on it, the statuses that x names (so the decision can be derived again), the Headers
 * of the decided updates, the evidence against the excluded, and q equal attestations. Nothing in it is taken on trust
 * but the charter: `checkCertificate` derives the decision itself.
 * Source: docs/PROTOCOL.md §8.
 */
import type { Digest, RoundId } from '../core/ids.ts'
import type { Envelope } from './envelope.ts'
import type { Attestation, Decision, Value } from './messages.ts'

export interface Certificate {
  readonly round: RoundId
  readonly charter: Digest
  readonly cut: number
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
  /** For each excluded member, in roster order, the two bodies of one slot. */
  readonly evidence: readonly (readonly [Envelope, Envelope])[]
  /** One Attestation of each of at least q members, all equal; roster order. */
  readonly attestations: readonly Envelope[]
}
