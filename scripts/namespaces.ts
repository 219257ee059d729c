/**
 * The same round over good and bad links: real nodes in network namespaces, real TCP.
 *   npm run namespaces -- [--members 4] [--megabytes 4] [--only clean,loss-1] [--timeout 900] [--json]
 * Ends with status 0 when every member of every scenario has its certificate and all digests are one, 1 otherwise, and 3
 * where namespaces cannot be made (Linux, root and python3 are needed).
 */
import '../src/compat.ts'
import { parseArgs } from 'node:util'
import { whyNoNamespaces } from './namespaces/network.ts'
import { type NamespaceRow, runScenario, type Scenario } from './namespaces/round.ts'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '4' },
    megabytes: { type: 'string', default: '4' },
    only: { type: 'string', default: '' },
    timeout: { type: 'string', default: '900' },
    json: { type: 'boolean', default: false },
  },
})

/** Half of what the round takes without a cut is a third of what it takes with one. */
const CUT_SHARE_OF_CLEAN = 0.5

/** @param cleanSeconds — what the round takes over good links */
function scenariosOf(members: number, cleanSeconds: number): readonly Scenario[] {
  const all = Array.from({ length: members }, (_, i) => i)
  const seconds = CUT_SHARE_OF_CLEAN * cleanSeconds
  const [oneOff, halves] = [
    [all.slice(0, -1), all.slice(-1)],
    [all.slice(0, members >> 1), all.slice(members >> 1)],
  ]
  return [
    { name: 'loss-1', loss: 0.01, delayMs: 0 },
    { name: 'loss-5', loss: 0.05, delayMs: 0 },
    { name: 'delay-50', loss: 0, delayMs: 50 },
    { name: 'one-cut-off', loss: 0, delayMs: 0, cut: { groups: oneOff, seconds } },
    { name: 'two-halves', loss: 0, delayMs: 0, cut: { groups: halves, seconds } },
    { name: 'all-of-it', loss: 0.01, delayMs: 50, cut: { groups: oneOff, seconds } },
  ]
}

async function main(): Promise<number> {
  const reason = whyNoNamespaces()
  if (reason !== null) {
    process.stderr.write(`namespaces: ${reason}\n`)
    return 3
  }
  const size = {
    members: Number(values.members),
    megabytes: Number(values.megabytes),
    timeoutSeconds: Number(values.timeout),
  }
  const only = values.only === '' ? null : new Set(values.only.split(','))
  const rows: NamespaceRow[] = []
  const run = async (scenario: Scenario): Promise<void> => {
    const row = await runScenario(scenario, size)
    rows.push(row)
    process.stderr.write(`${row.scenario}: ${row.seconds.toFixed(1)} s, ${row.digests.length} digest(s)\n`)
  }
  await run({ name: 'clean', loss: 0, delayMs: 0 })
  for (const scenario of scenariosOf(size.members, rows[0]?.seconds ?? 0)) {
    if (only?.has(scenario.name) ?? true) await run(scenario)
  }
  const digests = new Set(rows.flatMap((row) => row.digests))
  const isWhole = digests.size === 1 && !digests.has('none')
  const holds = isWhole && rows.every(({ certificates, members }) => certificates === members)
  process.stdout.write(`${JSON.stringify({ holds, rows }, null, values.json ? 0 : 2)}\n`)
  return holds ? 0 : 1
}

process.exitCode = await main()
