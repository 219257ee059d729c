// Protects: a round of real nodes in network namespaces ends with one digest over links that lose packets, delay them, or are cut for a while.
import { expect, test } from 'vitest'
import { whyNoNamespaces } from '../../scripts/namespaces/network.ts'
import { runScenario, type Scenario } from '../../scripts/namespaces/round.ts'

const SIZE = { members: 4, megabytes: 1, timeoutSeconds: 240 }
const SCENARIOS: readonly Scenario[] = [
  { name: '5 % of all packets lost', loss: 0.05, delayMs: 0 },
  { name: '50 ms each way and 1 % lost', loss: 0.01, delayMs: 50 },
  {
    name: 'one member cut off for longer than its connections live',
    loss: 0,
    delayMs: 0,
    cut: { groups: [[0, 1, 2], [3]], seconds: 30 },
  },
  {
    name: 'two halves, neither a quorum',
    loss: 0,
    delayMs: 0,
    cut: {
      groups: [
        [0, 1],
        [2, 3],
      ],
      seconds: 10,
    },
  },
]

// What the machine lacks is named by the reason; it needs root.
const reason = whyNoNamespaces()
const digests = new Set<string>()

test.skipIf(reason !== null).each(SCENARIOS)('$name', { timeout: 400_000 }, async (scenario) => {
  const row = await runScenario(scenario, SIZE)
  expect(row.certificates).toBe(SIZE.members)
  expect(row.digests).toHaveLength(1)
  row.digests.forEach((digest) => digests.add(digest))
  // The links were as bad as they should be.
  if (scenario.loss > 0) expect(row.packetsLost).toBeGreaterThan(0)
  if (scenario.cut !== undefined) expect(row.packetsCut).toBeGreaterThan(0)
  // Every round had all four updates: the same aggregate as over any other links.
  expect(digests.size).toBe(1)
})

test.runIf(reason !== null)('are left out here, for a reason', () => {
  expect(reason).toMatch(/\S/)
})
