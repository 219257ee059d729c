/** Tables and a picture of experiment 4, from the raw lines alone. */
import { draw, fixed, table, unique } from './report.ts'
import { NOBODY } from './robustness-cases.ts'
import { backdoorWay, everyRow, isOnValues, type Row } from './robustness-claims.ts'
import type { RobustnessLine } from './types.ts'
import { mean } from './vectors.ts'

const splitsOf = (lines: readonly RobustnessLine[]) => unique(lines.map(({ plan }) => plan.split))

/** A row and the cell that it is of. */
interface Place {
  readonly line: RobustnessLine
  readonly row: Row
}

/** Rules side by side: means over the cells of what `show` gives; a dash where nothing does. */
function byRule(
  places: readonly Place[],
  rules: readonly string[],
  show: (place: Place) => readonly number[],
): readonly string[] {
  return rules.map((rule) => {
    const own = places.filter(({ row }) => row.rule === rule)
    const found = own.map(show).filter((values) => values.length > 0)
    const [first] = found
    if (first !== undefined)
      return first.map((_, i) => fixed(mean(found.map((values) => values[i] ?? 0)))).join(' / ')
    return own.some(({ row }) => row.refused !== null) ? 'refused' : '–'
  })
}

const rulesOf = (lines: readonly RobustnessLine[]) => unique(everyRow(lines).map(({ rule }) => rule))

function caseTable(lines: readonly RobustnessLine[], show: (place: Place) => readonly number[]): string {
  const rules = rulesOf(lines)
  const rows = splitsOf(lines).flatMap((split) => {
    const places = lines
      .filter(({ plan }) => plan.split === split)
      .flatMap((line) => line.figures.rows.map((row) => ({ line, row })))
      .filter((place) => place.row.refused !== null || show(place).length > 0)
    const keyOf = ({ row: { attack, liars, f } }: Place): string => [attack, liars, f].join(' ')
    return unique(places.map(keyOf)).map((key) => [
      split,
      ...key.split(' '),
      ...byRule(
        places.filter((place) => keyOf(place) === key),
        rules,
        show,
      ),
    ])
  })
  return table(['data', 'attack', 'liars', 'f', ...rules], rows)
}

export const robustnessTable = (lines: readonly RobustnessLine[]): string =>
  caseTable(lines, ({ row: { loss } }) => (loss === null ? [] : [loss]))

/** Share of answers, and how far their loss goes to a poisoner's own model; what poisoners' own models do comes last. */
export function backdoorTable(lines: readonly RobustnessLine[]): string {
  const main = caseTable(lines, ({ line, row }) => {
    const way = backdoorWay(line, row)
    return row.backdoor === null || way === null || row.attack === NOBODY ? [] : [row.backdoor.share, way]
  })
  const own = splitsOf(lines).map((split) => {
    const shares = lines
      .filter(({ plan }) => plan.split === split)
      .map(({ figures }) => figures.poisoner.share)
    return `${fixed(mean(shares))} on ${split} data`
  })
  return own.length === 0 ? main : `${main}\n\nPoisoners’ own models answer with it: ${own.join(', ')}.`
}

/** The worst attack on values for each rule: what a consortium has to expect when its f is right, too small, too large. */
export function estimateTable(lines: readonly RobustnessLine[]): string {
  const rules = rulesOf(lines)
  const rows = splitsOf(lines).flatMap((split) => {
    const own = lines.filter(({ plan }) => plan.split === split)
    const all = everyRow(own).filter((row) => isOnValues(row) || row.attack === NOBODY)
    const pairs = unique(all.map(({ liars, f }) => `${liars} ${f}`)).map((text) =>
      text.split(' ').map(Number),
    )
    return pairs.map(([liars = 0, f = 0]) => {
      const cells = all.filter((row) => row.liars === liars && row.f === f)
      const word = liars === 0 ? 'nobody lies' : liars === f ? 'right' : liars > f ? 'too small' : 'too large'
      return [split, String(liars), String(f), word, ...rules.map((rule) => worstOf(cells, rule))]
    })
  })
  return table(['data', 'liars', 'f', 'f is', ...rules], rows)
}

/** Over attacks, of means over seeds. */
function worstOf(rows: readonly Row[], rule: string): string {
  const own = rows.filter((row) => row.rule === rule)
  const losses = unique(own.map(({ attack }) => attack)).flatMap((attack) => {
    const found = own.filter((row) => row.attack === attack).flatMap(({ loss }) => loss ?? [])
    return found.length === 0 ? [] : [{ attack, loss: mean(found) }]
  })
  const [worst] = losses.toSorted((x, y) => y.loss - x.loss)
  if (worst === undefined) return '–'
  return worst.attack === NOBODY ? fixed(worst.loss) : `${fixed(worst.loss)} (${worst.attack})`
}

const COLOURS = ['#b8b8b8', '#2c7fb8', '#7fcdbb', '#2c7a4b', '#fdae61', '#8c6bb1']

/** The hardest case: three liars of ten, skewed data, f right. */
export function robustnessPicture(lines: readonly RobustnessLine[]): string {
  const split = splitsOf(lines).at(-1)
  const rows = everyRow(lines.filter(({ plan }) => plan.split === split)).filter(
    ({ liars, f }) => liars === f && f === 3,
  )
  const attacks = unique(rows.map(({ attack }) => attack))
  const lossOf = (rule: string, attack: string): number | null => {
    const found = rows
      .filter((row) => row.rule === rule && row.attack === attack)
      .flatMap(({ loss }) => loss ?? [])
    return found.length === 0 ? null : Number(fixed(mean(found), 3))
  }
  return draw(900, 420, {
    title: {
      text: `Held-out loss, three liars of ten and f = 3, ${split ?? ''} data`,
      left: 'center',
      textStyle: { fontSize: 14 },
    },
    legend: { top: 28 },
    grid: { left: 60, right: 30, top: 70, bottom: 40 },
    xAxis: { type: 'category', data: [...attacks], axisLabel: { interval: 0 } },
    yAxis: { type: 'value', name: 'nats a token' },
    series: rulesOf(lines).map((rule, i) => ({
      name: rule,
      type: 'bar',
      itemStyle: { color: COLOURS[i % COLOURS.length] },
      data: attacks.map((attack) => lossOf(rule, attack)),
    })),
  })
}
