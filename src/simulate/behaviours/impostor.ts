/**
 * Speaks in other names with its own key: forges a Pass and a ballot of everybody else, and signs as a member that the
 * roster does not have.
 */
import { buildMessage, type Bodies, codecOf, type Message, type MessageType } from '../../agree/index.ts'
import { signedBytesOf } from '../../core/signature.ts'
import type { Behaviour, Site } from '../site.ts'

function forge<T extends MessageType>(liar: Site, type: T, body: Bodies[T]): Message {
  const bytes = codecOf(type).encode(body)
  const signature = liar.world.keys.signers[liar.member]?.sign(signedBytesOf(type, bytes))
  return buildMessage(type, body, bytes, signature ?? new Uint8Array(64))
}

export const impostor: Behaviour = {
  name: 'impostor',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast') return false
    const { message } = effect
    const { n } = liar.world.scenario
    for (let member = 0; member <= n; member++) {
      if (member === liar.member) continue
      if (message.type === 'seal') {
        liar.broadcast(forge(liar, 'pass', { round: message.body.round, member }))
      } else if (message.type === 'vote' || message.type === 'finalize') {
        liar.broadcast(forge(liar, message.type, { ...message.body, member }))
      }
    }
    return false
  },
}
