/** Commits to an update and gives its bytes to nobody, or (even seeds) to one member only; receipts what it does not hold. */
import type { Message } from '../../agree/index.ts'
import type { Behaviour, Site } from '../site.ts'

function receiptUnread(liar: Site, message: Message): void {
  if (message.type !== 'header') return
  const { round } = message.body
  liar.broadcast(
    liar.signBody('receipt', { round, member: liar.member, of: message.member, header: message.digest }),
  )
}

export const withholder: Behaviour = {
  name: 'withholder',
  servesUpdate: ({ member, world: { scenario } }, _, to) =>
    scenario.seed % 2 === 0 && to === (member + 1) % scenario.n,
  onReceive: receiptUnread,
}
