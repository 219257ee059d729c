/** What more than n−q honest members listed in their Status is in every decision, unless evidence excludes its member. */
import type { MemberIndex } from '../../core/order.ts'
import { type Check, itemsOf } from '../history.ts'

export const inclusion: Check = (history) => {
  const listers = new Map<string, Set<MemberIndex>>()
  for (const { type, member, body } of history.signed) {
    if (type !== 'status' || history.liars.includes(member)) continue
    for (const item of itemsOf(body, 'certified')) {
      const { member: listed, digest } = item
      if (typeof listed !== 'number' || typeof digest !== 'string') continue
      const key = `${listed}/${digest}`
      listers.set(key, (listers.get(key) ?? new Set<MemberIndex>()).add(member))
    }
  }
  const due = [...listers].filter(([, members]) => members.size > history.n - history.q).map(([key]) => key)
  return history.decided.flatMap(({ member, updates, excluded }) => {
    const included = new Set(updates.map((update) => `${update.member}/${update.header}`))
    return due
      .filter((key) => !included.has(key) && !excluded.includes(Number(key.split('/')[0])))
      .map((key) => ({ check: 'inclusion', what: `${member} decided without ${key}` }))
  })
}
