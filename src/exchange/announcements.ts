/** Who says it holds which update. Claims of members that are connected; bounded; forgotten with the connection. */
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'

export interface Announcements {
  /** @returns the digests that are new */
  readonly add: (member: MemberIndex, updates: readonly Digest[]) => readonly Digest[]
  readonly forget: (member: MemberIndex) => void
  /** In roster order. */
  readonly holders: (digest: Digest) => readonly MemberIndex[]
}

/** @param countMax — digests remembered for each member; more are dropped */
export function createAnnouncements(countMax: number): Announcements {
  const held = new Map<MemberIndex, Set<string>>()
  return {
    add: (member, updates) => {
      const known = held.get(member) ?? new Set<string>()
      held.set(member, known)
      return updates.filter((digest) => {
        const key = digestKey(digest)
        if (known.has(key) || known.size >= countMax) return false
        known.add(key)
        return true
      })
    },
    forget: (member) => {
      held.delete(member)
    },
    holders: (digest) => {
      const key = digestKey(digest)
      return [...held]
        .filter(([, known]) => known.has(key))
        .map(([member]) => member)
        .sort((a, b) => a - b)
    },
  }
}
