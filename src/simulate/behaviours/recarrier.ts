/** As a leader says that it carries the notarized value over, and proposes another one under that name. */
import { statusSlot } from '../../agree/slot.ts'
import type { Behaviour } from '../site.ts'

export const recarrier: Behaviour = {
  name: 'recarrier',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast' || effect.message.type !== 'proposal') return false
    const { body } = effect.message
    if (body.carriedFrom === undefined) return false
    const { charter } = liar.world
    const held = charter.members.flatMap(
      (_, member) => liar.state.slots.get(statusSlot(body.cut, member))?.[0] ?? [],
    )
    const first = body.value.statuses[0]?.member
    const others = held.length > charter.q ? held.filter(({ member }) => member !== first) : held
    const statuses = others.slice(0, charter.q).map(({ member, digest }) => ({ member, digest }))
    liar.broadcast(liar.signBody('proposal', { ...body, value: { ...body.value, statuses } }))
    return true
  },
}
