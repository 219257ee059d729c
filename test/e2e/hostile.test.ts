// Protects: whatever one member publishes, the others name the fault, leave only it out, and end with the same digest.
import { afterEach, describe, expect, test } from 'vitest'
import type { ExchangeLimits } from '../../src/exchange/index.ts'
import type { TimedNodeEvent } from '../../src/node/index.ts'
import { makeConsortium } from '../support/consortium.ts'
import { type Lie, startWorld, type World, type WorldNode } from '../support/round-world.ts'

const LIAR = 'site-d'
const HONEST = ['site-a', 'site-b', 'site-c']

let world: World | null = null
afterEach(async () => {
  await world?.stop()
  world = null
})

const has = (events: readonly TimedNodeEvent[], wanted: Record<string, unknown>): boolean =>
  events.some((event) => Object.entries(wanted).every(([key, value]) => Reflect.get(event, key) === value))
const LONG = { timeout: 60_000, interval: 50 }

/** Four members, one of which lies; a quorum of three bears one liar. */
async function startFour(
  lie: Lie,
  exchangeLimits: Partial<ExchangeLimits> = {},
): Promise<readonly WorldNode[]> {
  const consortium = await makeConsortium({ n: 4 })
  world = await startWorld(consortium, { lies: { [LIAR]: lie }, exchangeLimits })
  return world.nodes.filter(({ name }) => name !== LIAR)
}

/** Past every deadline, once the honest members have each other's headers: who said nothing valid is waited for no more. */
async function passDeadlines(honest: readonly WorldNode[]): Promise<void> {
  const hasHeaders = ({ name, events }: WorldNode): boolean =>
    HONEST.every((member) => member === name || has(events, { type: 'object', object: 'header', member }))
  await expect.poll(() => honest.every(hasHeaders), LONG).toBe(true)
  world?.advance(901)
}

async function expectSameResult(honest: readonly WorldNode[], excluded: readonly string[]): Promise<void> {
  const outcomes = await Promise.all(honest.map(({ node }) => node.outcome))
  expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
  expect(outcomes[0]?.kind).toBe('certified')
  for (const { events } of honest) {
    const decided = events.find((event) => event.type === 'decided')
    expect(decided).toMatchObject({ updates: HONEST, excluded, missing: [LIAR], isUndecided: false })
  }
}

describe('an update that is not admissible is refused by name', () => {
  test.each([
    ['not-finite', 'UPDATE_NOT_FINITE'],
    ['wrong-shape', 'UPDATE_NOT_CANONICAL'],
    ['rank-over-cap', 'UPDATE_RANK_TOO_LARGE'],
    ['large-entry', 'UPDATE_ENTRY_TOO_LARGE'],
    ['truncated', 'UPDATE_NOT_CANONICAL'],
  ] as const)('%s: %s', async (forgery, fault) => {
    const honest = await startFour({ conduct: 'forged', forgery })
    await expectSameResult(honest, [])
    for (const { events } of honest) {
      expect(has(events, { type: 'stored', member: LIAR, fault }), fault).toBe(true)
      expect(has(events, { type: 'signed', object: 'refusal', of: LIAR })).toBe(true)
    }
  })
})

describe('a header that no member may publish counts for nothing', () => {
  test.each([
    ['of a larger update than the charter allows', { conduct: 'forged', forgery: 'too-large' }],
    ['signed by a stranger', { conduct: 'stranger-signs' }],
    ['of another round', { conduct: 'other-round' }],
  ] as const)('%s', async (_, lie) => {
    const honest = await startFour(lie)
    await passDeadlines(honest)
    await expectSameResult(honest, [])
    for (const { events } of honest)
      expect(has(events, { type: 'object', object: 'header', member: LIAR })).toBe(false)
  })
})

describe('bytes that are not what was committed to are never written', () => {
  test.each(['flipped-byte', 'withhold'] as const)('%s', async (conduct) => {
    const honest = await startFour({ conduct })
    await passDeadlines(honest)
    await expectSameResult(honest, [])
    for (const { events } of honest) expect(has(events, { type: 'stored', member: LIAR })).toBe(false)
  })
})

test('two headers of one member are evidence, and exclude it', async () => {
  const honest = await startFour({ conduct: 'equivocate' })
  await expectSameResult(honest, [LIAR])
  for (const { events } of honest) expect(has(events, { type: 'evidence', member: LIAR })).toBe(true)
})

test('a member that floods with what it may sign is named, and the others decide', async () => {
  // A round of four has fewer objects than this; the flood has twice as many.
  const honest = await startFour({ conduct: 'flood' }, { objectBurst: 120, objectsPerSecond: 20 })
  // What it says is dropped with the flood: it is waited for like one that is silent.
  await passDeadlines(honest)
  const outcomes = await Promise.all(honest.map(({ node }) => node.outcome))
  expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
  expect(outcomes[0]?.kind).toBe('certified')
  const isNamed = ({ events }: WorldNode): boolean =>
    events.some(
      (event) => event.type === 'alarm' && event.code === 'PEER_OVER_BOUNDS' && event.text.startsWith(LIAR),
    )
  // The flood may last longer than the round.
  await expect.poll(() => honest.every(isNamed), LONG).toBe(true)
  const named = honest.flatMap(({ events }) =>
    events.filter((event) => event.type === 'alarm' && event.code === 'PEER_OVER_BOUNDS'),
  )
  expect(named.every((event) => event.type === 'alarm' && event.text.startsWith(LIAR))).toBe(true)
})
