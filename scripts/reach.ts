/**
 * Rounds of real nodes that find and reach each other by multicast, through routers and through a member that relays.
 *   npm run reach -- [--only lan,routers,routers-symmetric,router-upnp] [--delay 25] [--timeout 300] [--json]
 * `--delay`: milliseconds that each packet takes, one way; none on the LAN. Ends with status 0 when every member has its certificate
 * and all digests are one, 1 otherwise, and 3 where namespaces cannot be made (Linux, root and python3 are needed).
 */
import '../src/compat.ts'
import { parseArgs } from 'node:util'
import { whyNoNamespaces } from './namespaces/network.ts'
import { type ReachRow, runReach } from './namespaces/reach.ts'
import { reachScenarios } from './namespaces/reach-scenarios.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    delay: { type: 'string', default: '25' },
    timeout: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  const reason = whyNoNamespaces()
  if (reason !== null) {
    process.stderr.write(`reach: ${reason}\n`)
    return 3
  }
  const only = values.only === '' ? null : new Set(values.only.split(','))
  const rows: ReachRow[] = []
  for (const scenario of reachScenarios()) {
    if (!(only?.has(scenario.name) ?? true)) continue
    const delayMs = scenario.topology.routers.length === 0 ? 0 : Number(values.delay)
    const row = await runReach(scenario, { timeoutSeconds: Number(values.timeout), delayMs })
    rows.push(row)
    process.stderr.write(`${row.scenario}: ${row.seconds.toFixed(1)} s, ${row.digests.length} digest(s)\n`)
  }
  const digests = new Set(rows.flatMap((row) => row.digests))
  const holds = digests.size === 1 && rows.every(({ certificates, members }) => certificates === members)
  process.stdout.write(`${JSON.stringify({ holds, rows }, null, values.json ? 0 : 2)}\n`)
  return holds ? 0 : 1
}

process.exitCode = await main()
