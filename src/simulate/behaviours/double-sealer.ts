/** Publishes like everyone, and signs a second Seal once its update is certified: caught by some before their Status, by others after. */
import { sealSlot } from '../../agree/slot.ts'
import type { Message } from '../../agree/index.ts'
import type { Behaviour, Site } from '../site.ts'

/** Certified as far as it knows: q members gave a Receipt for its update. */
function isCertified(liar: Site): boolean {
  const givers = [...liar.state.objects.values()].filter(
    (held) => held.type === 'receipt' && held.body.of === liar.member,
  )
  return givers.length >= liar.world.charter.q
}

function sealAgain(liar: Site, message: Message): void {
  const own = liar.state.slots.get(sealSlot(liar.member))?.[0]
  if (message.type !== 'receipt' || own?.type !== 'seal' || !isCertified(liar)) return
  liar.broadcast(liar.signBody('seal', { ...own.body, published: own.body.published.slice(1) }))
}

export const doubleSealer: Behaviour = { name: 'double-sealer', onReceive: sealAgain }
