// Protects: real processes end with one digest, whoever is killed, silent or lying; each folder alone proves the result.
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parseRuleChoice } from '../../src/aggregate/index.ts'
import { describeUse } from '../../src/demo/document.ts'
import { readPlan } from '../../src/demo/plan.ts'
import { runRound, type SiteRun } from '../../src/demo/round.ts'
import { Tale } from '../../src/demo/tale.ts'
import { type Consortium, makeConsortium } from '../support/consortium.ts'
import { oneround } from '../support/cli.ts'

const TIMEOUT_MS = 150_000
const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

interface Round {
  readonly consortium: Consortium
  readonly runs: readonly SiteRun[]
  readonly tale: Tale
}

async function run(
  n: number,
  attacks: readonly string[],
  kills: readonly string[],
  rules: readonly string[] = ['multi-krum', 'trimmed-mean'],
): Promise<Round> {
  // Where a member is silent the others go on after the deadlines; its charter needs all four others, so early ones are safe.
  const isWaited = attacks.includes('silent')
  const changes = { rules: rules.map(parseRuleChoice) }
  const consortium = await makeConsortium({
    n,
    changes,
    ...(isWaited ? { commitSeconds: 1, cutSeconds: 2 } : {}),
  })
  roots.push(consortium.root)
  const plan = readPlan(n, attacks, kills)
  const lying = plan.attacks.map(({ site }) => site)
  const tale = new Tale(plan.sites.filter((site) => !lying.includes(site)))
  const runs = await runRound({
    plan,
    folderOf: consortium.folderOf,
    adapterOf: consortium.adapterOf,
    timeoutMs: TIMEOUT_MS,
    onEvent: (site, event) => tale.take(site, event),
    signal: new AbortController().signal,
  })
  return { consortium, runs: runs.filter(({ name }) => !lying.includes(name)), tale }
}

function expectOneDigest(runs: readonly SiteRun[]): void {
  expect(runs.map(({ end }) => end?.status)).toEqual(runs.map(() => 0))
  expect(runs[0]?.digest).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(runs.map(({ digest }) => digest)).size).toBe(1)
}

describe('a round of five processes', { timeout: TIMEOUT_MS + 30_000 }, () => {
  test('of honest sites: one digest, each folder moved elsewhere passes verify, nobody is called anything', async () => {
    const { consortium, runs, tale } = await run(5, [], [])
    expectOneDigest(runs)
    expect(tale.received).toEqual(consortium.names)
    // Multi-krum leaves b updates out of an honest round too; the words for it accuse nobody.
    expect(tale.leftOutByRule).toHaveLength(1)
    const text = describeUse({
      schema: 'oneround/demo@1',
      seconds: 1,
      decided: true,
      roster: consortium.names,
      received: tale.received.length,
      used: 4,
      rule: tale.rule,
      sites: consortium.names.map((name) => ({
        name,
        honest: true,
        losses: null,
        digest: null,
        leftOut: tale.leftOut(name),
      })),
      certificate: null,
      adapter: null,
      baseModel: '',
      testData: {},
    })
    expect(text).toMatch(
      /^5 of 5 updates received, 4 used; site-[a-e] left out by multi-krum: distance score/,
    )
    expect(text).not.toMatch(/attack|malicious|poison|byzantine|liar|exclu/i)
    for (const name of consortium.names) {
      const moved = join(consortium.root, `moved-${name}`)
      renameSync(consortium.folderOf(name), moved)
      const end = await oneround(['verify', moved, '--recompute', '--json'])
      expect(end.document, end.stderr).toMatchObject({ holds: true, claims: { aggregate: runs[0]?.digest } })
    }
  })

  test('killed after a header, a receipt and a vote, they start again and end with one digest', async () => {
    // A rule that draws lots: the seed is the round's, also for who started again.
    const kills = ['site-a@header', 'site-c@receipt', 'site-d@vote']
    const { consortium, runs, tale } = await run(5, [], kills, ['bucketing+dare-linear'])
    expectOneDigest(runs)
    expect(tale.rule).toBe('bucketing@1(size=2)+dare-linear@1(density=1/2)')
    const end = await oneround(['verify', consortium.folderOf('site-a'), '--recompute', '--json'])
    expect(end.document, end.stderr).toMatchObject({ holds: true, claims: { aggregate: runs[0]?.digest } })
    expect(tale.received).toEqual(consortium.names)
    expect(Object.fromEntries(runs.map(({ name, restartCount }) => [name, restartCount]))).toEqual({
      'site-a': 1,
      'site-b': 0,
      'site-c': 1,
      'site-d': 1,
      'site-e': 0,
    })
  })

  test('one of them silent: the others decide without it, by the rule for four', async () => {
    const { runs, tale } = await run(5, ['silent'], [])
    expectOneDigest(runs)
    expect(tale.received).toEqual(['site-a', 'site-b', 'site-c', 'site-d'])
    expect(tale.rule).toBe('trimmed-mean')
    expect(tale.leftOut('site-e')).toBe(null)
  })

  test('one of them equivocates: it is excluded by evidence', async () => {
    const { runs, tale } = await run(5, ['equivocate'], [])
    expectOneDigest(runs)
    expect(tale.received).not.toContain('site-e')
    expect(tale.leftOut('site-e')).toMatchObject({ by: 'evidence' })
  })
})
