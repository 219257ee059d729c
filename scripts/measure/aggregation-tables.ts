/** The tables of docs/MEASUREMENTS.md on the aggregation: rules alone, from files, inner products. */
import * as v from 'valibot'
import { head, lastOf, machine, parseLines, row } from './lines.ts'

const aggregationLine = v.object({
  ...machine,
  document: v.object({
    copyGigabytesPerSecond: v.number(),
    rows: v.array(
      v.object({
        rule: v.string(),
        input: v.optional(v.string(), 'tiles'),
        workers: v.optional(v.number(), 1),
        n: v.number(),
        d: v.number(),
        seconds: v.number(),
        peakMb: v.optional(v.nullable(v.number())),
        ratio: v.optional(v.nullable(v.number())),
        copyRatio: v.optional(v.nullable(v.number())),
      }),
    ),
  }),
})

/** The last run's rows. */
export function aggregationTable(text: string): string {
  const last = parseLines(text, aggregationLine).at(-1)
  const rows = (last?.document.rows ?? []).map((each) =>
    row(
      `\`${each.rule}\``,
      String(each.n),
      String(each.d),
      String(each.workers),
      each.seconds.toFixed(2),
      typeof each.peakMb === 'number' ? each.peakMb.toFixed(0) : '–',
      typeof each.copyRatio === 'number' ? `${each.copyRatio.toFixed(2)}×` : '–',
      typeof each.ratio === 'number' ? `${each.ratio.toFixed(1)}×` : '–',
    ),
  )
  const titles = [
    'rule',
    'updates',
    'coordinates',
    'threads',
    'seconds',
    'peak MB',
    'input read over what one thread copies',
    "numpy's time over ours",
  ]
  return [...head(...titles), ...rows].join('\n')
}

/** From files of updates trained whole. */
export function aggregationWholeTable(text: string): string {
  const all = parseLines(text, aggregationLine).flatMap(({ document }) => document.rows)
  const rows = lastOf(all, ({ rule, n, d }) => `${rule} ${n} ${d}`).map(
    ({ rule, n, d, workers, seconds, peakMb }) =>
      row(
        `\`${rule}\``,
        ((4 * n * d) / 1e9).toFixed(2),
        String(workers),
        seconds.toFixed(1),
        typeof peakMb === 'number' ? peakMb.toFixed(0) : '–',
      ),
  )
  return [...head('rule', 'GB of updates', 'threads', 'seconds', 'peak MB'), ...rows].join('\n')
}

const gramLine = v.object({
  ...machine,
  document: v.object({
    n: v.number(),
    rank: v.number(),
    side: v.number(),
    seconds: v.number(),
    ratioOfProduct: v.number(),
    ratioOfPairs: v.number(),
    difference: v.number(),
  }),
})

/** Of one module: distances from factors, and numpy's from the dense ΔW. */
export function gramTable(text: string): string {
  const rows = parseLines(text, gramLine).map(({ document }) => {
    const { n, rank, side, seconds, ratioOfProduct, ratioOfPairs, difference } = document
    const ratios = [ratioOfPairs, ratioOfProduct].map((ratio) => `${ratio.toFixed(0)}×`)
    return row(
      `${n}`,
      `${rank}`,
      `${side} × ${side}`,
      (1000 * seconds).toFixed(0),
      ...ratios,
      difference.toExponential(1),
    )
  })
  const titles = ['updates', 'rank', 'module', 'processor ms']
  const numpy = ["numpy's differences of pairs", "numpy's one product", 'relative difference']
  return [...head(...titles, ...numpy), ...rows].join('\n')
}

const fullLine = v.object({
  cpu: v.string(),
  loadBefore: v.number(),
  b: v.number(),
  row: v.object({
    rule: v.string(),
    n: v.number(),
    d: v.number(),
    workers: v.number(),
    seconds: v.number(),
    cpuSeconds: v.optional(v.number()),
    peakMb: v.number(),
  }),
})

/** From files to a file: every rule, number of updates and number of coordinates that was measured. */
export function aggregationFullTable(text: string): string {
  const lines = lastOf(parseLines(text, fullLine), ({ row: { rule, n, d } }) => `${rule} ${n} ${d}`)
  const rows = lines.map(({ b, loadBefore, row: { rule, n, d, workers, seconds, cpuSeconds, peakMb } }) =>
    row(
      `\`${rule}\``,
      String(n),
      String(b),
      String(d),
      String(workers),
      seconds.toFixed(2),
      cpuSeconds?.toFixed(2) ?? '–',
      peakMb.toFixed(0),
      loadBefore.toFixed(1),
    ),
  )
  const titles = [
    'rule',
    'updates',
    'b',
    'coordinates',
    'threads',
    'seconds',
    'processor seconds',
    'peak MB',
    'load before',
  ]
  return [...head(...titles), ...rows].join('\n')
}
