/**
 * Cut: say once what I hold certified and whom I hold evidence against.
 *
 * Upon all n members being settled, or upon the cut deadline with minUpdates certificates, or upon the final deadline:
 * sign Status(0). The decided set is the union of decided statuses, so what more than n−q honest members listed is in it
 * whatever a leader does: any q statuses include one of theirs.
 * Source: docs/PROTOCOL.md §5.5, §5.6.
 */
import type { MemberIndex } from '../core/order.ts'
import { headersOf, isCertified } from './certify.ts'
import type { Named } from './messages.ts'
import { publishSlot, statusSlot } from './slot.ts'
import { type Draft, maySign, sign, type State } from './state.ts'
import { refusalsKey, sealedOfKey, sealersKey, tallyOf } from './tally.ts'
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
  const { me, charter, schedule } = params
  if (me === null || state.finalized !== null || !maySign(draft, statusSlot(0, me))) return
  const certified = certifiedOf(state, params)
  const isSettled = charter.members.every((_, member) => settledAs(state, params, member) !== null)
  const isCutDue = state.nowMs >= schedule.cutAtMs && certified.length >= charter.minUpdates
  // §5.6 Sign Status(0) when all are settled, or at the cut deadline with minUpdates, or at the final deadline.
  if (!isSettled && !isCutDue && state.nowMs < schedule.finalAtMs) return
  const evidence = [...state.caught]
    .sort(([a], [b]) => a - b)
    .map(([member, { first, second }]) => ({ member, first: first.digest, second: second.digest }))
  sign(draft, 'status', { cut: 0, certified, evidence })
}
