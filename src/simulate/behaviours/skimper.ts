/** As a leader names one status, its own with nothing in it, so that what others hold certified is left out. */
import { objectDigest } from '../../core/hash.ts'
import { valueCodec } from '../../agree/index.ts'
import { statusSlot } from '../../agree/slot.ts'
import type { Behaviour } from '../site.ts'

export const skimper: Behaviour = {
  name: 'skimper',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast') return false
    const { message } = effect
    if (message.type === 'status') {
      liar.broadcast(liar.signBody('status', { ...message.body, certified: [] }))
      return true
    }
    if (message.type !== 'proposal') return false
    const { cut } = message.body
    const own = liar.state.slots.get(statusSlot(cut, liar.member))?.[0]
    if (own?.type !== 'status') return false
    const body = { ...own.body, certified: [] }
    const status = liar.signBody('status', body)
    const value = {
      ...message.body.value,
      statuses: [{ member: liar.member, digest: status.digest }],
    }
    const ballot = { round: body.round, member: liar.member, cut, view: message.body.view }
    const digest = objectDigest(valueCodec.type, valueCodec.encode(value))
    liar.broadcast(liar.signBody('proposal', { ...message.body, value }))
    liar.broadcast(liar.signBody('vote', { ...ballot, value: digest }))
    return true
  },
}
