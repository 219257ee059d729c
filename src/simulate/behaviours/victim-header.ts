/** Shows its Header to one victim only, so that some seal, receipt and list it and others have never heard of it. */
import type { Behaviour } from '../site.ts'

export const victimHeader: Behaviour = {
  name: 'victim-header',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast' || effect.message.type !== 'header') return false
    liar.sendTo(effect.message, (liar.member + 1) % liar.world.scenario.n)
    return true
  },
  answersSync: () => false,
}
