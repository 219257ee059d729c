/**
 * x, what is agreed on: a list of statuses, by digest. From it follows the decision, the same at everyone who holds them.
 *
 * Usable is what I can check myself: every Header listed is here with q Receipts, and every item of evidence is two
 * bodies of one slot that I hold. Usable never ends, since nothing held is ever let go.
 * Source: docs/PROTOCOL.md §5, §6.3, §6.8.
 */
import { objectDigest } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import { inRosterOrder, type MemberIndex } from '../core/order.ts'
import type { MessageOf } from './envelope.ts'
import {
  type Decision,
  type EvidenceItem,
  type Header,
  type Status,
  type Value,
  valueCodec,
} from './messages.ts'
import { type Draft, put, type State } from './state.ts'
import { statusSlot } from './slot.ts'
import { hasQuorum, receiptsKey } from './tally.ts'
import type { Params } from './types.ts'

export function valueDigest(value: Value): Digest {
  return objectDigest(valueCodec.type, valueCodec.encode(value))
}

/** The Header of `member` under a digest, if I hold it. */
export function headerOf(state: State, member: MemberIndex, digest: Uint8Array): MessageOf<'header'> | null {
  const held = state.objects.get(digestKey(digest))
  return held?.type === 'header' && held.member === member ? held : null
}

/** The Status of `member` for `cut` under a digest, if I hold it. */
export function statusMessageOf(
  state: State,
  cut: number,
  member: MemberIndex,
  digest: Uint8Array,
): MessageOf<'status'> | null {
  const held = state.objects.get(digestKey(digest))
  return held?.type === 'status' && held.member === member && held.body.cut === cut ? held : null
}

/** Whether the item proves what it says: two different bodies that the member signed in one slot. */
export function isProven(state: State, item: EvidenceItem): boolean {
  const first = state.objects.get(digestKey(item.first))
  const second = state.objects.get(digestKey(item.second))
  if (first === undefined || second === undefined || first.key === second.key) return false
  return first.slot === second.slot && first.member === item.member && second.member === item.member
}

/** How many of the status's items, Headers and then evidence, are behind it from the first on, `from` of which are known to be. */
function countHeld(state: State, params: Params, { certified, evidence }: Status, from: number): number {
  // §5.4 A status is usable when I hold the Header, q Receipts and the evidence behind all that it lists.
  const isHeld = (place: number): boolean => {
    const listed = certified[place]
    if (listed === undefined) {
      const item = evidence[place - certified.length]
      return item !== undefined && isProven(state, item)
    }
    const { member, digest } = listed
    return (
      headerOf(state, member, digest) !== null && hasQuorum(state, params, receiptsKey(digestKey(digest)))
    )
  }
  let held = from
  while (held < certified.length + evidence.length && isHeld(held)) held++
  return held
}

/** Whether I hold everything that the status lists; remembered once true, and on the way there: what is held stays held. */
export function isUsable(draft: Draft, status: MessageOf<'status'>): boolean {
  const { key, body } = status
  if (draft.state.usable.has(key)) return true
  const before = draft.state.heldCounts.get(key) ?? 0
  const held = countHeld(draft.state, draft.params, body, before)
  if (held > before) put(draft, 'heldCounts', key, held)
  if (held < body.certified.length + body.evidence.length) return false
  put(draft, 'usable', key, true)
  return true
}

/**
 * What a leader may name: of each member the first Status that is usable to me, in roster order. Members caught by
 * evidence come in only as far as q needs them: a liar may be among the q that a small roster cannot do without.
 */
export function usableStatuses(draft: Draft, cut: number): readonly MessageOf<'status'>[] {
  const { params, state } = draft
  const found = params.charter.members.flatMap((_, member) => {
    const bodies = state.slots.get(statusSlot(cut, member)) ?? []
    const status = bodies.find((held) => held.type === 'status' && isUsable(draft, held))
    return status?.type === 'status' ? [status] : []
  })
  const clean = found.filter(({ member }) => !state.caught.has(member))
  const caught = found.filter(({ member }) => state.caught.has(member))
  return inRosterOrder([...clean, ...caught.slice(0, Math.max(0, params.charter.q - clean.length))])
}

/** The statuses that a value names, or null while I lack one. */
export function statusesOf(state: State, value: Value): readonly MessageOf<'status'>[] | null {
  const found = value.statuses.map(({ member, digest }) => statusMessageOf(state, value.cut, member, digest))
  return found.every((status) => status !== null) ? found : null
}

/**
 * Member → certified digest over all statuses and the decision before, or null when one member has two: a value that
 * nobody may vote for.
 */
export function unionOf(
  statuses: readonly Status[],
  previous: Decision | null,
): ReadonlyMap<MemberIndex, Digest> | null {
  const union = new Map<MemberIndex, Digest>(previous?.updates.map(({ member, header }) => [member, header]))
  for (const { member, digest } of statuses.flatMap((status) => status.certified)) {
    const known = union.get(member)
    if (known !== undefined && digestKey(known) !== digestKey(digest)) return null
    union.set(member, digest)
  }
  return union
}

/**
 * The decision that follows from decided statuses.
 * @param headers — the Header under each digest of the union
 * @param previous — the decision of the cut before; null at cut 0
 * @returns null when one member has two certificates or a Header is missing
 */
export function decisionOf(
  value: Value,
  statuses: readonly Status[],
  headers: (member: MemberIndex, digest: Digest) => Header | null,
  previous: Decision | null,
): Decision | null {
  const union = unionOf(statuses, previous)
  if (union === null) return null
  // §7.5 Exclusion is for good, and by evidence since the cut before as well.
  const excluded = new Set([
    ...(previous?.excluded ?? []),
    ...statuses.flatMap((status) => status.evidence.map(({ member }) => member)),
  ])
  const updates = []
  for (const [member, digest] of union) {
    // §6.8 The decided set is the union of the lists, less the members with evidence in them.
    if (excluded.has(member)) continue
    const header = headers(member, digest)
    if (header === null) return null
    updates.push({ member, header: digest, update: header.update })
  }
  const decision = {
    round: value.round,
    cut: value.cut,
    updates: inRosterOrder(updates),
    excluded: [...excluded].sort((a, b) => a - b),
  }
  if (previous === null) return decision
  // §7.7 Whatever was not in cut 0's set is marked, in this decision and in every later one.
  const inTime = new Set(previous.updates.map(({ member }) => member))
  for (const member of previous.late ?? []) inTime.delete(member)
  const late = decision.updates.map(({ member }) => member).filter((member) => !inTime.has(member))
  return { ...decision, late }
}

/** Whether two decisions are of the same updates: then the later one has no result of its own. */
export function hasSameUpdates(a: Decision, b: Decision): boolean {
  const keysOf = ({ updates }: Decision): string =>
    updates.map(({ member, header }) => `${member}/${digestKey(header)}`).join(' ')
  return keysOf(a) === keysOf(b)
}
