/** What the lines of experiment 3 say, claim by claim. */
import { type Direction, direction, isNegative, over } from './direction.ts'
import type { AsynchronyLine } from './types.ts'
import { mean } from './vectors.ts'

type Round = AsynchronyLine['figures']['rounds'][number]

export const everySet = (lines: readonly AsynchronyLine[]) => lines.flatMap(({ figures }) => figures.sets)
/** Losses of the sets of a size; of none: the base's. */
export function lossesAfter(lines: readonly AsynchronyLine[], count: number): readonly number[] {
  if (count === 0) return lines.map(({ figures }) => figures.base)
  return everySet(lines)
    .filter(({ sites }) => sites.length === count)
    .map(({ loss }) => loss)
}

export const countsOf = (lines: readonly AsynchronyLine[]): readonly number[] =>
  [...new Set(everySet(lines).map(({ sites }) => sites.length))].toSorted((x, y) => x - y)

/** What was computed here for the set that is at hand at a cut: all but the late one, then all. */
function expectedAt({ figures: { sets } }: AsynchronyLine, { late }: Round, cut: number): readonly string[] {
  const count = Math.max(...sets.map(({ sites }) => sites.length))
  const found = sets.find(({ sites }) =>
    late === null || cut > 0 ? sites.length === count : sites.length === count - 1 && !sites.includes(late),
  )
  return found?.aggregates ?? []
}

/** Whether every certificate of every cut is on the aggregate of that cut's set, at every member. */
export function isAsComputed(line: AsynchronyLine, round: Round): boolean {
  const isHeldByAll = round.holders.every((count) => count === line.plan.siteCount)
  return (
    isHeldByAll &&
    round.aggregates.every((found, cut) => {
      const [expected, ...more] = expectedAt(line, round, cut)
      return more.length === 0 && found.length === 1 && found[0] === expected
    })
  )
}

/** By cell and arrival: what it changes, over all orders. */
function changesOf(line: AsynchronyLine): readonly number[] {
  return countsOf([line])
    .slice(1)
    .map((count) => mean(lossesAfter([line], count)) - mean(lossesAfter([line], count - 1)))
}

const shareOf = (found: readonly boolean[]) => over(found.map((each) => (each ? 1 : 0)))

export function ofAsynchrony(lines: readonly AsynchronyLine[]): readonly Direction[] {
  const rounds = lines.flatMap((line) => line.figures.rounds.map((round) => isAsComputed(line, round)))
  return [
    ...direction(
      'the same sites give the same aggregate, whatever the order in which they came',
      'share of sets with one digest = 1',
      shareOf(everySet(lines).map(({ aggregates }) => aggregates.length === 1)),
      (found) => found.mean === 1,
    ),
    ...direction(
      'real nodes end where nobody would have been late',
      'share of rounds with the set’s digest at all members = 1',
      shareOf(rounds),
      (found) => found.mean === 1,
    ),
    ...direction(
      'each site that arrives lowers the loss',
      'loss after − before an arrival < 0 nats, mean over orders',
      over(lines.flatMap(changesOf)),
      isNegative,
    ),
  ]
}
