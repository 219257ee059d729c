/** Experiment 2 in tables and claims, made from the raw lines alone. */
import { type Direction, direction, over } from './direction.ts'
import type { BytesLine } from './types.ts'
import { mean } from './vectors.ts'

type Round = BytesLine['figures']['rounds'][number]

const fixed = (value: number, digits: number): string => value.toFixed(digits)
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const bySize = (lines: readonly BytesLine[]): readonly BytesLine[] =>
  lines.toSorted((x, y) => x.plan.siteCount - y.plan.siteCount || x.plan.megabytes - y.plan.megabytes)

/** What all have to get if nobody gets anything twice: each of n updates to n − 1 others. */
export const leastBytes = ({ plan: { siteCount }, figures: { updateBytes } }: BytesLine): number =>
  siteCount * (siteCount - 1) * updateBytes
const ratioOf = (line: BytesLine, { sentBytes }: Round): number => sentBytes / leastBytes(line)
const firstOf = ({ figures: { rounds } }: BytesLine): readonly Round[] => rounds.slice(0, 1)

/** All rounds over the first. */
export const timesOf = (line: BytesLine): readonly number[] =>
  firstOf(line).map(({ sentBytes }) => sum(line.figures.rounds.map((each) => each.sentBytes)) / sentBytes)

export function bytesTable(lines: readonly BytesLine[]): string {
  const head = [
    'members',
    'MB an update',
    'MB sent, one round',
    'over n(n−1) updates',
    'beside content',
    'busiest member, MB one way',
    'rounds',
    'MB sent, all of them',
    'over one round',
    'one result a round',
  ]
  const rows = bySize(lines).flatMap((line) =>
    firstOf(line).map((first) => {
      const { updateBytes, rounds } = line.figures
      return [
        String(line.plan.siteCount),
        fixed(updateBytes / 1e6, 1),
        fixed(first.sentBytes / 1e6, 1),
        `${fixed(ratioOf(line, first), 3)}×`,
        `${fixed((100 * (first.sentBytes - first.contentBytes)) / first.contentBytes, 1)} %`,
        fixed(first.busiestBytes / 1e6, 1),
        String(rounds.length),
        fixed(sum(rounds.map(({ sentBytes }) => sentBytes)) / 1e6, 1),
        `${fixed(mean(timesOf(line)), 2)}×`,
        rounds.every(({ aggregates }) => aggregates === 1) ? 'yes' : 'no',
      ]
    }),
  )
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

const LINKS_MBIT = [10, 100, 1000] as const
/** An adapter of rank 16 on all linear modules of a model with 7 billion parameters, in f32: about this. */
const LARGE_UPDATE_MB = 160
const ROUND_COUNTS = [1, 3, 10] as const

function timeText(seconds: number): string {
  if (seconds < 120) return `${fixed(seconds, seconds < 10 ? 1 : 0)} s`
  return seconds < 7200 ? `${fixed(seconds / 60, 0)} min` : `${fixed(seconds / 3600, 1)} h`
}

/** Computed, not measured: what the busiest member's link takes for the bytes that it carried, at its full speed. */
export function linksTable(lines: readonly BytesLine[]): string {
  const head = ['members', 'rounds', ...LINKS_MBIT.map((speed) => `${speed} Mbit/s`)]
  const counts = [...new Set(bySize(lines).map(({ plan }) => plan.siteCount))]
  const rows = counts.flatMap((count) => {
    // The largest update that was measured: its share of what is no content is nearest to a large one's.
    const line = bySize(lines).findLast(({ plan }) => plan.siteCount === count)
    const [first] = line === undefined ? [] : firstOf(line)
    if (line === undefined || first === undefined) return []
    const bytes = (first.busiestBytes / line.figures.updateBytes) * LARGE_UPDATE_MB * 1e6
    return ROUND_COUNTS.map((rounds) => [
      String(count),
      String(rounds),
      ...LINKS_MBIT.map((speed) => timeText((rounds * bytes * 8) / (speed * 1e6))),
    ])
  })
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** More than this beside the updates is more than was promised. */
const RATIO_MAX = 1.02
const LARGE_MB = 4

export function ofBytes(lines: readonly BytesLine[]): readonly Direction[] {
  const large = lines.filter(({ plan }) => plan.megabytes >= LARGE_MB)
  const ratios = (of: readonly BytesLine[]): readonly number[] =>
    of.flatMap((line) => line.figures.rounds.map((round) => ratioOf(line, round)))
  return [
    ...direction(
      `a round sends every update to every other member once and little else (updates of ${LARGE_MB} MB and more)`,
      `sent ÷ n(n−1) updates ≤ ${RATIO_MAX}`,
      over(ratios(large)),
      ({ interval: [, high] }) => high <= RATIO_MAX,
    ),
    ...direction(
      'three rounds cost three times the bytes of one',
      'sent in three ÷ sent in the first: 3 ± 1 %',
      over(lines.filter(({ plan }) => plan.rounds === 3).flatMap(timesOf)),
      ({ mean: times }) => Math.abs(times - 3) <= 0.03,
    ),
  ]
}
