/** As a leader forgets what was notarized: proposes a fresh value of other statuses in place of the one to be carried. */
import type { Message, MessageOf } from '../../agree/index.ts'
import { statusSlot } from '../../agree/slot.ts'
import type { Behaviour, Site } from '../site.ts'

/** q statuses that it holds, another choice than the proposal's where there is one. */
function otherStatuses(liar: Site, proposal: MessageOf<'proposal'>) {
  const { charter } = liar.world
  const held = charter.members.flatMap((_, member) => liar.state.slots.get(statusSlot(0, member))?.[0] ?? [])
  const first = proposal.body.value.statuses[0]?.member
  const others = held.length > charter.q ? held.filter(({ member }) => member !== first) : held
  return others.slice(0, charter.q).map(({ member, digest }) => ({ member, digest }))
}

function isCarried(message: Message): message is MessageOf<'proposal'> & Message {
  return message.type === 'proposal' && message.body.carriedFrom !== undefined
}

export const forgetter: Behaviour = {
  name: 'forgetter',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast' || !isCarried(effect.message)) return false
    const { round, member, cut, view, value } = effect.message.body
    const statuses = otherStatuses(liar, effect.message)
    liar.broadcast(liar.signBody('proposal', { round, member, cut, view, value: { ...value, statuses } }))
    return true
  },
}
