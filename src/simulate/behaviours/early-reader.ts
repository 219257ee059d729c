/**
 * Wants to choose its update after reading the others': publishes its Header only once it has another member's bytes, and
 * seals once without and once with it.
 */
import { type Behaviour, ownDraft } from '../site.ts'

export const earlyReader: Behaviour = {
  name: 'early-reader',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast') return false
    if (effect.message.type === 'header') {
      // Held back until somebody's update can be read.
      const header = effect.message
      const wait = (): void => {
        const { schedule, history } = liar.world
        if (history.reveals.length === 0) return schedule.after(100, wait)
        const chosen = liar.signBody('header', { ...header.body, ...ownDraft(liar, 'chosen late') })
        liar.broadcast(chosen)
        const published = [{ member: liar.member, digest: chosen.digest }]
        liar.broadcast(liar.signBody('seal', { round: header.body.round, member: liar.member, published }))
      }
      wait()
      return true
    }
    return false
  },
  // Or its first Header, the one that it holds back, would be had by sync.
  answersSync: () => false,
}
