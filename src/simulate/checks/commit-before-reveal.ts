/**
 * Whatever is certified was fixed before the first honest member let anybody read its update. With latecomers that holds of
 * what cut 0 decides, and what was fixed later is marked wherever it is decided. Source: docs/PROTOCOL.md §4.7.
 */
import type { Check } from '../history.ts'
import { receiptsByHeader } from './one-update.ts'

export const commitBeforeReveal: Check = (history) => {
  if (history.reveal === 'immediate') return []
  const firstReveal = Math.min(...history.reveals.map(({ order }) => order))
  // Whoever signs the same Header again, after a restored backup say, had fixed it when it first did.
  const fixedAt = new Map(
    history.signed
      .filter(({ type }) => type === 'header')
      .toReversed()
      .map(({ digest, order }) => [digest, order]),
  )
  const wasFixedLate = (header: string): boolean =>
    (fixedAt.get(header) ?? Number.POSITIVE_INFINITY) > firstReveal
  if (history.latecomers) {
    return history.decided.flatMap(({ cut, updates, late, member: by }) =>
      updates
        .filter(({ member, header }) => wasFixedLate(header) && (cut === 0 || !late.includes(member)))
        .map(({ member }) => ({
          check: 'commit-before-reveal',
          what: `${by} decided at cut ${cut}, unmarked, the update of ${member}, fixed after a reveal`,
        })),
    )
  }
  return [...receiptsByHeader(history)]
    .filter(([, { givers }]) => givers.size >= history.q)
    .filter(([header]) => wasFixedLate(header))
    .map(([, { of }]) => ({
      check: 'commit-before-reveal',
      what: `the certified update of ${of} was fixed after a reveal`,
    }))
}
