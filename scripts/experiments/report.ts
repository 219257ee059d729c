/** Tables and pictures of the experiments, made from the raw lines alone: the same lines give the same bytes. */
import { init } from 'echarts'
import type { Direction } from './direction.ts'
import { gapOf } from './directions.ts'
import { estimate, rankCorrelation } from './statistics.ts'
import type { ExactnessLine, Line, RoundsLine } from './types.ts'
import { mean } from './vectors.ts'

export const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)]
export const fixed = (value: number, digits = 2): string => value.toFixed(digits)
const percent = (value: number): string => `${fixed(100 * value, 1)} %`

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export function madeBy(lines: readonly Line[]): string {
  const machines = unique(lines.map(({ cpu, node }) => `${cpu}, Node ${node}`)).join('; ')
  const models = unique(
    lines.flatMap((line) =>
      line.kind === 'bytes' ? [] : [`${line.plan.model} ${line.modelDigest.slice(0, 12)}…`],
    ),
  ).join(', ')
  return `${lines.length} cells on ${machines}.${models === '' ? '' : ` Pretrained models: ${models}.`}`
}

export function directionTable(directions: readonly Direction[]): string {
  const rows = directions.map(({ claim, expected, measured, interval: [low, high], cells, holds }) => [
    claim,
    expected,
    fixed(measured, 3),
    `${fixed(low, 3)} … ${fixed(high, 3)}`,
    String(cells),
    holds ? 'yes' : 'no',
  ])
  return table(['claim', 'expected', 'measured', '95 %', 'cells', 'holds'], rows)
}

interface Group {
  readonly key: readonly string[]
  readonly lines: readonly RoundsLine[]
}

/** Cells that differ in their seeds only. */
function groupsOf(lines: readonly RoundsLine[]): readonly Group[] {
  const keyOf = ({ plan }: RoundsLine): readonly string[] => [
    plan.model,
    String(plan.siteCount),
    plan.split,
    plan.mode,
    `1×${plan.epochs} / ${plan.epochs}×1`,
  ]
  return unique(lines.map((line) => JSON.stringify(keyOf(line)))).map((text) => ({
    key: JSON.parse(text) as string[],
    lines: lines.filter((line) => JSON.stringify(keyOf(line)) === text),
  }))
}

const KEY_HEAD = ['model', 'sites', 'data', 'trained', 'epochs', 'seeds'] as const

/** Mean over a group's cells with its interval. */
function spread(values: readonly number[], show: (value: number) => string): string {
  if (values.length === 0) return '–'
  const {
    mean: middle,
    interval: [low, high],
  } = estimate(values)
  return `${show(middle)} (${show(low)} … ${show(high)})`
}

export function roundsTable(lines: readonly RoundsLine[]): string {
  const rows = groupsOf(lines).map(({ key, lines: own }) => {
    const of = (figure: (line: RoundsLine) => number): string => fixed(mean(own.map(figure)))
    const matches = (figure: (found: RoundsLine['figures']['exactMatch']) => number | null): string =>
      spread(
        own.flatMap(({ figures }) => figure(figures.exactMatch) ?? []),
        (value) => fixed(value),
      )
    return [
      ...key,
      String(own.length),
      of(({ figures }) => figures.loss.base),
      of(({ figures }) => figures.loss.local),
      of(({ figures }) => figures.loss.bestLocal),
      of(({ figures }) => figures.loss.oneRound),
      of(({ figures }) => figures.loss.manyRounds),
      of(({ figures }) => figures.loss.centralised),
      spread(own.map(gapOf), percent),
      matches(({ oneRound }) => oneRound),
      matches(({ manyRounds }) => manyRounds),
      matches(({ centralised }) => centralised),
    ]
  })
  return table(
    [
      ...KEY_HEAD,
      'base',
      'local',
      'best local',
      'one round',
      'many rounds',
      'centralised',
      'gap',
      'exact: one',
      'exact: many',
      'exact: centralised',
    ],
    rows,
  )
}

/** What might predict the gap, beside it. */
export function geometryTable(lines: readonly RoundsLine[]): string {
  const rows = groupsOf(lines).map(({ key, lines: own }) => {
    const of = (figure: (line: RoundsLine) => number | null, digits = 2): string =>
      spread(
        own.flatMap((line) => figure(line) ?? []),
        (value) => fixed(value, digits),
      )
    return [
      ...key,
      String(own.length),
      spread(own.map(gapOf), percent),
      of(({ figures }) => figures.tau, 3),
      of(({ figures }) => figures.tauMerged, 3),
      of(({ figures }) => figures.smoothness),
      of(({ figures }) => figures.cosine),
      of(({ figures: { bound } }) => bound.value / bound.actual, 0),
    ]
  })
  return table([...KEY_HEAD, 'gap', 'τ', 'τ merged', 'L', 'cosine', 'bound / distance'], rows)
}

/** Fewer say nothing of ranks. */
const CORRELATED_CELLS_MIN = 6

