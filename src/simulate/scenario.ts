/**
 * What a seed means: how large the world is, how its network behaves, who crashes, who lies and how.
 *
 * Every world stays within what the charter bears: at most f liars, and after `healAtMs` messages arrive and nobody is
 * down. So every promise of the protocol must hold in it; worlds beyond the bounds are made by hand in tests.
 */
import { defaultFaultCount, defaultQuorum } from '../core/quorum.ts'
import type { MemberIndex } from '../core/order.ts'
import { BEHAVIOUR_NAMES, type BehaviourName } from './behaviours/registry.ts'
import { CUT_AT_MS, FINAL_AT_MS } from './deadlines.ts'
import type { KeyKind } from './keys.ts'
import { createRandom, type Random } from './random.ts'

export interface Partition {
  readonly fromMs: number
  readonly untilMs: number
  /** Members on one side; the others are on the other. */
  readonly side: readonly MemberIndex[]
  /** Only what the side sends is lost: it still hears the others. */
  readonly isOneWay: boolean
}

/** No room on a member's disk: whoever cannot write its journal stops until there is. */
export interface FullDisk {
  readonly member: MemberIndex
  readonly fromMs: number
  readonly untilMs: number
}

export interface Crash {
  readonly member: MemberIndex
  readonly atMs: number
  readonly untilMs: number
}

export interface Scenario {
  readonly seed: number
  readonly n: number
  readonly f: number
  readonly q: number
  readonly minUpdates: number
  readonly reveal: 'committed' | 'immediate'
  readonly keys: KeyKind
  readonly latencyMinMs: number
  readonly latencyMaxMs: number
  /** Until the network heals. */
  readonly lossProbability: number
  readonly duplicateProbability: number
  readonly partitions: readonly Partition[]
  readonly healAtMs: number
  /** For each member, how far its clock is from virtual time. */
  readonly skewMs: readonly number[]
  /** For each member, when its training is done; null for a Pass. */
  readonly trainedAtMs: readonly (number | null)[]
  readonly crashes: readonly Crash[]
  /** Chance that an honest member dies at a write of its journal, before or after it, while the network is sick. */
  readonly crashAtWriteProbability: number
  readonly liars: ReadonlyMap<MemberIndex, BehaviourName>
  /** Whether f ≥ 2 liars all lie in the same way: what one shows to one half of the members, all show to it. */
  readonly isCoalition: boolean
  /** For each member, how long its disk takes to sync at most. */
  readonly syncMaxMs: readonly number[]
  readonly fullDisks: readonly FullDisk[]
  readonly lateCutsAtMs: readonly number[]
  readonly latecomers: boolean
}

/** Far beyond any view that a world within bounds needs: whoever is not done by then never will be. */
export const GIVE_UP_AT_MS = 600_000
export const VIEW_TIMEOUT_MS = 1_500

export interface ScenarioOptions {
  readonly members: number
  readonly keys?: KeyKind
  /** What every liar is; by default each is drawn. */
  readonly liar?: BehaviourName
  /**
   * Which faults are drawn. Seeds that once broke a promise stay the worlds that they were: `first` leaves out what was
   * added later (one-way partitions, slow and full disks, late cuts, coalitions).
   */
  readonly faults?: 'first' | 'all'
}

export function buildScenario(
  seed: number,
  { members: n, keys = 'keyed-hash', liar, faults = 'all' }: ScenarioOptions,
): Scenario {
  const first = buildFirstScenario(seed, n, keys, liar)
  return faults === 'first' ? first : withLaterFaults(first, liar)
}

/** What is drawn from a stream of its own, so that it changes nothing else in a world. */
function withLaterFaults(scenario: Scenario, liar: BehaviourName | undefined): Scenario {
  const { seed, n, healAtMs, partitions, liars } = scenario
  const random = createRandom(`faults/${n}/${seed}`)
  const roster = scenario.trainedAtMs.map((_, member) => member)
  const isCoalition = liars.size >= 2 && random.chance(0.4)
  const lead = [...liars.values()][0]
  const hasSlowDisks = random.chance(0.25)
  const hasLateCuts = random.chance(0.4)
  const latecomers = hasLateCuts && random.chance(0.5)
  return {
    ...scenario,
    liars:
      isCoalition && lead !== undefined && liar === undefined
        ? new Map([...liars.keys()].map((member) => [member, lead]))
        : liars,
    isCoalition,
    partitions: partitions.map((partition) => ({ ...partition, isOneWay: random.chance(0.4) })),
    syncMaxMs: roster.map(() => (hasSlowDisks && random.chance(0.5) ? random.between(20, 900) : 0)),
    fullDisks: healAtMs > 0 && random.chance(0.2) ? drawFullDisks(random, roster, healAtMs) : [],
    lateCutsAtMs: hasLateCuts ? random.pick([[17_000], [17_000, 21_000], [16_000, 19_000, 23_000]]) : [],
    latecomers,
    trainedAtMs: scenario.trainedAtMs.map((atMs) =>
      hasLateCuts && random.chance(0.2) ? random.between(6_000, 22_000) : atMs,
    ),
  }
}

