/**
 * Cut: say once a cut what I hold certified and whom I hold evidence against.
 *
 * Upon all n members being settled, or upon the cut deadline with minUpdates certificates of members that I hold no
 * evidence against, or upon the final deadline: sign Status(0). The decided set is the union of decided statuses, so what more than n−q honest members listed is in it
 * whatever a leader does: any q statuses include one of theirs.
 * Upon the time of late cut k, with decision k−1 and a certificate that is not in it: sign Status(k). Others come to hold
 * that certificate by sync, since my Status names it, and sign theirs: so one honest Status(k) brings all.
 * Source: docs/PROTOCOL.md §5.5, §5.6, §7.
 */
import type { MemberIndex } from '../core/order.ts'
import { headersOf, isCertified } from './certify.ts'
import { cutAtMs, lastCut } from './deadlines.ts'
import type { Named } from './messages.ts'
import { publishSlot, statusSlot } from './slot.ts'
import { type Draft, instanceOf, latestOutcome, maySign, sign, type State } from './state.ts'
import { refusalsKey, sealedOfKey, sealersKey, statusesKey, tallyOf } from './tally.ts'
import type { Params } from './types.ts'

/** Member → its certified Header, in roster order. */
export function certifiedOf(state: State, params: Params): readonly Named[] {
  return params.charter.members.flatMap((_, member) => {
    const header = headersOf(state, member).find((held) => isCertified(state, params, held))
    return header === undefined ? [] : [{ member, digest: header.digest }]
  })
}

/** Why nothing more is awaited of a member in this round, or null while something is. */
export type Settled = 'certified' | 'passed' | 'caught' | 'refused' | 'unsealed'

export function settledAs(state: State, params: Params, member: MemberIndex): Settled | null {
  const { charter } = params
  const blocking = charter.members.length - charter.q + 1
  const headers = headersOf(state, member)
  // §5.5 Settled: certified, passed, caught, refused by n−q+1, or left out of n−q+1 Seals.
  if (headers.some((header) => isCertified(state, params, header))) return 'certified'
  if (state.caught.has(member)) return 'caught'
  if ((state.slots.get(publishSlot(member)) ?? []).some((body) => body.type === 'pass')) return 'passed'
  if (headers.some((header) => tallyOf(state, refusalsKey(header.key)).length >= blocking)) return 'refused'
  const sealers = tallyOf(state, sealersKey)
  const listers = tallyOf(state, sealedOfKey(member))
  const unlisting = sealers.filter((sealer) => !listers.includes(sealer))
  // q Seals can list it no more: every member seals once, and n−q+1 have done so without it.
  return charter.reveal === 'committed' && unlisting.length >= blocking ? 'unsealed' : null
}

export function advanceCut(draft: Draft): void {
  const { params, state } = draft
  const { me } = params
  const { cut } = state
  if (me === null || cut > lastCut(params) || instanceOf(state, cut).finalized !== null) return
  if (!maySign(draft, statusSlot(cut, me))) return
  const certified = certifiedOf(state, params)
  if (cut === 0 ? !isFirstCutDue(draft, certified) : !isLateCutDue(draft, certified)) return
  const evidence = [...state.caught]
    .sort(([a], [b]) => a - b)
    .map(([member, { first, second }]) => ({ member, first: first.digest, second: second.digest }))
  sign(draft, 'status', { cut, certified, evidence })
}

function isFirstCutDue({ params, state }: Draft, certified: readonly Named[]): boolean {
  const { charter, schedule } = params
  // What my own Status takes out of the set again must not have brought the round to its cut.
  const certifiedCount = certified.filter(({ member }) => !state.caught.has(member)).length
  const isSettled = charter.members.every((_, member) => settledAs(state, params, member) !== null)
  const isCutDue = state.nowMs >= schedule.cutAtMs && certifiedCount >= charter.minUpdates
  // §5.6 Sign Status(0) when all are settled, or at the cut deadline with minUpdates, or at the final deadline.
  return isSettled || isCutDue || state.nowMs >= schedule.finalAtMs
}

function isLateCutDue({ params, state }: Draft, certified: readonly Named[]): boolean {
  const { cut } = state
  const before = latestOutcome(state)?.decision
  if (before === undefined || state.nowMs < cutAtMs(params, cut)) return false
  const settled = new Set([...before.updates.map(({ member }) => member), ...before.excluded])
  // §7.2 Sign Status(k) at the k-th late cut's time or later, holding a certificate that is new to decision k−1.
  if (certified.every(({ member }) => settled.has(member))) return false
  // §7.3 After the final deadline I open no late cut, but I join one that another member opened.
  return state.nowMs < params.schedule.finalAtMs || tallyOf(state, statusesKey(cut)).length > 0
}
