/**
 * The tables of docs/MEASUREMENTS.md, made from the raw lines in docs/results/: nothing in them is written by hand.
 * A raw line holds what a command printed, the command, and the machine. Of repeated measurements the last line counts.
 */
import * as v from 'valibot'
import {
  aggregationFullTable,
  aggregationTable,
  aggregationWholeTable,
  gramTable,
} from './aggregation-tables.ts'
import { head, lastOf, machine, parseLines, row } from './lines.ts'
import { NETWORK_TABLES } from './network-tables.ts'
import { reachTable } from './reach-table.ts'

const loss = v.nullable(v.number())
const demoLine = v.object({
  ...machine,
  attack: v.string(),
  document: v.object({
    seconds: v.number(),
    decided: v.boolean(),
    roster: v.array(v.string()),
    received: v.number(),
    used: v.number(),
    rule: v.nullable(v.string()),
    sites: v.array(
      v.object({
        name: v.string(),
        honest: v.boolean(),
        losses: v.nullable(
          v.object({
            own: v.record(v.string(), loss),
            all: v.record(v.string(), loss),
          }),
        ),
        leftOut: v.nullable(v.object({ by: v.string(), reason: v.string() })),
      }),
    ),
  }),
})
const gradientLine = v.object({
  ...machine,
  document: v.object({
    model: v.string(),
    graph: v.string(),
    device: v.string(),
    tensors: v.number(),
    worst: v.object({ relative: v.number() }),
    adamw: v.object({ worst: v.number() }),
  }),
})
const roundLine = v.object({
  ...machine,
  document: v.array(
    v.object({
      members: v.number(),
      updateMegabytes: v.number(),
      firstSeconds: v.number(),
      lastSeconds: v.number(),
      isOneDigest: v.boolean(),
    }),
  ),
})

const trainingLine = v.object({
  ...machine,
  document: v.object({
    loadBefore: v.optional(v.number()),
    rows: v.array(
      v.object({
        model: v.string(),
        shape: v.string(),
        checkpointing: v.boolean(),
        ms: v.object({ min: v.number(), median: v.number(), max: v.number() }),
        peakMb: v.number(),
        sessionMs: v.number(),
        rounds: v.array(v.number()),
        torchRounds: v.optional(v.array(v.number())),
        torchPeakMb: v.optional(v.number()),
        ratio: v.optional(v.number()),
        peakRatio: v.optional(v.number()),
      }),
    ),
  }),
})

const simulationLine = v.object({
  ...machine,
  document: v.object({
    members: v.number(),
    seeds: v.tuple([v.number(), v.number()]),
    worlds: v.number(),
    violations: v.number(),
    undecided: v.number(),
    medianViews: v.number(),
    counts: v.record(v.string(), v.number()),
  }),
})

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** One row an attack: the honest sites' mean losses on everybody's data. */
export function demoTable(text: string): string {
  const lines = lastOf(parseLines(text, demoLine), ({ attack }) => attack)
  const rows = lines.map(({ attack, document }) => {
    const losses = document.sites.flatMap((site) => (site.losses === null ? [] : [site.losses.all]))
    const column = (name: string): string => {
      const values = losses.flatMap((all) => all[name] ?? [])
      return values.length === 0 ? '–' : mean(values).toFixed(3)
    }
    const left = document.sites.flatMap(({ name, leftOut }) =>
      leftOut === null ? [] : [`${name} (${leftOut.by})`],
    )
    return row(
      attack,
      document.decided ? 'yes' : 'NO',
      `${document.received} of ${document.roster.length}, ${document.used} used`,
      document.rule ?? '–',
      left.length === 0 ? '–' : left.join(', '),
      ...['base', 'local', 'mean', 'merged', 'central'].map(column),
      document.seconds.toFixed(0),
    )
  })
  const titles = [
    'attack',
    'decided',
    'updates',
    'rule',
    'left out',
    'base',
    'local',
    'mean',
    'merged',
    'central',
    'seconds',
  ]
  return [...head(...titles), ...rows].join('\n')
}

export function gradientTable(text: string): string {
  const lines = lastOf(
    parseLines(text, gradientLine),
    ({ document: d }) => `${d.model} ${d.graph} ${d.device}`,
  )
  const rows = lines.map(({ document: { model, graph, device, tensors, worst, adamw } }) =>
    row(model, graph, device, String(tensors), worst.relative.toExponential(1), adamw.worst.toExponential(1)),
  )
  return [
    ...head('model', 'graph', 'device', 'tensors', 'worst gradient', 'worst of six AdamW losses'),
    ...rows,
  ].join('\n')
}

