/** Votes for every value that it hears of, and dummy and Finalize in every view, to everyone. */
import { type Message, valueCodec } from '../../agree/index.ts'
import { objectDigest } from '../../core/hash.ts'
import type { Behaviour, Site } from '../site.ts'

function voteForAll(liar: Site, message: Message): void {
  if (message.type !== 'proposal') return
  const { round, cut, view } = message.body
  const value = objectDigest(valueCodec.type, valueCodec.encode(message.body.value))
  const ballot = { round, member: liar.member, cut, view }
  liar.broadcast(liar.signBody('vote', { ...ballot, value }))
  liar.broadcast(liar.signBody('dummy', ballot))
  liar.broadcast(liar.signBody('finalize', { ...ballot, value }))
}

export const doubleVoter: Behaviour = {
  name: 'double-voter',
  onReceive: voteForAll,
  // A value of its own making, named by no proposal, for whoever counts carelessly.
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast' || effect.message.type !== 'vote') return false
    const { body } = effect.message
    liar.broadcast(liar.signBody('vote', { ...body, value: body.round }))
    liar.broadcast(liar.signBody('finalize', { ...body, value: body.round }))
    return false
  },
}
