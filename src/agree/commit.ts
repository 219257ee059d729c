/**
 * Commit and reveal: publish my Header or Pass, seal what I hold, and know which Headers are committed.
 *
 * Upon my adapter being ready: sign its Header, or a Pass if there is none.
 * Upon holding a Header or Pass of all n members, or upon the commit deadline with those of at least q: sign my Seal.
 * A Header is committed when q Seals list it. Why that is enough: an honest member reveals its update only once its own
 * Header is committed, by q Seals. Whatever else gets q Receipts was committed by q Seals too. The two quorums share an
 * honest member, whose one Seal lists both: so the other was fixed when that Seal was made, and no honest update could be
 * read before. No clock, equivocation or order of messages changes that.
 * Source: docs/PROTOCOL.md §4.
 */
import type { MessageOf } from './envelope.ts'
import { publishSlot, sealSlot } from './slot.ts'
import { type Draft, maySign, sign, type State } from './state.ts'
import { hasQuorum, sealedKey } from './tally.ts'
import type { Params } from './types.ts'

/** Whether enough members sealed the Header, so that its update may be read and receipted. */
export function isCommitted(state: State, params: Params, header: MessageOf<'header'>): boolean {
  // §4.5 A Header is committed when q Seals list it; with `reveal: immediate` when it is held.
  return params.charter.reveal === 'immediate' || hasQuorum(state, params, sealedKey(header.key))
}

export function advanceCommit(draft: Draft): void {
  publish(draft)
  seal(draft)
}

function publish(draft: Draft): void {
  const { me } = draft.params
  const { own } = draft.state
  if (me === null || !own.isReady || !maySign(draft, publishSlot(me))) return
  // §4.2 One Header or one Pass, never both.
  if (own.draft === null) sign(draft, 'pass', {})
  else sign(draft, 'header', own.draft)
}

function seal(draft: Draft): void {
  const { params, state } = draft
  const { me, charter, schedule } = params
  if (me === null || charter.reveal === 'immediate' || !maySign(draft, sealSlot(me))) return
  const published = charter.members.flatMap((_, member) => {
    const bodies = state.slots.get(publishSlot(member)) ?? []
    const first = bodies[0]
    return first === undefined ? [] : [{ member, digest: first.digest, isCaught: state.caught.has(member) }]
  })
  // §4.4 A Seal lists one object a member, none of a member caught with two bodies of a slot.
  const listed = published.filter(({ isCaught }) => !isCaught)
  // §4.3 Seal when I hold all n, or after the commit deadline when I hold at least q.
  const isDue = state.nowMs >= schedule.commitAtMs && listed.length >= charter.q
  if (published.length === charter.members.length || isDue) {
    sign(draft, 'seal', { published: listed.map(({ member, digest }) => ({ member, digest })) })
  }
}
