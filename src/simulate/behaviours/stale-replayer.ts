/** Sends again everything that it ever got, much later, and what it says itself under another round's id as well. */
import { sha256 } from '../../core/hash.ts'
import { asRoundId } from '../../core/ids.ts'
import type { Behaviour } from '../site.ts'

export const staleReplayer: Behaviour = {
  name: 'stale-replayer',
  onReceive: (liar, message) => {
    const { random, schedule } = liar.world
    if (random.chance(0.3)) schedule.after(random.between(1_000, 20_000), () => liar.broadcast(message))
  },
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast') return false
    const { message } = effect
    const round = asRoundId(sha256(message.body.round))
    if (message.type === 'vote') liar.broadcast(liar.signBody('vote', { ...message.body, round }))
    if (message.type === 'finalize') {
      // This one in place of its own: whoever counts it has a quorum that holds for nobody else.
      liar.broadcast(liar.signBody('finalize', { ...message.body, round }))
      return true
    }
    return false
  },
}
