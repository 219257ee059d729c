/**
 * Keeps every rule until it has voted, and never says or answers anything again: what it alone still holds after others
 * crashed is gone, unless they kept it.
 */
import type { Behaviour, Site } from '../site.ts'

const hasVoted = (liar: Site): boolean =>
  [...liar.state.slots.keys()].some((slot) => slot.startsWith('vote/') && slot.endsWith(`/${liar.member}`))

export const fader: Behaviour = {
  name: 'fader',
  // Its vote itself still goes out: at that effect the vote is held already, so the test is for what comes after.
  onEffect: (liar, effect) => effect.kind === 'broadcast' && effect.message.type !== 'vote' && hasVoted(liar),
  answersSync: (liar) => !hasVoted(liar),
}
