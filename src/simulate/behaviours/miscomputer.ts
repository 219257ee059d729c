/** Attests an aggregate that does not follow from the decision. */
import { sha256 } from '../../core/hash.ts'
import type { Behaviour } from '../site.ts'

export const miscomputer: Behaviour = {
  name: 'miscomputer',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast' || effect.message.type !== 'attestation') return false
    const { body } = effect.message
    liar.broadcast(liar.signBody('attestation', { ...body, aggregate: sha256(body.aggregate) }))
    return true
  },
}
