/** Says one thing to one half of the members and another to the other half: Headers, Seals, Statuses and proposals. */
import type { Message } from '../../agree/index.ts'
import { type Behaviour, ownDraft, type Site } from '../site.ts'

/** The other body of the same slot, or null where there is none to make. */
function contradiction(liar: Site, message: Message): Message | null {
  switch (message.type) {
    case 'header':
      return liar.signBody('header', { ...message.body, ...ownDraft(liar, 'other') })
    case 'seal':
      return liar.signBody('seal', { ...message.body, published: message.body.published.slice(1) })
    case 'status':
      return liar.signBody('status', { ...message.body, certified: message.body.certified.slice(1) })
    case 'proposal': {
      const { value } = message.body
      const statuses = value.statuses.slice(0, liar.world.charter.q)
      if (statuses.length === value.statuses.length) return null
      return liar.signBody('proposal', { ...message.body, value: { ...value, statuses } })
    }
    default:
      return null
  }
}

export const equivocator: Behaviour = {
  name: 'equivocator',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast') return false
    const other = contradiction(liar, effect.message)
    if (other === null) return false
    for (const peer of liar.world.sites) {
      liar.sendTo(peer.member % 2 === 0 ? effect.message : other, peer.member)
    }
    return true
  },
}
