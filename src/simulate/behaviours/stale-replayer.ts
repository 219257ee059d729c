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
    if (effect.kind === 'broadcast' && effect.message.type === 'vote') {
      const { body } = effect.message
      liar.broadcast(liar.signBody('vote', { ...body, round: asRoundId(sha256(body.round)) }))
    }
    return false
  },
}
