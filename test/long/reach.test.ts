// Protects: real nodes find and reach each other by multicast, through routers and through a member that relays, and end with the digest that they would have reached anyhow.
import { expect, test } from 'vitest'
import { whyNoKernelRouters } from '../../scripts/namespaces/kernel-network.ts'
import { whyNoNamespaces } from '../../scripts/namespaces/network.ts'
import { type ReachRow, type ReachScenario, runReach } from '../../scripts/namespaces/reach.ts'
import {
  behindKernelRouters,
  behindRouters,
  behindUpnp,
  HIDDEN_PAIRS,
  onOneLan,
} from '../../scripts/namespaces/reach-scenarios.ts'

const RUN = { timeoutSeconds: 200, delayMs: 0 }
// What the machine lacks is named by the reason; it needs root.
const reason = whyNoNamespaces()
const kernelReason = reason ?? whyNoKernelRouters()
const digests = new Set<string>()

/** All adapters are the same in every scenario, and so is their aggregate. */
function expectWhole(row: ReachRow): void {
  expect(row.certificates).toBe(row.members)
  expect(row.digests).toHaveLength(1)
  row.digests.forEach((digest) => digests.add(digest))
  expect(digests.size).toBe(1)
}

test.skipIf(reason !== null)(
  'members on one LAN whose addresses nobody was told find each other',
  { timeout: 300_000 },
  async () => {
    const row = await runReach(onOneLan(), RUN)
    expectWhole(row)
    expect(Object.keys(row.paths)).toHaveLength(6)
    for (const paths of Object.values(row.paths)) expect(paths).toEqual(['direct'])
  },
)

const WAYS = [
  ['punch a hole and leave the relay', 'same', ['site-a', 'direct']],
  ['stay with the relay where their routers let no hole be', 'each', ['site-a']],
] as const

async function expectPaths(scenario: ReachScenario, paths: readonly string[]): Promise<void> {
  const row = await runReach(scenario, RUN)
  expectWhole(row)
  for (const pair of HIDDEN_PAIRS) expect(row.paths[pair]).toEqual(paths)
  // The routers let nobody in by themselves.
  expect(row.packets.dropped).toBeGreaterThan(0)
}

test.skipIf(reason !== null).each(WAYS)(
  'members behind routers %s',
  { timeout: 300_000 },
  (_, mapping, paths) => expectPaths(behindRouters(mapping), paths),
)

test.skipIf(kernelReason !== null).each(WAYS)(
  "members behind Linux' own masquerading %s",
  { timeout: 300_000 },
  (_, mapping, paths) => expectPaths(behindKernelRouters(mapping), paths),
)

test.skipIf(reason !== null)(
  'a member whose router opens a port is dialled there by one that nobody can dial, and has it closed when it stops',
  { timeout: 300_000 },
  async () => {
    const row = await runReach(behindUpnp(), RUN)
    expectWhole(row)
    for (const pair of HIDDEN_PAIRS) expect(row.paths[pair]).toEqual(['site-a', 'direct'])
    expect(row.ports).toEqual([
      { segment: 'b', external: 4101, address: '192.168.1.2', port: 4101 },
      { segment: 'b', external: 4101, address: '', port: 0 },
    ])
  },
)

test.runIf(kernelReason !== null)('are left out here, for a reason', () => {
  expect(kernelReason).toMatch(/\S/)
})
