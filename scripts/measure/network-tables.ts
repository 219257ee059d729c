/** The tables of docs/MEASUREMENTS.md on the network: the exchange, many members, the fuzzer, the soak. */
import * as v from 'valibot'

const machine = { command: v.string(), cpu: v.string(), node: v.string() }

const exchangeLine = v.object({
  ...machine,
  document: v.object({
    loadBefore: v.number(),
    throughput: v.array(
      v.object({
        sizeMib: v.number(),
        runs: v.number(),
        updateMibPerSecond: v.number(),
        rawMibPerSecond: v.number(),
        tcpMibPerSecond: v.number(),
        updateOverRaw: v.number(),
      }),
    ),
    rounds: v.array(
      v.object({
        members: v.number(),
        updateMegabytes: v.number(),
        storedSeconds: v.number(),
        decidedSeconds: v.number(),
        attestedSeconds: v.number(),
        lastSeconds: v.number(),
        sentOverIdeal: v.number(),
        controlOverContent: v.number(),
        rule: v.optional(v.nullable(v.string()), null),
        peakMegabytes: v.number(),
        /** Absent in lines from when `peakMegabytes` was `getrusage`'s, which may be that of who started the node. */
        kernelPeakMegabytes: v.optional(v.nullable(v.number())),
        processorSecondsEach: v.optional(v.nullable(v.number()), null),
        isOneDigest: v.boolean(),
      }),
    ),
  }),
})
const membersLine = v.object({
  ...machine,
  document: v.object({
    members: v.number(),
    churn: v.number(),
    restarts: v.number(),
    certificates: v.number(),
    digests: v.number(),
    holds: v.boolean(),
    secondsFromLastHeader: v.number(),
  }),
})
const namespacesLine = v.object({
  ...machine,
  document: v.object({
    holds: v.boolean(),
    rows: v.array(
      v.object({
        scenario: v.string(),
        members: v.number(),
        updateMegabytes: v.number(),
        loss: v.number(),
        delayMs: v.number(),
        cutSeconds: v.number(),
        seconds: v.number(),
        secondsFromLastHeader: v.number(),
        digests: v.array(v.string()),
        certificates: v.number(),
        sentOverIdeal: v.number(),
        packetsLost: v.number(),
        packetsCut: v.number(),
        retransmissions: v.number(),
        disconnections: v.number(),
        updatesSentAgain: v.number(),
        loadBefore: v.number(),
      }),
    ),
  }),
})
const fuzzLine = v.object({
  ...machine,
  document: v.object({
    seed: v.string(),
    seconds: v.number(),
    mutants: v.number(),
    targets: v.array(
      v.object({ target: v.string(), mutants: v.number(), answers: v.number(), accepted: v.number() }),
    ),
    findings: v.array(v.object({ target: v.string(), what: v.string() })),
  }),
})

const growth = v.object({
  slope: v.number(),
  interval: v.tuple([v.nullable(v.number()), v.nullable(v.number())]),
})
const soakLine = v.object({
  ...machine,
  document: v.object({
    seed: v.string(),
    isInterpreted: v.optional(v.boolean(), false),
    minutes: v.number(),
    rounds: v.number(),
    kills: v.number(),
    freezes: v.number(),
    differing: v.number(),
    slopes: v.object({
      heapBytes: v.number(),
      rssBytes: v.number(),
      files: v.number(),
      resources: v.number(),
    }),
    /** Absent in older lines. */
    late: v.optional(v.object({ heapBytes: growth, rssBytes: growth })),
  }),
})

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const tableOf = (titles: readonly string[], rows: readonly string[]): string =>
  [row(...titles), row(...titles.map(() => '---')), ...rows].join('\n')

function documentsOf<S extends v.GenericSchema>(text: string, schema: S): readonly v.InferOutput<S>[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => v.parse(schema, JSON.parse(line)))
}

/** The last line's of each key, in the order in which keys first came. */
function lastOf<T>(rows: readonly T[], keyOf: (row: T) => string): readonly T[] {
  return [...new Map(rows.map((each) => [keyOf(each), each])).values()]
}

/** Two tables: one stream against others, and whole rounds. */
function exchangeTable(text: string): string {
  const documents = documentsOf(text, exchangeLine).map(({ document }) => document)
  const streams = lastOf(
    documents.flatMap(({ throughput, loadBefore }) => throughput.map((each) => ({ ...each, loadBefore }))),
    ({ sizeMib }) => `${sizeMib}`,
  )
  const rounds = lastOf(
    documents.flatMap((document) =>
      document.rounds.map((each) => ({ ...each, loadBefore: document.loadBefore })),
    ),
    ({ members, updateMegabytes, rule }) => `${members} ${updateMegabytes} ${rule}`,
  )
  const streamRows = streams.map((each) =>
    row(
      String(each.sizeMib),
      each.updateMibPerSecond.toFixed(0),
      each.rawMibPerSecond.toFixed(0),
      `${(100 * each.updateOverRaw).toFixed(0)} %`,
      each.tcpMibPerSecond.toFixed(0),
      String(each.runs),
      each.loadBefore.toFixed(1),
    ),
  )
  const roundRows = rounds.map((each) =>
    row(
      String(each.members),
      each.updateMegabytes.toFixed(1),
      each.rule ?? 'usual',
      each.storedSeconds.toFixed(2),
      each.decidedSeconds.toFixed(2),
      each.attestedSeconds.toFixed(2),
      each.lastSeconds.toFixed(2),
      `${each.sentOverIdeal.toFixed(3)}×`,
      `${(100 * each.controlOverContent).toFixed(2)} %`,
      each.kernelPeakMegabytes === undefined ? '–' : each.peakMegabytes.toFixed(0),
      each.kernelPeakMegabytes?.toFixed(0) ?? '–',
      each.processorSecondsEach?.toFixed(1) ?? '–',
      each.isOneDigest ? 'yes' : 'NO',
      each.loadBefore.toFixed(1),
    ),
  )
  const streamTitles = [
    'MiB',
    'update, MiB/s',
    'bare stream, MiB/s',
    'update over bare stream',
    'TCP, MiB/s',
    'runs',
    'load before',
  ]
  const roundTitles = [
    'members',
    'MB an update',
    'rule',
    's until all is stored',
    'decided',
    'attested',
    'written',
    'bytes over n(n−1) updates',
    'control over content',
    'peak MB of a node',
    'of its kernel process',
    'processor s of a member',
    'one digest',
    'load before',
  ]
  return `${tableOf(streamTitles, streamRows)}\n\n${tableOf(roundTitles, roundRows)}`
}