/** All runs, in the order in which they were made: one row each. */
export function roundTable(text: string): string {
  const rounds = parseLines(text, roundLine).flatMap(({ document }) => document)
  const rows = rounds.map(({ members, updateMegabytes, firstSeconds, lastSeconds, isOneDigest }) =>
    row(
      String(members),
      updateMegabytes.toFixed(1),
      firstSeconds.toFixed(2),
      lastSeconds.toFixed(2),
      isOneDigest ? 'yes' : 'NO',
    ),
  )
  const titles = ['members', 'MB an update', 'seconds to the first certificate', 'to the last', 'one digest']
  return [...head(...titles), ...rows].join('\n')
}

type Campaign = v.InferOutput<typeof simulationLine>['document']

/** Two runs of which the second goes on where the first ended; of the medians the larger. */
const joined = (one: Campaign, next: Campaign): Campaign => ({
  members: one.members,
  seeds: [one.seeds[0], next.seeds[1]],
  worlds: one.worlds + next.worlds,
  violations: one.violations + next.violations,
  undecided: one.undecided + next.undecided,
  medianViews: Math.max(one.medianViews, next.medianViews),
  counts: Object.fromEntries(
    Object.keys({ ...one.counts, ...next.counts }).map((what) => [
      what,
      (one.counts[what] ?? 0) + (next.counts[what] ?? 0),
    ]),
  ),
})

/** The last campaign of each number of members: runs of seeds that go on from one to the next, whatever came in between. */
function campaignsOf(runs: readonly Campaign[]): readonly Campaign[] {
  const last = new Map<number, Campaign>()
  for (const run of runs) {
    const before = last.get(run.members)
    const goesOn = before !== undefined && before.seeds[1] + 1 === run.seeds[0]
    last.set(run.members, goesOn ? joined(before, run) : run)
  }
  return [...last.values()].sort((x, y) => x.members - y.members)
}

/** Rounds in virtual time, by number of members: what was violated, and what a member sends. */
export function simulationTable(text: string): string {
  const campaigns = campaignsOf(parseLines(text, simulationLine).map(({ document }) => document))
  const rows = campaigns.map(({ members, seeds, worlds, violations, undecided, medianViews, counts }) => {
    const perMember = (what: string): number => (counts[what] ?? 0) / worlds / members
    return row(
      String(members),
      `${seeds[0]}..${seeds[1]}`,
      String(violations),
      String(undecided),
      String(medianViews),
      perMember('signed').toFixed(1),
      perMember('sent objects').toFixed(0),
      (perMember('sent bytes') / 1000).toFixed(0),
    )
  })
  const titles = [
    'members',
    'seeds',
    'violations',
    'undecided',
    'median views',
    'signed a member',
    'objects sent a member',
    'kB sent a member',
  ]
  return [...head(...titles), ...rows].join('\n')
}

/** The last figures of each model, shape and way. */
export function trainingTable(text: string): string {
  const all = parseLines(text, trainingLine).flatMap(({ cpu, document }) =>
    document.rows.map((each) => ({ ...each, cpu, load: document.loadBefore })),
  )
  const last = lastOf(all, ({ model, shape, checkpointing }) => `${model} ${shape} ${checkpointing}`)
  const whole = (values: readonly number[] = []): string =>
    values.map((ms) => ms.toFixed(0)).join(', ') || '–'
  const rows = last.map((each) =>
    row(
      each.model,
      each.shape.replace('x', ' × '),
      each.checkpointing ? 'on' : 'off',
      `${each.ms.median.toFixed(0)} (${each.ms.min.toFixed(0)}–${each.ms.max.toFixed(0)})`,
      whole(each.rounds),
      whole(each.torchRounds),
      each.ratio === undefined ? '–' : `${each.ratio.toFixed(2)}×`,
      each.peakMb.toFixed(0),
      each.torchPeakMb === undefined ? '–' : each.torchPeakMb.toFixed(0),
      each.peakRatio === undefined ? '–' : `${each.peakRatio.toFixed(2)}×`,
      each.sessionMs.toFixed(0),
      each.load === undefined ? '–' : each.load.toFixed(1),
      each.cpu,
    ),
  )
  const titles = [
    'model',
    'shape',
    'checkpointing',
    'ms a step: median (least–most)',
    'rounds, ms',
    'PyTorch’s rounds, ms',
    'time over PyTorch’s',
    'peak MB',
    'PyTorch’s peak MB',
    'memory over PyTorch’s',
    'session ms',
    'load before',
    'processor',
  ]
  return [...head(...titles), ...rows].join('\n')
}

/** Name of the raw file → mark and table. */
export const MEASUREMENT_TABLES: Readonly<Record<string, (text: string) => string>> = {
  demo: demoTable,
  gradients: gradientTable,
  rounds: roundTable,
  simulation: simulationTable,
  aggregation: aggregationTable,
  'aggregation-full': aggregationFullTable,
  'aggregation-whole': aggregationWholeTable,
  gram: gramTable,
  training: trainingTable,
  ...NETWORK_TABLES,
  reach: reachTable,
}
