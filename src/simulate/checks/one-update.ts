/** At most one update of a member is certified, counting every Receipt ever signed, and at most one is decided. */
import type { MemberIndex } from '../../core/order.ts'
import type { Check, History } from '../history.ts'

/** Header digest → its member and everyone who ever signed a Receipt for it. */
export function receiptsByHeader(
  history: History,
): ReadonlyMap<string, { readonly of: MemberIndex; readonly givers: ReadonlySet<MemberIndex> }> {
  const found = new Map<string, { of: MemberIndex; givers: Set<MemberIndex> }>()
  for (const { type, member, body } of history.signed) {
    if (type !== 'receipt' || typeof body['header'] !== 'string' || typeof body['of'] !== 'number') continue
    const entry = found.get(body['header']) ?? { of: body['of'], givers: new Set<MemberIndex>() }
    entry.givers.add(member)
    found.set(body['header'], entry)
  }
  return found
}

export const oneUpdate: Check = (history) => {
  const certified = [...receiptsByHeader(history).values()].filter(({ givers }) => givers.size >= history.q)
  const members = certified.map(({ of }) => of)
  const twice = [...new Set(members.filter((member, index) => members.indexOf(member) !== index))]
  const decidedTwice = history.decided.filter(
    ({ updates }) => new Set(updates.map(({ member }) => member)).size !== updates.length,
  )
  return [
    ...twice.map((member) => ({ check: 'one-update', what: `member ${member} has two certified updates` })),
    ...decidedTwice.map(({ member }) => ({ check: 'one-update', what: `${member} decided a member twice` })),
  ]
}
