/**
 * A round whose network heals in time has a result: when at least minUpdates updates of honest members were listed in the
 * Seals of q honest members, cut 0 holds as many. With `reveal: immediate`
 * there are no Seals, and this check has nothing to say.
 */
import type { MemberIndex } from '../../core/order.ts'
import { type Check, type History, itemsOf } from '../history.ts'

/** Headers of honest members that q honest members sealed. */
function committedCount(history: History): number {
  const { signed, liars, q, reveal } = history
  const honest = signed.filter(({ member }) => !liars.includes(member))
  const headers = honest.filter(({ type }) => type === 'header')
  if (reveal === 'immediate') return 0
  const sealers = new Map<string, Set<MemberIndex>>()
  for (const { type, member, body } of honest) {
    if (type !== 'seal') continue
    for (const { digest } of itemsOf(body, 'published')) {
      if (typeof digest !== 'string') continue
      sealers.set(digest, (sealers.get(digest) ?? new Set<MemberIndex>()).add(member))
    }
  }
  return headers.filter(({ digest }) => (sealers.get(digest)?.size ?? 0) >= q).length
}

export const result: Check = (history) => {
  const { healsInTime, minUpdates, decided } = history
  if (!healsInTime || committedCount(history) < minUpdates) return []
  return decided
    .filter(({ cut, isUndecided }) => cut === 0 && isUndecided)
    .map(({ member, updates }) => ({
      check: 'result',
      what: `${member} decided on ${updates.length} updates, though enough were committed and the network healed`,
    }))
}
