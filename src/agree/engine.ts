/**
 * The round engine of one member: `step(state, event, params) → { state, effects }`. Pure: no clock, no random, no I/O.
 *
 * Phases, a file each: commit and reveal (commit.ts), certify (certify.ts), cut (cut.ts), agree (agreement.ts), aggregate
 * and attest (outcome.ts). Every event is first written into the state, then each phase does what has become due; no
 * phase makes work for an earlier one, so one pass is enough, but that a decision opens the next late cut: then one more.
 *
 * Why agreement is safe. n members, at most f lie, quorum q with 2q−n > f, so any two quorums share an honest member.
 * (1) One value is notarized in a view: two notarizations would share an honest member that voted twice in a view, and an
 *     honest one votes once in it.
 * (2) If x is finalized in v (q Finalize), v has no dummy certificate: they would share an honest member that sent both,
 *     and the two have one slot.
 * (3) Let x be finalized in v. Then every value notarized in any u ≥ v is x. By induction over u: for u = v it is (1), as
 *     an honest one among the finalizers saw x notarized in v. For u > v, an honest voter accepted a proposal of u. It was
 *     not fresh: that takes a dummy certificate of v, against (2). So it was carried from some w < u with dummy
 *     certificates for every view from w+1 to u−1; by (2) v is not among them, so w ≥ v, and the value notarized in w is x
 *     by induction.
 * (4) So two finalized values are one: both were notarized, the later view's value is the earlier one's.
 * Restarts do not weaken it: a slot is journalled before its message leaves, and is never signed with another body.
 *
 * Why it ends, when messages among honest members arrive within Δ and at most n−q members are silent: everything that one
 * honest member holds reaches all by sync, so all come to hold q usable statuses, and every certificate that lets one
 * enter a view lets all. Timers grow with v, so from some view on they exceed what a view needs. The first honest leader
 * then proposes; all honest members vote before they time out, all send Finalize. At most f bad leaders come in a row.
 *
 * Why inclusion: x names statuses of q members. If more than n−q honest members list an update, one of theirs is among
 * them, and the decided set is a union.
 * Source: docs/PROTOCOL.md §4 to §9; Chan and Pass, "Simplex Consensus: A Simple and Fast Consensus Protocol", TCC 2023.
 */
import { digestKey } from '../core/ids.ts'
import { assert } from '../core/errors.ts'
import { advanceAgreement, viewEndsAtMs } from './agreement.ts'
import { advanceCertify, storedKey } from './certify.ts'
import { advanceCommit } from './commit.ts'
import { advanceCut } from './cut.ts'
import { cutAtMs, lastCut, stallsAtMs } from './deadlines.ts'
import type { Message } from './envelope.ts'
import { advanceOutcome, hasResult } from './outcome.ts'
import { keep, receive } from './receive.ts'
import { abandonSlot, closeSlot, sealSlot, statusSlot } from './slot.ts'
import {
  alarm,
  type Draft,
  instanceOf,
  maySign,
  openDraft,
  type Outcome,
  patch,
  put,
  sign,
  type State,
} from './state.ts'
import { isInProgress, silentMembers } from './report.ts'
import { abandonsKey, tallyOf } from './tally.ts'
import type { Effect, Event, Params } from './types.ts'

export interface StepResult {
  readonly state: State
  readonly effects: readonly Effect[]
}

export function step(state: State, event: Event, params: Params): StepResult {
  const draft = openDraft(state, params)
  const isNews = apply(draft, event)
  if (isNews && draft.state.mode !== 'waiting') {
    let cut: number
    do {
      cut = draft.state.cut
      advanceCommit(draft)
      advanceCertify(draft)
      advanceCut(draft)
      advanceAgreement(draft)
      advanceOutcome(draft)
    } while (draft.state.cut > cut)
    reportStall(draft)
    setTimer(draft)
  }
  return { state: draft.state, effects: draft.effects }
}

