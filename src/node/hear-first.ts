/**
 * Before a node speaks it listens for what its own key has said: a journal that was restored from an older copy does not know, and
 * a node that went on from there would say something else in the same place, which is evidence against it for ever.
 *
 * In: objects as they come, syncs as they end. Out: what of my own key was heard that the journal lacks. Invariants: nothing is signed
 * meanwhile; what others say is not lost, since it is synced again when this is over; a body that my key did not sign counts for
 * nothing.
 * It ends when q−1 others were heard: any quorum that my words have been part of shares an honest member with them and me, and
 * within a bound of time, since a round must go on with members that are away. Who hears nobody in that time learns of its words later:
 * then §9.3 stops it, one word too late.
 * Source: docs/PROTOCOL.md §9.3.
 */
import { decodeMessage, type Message } from '../agree/envelope.ts'
import type { Params } from '../agree/types.ts'
import { checkMessage } from '../agree/validity.ts'
import { equalBytes } from '../core/bytes.ts'
import type { MemberIndex } from '../core/order.ts'
import { createBell, nextWithin } from '../exchange/timers.ts'
import type { Journal } from './journal.ts'

export interface HearFirst {
  /** An object of whoever's, while this lasts. */
  readonly heard: (bytes: Uint8Array) => void
  readonly synced: (member: MemberIndex) => void
  /** Returns when enough were heard, or `ms` have passed, or the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Words of my key that the journal does not have, as they came. */
  readonly unknown: () => readonly Message[]
}

export function createHearFirst(
  params: Params,
  journal: Pick<Journal, 'find'>,
  now: () => number,
): HearFirst {
  const unknown = new Map<string, Message>()
  const members = new Set<MemberIndex>()
  const changed = createBell()
  return {
    heard: (bytes) => {
      const decoded = decodeMessage(bytes)
      if (!decoded.ok || decoded.message.member !== params.me) return
      const { message } = decoded
      const mine = journal.find(params.round, message.slot)
      if (mine !== null && equalBytes(mine.body, message.bytes)) return
      // Anybody could put my name on something: only my key can silence me.
      if (checkMessage(message, params).kind === 'accept') unknown.set(message.slot, message)
    },
    synced: (member) => {
      members.add(member)
      changed.ring()
    },
    wait: async (ms, signal) => {
      const untilMs = now() + ms
      while (members.size < params.charter.q - 1 && now() < untilMs && !signal.aborted)
        await nextWithin(changed, untilMs - now(), signal)
    },
    unknown: () => [...unknown.values()],
  }
}
