/**
 * Slots: what a member may sign once. Two bodies of one slot are evidence against their signer, self-proving, so a slot
 * must name everything that an honest member may vary over, and nothing more. Header and Pass share a slot, so do
 * Receipt and Refusal, and Dummy and Finalize: saying both is what safety rests on nobody doing.
 *
 * A slot's text is unique within one round; a journal that holds several rounds puts the round in front of it.
 * Source: docs/PROTOCOL.md §3.
 */
import type { MemberIndex } from '../core/order.ts'
import type { Bodies, MessageType } from './messages.ts'

// §3.1 A member signs at most one body a slot.
type SlotOf = { readonly [T in MessageType]: (body: Bodies[T]) => string }

const SLOTS: SlotOf = {
  header: (body) => `publish/${body.member}`,
  pass: (body) => `publish/${body.member}`,
  seal: (body) => `seal/${body.member}`,
  receipt: (body) => `answer/${body.of}/${body.member}`,
  refusal: (body) => `answer/${body.of}/${body.member}`,
  status: (body) => `status/${body.cut}/${body.member}`,
  proposal: (body) => `proposal/${body.cut}/${body.view}/${body.member}`,
  vote: (body) => `vote/${body.cut}/${body.view}/${body.member}`,
  dummy: (body) => `close/${body.cut}/${body.view}/${body.member}`,
  finalize: (body) => `close/${body.cut}/${body.view}/${body.member}`,
  attestation: (body) => `attestation/${body.cut}/${body.member}`,
  abandon: (body) => `abandon/${body.member}`,
}

/** The slot of a body of `type`: every body names its member, so a slot belongs to one member. */
export function slotOf<T extends MessageType>(type: T, body: Bodies[T]): string {
  return SLOTS[type](body)
}

const publishSlots: string[] = []
/** Asked for at every event for every member: made once. */
export const publishSlot = (member: MemberIndex): string => (publishSlots[member] ??= `publish/${member}`)
export const sealSlot = (member: MemberIndex): string => `seal/${member}`
export const answerSlot = (of: MemberIndex, giver: MemberIndex): string => `answer/${of}/${giver}`
export const statusSlot = (cut: number, member: MemberIndex): string => `status/${cut}/${member}`
export const proposalSlot = (cut: number, view: number, member: MemberIndex): string =>
  `proposal/${cut}/${view}/${member}`
export const voteSlot = (cut: number, view: number, member: MemberIndex): string =>
  `vote/${cut}/${view}/${member}`
export const closeSlot = (cut: number, view: number, member: MemberIndex): string =>
  `close/${cut}/${view}/${member}`
export const attestationSlot = (cut: number, member: MemberIndex): string => `attestation/${cut}/${member}`
export const abandonSlot = (member: MemberIndex): string => `abandon/${member}`
