/** What more than n−q honest members listed in a cut's Status is in its decision, unless evidence excludes its member (docs/PROTOCOL.md §6.12). */
import type { MemberIndex } from '../../core/order.ts'
import { type Check, itemsOf } from '../history.ts'

export const inclusion: Check = (history) => {
  const listers = new Map<string, Set<MemberIndex>>()
  for (const { type, member, body } of history.signed) {
    if (type !== 'status' || history.liars.includes(member)) continue
    for (const item of itemsOf(body, 'certified')) {
      const { member: listed, digest } = item
      if (typeof listed !== 'number' || typeof digest !== 'string') continue
      const key = `${Number(body['cut'])}/${listed}/${digest}`
      listers.set(key, (listers.get(key) ?? new Set<MemberIndex>()).add(member))
    }
  }
  const due = [...listers].filter(([, members]) => members.size > history.n - history.q).map(([key]) => key)
  return history.decided.flatMap(({ member, cut, updates, excluded }) => {
    const included = new Set(updates.map((update) => `${cut}/${update.member}/${update.header}`))
    return due
      .filter((key) => key.startsWith(`${cut}/`))
      .filter((key) => !included.has(key) && !excluded.includes(Number(key.split('/')[1])))
      .map((key) => ({ check: 'inclusion', what: `${member} decided without ${key}` }))
  })
}
