/** Gives the round up at some point, as an operator may: the last thing that it signs is that it signs no more. */
import type { Behaviour } from '../site.ts'

export const quitter: Behaviour = {
  name: 'quitter',
  onStart: (liar) => {
    const { random, schedule } = liar.world
    schedule.after(random.between(0, 20_000), () => {
      if (liar.isUp) liar.feed({ kind: 'abandon' })
    })
  },
}
