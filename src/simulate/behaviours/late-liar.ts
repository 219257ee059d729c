/**
 * Lies about late cuts: opens one at once and for one member only, leads it with a value on top of a decision that nobody
 * made, and leaves the late updates out of what it lists for the others.
 */
import { sha256 } from '../../core/hash.ts'
import type { Behaviour } from '../site.ts'

export const lateLiar: Behaviour = {
  name: 'late-liar',
  onEffect: (liar, effect) => {
    if (effect.kind === 'decided' && effect.decision.cut === 0 && liar.world.charter.rounds.length > 0) {
      const { round, updates } = effect.decision
      const certified = updates.map(({ member, header }) => ({ member, digest: header }))
      const status = liar.signBody('status', { round, member: liar.member, cut: 1, certified, evidence: [] })
      liar.sendTo(status, (liar.member + 1) % liar.world.scenario.n)
      return false
    }
    if (effect.kind !== 'broadcast') return false
    const { message } = effect
    if (message.type === 'proposal' && message.body.value.previous !== undefined) {
      const value = { ...message.body.value, previous: sha256(message.body.value.previous) }
      liar.broadcast(liar.signBody('proposal', { ...message.body, value }))
      return true
    }
    if (message.type === 'status' && message.body.cut > 0) {
      liar.broadcast(liar.signBody('status', { ...message.body, certified: [] }))
      return true
    }
    return false
  },
}
