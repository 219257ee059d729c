/**
 * A world: virtual time, a network, and one site for each member, until every honest site is done or time is up.
 *
 * In: a scenario. Out: its history and a digest of its trace. One random stream drives all choices in order of
 * happening, so a seed is a world. Messages are encoded and decoded once, by their sender, as they would be on a wire.
 */
import type { Charter } from '../charter/schema.ts'
import { utf8 } from '../core/bytes.ts'
import { createHasher, type Hasher, sha256 } from '../core/hash.ts'
import { asRoundId, type Digest } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { checkCertificate, type Certificate, type Params } from '../agree/index.ts'
import { behaviourOf } from './behaviours/registry.ts'
import { buildCharter, SIMULATED_LAYOUT } from './charter.ts'
import type { History } from './history.ts'
import { createKeys, type Keys } from './keys.ts'
import { createRandom, type Random } from './random.ts'
import { GIVE_UP_AT_MS, healsInTime, isCalm, type Scenario, VIEW_TIMEOUT_MS } from './scenario.ts'
import { createSchedule, type Schedule } from './schedule.ts'
import { Site } from './site.ts'

/** What the world knows of an update's bytes. */
export interface SimulatedUpdate {
  readonly owner: MemberIndex
  readonly isAdmissible: boolean
}

export interface World {
  readonly scenario: Scenario
  readonly charter: Charter
  readonly keys: Keys
  readonly random: Random
  readonly schedule: Schedule
  readonly history: History
  readonly sites: Site[]
  readonly updates: Map<string, SimulatedUpdate>
  /** Slot → digests of the bodies that are in the history already. */
  readonly noted: Map<string, Set<string>>
  readonly paramsOf: (member: MemberIndex) => Params
  /** Whether a message that leaves now from one to the other gets through. */
  readonly isConnected: (from: MemberIndex, to: MemberIndex) => boolean
  readonly deliver: (from: MemberIndex, to: MemberIndex, arrive: () => void) => void
  readonly trace: (line: string) => void
  readonly nextOrder: () => number
  readonly checkCertificate: (certificate: Certificate) => string | null
}

export interface WorldResult {
  readonly history: History
  readonly traceDigest: Digest
  readonly endedAtMs: number
  readonly eventCount: number
}

export function runWorld(scenario: Scenario): WorldResult {
  const hasher = createHasher()
  const world = buildWorld(scenario, hasher)
  for (const [member, site] of world.sites.entries()) {
    site.start()
    for (const crash of scenario.crashes.filter((each) => each.member === member)) {
      world.schedule.at(crash.atMs, () => site.crash(crash.untilMs, 'crash'))
    }
  }
  let eventCount = 0
  const honest = world.sites.filter((site) => site.behaviour === null)
  // Whoever has not heard yet of a late cut that others decided believes itself done.
  const isOver = (): boolean =>
    honest.every((site) => site.isDone) && new Set(honest.map((site) => site.state.cut)).size <= 1
  while (world.schedule.nowMs() < GIVE_UP_AT_MS && !isOver()) {
    if (!world.schedule.next()) break
    eventCount++
  }
  world.history.finished = honest.filter((site) => site.isDone).map((site) => site.member)
  return {
    history: world.history,
    traceDigest: hasher.digest(),
    endedAtMs: world.schedule.nowMs(),
    eventCount,
  }
}

function buildWorld(scenario: Scenario, hasher: Hasher): World {
  const keys = createKeys(scenario.keys, `world/${scenario.seed}`, scenario.n)
  const charter = buildCharter(scenario, keys)
  // From the seed, not from the keys: worlds with other signatures must have the same trace.
  const charterDigest = sha256(utf8(`charter/${scenario.n}/${scenario.seed}`))
  const round = asRoundId(sha256(utf8(`round/${scenario.n}/${scenario.seed}`)))
  const [schedule] = charter.rounds
  if (schedule === undefined) throw new RangeError('a simulated charter has one round')
  const random = createRandom(`world/${scenario.n}/${scenario.seed}`)
  const time = createSchedule(0)
  let order = 0
  const updates = new Map<string, SimulatedUpdate>()
  const world: World = {
    scenario,
    charter,
    keys,
    random,
    schedule: time,
    history: emptyHistory(scenario, updates),
    sites: [],
    updates,
    noted: new Map(),
    paramsOf: (me) => ({
      charter,
      charterDigest,
      round,
      schedule,
      layout: SIMULATED_LAYOUT,
      me,
      verify: keys.verify,
      viewTimeoutMs: VIEW_TIMEOUT_MS,
    }),
    isConnected: (from, to) => isConnected(scenario, time.nowMs(), from, to),
    deliver: (from, to, arrive) => deliver(world, from, to, arrive),
    trace: (line) => void hasher.update(utf8(`${time.nowMs()} ${line}\n`)),
    nextOrder: () => order++,
    checkCertificate: (certificate) =>
      checkCertificate(certificate, { charter, charterDigest, round, verify: keys.verify })?.code ?? null,
  }
  for (let member = 0; member < scenario.n; member++) {
    const name = scenario.liars.get(member)
    world.sites.push(new Site(world, member, name === undefined ? null : behaviourOf(name)))
  }
  return world
}

function emptyHistory(scenario: Scenario, updates: History['updates']): History {
  const { n, f, q, minUpdates, reveal, latecomers } = scenario
  return {
    n,
    f,
    q,
    minUpdates,
    reveal,
    latecomers,
    liars: [...scenario.liars.keys()].sort((a, b) => a - b),
    isCalm: isCalm(scenario),
    healsInTime: healsInTime(scenario),
    signed: [],
    reveals: [],
    decided: [],
    caught: [],
    alarms: [],
    certificates: [],
    finished: [],
    crashes: [],
    updates,
    network: { sentCount: 0, sentSizeBytes: 0, lostCount: 0, duplicatedCount: 0 },
  }
}

function isConnected(scenario: Scenario, nowMs: number, from: MemberIndex, to: MemberIndex): boolean {
  return scenario.partitions.every(
    ({ fromMs, untilMs, side, isOneWay }) =>
      nowMs < fromMs ||
      nowMs >= untilMs ||
      side.includes(from) === side.includes(to) ||
      (isOneWay && side.includes(to)),
  )
}

function deliver(world: World, from: MemberIndex, to: MemberIndex, arrive: () => void): void {
  const { scenario, random, schedule } = world
  const isSick = schedule.nowMs() < scenario.healAtMs
  const { network } = world.history
  if (isSick && (!world.isConnected(from, to) || random.chance(scenario.lossProbability))) {
    network.lostCount++
    return
  }
  const copies = random.chance(scenario.duplicateProbability) ? 2 : 1
  network.duplicatedCount += copies - 1
  for (let copy = 0; copy < copies; copy++) {
    schedule.after(random.between(scenario.latencyMinMs, scenario.latencyMaxMs), arrive)
  }
}