function membersTable(text: string): string {
  const lines = lastOf(
    documentsOf(text, membersLine).map(({ document }) => document),
    ({ members, churn }) => `${members} ${churn}`,
  )
  const rows = lines.map((each) =>
    row(
      String(each.members),
      String(each.churn),
      String(each.restarts),
      String(each.certificates),
      String(each.digests),
      each.secondsFromLastHeader.toFixed(1),
      each.holds ? 'yes' : 'NO',
    ),
  )
  const titles = [
    'members',
    'killed',
    'restarts',
    'certificates',
    'digests',
    's from the last header',
    'holds',
  ]
  return tableOf(titles, rows)
}

/** The last line's of each scenario and size. */
function namespacesTable(text: string): string {
  const lines = lastOf(
    documentsOf(text, namespacesLine).flatMap(({ document }) => document.rows),
    ({ scenario, members, updateMegabytes }) => `${scenario} ${members} ${updateMegabytes}`,
  )
  const rows = lines.map((each) =>
    row(
      each.scenario,
      String(each.members),
      each.updateMegabytes.toFixed(1),
      `${100 * each.loss} %`,
      String(each.delayMs),
      each.cutSeconds.toFixed(1),
      each.seconds.toFixed(1),
      each.secondsFromLastHeader.toFixed(1),
      `${each.sentOverIdeal.toFixed(3)}×`,
      String(each.packetsLost),
      String(each.packetsCut),
      String(each.retransmissions),
      String(each.disconnections),
      each.updatesSentAgain.toFixed(2),
      each.certificates === each.members && each.digests.length === 1
        ? (each.digests[0] ?? '').slice(0, 8)
        : 'NO',
      each.loadBefore.toFixed(1),
    ),
  )
  const titles = [
    'links',
    'members',
    'MB an update',
    'packets lost',
    'ms one way',
    's cut',
    's',
    's from the last header',
    'bytes over n(n−1) updates',
    'packets lost at random',
    'cut',
    'sent again by TCP',
    'connections lost',
    'updates sent again',
    'the one digest',
    'load before',
  ]
  return tableOf(titles, rows)
}

function fuzzTable(text: string): string {
  const rows = documentsOf(text, fuzzLine).map(
    ({ document: { seed, seconds, mutants, targets, findings } }) =>
      row(
        seed,
        String(seconds),
        String(mutants),
        String(targets.length),
        String(targets.reduce((sum, { accepted }) => sum + accepted, 0)),
        String(findings.length),
      ),
  )
  return tableOf(['seed', 'seconds', 'mutants', 'decoders', 'mutants taken', 'findings'], rows)
}

function kilobytesOf({ slope, interval }: v.InferOutput<typeof growth>): string {
  // A soak of few rounds has no bounds, which JSON writes as null.
  const [middle, low, high] = [slope, ...interval].map((bytes) =>
    bytes === null ? '?' : (bytes / 1000).toFixed(0).replace('-', '−'),
  )
  return `${middle} (${low} to ${high})`
}

function soakTable(text: string): string {
  const rows = documentsOf(text, soakLine).map(({ document: { slopes, late, ...each } }) =>
    row(
      each.seed,
      each.isInterpreted ? 'no' : 'yes',
      String(each.minutes),
      String(each.rounds),
      String(each.kills),
      String(each.freezes),
      String(each.differing),
      (slopes.heapBytes / 1000).toFixed(0),
      (slopes.rssBytes / 1000).toFixed(0),
      late === undefined ? '–' : kilobytesOf(late.heapBytes),
      late === undefined ? '–' : kilobytesOf(late.rssBytes),
      slopes.files.toFixed(2),
      slopes.resources.toFixed(2),
    ),
  )
  const titles = [
    'seed',
    'optimised code',
    'minutes',
    'rounds',
    'kills',
    'freezes',
    'rounds without one digest',
    'heap, kB a round',
    'resident, kB a round',
    'second half: heap, kB a round (95 %)',
    'second half: resident, kB a round (95 %)',
    'files a round',
    'handles a round',
  ]
  return tableOf(titles, rows)
}

/** Name of the raw file → table. */
export const NETWORK_TABLES: Readonly<Record<string, (text: string) => string>> = {
  exchange: exchangeTable,
  members: membersTable,
  namespaces: namespacesTable,
  fuzz: fuzzTable,
  soak: soakTable,
}
