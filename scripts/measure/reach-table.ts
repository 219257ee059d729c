/** The table of docs/MEASUREMENTS.md on the ways by which members reach each other. */
import * as v from 'valibot'
import { head, lastOf, machine, parseLines, row } from './lines.ts'

const reachLine = v.object({
  ...machine,
  document: v.object({
    holds: v.boolean(),
    rows: v.array(
      v.object({
        scenario: v.string(),
        members: v.number(),
        delayMs: v.number(),
        seconds: v.number(),
        relayedSeconds: v.nullable(v.number()),
        certificates: v.number(),
        digests: v.array(v.string()),
        paths: v.record(v.string(), v.array(v.string())),
        ports: v.array(v.object({ port: v.number() })),
        packets: v.object({ dropped: v.number() }),
        loadBefore: v.number(),
      }),
    ),
  }),
})

/** The last line's of each scenario. */
export function reachTable(text: string): string {
  const lines = lastOf(
    parseLines(text, reachLine).flatMap(({ document }) => document.rows),
    ({ scenario, delayMs }) => `${scenario} ${delayMs}`,
  )
  const rows = lines.map((each) =>
    row(
      each.scenario,
      String(each.delayMs),
      [...new Set(Object.values(each.paths).map((path) => path.map(wordOf).join(', then ')))]
        .sort()
        .join('; '),
      each.relayedSeconds?.toFixed(1) ?? '–',
      String(each.ports.filter(({ port }) => port > 0).length),
      String(each.ports.filter(({ port }) => port === 0).length),
      String(each.packets.dropped),
      each.seconds.toFixed(1),
      `${each.certificates} of ${each.members}`,
      each.digests.map((digest) => digest.slice(0, 8)).join(' '),
      each.loadBefore.toFixed(1),
    ),
  )
  const titles = [
    'sites',
    'ms one way',
    'paths between two members',
    's relayed before direct, at most',
    'ports opened',
    'closed',
    'packets that routers dropped',
    's to the last certificate',
    'certificates',
    'the one digest',
    'load before',
  ]
  return [...head(...titles), ...rows].join('\n')
}

const wordOf = (path: string): string => (path === 'direct' ? path : 'relayed')
