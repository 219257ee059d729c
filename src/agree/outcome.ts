/**
 * Aggregate: from the finalized x to the decision, from there to the aggregate, my Attestation and the certificate.
 *
 * Upon q Finalize for x and holding what x names: decided. Fewer than minUpdates: undecided, said aloud. Otherwise get
 * the bytes that I lack, have the charter's rule run, attest what came out. Upon q equal Attestations: the certificate.
 * The same for every late cut, in order: each rests on the decision before it. One that changes nothing has no result.
 * Source: docs/PROTOCOL.md §6.7, §6.8, §7, §8.
 */
import { equalBytes } from '../core/bytes.ts'
import { objectDigest } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { assembleCertificate } from './assemble.ts'
import { fetchUpdate, storedKey } from './certify.ts'
import { type Decision, decisionCodec } from './messages.ts'
import { halt } from './receive.ts'
import { attestationSlot } from './slot.ts'
import { alarm, type Draft, instanceOf, latestOutcome, type Outcome, patch, patchInstance } from './state.ts'
import type { Params } from './types.ts'
import { decisionOf, hasSameUpdates, headerOf, statusesOf } from './value.ts'

export function advanceOutcome(draft: Draft): void {
  // At most one more decision: the caller comes again for the next cut, whose work begins with it.
  decide(draft)
  for (let cut = 0; cut < draft.state.cut; cut++) {
    gather(draft, cut)
    compare(draft, cut)
  }
}

function decide(draft: Draft): void {
  const { state, params } = draft
  const { cut } = state
  const { finalized } = instanceOf(state, cut)
  const value = finalized === null ? undefined : state.values.get(finalized.value)
  const statuses = value === undefined ? null : statusesOf(state, value)
  if (value === undefined || statuses === null) return
  const bodies = statuses.map((status) => status.body)
  const before = latestOutcome(state)
  // §6.10 A quorum decided on top of another decision than mine.
  if (before !== null && !equalBytes(value.previous ?? new Uint8Array(), before.digest)) {
    if (state.mode !== 'halted') halt(draft, `cut ${cut} follows another decision`)
    return
  }
  const headers = (member: MemberIndex, digest: Digest) => headerOf(state, member, digest)?.body ?? null
  const decision = decisionOf(value, bodies, headers, before?.decision ?? null)
  if (decision === null) return
  const digest = objectDigest(decisionCodec.type, decisionCodec.encode(decision))
  const { minUpdates } = params.charter
  const isUndecided = decision.updates.length < minUpdates
  // §7.8 A late cut that changes nothing is decided like any other, and has no result of its own.
  const isUnchanged = before !== null && hasSameUpdates(before.decision, decision)
  const missing = missingFrom(params, decision)
  patchInstance(draft, cut, {
    outcome: { decision, digest, key: digestKey(digest), isUndecided, isUnchanged },
  })
  patch(draft, { cut: cut + 1 })
  draft.effects.push({ kind: 'decided', decision, digest, isUndecided, isUnchanged, missing })
  // §6.8 A set below minUpdates is decided like any other, means undecided, and is said aloud with who was missing.
  if (isUndecided) {
    alarm(draft, { code: 'UNDECIDED', cut, updateCount: decision.updates.length, minUpdates, missing })
  }
}

/** Members of the roster whose update is not in the decision. */
function missingFrom({ charter }: Params, { updates }: Decision): readonly MemberIndex[] {
  const used = new Set(updates.map(({ member }) => member))
  return charter.members.map((_, member) => member).filter((member) => !used.has(member))
}

function gather(draft: Draft, cut: number): void {
  const { outcome, isAggregating } = instanceOf(draft.state, cut)
  if (outcome === null || isAggregating || !hasResult(outcome)) return
  let isComplete = true
  for (const { member, header, update } of outcome.decision.updates) {
    if (draft.state.stored.has(storedKey(member, update))) continue
    isComplete = false
    const held = headerOf(draft.state, member, header)
    // §8.1 A decided update is fetched and used also by who refused it.
    if (held !== null) fetchUpdate(draft, held, true)
  }
  if (!isComplete) return
  patchInstance(draft, cut, { isAggregating: true })
  draft.effects.push({ kind: 'aggregate', decision: outcome.decision, digest: outcome.digest })
}

/** Whether an aggregate follows from the decision. */
export function hasResult({ isUndecided, isUnchanged }: Outcome): boolean {
  return !isUndecided && !isUnchanged
}

function compare(draft: Draft, cut: number): void {
  const { outcome, attested, isCertified } = instanceOf(draft.state, cut)
  if (outcome === null || attested === null) return
  // §6.10 A quorum attests another decision than the one whose Finalize quorum I hold.
  if (attested.decision !== outcome.key) {
    if (draft.state.mode !== 'halted') halt(draft, 'attestations of another decision')
    return
  }
  const { me } = draft.params
  const mine = me === null ? undefined : draft.state.slots.get(attestationSlot(cut, me))?.[0]
  if (mine?.type === 'attestation' && digestKey(mine.body.aggregate) !== digestKey(attested.aggregate)) {
    // §8.3 My aggregate differs from that of q others: stop, keep everything, say so.
    if (draft.state.mode !== 'halted') patch(draft, { mode: 'halted' })
    alarm(draft, { code: 'AGGREGATE_DIFFERS', mine: mine.body.aggregate, theirs: attested.aggregate })
  }
  if (isCertified) return
  const certificate = assembleCertificate(draft.state, draft.params, cut)
  if (certificate === null) return
  patchInstance(draft, cut, { isCertified: true })
  draft.effects.push({ kind: 'certificate', certificate })
}
