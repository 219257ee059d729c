/**
 * When things may happen at the earliest, from the charter's schedule. Deadlines are absolute, milliseconds since the Unix
 * epoch, and never make anything safe or unsafe: they only say from when on a member may go on without the others.
 * Source: docs/PROTOCOL.md §1.3, §5.6, §7.
 */
import type { Params } from './types.ts'

/** The last cut that may open: one for each late cut of the schedule beyond cut 0. */
export function lastCut({ schedule }: Params): number {
  return schedule.lateCutsAtMs.length
}

/** When the cut opens at the earliest. */
export function cutAtMs({ schedule }: Params, cut: number): number {
  return cut === 0 ? schedule.cutAtMs : (schedule.lateCutsAtMs[cut - 1] ?? Number.POSITIVE_INFINITY)
}

/** After this a round without a decision is called stalled: the final deadline and one first view for each member. */
export function stallsAtMs({ schedule, viewTimeoutMs, charter }: Params): number {
  return schedule.finalAtMs + viewTimeoutMs * charter.members.length
}
