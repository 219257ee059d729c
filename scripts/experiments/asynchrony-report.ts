/** Experiment 3 in tables and a picture, made from the raw lines alone. */
import { countsOf, everySet, isAsComputed, lossesAfter } from './asynchrony-claims.ts'
import { draw, fixed, table, unique } from './report.ts'
import type { AsynchronyLine } from './types.ts'
import { mean } from './vectors.ts'

const groupOf = ({ plan }: AsynchronyLine): string => `${plan.model} ${plan.split}`
const inGroup = (lines: readonly AsynchronyLine[], group: string): readonly AsynchronyLine[] =>
  lines.filter((line) => groupOf(line) === group)

export function arrivalTable(lines: readonly AsynchronyLine[]): string {
  const rows = unique(lines.map(groupOf)).flatMap((group) => {
    const own = inGroup(lines, group)
    return [0, ...countsOf(own)].map((count) => {
      const losses = lossesAfter(own, count)
      const sets = everySet(own).filter(({ sites }) => sites.length === count)
      const most = Math.max(0, ...sets.map(({ aggregates }) => aggregates.length))
      return [
        ...group.split(' '),
        String(count),
        fixed(mean(losses)),
        losses.length === 0 ? '–' : `${fixed(Math.min(...losses))} … ${fixed(Math.max(...losses))}`,
        ...(count === 0
          ? ['–', '–', '–']
          : [String(sets.length), String(sets[0]?.orders ?? 0), String(most)]),
      ]
    })
  })
  return table(
    [
      'model',
      'data',
      'sites there',
      'mean loss',
      'from … to',
      'sets',
      'orders of each',
      'aggregates of a set, at most',
    ],
    rows,
  )
}

export function lateTable(lines: readonly AsynchronyLine[]): string {
  const found = lines.flatMap((line) => line.figures.rounds.map((round) => ({ line, round })))
  const kinds = [
    ['nobody', found.filter(({ round }) => round.late === null)],
    ['one member, after the others had their result', found.filter(({ round }) => round.late !== null)],
  ] as const
  const rows = kinds
    .filter(([, own]) => own.length > 0)
    .map(([who, own]) => [
      who,
      String(own.length),
      String(own[0]?.round.aggregates.length ?? 0),
      String(own.filter(({ round }) => round.aggregates.every((each) => each.length === 1)).length),
      String(own.filter(({ line, round }) => isAsComputed(line, round)).length),
      fixed(mean(own.map(({ round }) => round.seconds)), 0),
    ])
  return table(
    [
      'late',
      'rounds',
      'results a round',
      'one digest at all members',
      'and it is that of the set, computed apart',
      'seconds, processes’ start and all',
    ],
    rows,
  )
}

export function arrivalPicture(lines: readonly AsynchronyLine[]): string {
  const counts = [0, ...countsOf(lines)]
  const colors = ['#2c7fb8', '#d95f0e', '#2c7a4b', '#8856a7']
  const series = unique(lines.map(groupOf)).flatMap((group, i) => {
    const own = inGroup(lines, group)
    const itemStyle = { color: colors[i % colors.length] }
    return [
      {
        name: group,
        type: 'line',
        itemStyle,
        data: counts.map((count) => [count, Number(fixed(mean(lossesAfter(own, count)), 3))]),
      },
      {
        name: group,
        type: 'scatter',
        symbolSize: 4,
        itemStyle,
        data: counts.flatMap((count) =>
          count === 0 ? [] : lossesAfter(own, count).map((loss) => [count, Number(fixed(loss, 3))]),
        ),
      },
    ]
  })
  return draw(640, 400, {
    title: {
      text: 'Held-out loss after each arrival, nats a token',
      left: 'center',
      textStyle: { fontSize: 14 },
    },
    legend: { top: 28 },
    grid: { left: 60, right: 30, top: 64, bottom: 50 },
    xAxis: {
      type: 'value',
      name: 'sites that have arrived',
      nameLocation: 'middle',
      nameGap: 30,
      interval: 1,
    },
    yAxis: { type: 'value', scale: true },
    series,
  })
}
