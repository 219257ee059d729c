/** Whatever is certified was fixed before the first honest member let anybody read its update. */
import type { Check } from '../history.ts'
import { receiptsByHeader } from './one-update.ts'

export const commitBeforeReveal: Check = (history) => {
  if (history.reveal === 'immediate') return []
  const firstReveal = Math.min(...history.reveals.map(({ order }) => order))
  const fixedAt = new Map(
    history.signed.filter(({ type }) => type === 'header').map(({ digest, order }) => [digest, order]),
  )
  return [...receiptsByHeader(history)]
    .filter(([, { givers }]) => givers.size >= history.q)
    .filter(([header]) => (fixedAt.get(header) ?? Number.POSITIVE_INFINITY) > firstReveal)
    .map(([, { of }]) => ({
      check: 'commit-before-reveal',
      what: `the certified update of ${of} was fixed after a reveal`,
    }))
}
