/**
 * Aggregate: from the finalized x to the decision, from there to the aggregate, my Attestation and the certificate.
 *
 * Upon q Finalize for x and holding what x names: decided. Fewer than minUpdates: undecided, said aloud. Otherwise get
 * the bytes that I lack, have the charter's rule run, attest what came out. Upon q equal Attestations: the certificate.
 * Source: docs/PROTOCOL.md §6.7, §6.8, §8.
 */
import { objectDigest } from '../core/hash.ts'
import { digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { assembleCertificate } from './assemble.ts'
import { fetchUpdate } from './certify.ts'
import { decisionCodec } from './messages.ts'
import { halt } from './receive.ts'
import { attestationSlot } from './slot.ts'
import { alarm, type Draft, patch } from './state.ts'
import { decisionOf, headerOf, statusesOf } from './value.ts'

export function advanceOutcome(draft: Draft): void {
  if (draft.state.outcome === null) decide(draft)
  gather(draft)
  compare(draft)
}

function decide(draft: Draft): void {
  const { state, params } = draft
  const value = state.finalized === null ? undefined : state.values.get(state.finalized.value)
  const statuses = value === undefined ? null : statusesOf(state, value)
  if (value === undefined || statuses === null) return
  const bodies = statuses.map((status) => status.body)
  const decision = decisionOf(
    value,
    bodies,
    (member, digest) => headerOf(state, member, digest)?.body ?? null,
  )
  if (decision === null) return
  const digest = objectDigest(decisionCodec.type, decisionCodec.encode(decision))
  const { members, minUpdates } = params.charter
  const isUndecided = decision.updates.length < minUpdates
  const used = new Set(decision.updates.map(({ member }) => member))
  const missing: readonly MemberIndex[] = members
    .map((_, member) => member)
    .filter((member) => !used.has(member))
  patch(draft, { outcome: { decision, digest, key: digestKey(digest), isUndecided } })
  draft.effects.push({ kind: 'decided', decision, digest, isUndecided, missing })
  // §6.8 A set below minUpdates is decided like any other, means undecided, and is said aloud with who was missing.
  if (isUndecided) {
    alarm(draft, { code: 'UNDECIDED', updateCount: decision.updates.length, minUpdates, missing })
  }
}

function gather(draft: Draft): void {
  const { outcome, isAggregating } = draft.state
  if (outcome === null || outcome.isUndecided || isAggregating) return
  let isComplete = true
  for (const { member, header, update } of outcome.decision.updates) {
    if (draft.state.stored.has(digestKey(update))) continue
    isComplete = false
    const held = headerOf(draft.state, member, header)
    // §8.1 A decided update is fetched and used also by who refused it.
    if (held !== null) fetchUpdate(draft, held, true)
  }
  if (!isComplete) return
  patch(draft, { isAggregating: true })
  draft.effects.push({ kind: 'aggregate', decision: outcome.decision, digest: outcome.digest })
}

function compare(draft: Draft): void {
  const { outcome, attested, isCertified } = draft.state
  if (outcome === null || attested === null) return
  // §6.10 A quorum attests another decision than the one whose Finalize quorum I hold.
  if (attested.decision !== outcome.key) return halt(draft, 'attestations of another decision')
  const { me } = draft.params
  const mine = me === null ? undefined : draft.state.slots.get(attestationSlot(0, me))?.[0]
  if (mine?.type === 'attestation' && digestKey(mine.body.aggregate) !== digestKey(attested.aggregate)) {
    // §8.3 My aggregate differs from that of q others: stop, keep everything, say so.
    patch(draft, { mode: 'halted' })
    alarm(draft, { code: 'AGGREGATE_DIFFERS', mine: mine.body.aggregate, theirs: attested.aggregate })
  }
  if (isCertified) return
  const certificate = assembleCertificate(draft.state, draft.params)
  if (certificate === null) return
  patch(draft, { isCertified: true })
  draft.effects.push({ kind: 'certificate', certificate })
}
