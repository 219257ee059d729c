/** Lists in its Status what is not certified and evidence that proves nothing, and leaves out what is certified. */
import { sha256 } from '../../core/hash.ts'
import { compareBytes } from '../../core/bytes.ts'
import type { Behaviour } from '../site.ts'

export const statusLiar: Behaviour = {
  name: 'status-liar',
  onEffect: (liar, effect) => {
    if (effect.kind !== 'broadcast' || effect.message.type !== 'status') return false
    const { body } = effect.message
    const { n } = liar.world.scenario
    const invented = { member: n - 1, digest: sha256(body.round) }
    const certified = [...body.certified.filter(({ member }) => member !== n - 1).slice(1), invented]
    const [first, second] = [sha256(body.round), sha256(sha256(body.round))].sort(compareBytes)
    const evidence = first !== undefined && second !== undefined ? [{ member: 0, first, second }] : []
    liar.broadcast(
      liar.signBody('status', { ...body, ...(liar.member % 2 === 0 ? { certified } : { evidence }) }),
    )
    return true
  },
}
