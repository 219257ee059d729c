/** Many worlds, one after the other, and what they amount to. */
import { toHex } from '../core/bytes.ts'
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
  /** What every liar is; by default each is drawn. */
  readonly liar?: BehaviourName
  readonly onWorld?: (seed: number, result: WorldResult) => void
}

export interface Campaign {
  readonly seeds: readonly [number, number]
  readonly members: number
  readonly worlds: number
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
  let undecided = 0
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const scenario = buildScenario(seed, {
      members,
      keys,
      ...(options.liar === undefined ? {} : { liar: options.liar }),
    })
    const result = runWorld(scenario)
    const { history } = result
    traces.update(result.traceDigest)
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
