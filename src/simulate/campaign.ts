/** Many worlds, one after the other, and what they amount to. */
import { equalBytes, toHex } from '../core/bytes.ts'
import { createHasher } from '../core/hash.ts'
import { CHECKS } from './checks/registry.ts'
import { BEHAVIOUR_NAMES, type BehaviourName } from './behaviours/registry.ts'
import { countWorld, unseenIn } from './counters.ts'
import type { Violation } from './history.ts'
import type { KeyKind } from './keys.ts'
import { buildScenario } from './scenario.ts'
import { runWorld, type WorldResult } from './world.ts'

export interface CampaignOptions {
  readonly firstSeed: number
  /** Included. */
  readonly lastSeed: number
  readonly members: number
  readonly keys?: KeyKind
  /**
   * How many of the worlds, evenly spread, are run a second time with real Ed25519 signatures: nothing agreed depends on
   * signature bytes, so their traces must be the same. Default 0.
   */
  readonly ed25519Count?: number
  /** What every liar is; by default each is drawn. */
  readonly liar?: BehaviourName
  readonly onWorld?: (seed: number, result: WorldResult) => void
}

export interface Campaign {
  readonly seeds: readonly [number, number]
  readonly members: number
  readonly worlds: number
  /** Worlds that were run a second time with real signatures. */
  readonly ed25519Worlds: number
  readonly violations: readonly (Violation & { readonly seed: number })[]
  /** Worlds that ended without a result, since fewer updates were published than the minimum: the same at everyone. */
  readonly undecided: number
  readonly medianViews: number
  readonly maxViews: number
  /** Over the traces of all worlds, in order of seed. */
  readonly traceDigest: string
  /** What happened, over all worlds. */
  readonly counts: Readonly<Record<string, number>>
  /** What should have happened in so many worlds and never did. */
  readonly unseen: readonly string[]
}

export function runCampaign(options: CampaignOptions): Campaign {
  const { firstSeed, lastSeed, members, keys = 'keyed-hash' } = options
  const traces = createHasher()
  const violations: (Violation & { seed: number })[] = []
  const views: number[] = []
  const counts = new Map<string, number>()
  const count = (what: string, by = 1): void => void counts.set(what, (counts.get(what) ?? 0) + by)
  const isComparedAt = evenlySpread(lastSeed - firstSeed + 1, options.ed25519Count ?? 0)
  let ed25519Worlds = 0
  let undecided = 0
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const wished = { members, ...(options.liar === undefined ? {} : { liar: options.liar }) }
    const scenario = buildScenario(seed, { ...wished, keys })
    const result = runWorld(scenario)
    const { history } = result
    traces.update(result.traceDigest)
    if (isComparedAt(seed - firstSeed)) {
      ed25519Worlds++
      const again = runWorld(buildScenario(seed, { ...wished, keys: 'ed25519' }))
      if (!equalBytes(again.traceDigest, result.traceDigest))
        violations.push({ check: 'signature-bytes', what: 'has another trace with real signatures', seed })
    }
    violations.push(...CHECKS.flatMap((check) => check(history)).map((found) => ({ ...found, seed })))
    if (history.decided.every(({ isUndecided }) => isUndecided)) undecided++
    views.push(...history.decided.map(({ view }) => view + 1))
    countWorld(count, scenario, history)
    count('happenings', result.eventCount)
    count('sent objects', history.network.sentCount)
    count('sent bytes', history.network.sentSizeBytes)
    options.onWorld?.(seed, result)
  }
  views.sort((a, b) => a - b)
  return {
    seeds: [firstSeed, lastSeed],
    members,
    worlds: lastSeed - firstSeed + 1,
    ed25519Worlds,
    violations,
    undecided,
    medianViews: views[Math.floor(views.length / 2)] ?? 0,
    maxViews: views.at(-1) ?? 0,
    traceDigest: toHex(traces.digest()),
    counts: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    unseen:
      options.liar === undefined ? unseenIn(counts, lastSeed - firstSeed + 1, members, BEHAVIOUR_NAMES) : [],
  }
}

/** Says of each place below `count` whether it is one of `wanted` that lie evenly apart. */
function evenlySpread(count: number, wanted: number): (place: number) => boolean {
  const taken = Math.min(count, wanted)
  return (place) => Math.floor(((place + 1) * taken) / count) > Math.floor((place * taken) / count)
}
