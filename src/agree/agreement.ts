/**
 * Agree: one-shot Simplex, views v = 0, 1, …; the proof is in engine.ts.
 *
 * Upon entering v as its leader: propose x, fresh if every earlier view has a dummy certificate, else carried from the
 * latest notarized one. Upon a valid proposal of v whose every object I hold: vote, once. Upon the timer of v: vote dummy,
 * unless I sent Finalize in v. Upon q votes or q dummy votes of v: enter v+1. Upon q votes for x in v, not having voted
 * dummy in v: send Finalize(v, x). Upon q Finalize: decided.
 *
 * Deviations from the paper: one value instead of a chain, so a later leader carries the notarized x itself; a
 * rotating leader; votes by digest; view timers that stand still until I hold q usable statuses.
 * Source: docs/PROTOCOL.md §6; Chan and Pass, "Simplex Consensus", TCC 2023.
 */
import { equalBytes } from '../core/bytes.ts'
import { digestKey } from '../core/ids.ts'
import { lastCut } from './deadlines.ts'
import { leaderOf } from './leader.ts'
import type { Proposal, Value } from './messages.ts'
import { closeSlot, proposalSlot, voteSlot } from './slot.ts'
import {
  type Draft,
  type Instance,
  instanceOf,
  latestOutcome,
  maySign,
  patchInstance,
  sign,
  type State,
} from './state.ts'
import type { Params } from './types.ts'
import { isUsable, statusesOf, unionOf, usableStatuses, valueDigest } from './value.ts'

/** Goes on with the instance of the cut in progress; of later ones only their messages are kept. */
export function advanceAgreement(draft: Draft): void {
  const { cut } = draft.state
  // §6.7 A decision ends the instance, at whatever view.
  if (cut > lastCut(draft.params) || instanceOf(draft.state, cut).finalized !== null) return
  finalizeNotarized(draft)
  enterViews(draft)
  runTimer(draft)
  propose(draft)
  vote(draft)
}

function finalizeNotarized(draft: Draft): void {
  const { me } = draft.params
  const { cut } = draft.state
  if (me === null) return
  for (const [view, value] of instanceOf(draft.state, cut).notarized) {
    // §6.6 Finalize and dummy share a slot: whoever did one never does the other.
    if (maySign(draft, closeSlot(cut, view, me))) sign(draft, 'finalize', { cut, view, value })
  }
}

function enterViews(draft: Draft): void {
  const { cut } = draft.state
  const { notarized, dummied, view } = instanceOf(draft.state, cut)
  // §6.5 Either certificate of a view lets everyone enter the next.
  const reached = Math.max(-1, ...notarized.keys(), ...dummied.keys()) + 1
  if (reached > view) patchInstance(draft, cut, { view: reached, viewSinceMs: null })
}

/** When the timer of the current view of the cut in progress ends, or null while it does not run. */
export function viewEndsAtMs(state: State, params: Params): number | null {
  const { viewSinceMs, view } = instanceOf(state, state.cut)
  return viewSinceMs === null ? null : viewSinceMs + (view + 1) * params.viewTimeoutMs
}

function runTimer(draft: Draft): void {
  const { params } = draft
  const { cut, nowMs } = draft.state
  const { view, viewSinceMs } = instanceOf(draft.state, cut)
  if (viewSinceMs === null) {
    // §6.9 View timers run only while I hold what a leader needs.
    if (nowMs === 0 || usableStatuses(draft, cut).length < params.charter.q) return
    patchInstance(draft, cut, { viewSinceMs: nowMs })
  }
  const endsAtMs = viewEndsAtMs(draft.state, params)
  // §6.6 On timeout vote dummy, unless I sent Finalize in this view: `sign` refuses a used slot.
  if (endsAtMs !== null && nowMs >= endsAtMs) sign(draft, 'dummy', { cut, view })
}

function propose(draft: Draft): void {
  const { me, round } = draft.params
  const { cut } = draft.state
  const instance = instanceOf(draft.state, cut)
  const { view } = instance
  if (me === null || leaderOf(draft.params, cut, view) !== me) return
  if (!maySign(draft, proposalSlot(cut, view, me))) return
  const carriedFrom = latestNotarized(instance, view)
  const carried = carriedFrom === null ? undefined : instance.notarized.get(carriedFrom)
  const carriedValue = carried === undefined ? undefined : draft.state.values.get(digestKey(carried))
  if (carriedFrom !== null && carriedValue !== undefined && areDummied(instance, carriedFrom + 1, view)) {
    sign(draft, 'proposal', { cut, view, value: carriedValue, carriedFrom })
  } else if (areDummied(instance, 0, view)) {
    const statuses = usableStatuses(draft, cut)
    if (statuses.length < draft.params.charter.q) return
    const named = statuses.map(({ member, digest }) => ({ member, digest }))
    // §7.4 x of a late cut names the decision that it adds to.
    const before = latestOutcome(draft.state)
    const value: Value = {
      round,
      cut,
      statuses: named,
      ...(before === null ? {} : { previous: before.digest }),
    }
    sign(draft, 'proposal', { cut, view, value })
  }
}

function latestNotarized({ notarized }: Instance, below: number): number | null {
  const views = [...notarized.keys()].filter((view) => view < below)
  return views.length === 0 ? null : Math.max(...views)
}

/** Whether every view from `from` up to but not including `to` has a dummy certificate here. */
function areDummied({ dummied }: Instance, from: number, to: number): boolean {
  for (let view = from; view < to; view++) if (!dummied.has(view)) return false
  return true
}

function vote(draft: Draft): void {
  const { params, state } = draft
  const { me } = params
  const { cut } = state
  const instance = instanceOf(state, cut)
  const { view } = instance
  if (me === null || !maySign(draft, voteSlot(cut, view, me))) return
  const proposals = state.slots.get(proposalSlot(cut, view, leaderOf(params, cut, view))) ?? []
  for (const held of proposals) {
    if (held.type !== 'proposal' || !isJustified(instance, held.body) || !isAcceptable(draft, held.body))
      continue
    // §6.4 One vote a view, for a valid proposal whose every object I hold.
    sign(draft, 'vote', { cut, view, value: valueDigest(held.body.value) })
    return
  }
}

/** Whether the certificates that the proposal rests on are here; any q votes are the same certificate. */
function isJustified(instance: Instance, proposal: Proposal): boolean {
  const { view, carriedFrom, value } = proposal
  // §6.4 Fresh: every earlier view has a dummy certificate. Carried: notarized in w, and dummy certificates since.
  if (carriedFrom === undefined) return areDummied(instance, 0, view)
  const notarized = instance.notarized.get(carriedFrom)
  return (
    notarized !== undefined &&
    equalBytes(notarized, valueDigest(value)) &&
    areDummied(instance, carriedFrom + 1, view)
  )
}

/** Whether I hold all that x names, and no member has two certificates in it. */
function isAcceptable(draft: Draft, { value }: Proposal): boolean {
  const statuses = statusesOf(draft.state, value)
  // §6.3 x is valid to me when I hold its statuses, each is usable, and no member has two certificates in them.
  if (statuses === null || !statuses.every((status) => isUsable(draft, status))) return false
  const before = latestOutcome(draft.state)
  // §7.4 At a late cut x names the decision before it, which I hold too.
  if (before !== null && !equalBytes(value.previous ?? new Uint8Array(), before.digest)) return false
  return (
    unionOf(
      statuses.map((status) => status.body),
      before?.decision ?? null,
    ) !== null
  )
}
