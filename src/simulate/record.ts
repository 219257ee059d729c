/** Writes what an honest site says into the history, as plain facts. */
import { type Effect, instanceOf, type State } from '../agree/index.ts'
import { digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { World } from './world.ts'

export function record(world: World, member: MemberIndex, state: State, effect: Effect): void {
  const { history } = world
  switch (effect.kind) {
    case 'decided': {
      const { decision, isUndecided, isUnchanged } = effect
      const { cut, excluded, late = [] } = decision
      const digest = digestKey(effect.digest)
      const updates = decision.updates.map((each) => ({
        member: each.member,
        header: digestKey(each.header),
      }))
      const { view, value } = instanceOf(state, cut).finalized ?? { view: -1, value: '' }
      const fact = { member, cut, digest, value, updates, excluded, late, isUndecided, isUnchanged, view }
      history.decided.push(fact)
      world.trace(`${member} decides ${digest} at cut ${cut} in ${view}`)
      return
    }
    case 'evidence':
      history.caught.push({ by: member, member: effect.member })
      return
    case 'alarm': {
      const { alarm } = effect
      history.alarms.push({ member, code: alarm.code, cut: 'cut' in alarm ? alarm.cut : 0 })
      return
    }
    case 'certificate': {
      const { certificate } = effect
      history.certificates.push({
        member,
        cut: certificate.cut,
        fault: world.checkCertificate(certificate),
      })
      return
    }
    default:
  }
}
