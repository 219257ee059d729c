/**
 * What the round looks like from here: for `oneround status`, for logs, for the sync protocol. Reading only.
 *
 * A round that waits says for what and for whom; the names are those that have not been heard from in the phase it waits
 * in, whatever the reason.
 * Source: docs/PROTOCOL.md §6.11, §10.
 */
import type { Digest } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { headersOf, isCertified } from './certify.ts'
import { isCommitted } from './commit.ts'
import { type Settled, settledAs } from './cut.ts'
import { envelopeOf, type Envelope, type Message } from './envelope.ts'
import { leaderOf } from './leader.ts'
import { attestationSlot, publishSlot, sealSlot, statusSlot } from './slot.ts'
import type { Mode, Outcome, State } from './state.ts'
import { receiptsKey, refusalsKey, tallyOf } from './tally.ts'
import type { Alarm, Params } from './types.ts'

export type Phase = 'commit' | 'certify' | 'agree' | 'aggregate' | 'certified' | 'undecided'

export interface MemberReport {
  readonly member: MemberIndex
  readonly name: string
  readonly published: 'header' | 'pass' | null
  readonly hasSealed: boolean
  readonly isCommitted: boolean
  /** Members that hold the update, and members that refused it, by their own word. */
  readonly receiptsFrom: readonly MemberIndex[]
  readonly refusalsFrom: readonly MemberIndex[]
  readonly isCertified: boolean
  readonly settledAs: Settled | null
  readonly hasStatus: boolean
  readonly hasAttested: boolean
  readonly hasAbandoned: boolean
}

export interface RoundReport {
  readonly phase: Phase
  readonly mode: Mode
  readonly view: number
  readonly leader: MemberIndex
  readonly members: readonly MemberReport[]
  /** Members whose word in this phase is awaited. */
  readonly silent: readonly MemberIndex[]
  readonly outcome: Outcome | null
  readonly alarms: readonly Alarm[]
}

export function statusOf(state: State, params: Params): RoundReport {
  return {
    phase: phaseOf(state, params),
    mode: state.mode,
    view: state.view,
    leader: leaderOf(params, 0, state.view),
    members: params.charter.members.map((_, member) => memberReport(state, params, member)),
    silent: silentMembers(state, params),
    outcome: state.outcome,
    alarms: [...state.alarms.values()],
  }
}

function memberReport(state: State, params: Params, member: MemberIndex): MemberReport {
  const headers = headersOf(state, member)
  const givers = (keyOf: (header: string) => string): readonly MemberIndex[] =>
    [...new Set(headers.flatMap((header) => tallyOf(state, keyOf(header.key))))].sort((a, b) => a - b)
  const published = state.slots.get(publishSlot(member))?.[0]?.type
  return {
    member,
    name: params.charter.members[member]?.name ?? '',
    published: published === 'header' || published === 'pass' ? published : null,
    hasSealed: state.slots.has(sealSlot(member)),
    isCommitted: headers.some((header) => isCommitted(state, params, header)),
    receiptsFrom: givers(receiptsKey),
    refusalsFrom: givers(refusalsKey),
    isCertified: headers.some((header) => isCertified(state, params, header)),
    settledAs: settledAs(state, params, member),
    hasStatus: state.slots.has(statusSlot(0, member)),
    hasAttested: state.slots.has(attestationSlot(0, member)),
    hasAbandoned: state.slots.has(`abandon/${member}`),
  }
}

export function phaseOf(state: State, params: Params): Phase {
  if (state.isCertified) return 'certified'
  if (state.outcome !== null) return state.outcome.isUndecided ? 'undecided' : 'aggregate'
  const { charter } = params
  const count = (slotOf: (member: MemberIndex) => string): number =>
    charter.members.filter((_, member) => state.slots.has(slotOf(member))).length
  if (count((member) => statusSlot(0, member)) >= charter.q) return 'agree'
  const hasCommitted = charter.reveal === 'immediate' || count(sealSlot) >= charter.q
  return hasCommitted ? 'certify' : 'commit'
}

/** Members not heard from in the current phase; in agreement, those without a Status or a vote in this view. */
export function silentMembers(state: State, params: Params): readonly MemberIndex[] {
  const roster = params.charter.members.map((_, member) => member)
  const without = (slotOf: (member: MemberIndex) => string): readonly MemberIndex[] =>
    roster.filter((member) => !state.slots.has(slotOf(member)))
  switch (phaseOf(state, params)) {
    case 'commit':
      return without(params.charter.reveal === 'immediate' ? publishSlot : sealSlot)
    case 'certify':
      return without((member) => statusSlot(0, member))
    case 'agree':
      return without((member) => `close/0/${state.view}/${member}`)
    case 'aggregate':
      return without((member) => attestationSlot(0, member))
    case 'certified':
    case 'undecided':
      return []
  }
}

/** After this a round without a decision is called stalled: the final deadline and one first view for each member. */
export function stallsAtMs(params: Params): number {
  return params.schedule.finalAtMs + params.viewTimeoutMs * params.charter.members.length
}

/** Digests of everything that I hold of this round, for sync. */
export function objectsHeld(state: State): readonly Digest[] {
  return [...state.objects.values()].map((message) => message.digest)
}

/** The envelope of an object that I hold, by its digest's key. */
export function objectOf(state: State, key: string): Envelope | null {
  const held: Message | undefined = state.objects.get(key)
  return held === undefined ? null : envelopeOf(held)
}

/** Digests that something held refers to and that I lack: for sync to ask for first. */
export function objectsWanted(state: State): readonly Digest[] {
  return [...state.wanted.values()]
}