function buildFirstScenario(
  seed: number,
  n: number,
  keys: KeyKind,
  liar: BehaviourName | undefined,
): Scenario {
  const random = createRandom(`scenario/${n}/${seed}`)
  const f = defaultFaultCount(n)
  const roster = Array.from({ length: n }, (_, member) => member)
  const liars = new Map<MemberIndex, BehaviourName>()
  for (const member of random
    .shuffle(roster)
    .slice(0, random.chance(0.2) ? 0 : random.between(Math.min(1, f), f))) {
    const drawn = random.pick(BEHAVIOUR_NAMES)
    liars.set(member, liar ?? drawn)
  }
  const isSick = random.chance(0.7)
  const healAtMs = isSick ? random.between(1_000, 40_000) : 0
  return {
    seed,
    n,
    f,
    q: defaultQuorum(n, f),
    minUpdates: random.between(1, Math.max(1, n - f)),
    reveal: random.chance(0.85) ? 'committed' : 'immediate',
    keys,
    latencyMinMs: random.between(1, 20),
    // Slower than a view lasts at first: timeouts and proposals then meet in every order.
    latencyMaxMs: isSick && random.chance(0.3) ? random.between(400, 4_000) : random.between(20, 400),
    lossProbability: isSick ? random.pick([0, 0.05, 0.3]) : 0,
    duplicateProbability: random.pick([0, 0.1, 0.4]),
    partitions: isSick ? drawPartitions(random, roster, healAtMs) : [],
    healAtMs,
    skewMs: roster.map(() => (random.chance(0.5) ? random.between(-500, 500) : 0)),
    trainedAtMs: roster.map(() => drawTraining(random)),
    crashes: isSick ? drawCrashes(random, roster, healAtMs) : [],
    crashAtWriteProbability: isSick ? random.pick([0, 0, 0.02, 0.1]) : 0,
    liars,
    isCoalition: false,
    syncMaxMs: roster.map(() => 0),
    fullDisks: [],
    lateCutsAtMs: [],
    latecomers: false,
  }
}

/** Most in time, some after the commit deadline, some never. */
function drawTraining(random: Random): number | null {
  if (random.chance(0.05)) return null
  return random.chance(0.85) ? random.between(0, 4_000) : random.between(4_000, 8_000)
}

function drawPartitions(
  random: Random,
  roster: readonly MemberIndex[],
  healAtMs: number,
): readonly Partition[] {
  return Array.from({ length: random.between(0, 2) }, () => {
    const fromMs = random.between(0, healAtMs - 1)
    const side = random.shuffle(roster).slice(0, random.between(1, roster.length - 1))
    return { fromMs, untilMs: random.between(fromMs + 1, healAtMs), side, isOneWay: false }
  })
}

function drawFullDisks(
  random: Random,
  roster: readonly MemberIndex[],
  healAtMs: number,
): readonly FullDisk[] {
  return Array.from({ length: random.between(1, 2) }, () => {
    const fromMs = random.between(0, healAtMs - 1)
    return { member: random.pick(roster), fromMs, untilMs: random.between(fromMs + 1, healAtMs) }
  })
}

function drawCrashes(random: Random, roster: readonly MemberIndex[], healAtMs: number): readonly Crash[] {
  return Array.from({ length: random.between(0, 3) }, () => {
    const atMs = random.between(0, healAtMs - 1)
    return { member: random.pick(roster), atMs, untilMs: random.between(atMs + 1, healAtMs) }
  })
}

/** Trained this early, a Header reaches everyone before the commit deadline: latencies are below half a second. */
const CALM_TRAINED_AT_MS = 4_000

/** Nobody lies, nothing is lost, disks are quick, everybody publishes in time. */
export function isCalm({ liars, healAtMs, trainedAtMs, syncMaxMs }: Scenario): boolean {
  const isQuick = syncMaxMs.every((maxMs) => maxMs === 0)
  const isEarly = trainedAtMs.every((atMs) => (atMs ?? 0) <= CALM_TRAINED_AT_MS)
  return liars.size === 0 && healAtMs === 0 && isQuick && isEarly
}

/** Whether what was committed can be fetched and receipted by everyone between the healing and the final deadline. */
export function healsInTime({ healAtMs, latencyMaxMs, syncMaxMs }: Scenario): boolean {
  // Headers and Seals by sync, the bytes there and back, a Receipt: each under a handful of latencies, syncs and retries.
  const marginMs = 8 * latencyMaxMs + 8 * Math.max(...syncMaxMs) + 5_000
  return Math.max(healAtMs, CUT_AT_MS) + marginMs <= FINAL_AT_MS
}
