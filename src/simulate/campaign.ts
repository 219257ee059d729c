/** Many worlds, one after the other, and what they amount to. */
import { toHex } from '../core/bytes.ts'
import { createHasher } from '../core/hash.ts'
import { CHECKS } from './checks/registry.ts'
import type { BehaviourName } from './behaviours/registry.ts'
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
  /** Worlds that ended with fewer updates than the minimum, the same at everyone. */
  readonly undecided: number
  readonly medianViews: number
  readonly maxViews: number
  /** Over the traces of all worlds, in order of seed. */
  readonly traceDigest: string
  /** What happened, over all worlds. */
  readonly counts: Readonly<Record<string, number>>
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
    if (history.decided.some(({ isUndecided }) => isUndecided)) undecided++
    views.push(...history.decided.map(({ view }) => view + 1))
    for (const name of scenario.liars.values()) count(`liar:${name}`)
    for (const { code } of history.alarms) count(`alarm:${code}`)
    count('happenings', result.eventCount)
    count('signed', history.signed.length)
    count('decisions', history.decided.length)
    count('certificates', history.certificates.length)
    count('evidence', history.caught.length)
    count('excluded', history.decided.filter(({ excluded }) => excluded.length > 0).length)
    count(
      'crashes',
      [...history.crashCounts.values()].reduce((sum, each) => sum + each, 0),
    )
    count('partitions', scenario.partitions.length)
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
  }
}
