// Protects: every promise of the protocol in some hundreds of seeded worlds with faults and liars, and that a seed is a world.
import { describe, expect, it } from 'vitest'
import { EXPECTED, unseenIn } from '../../src/simulate/counters.ts'
import { BEHAVIOUR_NAMES, buildScenario, CHECKS, runCampaign, runWorld } from '../../src/simulate/index.ts'

describe('simulated rounds', () => {
  it('keep every promise among four members, with every kind of liar', () => {
    const campaign = runCampaign({ firstSeed: 1, lastSeed: 150, members: 4 })
    expect(campaign.violations).toEqual([])
    for (const name of BEHAVIOUR_NAMES) expect(campaign.counts[`liar: ${name}`]).toBeGreaterThan(0)
    // Worlds in which nothing happens prove nothing.
    expect(campaign.counts['crashes']).toBeGreaterThan(50)
    expect(campaign.counts['partitions']).toBeGreaterThan(50)
    expect(campaign.counts['evidence used']).toBeGreaterThan(10)
    expect(campaign.counts['late additions']).toBeGreaterThan(10)
    expect(campaign.counts['certificates']).toBeGreaterThan(300)
    expect(campaign.maxViews).toBeGreaterThan(1)
  })

  it.each([
    [2, 15],
    [3, 30],
    [5, 20],
    [7, 25],
    [10, 4],
  ])('keep every promise among %i members', (members, worlds) => {
    const campaign = runCampaign({ firstSeed: 1, lastSeed: worlds, members })
    expect(campaign.violations).toEqual([])
    expect(campaign.counts['decisions']).toBeGreaterThan(worlds)
  })

  it('are the same for the same seed and differ between seeds', () => {
    const run = (seed: number) => runCampaign({ firstSeed: seed, lastSeed: seed + 4, members: 4 }).traceDigest
    const digests = [1, 101, 201].map(run)
    expect(digests).toEqual([1, 101, 201].map(run))
    expect(new Set(digests).size).toBe(3)
  })

  it('are the same with real Ed25519 signatures', () => {
    const seeds = { firstSeed: 1, lastSeed: 16, members: 4 }
    const { ed25519Worlds, violations, traceDigest } = runCampaign({ ...seeds, ed25519Count: 8 })
    expect([ed25519Worlds, violations]).toEqual([8, []])
    expect(runCampaign({ ...seeds, lastSeed: 2 }).traceDigest).toBe(
      runCampaign({ ...seeds, lastSeed: 2, keys: 'ed25519' }).traceDigest,
    )
    expect(runCampaign(seeds).traceDigest).toBe(traceDigest)
  })

  it('count what happened, and say what 2,000 worlds should have shown and did not', () => {
    const counts = new Map(EXPECTED.map((what) => [what, 1]))
    for (const name of BEHAVIOUR_NAMES) counts.set(`liar: ${name}`, 1)
    expect(unseenIn(counts, 2_000, 4, BEHAVIOUR_NAMES)).toEqual([])
    expect(unseenIn(counts, 2_000, 7, BEHAVIOUR_NAMES)).toEqual(['coalitions'])
    counts.delete('evidence used')
    counts.set('liar: twin', 0)
    expect(unseenIn(counts, 2_000, 4, BEHAVIOUR_NAMES)).toEqual(['evidence used', 'liar: twin'])
    expect(unseenIn(counts, 1_999, 4, BEHAVIOUR_NAMES)).toEqual([])
  })
})

describe('seeds that once broke a promise under all faults', () => {
  it.each([
    // A copier's refusal was taken for one of its victim (§5.1).
    { seed: 1639, members: 4, liar: 'copier' as const },
    // A member called the round finished while its Status of a late cut was on its way to the disk (§7.3).
    { seed: 1924, members: 4, liar: 'victim-header' as const },
    // A liar's certificate brought the round to its cut, by statuses that shut the liar out (§5.6).
    { seed: 13_628, members: 4, liar: 'double-sealer' as const },
    // A record that one crash had left unsynced was sent again, and lost to the next one (§9.7).
    { seed: 96_111, members: 4, liar: 'stale-replayer' as const },
  ])('keep it now: seed $seed of $members', ({ seed, members, liar }) => {
    const { history } = runWorld(buildScenario(seed, { members, liar }))
    expect(CHECKS.flatMap((check) => check(history))).toEqual([])
  })
})

describe('seeds that once broke a promise', () => {
  it.each([
    // Honest members crashed, and the only other holder of what they had finalized kept silent (§9.5).
    { seed: 379, members: 4, liar: 'copier' as const },
    // A broken engine that took fresh values after a notarization decided two values here (§6.4).
    { seed: 146, members: 4, liar: 'forgetter' as const },
  ])('keep it now: seed $seed of $members', ({ seed, members, liar }) => {
    const { history } = runWorld(buildScenario(seed, { members, liar, faults: 'first' }))
    expect(CHECKS.flatMap((check) => check(history))).toEqual([])
  })
})