/** Writes the event into the state. @returns whether anything may follow from it */
function apply(draft: Draft, event: Event): boolean {
  switch (event.kind) {
    case 'restored':
      restore(draft, event.messages, event.observe)
      return true
    case 'envelope': {
      const verdict = receive(draft, event.message)
      draft.effects.push({ kind: 'verdict', digest: event.message.digest, verdict })
      return verdict.kind === 'accept'
    }
    case 'signed':
      takeSigned(draft, event.message)
      return true
    case 'clock':
      // A clock that is set back does not undo a deadline.
      patch(draft, { nowMs: Math.max(draft.state.nowMs, event.nowMs) })
      return true
    case 'adapter-ready':
      if (!draft.state.own.isReady) patch(draft, { own: { isReady: true, draft: event.header } })
      if (event.header !== null && draft.params.me !== null) {
        put(draft, 'stored', storedKey(draft.params.me, event.header.update), { kind: 'admitted' })
      }
      return true
    case 'update-stored':
      put(draft, 'stored', storedKey(event.member, event.update), event.result)
      return true
    case 'aggregated': {
      const outcome = decisionUnder(draft.state, digestKey(event.decision))
      // §8.2 I attest what I computed from the decision that I hold, once.
      if (outcome === null) return false
      sign(draft, 'attestation', {
        cut: outcome.decision.cut,
        decision: event.decision,
        aggregate: event.aggregate,
        rule: event.rule,
      })
      return true
    }
    case 'abandon':
      // §9.4 Abandon is the last thing that I sign in a round.
      if (sign(draft, 'abandon', {})) patch(draft, { mode: 'abandoned' })
      return true
  }
}

/** The outcome whose decision has this digest, if an aggregate may follow from it. */
function decisionUnder(state: State, key: string): Outcome | null {
  for (const { outcome } of state.instances.values()) {
    if (outcome !== null && outcome.key === key && hasResult(outcome)) return outcome
  }
  return null
}

/** Takes my journal back: what I signed goes out again as it was, what I held I hold. */
function restore(draft: Draft, messages: readonly Message[], observe: boolean): void {
  const { me } = draft.params
  // §9.2 After a restart I send again exactly what I sent, and sign nothing before I know what that was.
  const mine = messages.filter(({ member }) => member === me)
  for (const message of mine) put(draft, 'signed', message.slot, message.key)
  for (const message of messages) keep(draft, message)
  for (const message of mine) draft.effects.push({ kind: 'broadcast', message })
  if (draft.state.mode !== 'waiting') return
  const hasAbandoned = me !== null && draft.state.signed.has(abandonSlot(me))
  patch(draft, { mode: hasAbandoned ? 'abandoned' : observe ? 'observing' : 'active' })
}

function takeSigned(draft: Draft, message: Message): void {
  // §9.1 What comes back as signed is what was asked for in that slot.
  assert(
    draft.state.signed.get(message.slot) === message.key,
    `slot ${message.slot} was asked for another body`,
  )
  keep(draft, message)
  draft.effects.push({ kind: 'broadcast', message })
}

function reportStall(draft: Draft): void {
  const { state, params } = draft
  // §6.11 Without a quorum nothing is decided: the round is stalled, says who is missing, and goes on when they return.
  const gone = tallyOf(state, abandonsKey)
  // §9.6 More members gave up than the round can do without: nobody need wait for it any longer.
  if (state.cut === 0 && gone.length > params.charter.members.length - params.charter.q) {
    alarm(draft, { code: 'ABANDONED', members: gone })
  }
  if (!isInProgress(state, params) || state.nowMs < stallsAtMs(params)) return
  alarm(draft, { code: 'STALLED', cut: state.cut, silent: silentMembers(state, params) })
}

/** Asks for the next `clock` event at the earliest time at which something becomes due. */
function setTimer(draft: Draft): void {
  const { state, params } = draft
  const { me, schedule } = params
  const { cut } = state
  const dueMs: number[] = isInProgress(state, params) ? [stallsAtMs(params)] : []
  if (me !== null && maySign(draft, sealSlot(me))) dueMs.push(schedule.commitAtMs)
  const mayCut = cut <= lastCut(params) && me !== null && maySign(draft, statusSlot(cut, me))
  if (mayCut) dueMs.push(cutAtMs(params, cut), schedule.finalAtMs)
  const viewEnd = viewEndsAtMs(state, params)
  const { finalized, view } = instanceOf(state, cut)
  const isRunning = finalized === null && me !== null && maySign(draft, closeSlot(cut, view, me))
  if (viewEnd !== null && isRunning) dueMs.push(viewEnd)
  const later = dueMs.filter((atMs) => atMs > state.nowMs)
  const atMs = later.length === 0 ? null : Math.min(...later)
  if (atMs === state.timerAtMs) return
  patch(draft, { timerAtMs: atMs })
  if (atMs !== null) draft.effects.push({ kind: 'set-timer', atMs })
}
