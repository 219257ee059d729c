/** Says nothing, answers nothing: a crashed member, or one that wants to be taken for one. */
import type { Behaviour } from '../site.ts'

export const silent: Behaviour = {
  name: 'silent',
  onEffect: (_, effect) => effect.kind === 'broadcast',
  servesUpdate: () => false,
  answersSync: () => false,
}
