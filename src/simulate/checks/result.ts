/**
 * A round whose network heals in time has a result: when at least minUpdates updates of honest members were listed in the
 * Seals of q honest members, cut 0 holds as many. With `reveal: immediate`
 * there are no Seals, and this check has nothing to say.
 * The one exception is stated in docs/PROTOCOL.md §5.9: an honest Status had counted a member that proved itself a liar
 * only afterwards.
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

/** Whether an honest Status lists one of these as certified, and no evidence against it. */
function wasCounted({ signed, liars }: History, excluded: readonly MemberIndex[]): boolean {
  return signed
    .filter(({ type, member, body }) => type === 'status' && body['cut'] === 0 && !liars.includes(member))
    .some(({ body }) => {
      const accused = new Set(itemsOf(body, 'evidence').map(({ member }) => member))
      return itemsOf(body, 'certified').some(
        ({ member }) => excluded.some((each) => each === member) && !accused.has(member ?? -1),
      )
    })
}

export const result: Check = (history) => {
  const { healsInTime, minUpdates, decided } = history
  if (!healsInTime || committedCount(history) < minUpdates) return []
  return decided
    .filter(({ cut, isUndecided, excluded }) => cut === 0 && isUndecided && !wasCounted(history, excluded))
    .map(({ member, updates }) => ({
      check: 'result',
      what: `${member} decided on ${updates.length} updates, though enough were committed and the network healed`,
    }))
}
