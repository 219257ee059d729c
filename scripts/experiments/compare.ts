/**
 * Does a run say what the committed one says? In: the directions of both. Out: claim by claim whether they agree, and words
 * for what does not. A claim that only one of them has is named too: nothing passes for agreement by being left out.
 */
import type { Direction } from './direction.ts'

export interface Comparison {
  /** Claims that come out alike in both: both hold or neither does. */
  readonly same: readonly string[]
  readonly differing: readonly { readonly own: Direction; readonly committed: Direction }[]
  /** Claims of this run that the committed one says nothing of. */
  readonly unknown: readonly string[]
  /** Claims of the committed run that this one has no cells for. */
  readonly missing: readonly string[]
}

export function compareDirections(own: readonly Direction[], committed: readonly Direction[]): Comparison {
  const others = new Map(committed.map((each) => [each.claim, each]))
  const known = own.flatMap((each) => {
    const other = others.get(each.claim)
    return other === undefined ? [] : [{ own: each, committed: other }]
  })
  const claims = new Set(own.map(({ claim }) => claim))
  return {
    same: known.filter((pair) => pair.own.holds === pair.committed.holds).map((pair) => pair.own.claim),
    differing: known.filter((pair) => pair.own.holds !== pair.committed.holds),
    unknown: own.filter(({ claim }) => !others.has(claim)).map(({ claim }) => claim),
    missing: committed.filter(({ claim }) => !claims.has(claim)).map(({ claim }) => claim),
  }
}

const figure = ({ measured, interval: [low, high], cells, holds }: Direction): string =>
  `${holds ? 'holds' : 'does not hold'}, ${measured.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)}) over ${cells}`

/** One line for people each. */
export function comparisonText({ same, differing, unknown, missing }: Comparison): readonly string[] {
  const all = same.length + differing.length
  return [
    `${same.length} of ${all} directions are those of the committed run`,
    ...differing.map(
      ({ own, committed }) => `differs: ${own.claim}: ${figure(own)}; committed: ${figure(committed)}`,
    ),
    ...unknown.map((claim) => `not in the committed run: ${claim}`),
    ...missing.map((claim) => `not in this run: ${claim}`),
  ]
}
