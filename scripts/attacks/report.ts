/**
 * docs/results/attacks.md and its pictures, made from the raw lines: tables and heat maps of rules against attacks.
 * Nothing in them is written by hand but the words around them, which are in the template below.
 */
import { init } from 'echarts'
import type { Cell, Line } from './cell.ts'

/** Cells of one split and f. */
interface Panel {
  readonly split: Cell['split']
  readonly members: number
  readonly f: number
  readonly rules: readonly string[]
  readonly attacks: readonly string[]
  readonly cellOf: (rule: string, attack: string) => Cell | undefined
}

export interface AttackReport {
  /** The generated part of the page: a section each panel, pictures by their names. */
  readonly markdown: string
  readonly pictures: ReadonlyMap<string, string>
}

export function attackReport(lines: readonly Line[]): AttackReport {
  const panels = panelsOf(lines.map(({ cell }) => cell))
  const pictures = new Map(panels.map((panel) => [pictureName(panel), heatMap(panel)]))
  const sections = panels.map((panel) => section(panel, baseOf(lines, panel.split)))
  return { markdown: [...machines(lines), ...sections].join('\n\n'), pictures }
}

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)]
const pictureName = ({ split, f }: Panel): string => `attacks-${split}-f${f}.svg`
const baseOf = (lines: readonly Line[], split: string): number =>
  lines.find(({ cell }) => cell.split === split)?.base ?? Number.NaN

function machines(lines: readonly Line[]): readonly string[] {
  const texts = unique(lines.map(({ command, cpu, node }) => `\`${command}\` on ${cpu.trim()}, Node ${node}`))
  return [`Made by ${texts.join('; ')}. Cells that are not there yet were not run.`]
}

function panelsOf(cells: readonly Cell[]): readonly Panel[] {
  const keys = unique(cells.map(({ split, members, f }) => JSON.stringify([split, members, f])))
  return keys.map((key) => {
    const own = cells.filter(({ split, members, f }) => JSON.stringify([split, members, f]) === key)
    const [first] = own
    return {
      split: first?.split ?? 'even',
      members: first?.members ?? 0,
      f: first?.f ?? 0,
      rules: unique(own.map(({ rule }) => rule)),
      attacks: unique(own.map(({ attack }) => attack)),
      cellOf: (rule, attack) => own.find((cell) => cell.rule === rule && cell.attack === attack),
    }
  })
}

function section(panel: Panel, base: number): string {
  const { split, members, f, rules, attacks, cellOf } = panel
  const head = ['attack', ...rules]
  const rows = attacks.map((attack) => [attack, ...rules.map((rule) => textOf(cellOf(rule, attack)))])
  return [
    `### ${split} data, ${f} of ${members} sites ${f === 1 ? 'is' : 'are'} poisoned`,
    '',
    `![Loss of the merged model by rule and attack](${pictureName(panel)})`,
    '',
    `Mean loss on all sites’ held-out lines, nats a token; the base alone has ${base.toFixed(3)}. In brackets: how many of the ${f} poisoned updates have a share (combination rules).`,
    '',
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n')
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return ''
  if (cell.refused === 'RULE_PRECONDITION') return 'n/a'
  if (cell.refused !== null) return 'refused'
  const kept = cell.attackersKept === null ? '' : ` (${cell.attackersKept})`
  return cell.loss === null ? '–' : `${cell.loss.toFixed(2)}${kept}`
}

const CELL_WIDTH = 62
const CELL_HEIGHT = 26
const MARGIN = { left: 170, top: 40, bottom: 110, right: 90 } as const

/** Rules across, attacks down; green is the loss of an honest round under the mean, red the base’s and worse. */
function heatMap({ split, f, rules, attacks, cellOf }: Panel): string {
  const values = rules.flatMap((rule, x) =>
    attacks.flatMap((attack, y) => {
      const loss = cellOf(rule, attack)?.loss ?? null
      return loss === null ? [] : [[x, y, Number(loss.toFixed(2))]]
    }),
  )
  const losses = values.map((value) => value[2] ?? 0)
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: MARGIN.left + MARGIN.right + CELL_WIDTH * rules.length,
    height: MARGIN.top + MARGIN.bottom + CELL_HEIGHT * attacks.length,
  })
  const best = Math.min(...losses)
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: {
      text: `Loss of the merged model: ${split} data, f = ${f}`,
      left: 'center',
      textStyle: { fontSize: 14 },
    },
    grid: MARGIN,
    xAxis: { type: 'category', data: [...rules], axisLabel: { rotate: 40, interval: 0 } },
    yAxis: { type: 'category', data: [...attacks], inverse: true, axisLabel: { interval: 0 } },
    visualMap: {
      min: best,
      // Beyond twice the best loss a model is spoilt; how much does not matter for the colour.
      max: best * 2,
      calculable: false,
      right: 5,
      top: 'center',
      inRange: { color: ['#2c7a4b', '#a6d96a', '#ffffbf', '#f46d43', '#a50026'] },
    },
    series: [{ type: 'heatmap', data: values, label: { show: true, fontSize: 10 } }],
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
