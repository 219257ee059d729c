/** Who may be asked now: providers that failed are left alone for a while, longer each time. Pure. */
import type { MemberIndex } from '../core/order.ts'
import type { ProviderFailure } from './interface.ts'

/** Doublings of the pause: 2^6 = 64 times the first. */
const DOUBLING_COUNT_MAX = 6
/** A provider that sent wrong bytes waits this many times longer than one that was merely away. */
const LIE_WEIGHT = 32

export interface Providers {
  readonly failed: (member: MemberIndex, reason: ProviderFailure, nowMs: number) => void
  /** It delivered: its failures are forgotten. */
  readonly delivered: (member: MemberIndex) => void
  /** It connected or announced anew: worth asking at once, unless it lied. */
  readonly refreshed: (member: MemberIndex) => void
  readonly isReady: (member: MemberIndex, nowMs: number) => boolean
  /** When the next of these members becomes ready, in milliseconds from now; null when none is paused. */
  readonly nextReadyMs: (members: readonly MemberIndex[], nowMs: number) => number | null
}

const isLie = (reason: ProviderFailure): boolean =>
  reason === 'wrong-bytes' || reason === 'wrong-manifest' || reason === 'protocol'

export function createProviders(pauseMs: number): Providers {
  const failures = new Map<MemberIndex, { count: number; untilMs: number; lied: boolean }>()
  return {
    failed: (member, reason, nowMs) => {
      const before = failures.get(member)
      const count = (before?.count ?? 0) + 1
      const lied = isLie(reason) || before?.lied === true
      // A closed gate opens by itself, soon: it is asked again four times as often.
      const weight = lied ? LIE_WEIGHT : reason === 'denied' ? 1 / 4 : 1
      const untilMs = nowMs + pauseMs * weight * 2 ** Math.min(count - 1, DOUBLING_COUNT_MAX)
      failures.set(member, { count, untilMs, lied })
    },
    delivered: (member) => {
      if (failures.get(member)?.lied !== true) failures.delete(member)
    },
    refreshed: (member) => {
      if (failures.get(member)?.lied !== true) failures.delete(member)
    },
    isReady: (member, nowMs) => (failures.get(member)?.untilMs ?? 0) <= nowMs,
    nextReadyMs: (members, nowMs) => {
      const waits = members
        .map((member) => (failures.get(member)?.untilMs ?? 0) - nowMs)
        .filter((waitMs) => waitMs > 0)
      return waits.length === 0 ? null : Math.min(...waits)
    },
  }
}
