/**
 * Experiment 6: docs/results/speed.md. In: the raw lines of all benches, and peers' published figures (peers.jsonl, each with
 * its source). Out: tables. Most are those of docs/MEASUREMENTS.md; the longest is shown here by rule only.
 */
import * as v from 'valibot'
import { MEASUREMENT_TABLES } from '../measure/tables.ts'
import { fixed, table, unique } from './report.ts'

/** A raw file's text by its name without ending; empty where there is none. */
export type RawReader = (name: string) => string

/** Benches whose tables stand here as in docs/MEASUREMENTS.md. */
const WHOLE_TABLES = [
  'training',
  'aggregation',
  'aggregation-whole',
  'gram',
  'rounds',
  'exchange',
  'members',
  'namespaces',
  'simulation',
] as const
const BY_RULE = 'aggregation-full'
const GENERATION = 'generation'

const machineSchema = v.object({ cpu: v.string(), node: v.string() })
const fullSchema = v.object({
  ...machineSchema.entries,
  loadBefore: v.number(),
  row: v.object({
    rule: v.string(),
    n: v.number(),
    d: v.number(),
    seconds: v.number(),
    cpuSeconds: v.number(),
    peakMb: v.number(),
  }),
})
const generationSchema = v.object({
  ...machineSchema.entries,
  document: v.object({
    model: v.string(),
    threads: v.number(),
    loadBefore: v.number(),
    rows: v.array(
      v.object({
        length: v.number(),
        promptMs: v.number(),
        tokensPerSecond: v.object({ cache: v.number(), full: v.number() }),
      }),
    ),
  }),
})
const peerSchema = v.object({
  project: v.string(),
  what: v.string(),
  figure: v.string(),
  setting: v.string(),
  source: v.string(),
  comparable: v.string(),
})

function linesOf<S extends v.GenericSchema>(text: string, schema: S): readonly v.InferOutput<S>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(schema, JSON.parse(line)))
}

/** Processor seconds of every rule at the largest sizes that were measured; the last line of each counts. */
function byRuleTable(text: string): string {
  const last = new Map(linesOf(text, fullSchema).map(({ row }) => [`${row.rule} ${row.n} ${row.d}`, row]))
  const rows = [...last.values()]
  const sizes = unique(rows.map(({ n, d }) => `${n} ${d}`)).filter((size) => !size.endsWith(' 1000000'))
  const head = sizes.map((size) => {
    const [n = 0, d = 0] = size.split(' ').map(Number)
    return `${n} × ${d / 1e6} M`
  })
  return table(
    ['rule', ...head, 'most MB'],
    unique(rows.map(({ rule }) => rule)).map((rule) => [
      `\`${rule}\``,
      ...sizes.map((size) => {
        const found = last.get(`${rule} ${size}`)
        return found === undefined ? '–' : fixed(found.cpuSeconds)
      }),
      fixed(Math.max(...rows.filter((row) => row.rule === rule).map(({ peakMb }) => peakMb)), 0),
    ]),
  )
}

/** The last line of each length of prompt counts. */
function generationTable(text: string): string {
  const rows = linesOf(text, generationSchema).flatMap(({ document: { rows: own, ...rest } }) =>
    own.map((row) => ({ ...rest, ...row })),
  )
  const last = new Map(rows.map((row) => [`${row.model} ${row.length}`, row]))
  return table(
    [
      'model',
      'tokens of prompt',
      'ms for the prompt',
      'tokens a second',
      'without a cache',
      'threads',
      'load before',
    ],
    [...last.values()].map((row) => [
      row.model,
      String(row.length),
      fixed(row.promptMs, 0),
      fixed(row.tokensPerSecond.cache, 1),
      fixed(row.tokensPerSecond.full, 1),
      String(row.threads),
      fixed(row.loadBefore, 1),
    ]),
  )
}

function peersTable(text: string): string {
  return table(
    ['project', 'what', 'published figure', 'on', 'comparable with ours'],
    linesOf(text, peerSchema).map(({ project, what, figure, setting, source, comparable }) => [
      `[${project}](${source})`,
      what,
      figure,
      setting,
      comparable,
    ]),
  )
}

function machinesTable(read: RawReader): string {
  const rows = [...WHOLE_TABLES, BY_RULE, GENERATION].flatMap((name) => {
    const machines = linesOf(read(name), machineSchema).map(
      ({ cpu, node }) => `${cpu}, Node ${node.replace(/^v/, '')}`,
    )
    return machines.length === 0
      ? []
      : [[`\`${name}.jsonl\``, String(machines.length), unique(machines).join('; ')]]
  })
  return table(['raw lines', 'how many', 'on'], rows)
}

/** By mark of docs/results/speed.md. */
export function speedTables(read: RawReader): Readonly<Record<string, () => string>> {
  const whole = WHOLE_TABLES.flatMap((name) => {
    const make = MEASUREMENT_TABLES[name]
    return make === undefined ? [] : [[name, () => make(read(name))] as const]
  })
  return {
    ...Object.fromEntries(whole),
    [BY_RULE]: () => byRuleTable(read(BY_RULE)),
    [GENERATION]: () => generationTable(read(GENERATION)),
    peers: () => peersTable(read('peers')),
    machines: () => machinesTable(read),
  }
}
