/**
 * The time by which a round's deadlines are read: the median of my clock and those of the members I am connected to, so
 * that one wrong clock moves nobody. Safety never depends on it.
 * Source: docs/PROTOCOL.md §1.
 */
import type { MemberIndex } from '../core/order.ts'
import type { Clock } from '../core/ports.ts'

export interface ClockReading {
  /** Milliseconds since the Unix epoch, on the median clock. */
  readonly nowMs: number
  /** The median less mine: above the charter's guard, this machine's clock is wrong, or most others' are. */
  readonly skewMs: number
}

/** @param offsetsMs — the others' clocks less mine, of those that are connected */
export function readRoundClock(clock: Clock, offsetsMs: ReadonlyMap<MemberIndex, number>): ClockReading {
  const skewMs = medianOf([0, ...offsetsMs.values()])
  return { nowMs: Math.round(clock.now() + skewMs), skewMs }
}

/** The middle value; of an even number, the one of the two middle ones that is nearer to 0: no clock is invented. */
function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return Math.abs(lower) <= Math.abs(upper) ? lower : upper
}
