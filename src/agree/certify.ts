/**
 * Certify: get the bytes of committed updates, and say with a Receipt or a Refusal what became of them.
 *
 * Upon a committed Header of a member that is not caught: fetch its update. Upon having its bytes: sign a Receipt if
 * admission took them, a Refusal if not; either way members may read them from me now. q Receipts make the Header
 * certified: at least q−f honest members hold the bytes, and no second Header of its member can be certified.
 * Source: docs/PROTOCOL.md §4.6, §5.
 */
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { isCommitted } from './commit.ts'
import { lastCut } from './deadlines.ts'
import type { MessageOf } from './envelope.ts'
import { answerSlot, publishSlot } from './slot.ts'
import { type Draft, put, sign, type State } from './state.ts'
import { hasQuorum, receiptsKey, tallyOf } from './tally.ts'
import type { Params } from './types.ts'

/**
 * What admission's answer is about: an update as the update of one member. A copier's Header names another's update and
 * is refused; the same bytes are admitted under the Header of whose they are.
 */
export function storedKey(member: MemberIndex, update: Digest): string {
  return `${member}/${digestKey(update)}`
}

const NO_HEADERS: readonly MessageOf<'header'>[] = []

/** Headers held of one member: one, unless it lies. */
export function headersOf(state: State, member: MemberIndex): readonly MessageOf<'header'>[] {
  const bodies = state.slots.get(publishSlot(member))
  return bodies === undefined ? NO_HEADERS : bodies.filter((body) => body.type === 'header')
}

/** Whether q members hold the update of this Header. */
export function isCertified(state: State, params: Params, header: MessageOf<'header'>): boolean {
  // §5.2 q Receipts for one Header certify it; any q Receipts are the same certificate.
  return hasQuorum(state, params, receiptsKey(header.key))
}

/** Who says to hold the update: its owner, then the givers of Receipts in roster order. May be lies. */
export function providersOf(
  state: State,
  params: Params,
  header: MessageOf<'header'>,
): readonly MemberIndex[] {
  const givers = tallyOf(state, receiptsKey(header.key))
  return [header.member, ...givers.filter((giver) => giver !== header.member)].filter(
    (member) => member !== params.me,
  )
}

export function advanceCertify(draft: Draft): void {
  for (let member = 0; member < draft.params.charter.members.length; member++) {
    for (const header of headersOf(draft.state, member)) {
      if (isAnswered(draft, header)) continue
      // §4.6 Nothing of an uncommitted update is fetched, served or receipted, but a latecomer's.
      if (isReadable(draft.state, draft.params, header)) certify(draft, header)
    }
  }
}

/** Whether members may have the bytes of this Header's update: it is committed, or a latecomer's. */
function isReadable(state: State, params: Params, header: MessageOf<'header'>): boolean {
  // §7.6 With latecomers, Headers that nobody sealed in time are taken once cut 0 is decided, for the late cuts.
  const takesLatecomers = params.charter.latecomers && state.cut > 0 && lastCut(params) > 0
  return takesLatecomers || isCommitted(state, params, header)
}

/** Whether nothing more is to be done about a Header: said once at every event, so asked first. */
function isAnswered({ params, state }: Draft, { key, member }: MessageOf<'header'>): boolean {
  const { me } = params
  return state.serving.has(key) && (me === null || state.signed.has(answerSlot(member, me)))
}

function certify(draft: Draft, header: MessageOf<'header'>): void {
  const { member } = header
  const result = draft.state.stored.get(storedKey(member, header.body.update))
  if (result !== undefined) allowServing(draft, header)
  // §5.3 A member caught by evidence gets no Receipt.
  if (draft.state.caught.has(member)) return
  if (result === undefined) fetchUpdate(draft, header, false)
  // §5.1 A Receipt or a Refusal, never both, only with every byte on disk.
  else if (result.kind === 'admitted') sign(draft, 'receipt', { of: member, header: header.digest })
  else sign(draft, 'refusal', { of: member, header: header.digest, fault: result.fault })
}

function allowServing(draft: Draft, header: MessageOf<'header'>): void {
  if (draft.state.serving.has(header.key)) return
  put(draft, 'serving', header.key, true)
  draft.effects.push({ kind: 'allow-serving', member: header.member, update: header.body.update })
}

/** Asks for an update's bytes, once as committed and once more as decided. */
export function fetchUpdate(draft: Draft, header: MessageOf<'header'>, isDecided: boolean): void {
  if (header.member === draft.params.me && !isDecided) return
  const update = storedKey(header.member, header.body.update)
  const asked = draft.state.fetching.get(update)
  if (asked === true || asked === isDecided) return
  put(draft, 'fetching', update, isDecided)
  const providers = providersOf(draft.state, draft.params, header)
  draft.effects.push({
    kind: 'fetch-update',
    member: header.member,
    header: header.body,
    providers,
    isDecided,
  })
}
