/**
 * Whose chunk is sent next. One chunk at a time for each member, so that many streams buy nobody more; and a member that
 * has had an update twice over is served only while no other member waits.
 */
import { assert } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import { createBell } from './timers.ts'

export interface UploadTurns {
  /** Runs `act` when it is the member's turn. */
  readonly take: <T>(
    member: MemberIndex,
    isSpare: boolean,
    signal: AbortSignal,
    act: () => Promise<T>,
  ) => Promise<T>
}

export function createUploadTurns(): UploadTurns {
  const busy = new Set<MemberIndex>()
  let entitledCount = 0
  const freed = createBell()
  const mustWait = (member: MemberIndex, isSpare: boolean): boolean =>
    busy.has(member) || (isSpare && entitledCount > 0)
  return {
    take: async (member, isSpare, signal, act) => {
      if (!isSpare) entitledCount++
      try {
        while (mustWait(member, isSpare)) {
          signal.throwIfAborted()
          await freed.next(signal)
        }
        signal.throwIfAborted()
        busy.add(member)
        try {
          return await act()
        } finally {
          busy.delete(member)
        }
      } finally {
        if (!isSpare) entitledCount--
        assert(entitledCount >= 0, 'turns are given back once')
        freed.ring()
      }
    },
  }
}
