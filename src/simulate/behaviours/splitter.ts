/**
 * Shows three bodies of one slot: two of no use to one half of the members, the one that counts to the other half. Whoever
 * keeps only two would never see what the others count as a quorum.
 */
import type { Message } from '../../agree/index.ts'
import { sha256 } from '../../core/hash.ts'
import type { Behaviour, Site } from '../site.ts'

/** Two other bodies of the slot of a ballot, or none for what is no ballot. */
function decoysOf(liar: Site, message: Message): readonly Message[] {
  if (message.type !== 'vote' && message.type !== 'finalize') return []
  const once = sha256(message.body.value)
  return [once, sha256(once)].map((value) => liar.signBody(message.type, { ...message.body, value }))
}

export const splitter: Behaviour = {
  name: 'splitter',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast') return false
    const decoys = decoysOf(liar, effect.message)
    if (decoys.length === 0) return false
    for (const { member } of liar.world.sites) {
      const isFooled = member % 2 === 0
      for (const message of isFooled ? decoys : [effect.message]) liar.sendTo(message, member)
    }
    return true
  },
}