/** Rank correlation of each predictor with the gap: over all cells, and where model and way of training are the same. */
export function predictorTable(lines: readonly RoundsLine[]): string {
  const predictors = [
    ['τ', ({ figures }: RoundsLine) => figures.tau],
    ['L', ({ figures }: RoundsLine) => figures.smoothness],
    ['cosine', ({ figures }: RoundsLine) => figures.cosine],
    ['the paper’s bound', ({ figures }: RoundsLine) => figures.bound.value],
  ] as const
  const groupOf = ({ plan }: RoundsLine): string => `${plan.model}, ${plan.mode}`
  const groups = [
    ['all', lines] as const,
    ...unique(lines.map(groupOf)).map(
      (group) => [group, lines.filter((line) => groupOf(line) === group)] as const,
    ),
  ].filter(([, own]) => own.length >= CORRELATED_CELLS_MIN)
  return table(
    ['cells of', 'how many', ...predictors.map(([name]) => name)],
    groups.map(([group, own]) => [
      group,
      String(own.length),
      ...predictors.map(([, figure]) => {
        const pairs = own.flatMap((line) => {
          const value = figure(line)
          return value === null ? [] : [[value, gapOf(line)] as const]
        })
        if (pairs.length < CORRELATED_CELLS_MIN) return '–'
        const {
          mean: middle,
          interval: [low, high],
        } = rankCorrelation(pairs)
        return `${fixed(middle)} (${fixed(low)} … ${fixed(high)})`
      }),
    ]),
  )
}

export function exactnessTable(lines: readonly ExactnessLine[]): string {
  const groups = unique(lines.map(({ plan }) => `${plan.model} ${plan.split}`))
  const rows = groups.flatMap((group) => {
    const own = lines.filter(({ plan }) => `${plan.model} ${plan.split}` === group)
    const [first] = own
    return (first?.figures.ways ?? []).map(({ way }) => {
      const found = own.flatMap(({ figures }) => figures.ways.filter((each) => each.way === way))
      const loss = estimate(found.map((each) => each.loss))
      return [
        ...group.split(' '),
        way,
        String(found.length),
        `${fixed(loss.mean)} (${fixed(loss.interval[0])} … ${fixed(loss.interval[1])})`,
        percent(mean(found.map(({ error }) => error))),
      ]
    })
  })
  return table(
    ['model', 'data', 'merged how', 'seeds', 'held-out loss', 'distance of ΔW from the exact mean'],
    rows,
  )
}

const PAGE = { backgroundColor: '#ffffff', animation: false } as const

export function draw(width: number, height: number, option: object): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({ ...PAGE, ...option })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** Losses side by side: what a reader asks first. */
export function lossPicture(lines: readonly RoundsLine[]): string {
  const groups = groupsOf(lines)
  const series = [
    ['alone', (line: RoundsLine) => line.figures.loss.local, '#b8b8b8'],
    ['one round', (line: RoundsLine) => line.figures.loss.oneRound, '#2c7fb8'],
    ['many rounds', (line: RoundsLine) => line.figures.loss.manyRounds, '#7fcdbb'],
    ['all data together', (line: RoundsLine) => line.figures.loss.centralised, '#2c7a4b'],
  ] as const
  return draw(900, 120 + 44 * groups.length, {
    title: {
      text: 'Held-out loss, nats a token (lower is better)',
      left: 'center',
      textStyle: { fontSize: 14 },
    },
    legend: { top: 28 },
    grid: { left: 260, right: 30, top: 60, bottom: 30 },
    xAxis: { type: 'value' },
    yAxis: {
      type: 'category',
      inverse: true,
      data: groups.map(({ key }) => key.join(' · ')),
      axisLabel: { interval: 0 },
    },
    series: series.map(([name, figure, color]) => ({
      name,
      type: 'bar',
      itemStyle: { color },
      data: groups.map(({ lines: own }) => Number(fixed(mean(own.map(figure)), 3))),
    })),
  })
}

/** Does the size of the updates predict the gap? */
export function tauPicture(lines: readonly RoundsLine[]): string {
  const models = unique(lines.map(({ plan }) => plan.model))
  return draw(760, 460, {
    title: {
      text: 'Gap of one round against the size of updates',
      left: 'center',
      textStyle: { fontSize: 14 },
    },
    legend: { top: 28 },
    grid: { left: 80, right: 30, top: 70, bottom: 60 },
    xAxis: { type: 'value', name: 'τ = ‖Δ‖ / ‖w‖', nameLocation: 'middle', nameGap: 32 },
    yAxis: { type: 'value', name: 'gap: share of the gain', nameLocation: 'middle', nameGap: 50 },
    series: models.map((model) => ({
      name: model,
      type: 'scatter',
      symbolSize: 8,
      data: lines
        .filter(({ plan }) => plan.model === model)
        .map((line) => [Number(fixed(line.figures.tau, 4)), Number(fixed(gapOf(line), 4))]),
    })),
  })
}

export function exactnessPicture(lines: readonly ExactnessLine[]): string {
  const ways = unique(lines.flatMap(({ figures }) => figures.ways.map(({ way }) => way)))
  const lossOf = (way: string): number =>
    mean(
      lines.flatMap(({ figures }) => figures.ways.filter((each) => each.way === way).map(({ loss }) => loss)),
    )
  return draw(820, 100 + 34 * ways.length, {
    title: {
      text: 'Held-out loss by way of merging, nats a token',
      left: 'center',
      textStyle: { fontSize: 14 },
    },
    grid: { left: 290, right: 60, top: 40, bottom: 30 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', inverse: true, data: [...ways], axisLabel: { interval: 0 } },
    series: [
      {
        type: 'bar',
        itemStyle: { color: '#2c7fb8' },
        label: { show: true, position: 'right' },
        data: ways.map((way) => Number(fixed(lossOf(way), 2))),
      },
    ],
  })
}
