/**
 * Rounds of real nodes that find and reach each other by multicast, through routers and through a member that relays.
 *   npm run reach -- [--only lan,routers,…] [--delay 25] [--timeout 300] [--json]
 * `--delay`: milliseconds that each packet takes, one way; none on the LAN, nor where the routers are Linux' own (`…-linux`, left out
 * without the command `nft`). Ends with status 0 when every member has its certificate
 * and all digests are one, 1 otherwise, and 3 where namespaces cannot be made (Linux, root and python3 are needed).
 */
import '../src/compat.ts'
import { parseArgs } from 'node:util'
import { whyNoKernelRouters } from './namespaces/kernel-network.ts'
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
  const kernelReason = whyNoKernelRouters()
  if (kernelReason !== null) process.stderr.write(`reach: without Linux' own routers: ${kernelReason}\n`)
  const only = values.only === '' ? null : new Set(values.only.split(','))
  const rows: ReachRow[] = []
  for (const scenario of reachScenarios()) {
    if (!(only?.has(scenario.name) ?? true)) continue
    if (scenario.open !== undefined && kernelReason !== null) continue
    const isNear = scenario.topology.routers.length === 0 || scenario.open !== undefined
    const delayMs = isNear ? 0 : Number(values.delay)
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
