/** Keeps every rule of the protocol with an update that is no good: not admissible, by a coin; else within all bounds. */
import { type Behaviour, ownDraft } from '../site.ts'

export const poisoner: Behaviour = {
  name: 'poisoner',
  draft: (liar) => {
    const isAdmissible = liar.world.random.chance(0.5)
    return ownDraft(liar, isAdmissible ? 'poison' : 'not finite', isAdmissible)
  },
}
