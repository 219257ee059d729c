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
import { lastCut } from './deadlines.ts'
import { envelopeOf, type Envelope, type Message } from './envelope.ts'
import { leaderOf } from './leader.ts'
import { hasResult } from './outcome.ts'
import { abandonSlot, attestationSlot, closeSlot, publishSlot, sealSlot, statusSlot } from './slot.ts'
import { instanceOf, latestOutcome, type Mode, type Outcome, type State } from './state.ts'
import { abandonsKey, receiptsKey, refusalsKey, statusesKey, tallyOf } from './tally.ts'
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
  /** The cut that phase, view, leader and each member's `hasStatus` and `hasAttested` are about. */
  readonly cut: number
  readonly view: number
  readonly leader: MemberIndex
  readonly members: readonly MemberReport[]
  /** Members whose word in this phase is awaited. */
  readonly silent: readonly MemberIndex[]
  /** The latest decision. */
  readonly outcome: Outcome | null
  /** Members that gave the round up. */
  readonly abandonedBy: readonly MemberIndex[]
  readonly alarms: readonly Alarm[]
}

export function statusOf(state: State, params: Params): RoundReport {
  const cut = cutInView(state, params)
  const { view } = instanceOf(state, cut)
  return {
    phase: phaseOf(state, params),
    mode: state.mode,
    cut,
    view,
    leader: leaderOf(params, cut, view),
    members: params.charter.members.map((_, member) => memberReport(state, params, member)),
    silent: silentMembers(state, params),
    outcome: latestOutcome(state),
    abandonedBy: tallyOf(state, abandonsKey),
    alarms: [...state.alarms.values()],
  }
}

/**
 * Whether the cut in progress waits for anybody: cut 0 always, a late one once I signed a Status for it, or so many others
 * did that one of them is honest.
 */
export function isInProgress(state: State, { me, charter }: Params): boolean {
  const members = tallyOf(state, statusesKey(state.cut))
  const hasSigned = me !== null && state.signed.has(statusSlot(state.cut, me))
  return state.cut === 0 || members.length > charter.f || hasSigned
}

/** The cut that a report is about: the one in progress, or the last that was decided. */
function cutInView(state: State, params: Params): number {
  return isInProgress(state, params) ? state.cut : state.cut - 1
}

/**
 * Whether nothing more comes of the round by itself: every decided cut with a result has its certificate, and no late cut
 * is in progress or will open. Members still serve what others lack.
 */
export function isFinished(state: State, params: Params): boolean {
  if (isInProgress(state, params)) return false
  for (let cut = 0; cut < state.cut; cut++) {
    const { outcome, isCertified: hasCertificate } = instanceOf(state, cut)
    if (outcome !== null && hasResult(outcome) && !hasCertificate) return false
  }
  return state.cut > lastCut(params) || state.nowMs >= params.schedule.finalAtMs
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
    hasStatus: state.slots.has(statusSlot(cutInView(state, params), member)),
    hasAttested: state.slots.has(attestationSlot(cutInView(state, params), member)),
    hasAbandoned: state.slots.has(abandonSlot(member)),
  }
}

export function phaseOf(state: State, params: Params): Phase {
  const cut = cutInView(state, params)
  const { outcome, isCertified: hasCertificate } = instanceOf(state, cut)
  if (outcome !== null) {
    if (outcome.isUndecided) return 'undecided'
    return hasCertificate || outcome.isUnchanged ? 'certified' : 'aggregate'
  }
  const { charter } = params
  const count = (slotOf: (member: MemberIndex) => string): number =>
    charter.members.filter((_, member) => state.slots.has(slotOf(member))).length
  if (cut > 0 || count((member) => statusSlot(0, member)) >= charter.q) return 'agree'
  const hasCommitted = charter.reveal === 'immediate' || count(sealSlot) >= charter.q
  return hasCommitted ? 'certify' : 'commit'
}

/** Members not heard from in the current phase; in agreement, those without a Status or a vote in this view. */
export function silentMembers(state: State, params: Params): readonly MemberIndex[] {
  const cut = cutInView(state, params)
  const roster = params.charter.members.map((_, member) => member)
  const without = (slotOf: (member: MemberIndex) => string): readonly MemberIndex[] =>
    roster.filter((member) => !state.slots.has(slotOf(member)))
  switch (phaseOf(state, params)) {
    case 'commit':
      return without(params.charter.reveal === 'immediate' ? publishSlot : sealSlot)
    case 'certify':
      return without((member) => statusSlot(0, member))
    case 'agree':
      return tallyOf(state, statusesKey(cut)).length < params.charter.q
        ? without((member) => statusSlot(cut, member))
        : without((member) => closeSlot(cut, instanceOf(state, cut).view, member))
    case 'aggregate':
      return without((member) => attestationSlot(cut, member))
    case 'certified':
    case 'undecided':
      return []
  }
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
