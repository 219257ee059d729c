/**
 * One simulated member: the engine, a journal and a disk that survive crashes, and a shell that does in virtual time what
 * src/node/ does for real. A liar is a site whose behaviour may take any effect over before the shell sees it.
 *
 * Invariants: a message leaves only after it is in the journal; a crash loses the state and everything under way, never
 * journal or disk; after a restart the engine gets exactly what the contract in agree/types.ts promises it.
 */
import {
  createState,
  type Effect,
  type Event,
  headersOf,
  isFinished,
  type Bodies,
  type HeaderDraft,
  type Message,
  type MessageType,
  type Params,
  providersOf,
  type State,
  step,
  type AdmissionResult,
} from '../agree/index.ts'
import { utf8 } from '../core/bytes.ts'
import { sha256 } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { SIMULATED_LAYOUT, SIMULATED_RULE } from './charter.ts'
import type { CrashFact } from './history.ts'
import { record } from './record.ts'
import { noteSigned, signBody, signBytes } from './signing.ts'
import type { FullDisk } from './scenario.ts'
import type { World } from './world.ts'

const SYNC_EVERY_MS = 1_000
const FETCH_RETRY_MS = 400

/** How a liar differs from a member that keeps the rules. */
export interface Behaviour {
  readonly name: string
  /** Takes an effect over. @returns true when the shell shall not do it */
  readonly onEffect?: (liar: Site, effect: Effect) => boolean
  readonly onStart?: (liar: Site) => void
  readonly onReceive?: (liar: Site, message: Message) => void
  /** Whether to hand an update on disk to a member; by default to everyone, gate or no gate. */
  readonly servesUpdate?: (liar: Site, update: string, to: MemberIndex) => boolean
  /** Whether peers get its objects by sync; by default they do. */
  readonly answersSync?: (liar: Site) => boolean
  /** What it finds in its journal when it starts, and whether it knows that something is missing. */
  readonly remembers?: (
    liar: Site,
    journal: readonly Message[],
  ) => { readonly messages: readonly Message[]; readonly observe: boolean }
  /** What it publishes in place of an ordinary update. */
  readonly draft?: (liar: Site) => HeaderDraft
}

/** What outlives a crash: of the journal what was synced, and by luck some of what came after. */
interface Durable {
  readonly journal: Message[]
  syncedCount: number
  /** Updates that lie whole on it. */
  readonly disk: Set<string>
}

export class Site {
  readonly world: World
  readonly member: MemberIndex
  /** Null for a member that keeps the rules. */
  readonly behaviour: Behaviour | null
  readonly #params: Params
  readonly #durable: Durable = { journal: [], syncedCount: 0, disk: new Set() }
  readonly #serving = new Set<string>()
  readonly #queue: Event[] = []
  #state: State
  #isUp = false
  /** Effects of the latest step that are not done yet. */
  readonly #waiting: Effect[] = []
  #isDraining = false
  /** The disk syncs: nothing else is done meanwhile. */
  #isSyncing = false
  /** Counts starts: whatever an earlier life had under way is lost. */
  #life = 0

  constructor(world: World, member: MemberIndex, behaviour: Behaviour | null) {
    this.world = world
    this.member = member
    this.behaviour = behaviour
    this.#params = world.paramsOf(member)
    this.#state = createState(this.#params)
  }

  get state(): State {
    return this.#state
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Holds a certificate of every cut that has a result, and waits for no further cut. */
  get isDone(): boolean {
    if (!this.#isUp || this.#isSyncing) return false
    return isFinished(this.#state, this.#params) || this.#state.mode === 'halted'
  }

  start(): void {
    const { world, member } = this
    this.#isUp = true
    this.#life++
    this.#serving.clear()
    this.#state = createState(this.#params)
    // §9.7 What survived unsynced is synced before any of it is sent again.
    this.#durable.syncedCount = this.#durable.journal.length
    const remembered = this.behaviour?.remembers?.(this, this.#durable.journal)
    const { messages, observe } = remembered ?? { messages: [...this.#durable.journal], observe: false }
    this.feed({ kind: 'restored', messages, observe })
    for (const update of this.#durable.disk) {
      this.#judge(world.updates.get(update)?.owner ?? member, digestOf(update))
    }
    this.#tick()
    const trainedAtMs = world.scenario.trainedAtMs[member] ?? null
    this.#later(Math.max(0, (trainedAtMs ?? 0) - world.schedule.nowMs()), () => {
      const header = trainedAtMs === null ? null : (this.behaviour?.draft?.(this) ?? ownDraft(this, ''))
      this.feed({ kind: 'adapter-ready', header })
    })
    this.#later(world.random.between(1, SYNC_EVERY_MS), () => this.#sync())
    this.behaviour?.onStart?.(this)
  }

  /** Loses the state, everything under way and an unsynced end of the journal; starts again at `untilMs`. */
  crash(untilMs: number, why: CrashFact['why']): void {
    if (!this.#isUp) return
    const { world, member } = this
    const { journal, syncedCount } = this.#durable
    this.#isUp = false
    const heldCount = journal.length
    journal.length = world.random.between(syncedCount, heldCount)
    world.history.crashes.push({ member, why, lostCount: heldCount - journal.length })
    this.#waiting.length = 0
    this.#queue.length = 0
    this.#isSyncing = false
    world.trace(`${member} crash`)
    world.schedule.at(untilMs, () => this.start())
  }

  /** Gives the engine an event and does what it asks; events that come up meanwhile wait their turn. */
  feed(event: Event): void {
    this.#queue.push(event)
    if (this.#isDraining || this.#isSyncing) return
    this.#drain()
  }

  /** Effects before events, in order, until all are done, the disk is at work or the site is down. */
  #drain(): void {
    this.#isDraining = true
    while (this.#isUp && !this.#isSyncing) {
      const effect = this.#waiting.shift()
      if (effect !== undefined) {
        if (this.behaviour?.onEffect?.(this, effect) !== true) this.#perform(effect)
        continue
      }
      const next = this.#queue.shift()
      if (next === undefined) break
      const { state, effects } = step(this.#state, next, this.#params)
      this.#state = state
      this.#waiting.push(...effects)
    }
    if (!this.#isUp) this.#queue.length = 0
    this.#isDraining = false
  }

  receive(message: Message): void {
    if (!this.#isUp) return
    // A liar's own engine shall not notice what it signs behind its back.
    if (this.behaviour !== null && message.member === this.member) return
    this.behaviour?.onReceive?.(this, message)
    this.feed({ kind: 'envelope', message })
  }

  /** The bytes of an update, asked for by a member: true when they are handed over. */
  answersFetch(update: string, to: MemberIndex): boolean {
    if (!this.#isUp || !this.#durable.disk.has(update)) return false
    if (this.behaviour === null) return this.#serving.has(update)
    return this.behaviour.servesUpdate?.(this, update, to) ?? true
  }

  putOnDisk(update: string): void {
    this.#durable.disk.add(update)
  }

  /** Signs whatever it is asked to: for the shell before the journal, and for liars. */
  signBody<T extends MessageType>(type: T, body: Bodies[T]): Message {
    return signBody(this.world, this.member, type, body)
  }

  sendTo(message: Message, to: MemberIndex): void {
    countSent(this.world, message)
    this.world.deliver(this.member, to, () => this.world.sites[to]?.receive(message))
  }

  broadcast(message: Message): void {
    for (const { member } of this.world.sites) if (member !== this.member) this.sendTo(message, member)
  }

  /** Runs later, unless the site crashed in between. */
  #later(delayMs: number, happen: () => void): void {
    const born = this.#life
    this.world.schedule.after(delayMs, () => {
      if (this.#isUp && this.#life === born) happen()
    })
  }

  #clockMs(): number {
    return Math.max(0, this.world.schedule.nowMs() + (this.world.scenario.skewMs[this.member] ?? 0))
  }

  #tick(): void {
    this.feed({ kind: 'clock', nowMs: this.#clockMs() })
  }

  /** Whether the site dies at this write: only honest ones, only while the world is sick. */
  #diesAtWrite(): boolean {
    const { healAtMs, crashAtWriteProbability } = this.world.scenario
    const nowMs = this.world.schedule.nowMs()
    if (this.behaviour !== null || nowMs >= healAtMs) return false
    const full = fullDiskOf(this.world, this.member)
    if (full !== null) {
      this.crash(full.untilMs, 'full-disk')
      return true
    }
    if (!this.world.random.chance(crashAtWriteProbability)) return false
    this.crash(this.world.random.between(nowMs + 1, healAtMs + 1), 'crash-at-write')
    return true
  }

  #perform(effect: Effect): void {
    const { world, member } = this
    switch (effect.kind) {
      case 'sign':
        return this.#journalAndSign(effect)
      case 'store':
        this.#durable.journal.push(effect.message)
        return
      case 'broadcast':
        if (effect.message.member === member) noteSigned(world, effect.message)
        return this.broadcast(effect.message)
      case 'pull':
        return this.#ask(effect.digests.map((digest) => digestKey(digest)))
      case 'fetch-update':
        return this.#fetch(effect.member, effect.header.update)
      case 'allow-serving':
        this.#serving.add(digestKey(effect.update))
        if (effect.member === member && this.behaviour === null) {
          world.history.reveals.push({ order: world.nextOrder(), member })
        }
        return
      case 'set-timer':
        return this.#later(effect.atMs - this.#clockMs(), () => this.#tick())
      case 'aggregate': {
        const aggregate = sha256(utf8('aggregate'), effect.digest)
        return this.#later(world.random.between(10, 200), () =>
          this.feed({ kind: 'aggregated', decision: effect.digest, aggregate, rule: SIMULATED_RULE }),
        )
      }
      default:
        if (this.behaviour === null) record(world, member, this.#state, effect)
    }
  }

  /** What is lost with an unsynced end of the journal never left, and counts as never signed. */
  #journalAndSign(effect: Extract<Effect, { kind: 'sign' }>): void {
    if (this.#diesAtWrite()) return
    const message = signBytes(this.world, this.member, effect.type, effect.body)
    const { journal } = this.#durable
    journal.push(message)
    const synced = (): void => {
      this.#durable.syncedCount = journal.length
      // A liar sends what it likes, past the shell.
      if (this.behaviour !== null) noteSigned(this.world, message)
      this.world.trace(`${this.member} signs ${effect.slot} ${message.key}`)
      if (!this.#diesAtWrite()) this.feed({ kind: 'signed', message })
    }
    const maxMs = this.world.scenario.syncMaxMs[this.member] ?? 0
    if (maxMs === 0 || this.behaviour !== null) return synced()
    this.#isSyncing = true
    this.#later(this.world.random.between(1, maxMs), () => {
      this.#isSyncing = false
      synced()
      if (!this.#isDraining) this.#drain()
    })
  }

  #sync(): void {
    this.#tick()
    this.#ask(null)
    this.#later(SYNC_EVERY_MS, () => this.#sync())
  }

  /** Asks one peer for the objects under these digests, or for all that I lack. */
  #ask(keys: readonly string[] | null): void {
    const { world, member } = this
    const peer = world.random.pick(world.sites.filter((site) => site.member !== member))
    world.deliver(member, peer.member, () => {
      if (!peer.isUp || peer.behaviour?.answersSync?.(peer) === false) return
      world.deliver(peer.member, member, () => {
        if (!this.#isUp) return
        const theirs = peer.state.objects
        const missing = (keys ?? [...theirs.keys()]).filter((key) => !this.#state.objects.has(key))
        for (const key of missing) {
          const message = theirs.get(key)
          if (message === undefined) continue
          countSent(world, message)
          this.receive(message)
        }
      })
    })
  }

  /** Tries one provider after another until the bytes are here. */
  #fetch(of: MemberIndex, update: Digest): void {
    const { world, member } = this
    const key = digestKey(update)
    if (this.#durable.disk.has(key)) return this.#judge(of, update)
    const header = headersOf(this.#state, of).find((held) => digestKey(held.body.update) === key)
    const providers = header === undefined ? [] : providersOf(this.#state, this.#params, header)
    const provider = providers.length === 0 ? undefined : world.sites[world.random.pick(providers)]
    const isReached = provider !== undefined && world.isConnected(provider.member, member)
    if (!isReached || !provider.answersFetch(key, member)) {
      return this.#later(FETCH_RETRY_MS, () => this.#fetch(of, update))
    }
    const { latencyMinMs, latencyMaxMs } = world.scenario
    this.#later(2 * world.random.between(latencyMinMs, latencyMaxMs), () => {
      // An error of mine is no event: no room, try again.
      if (fullDiskOf(world, member) !== null)
        return this.#later(FETCH_RETRY_MS, () => this.#fetch(of, update))
      this.putOnDisk(key)
      this.#judge(of, update)
    })
  }

  /** Says what admission says of an update on disk; a member judges its own before it publishes it. */
  #judge(of: MemberIndex, update: Digest): void {
    const result: AdmissionResult =
      of === this.member ? { kind: 'admitted' } : admit(this.world, of, digestKey(update))
    this.feed({ kind: 'update-stored', member: of, update, result })
  }
}

/** An envelope's bytes beyond its body: map head, three keys, type and signature. */
const ENVELOPE_OVERHEAD_BYTES = 100

function countSent({ history: { network } }: World, { bytes }: Message): void {
  network.sentCount++
  network.sentSizeBytes += bytes.length + ENVELOPE_OVERHEAD_BYTES
}

/** Why a member cannot write now, if it cannot. */
function fullDiskOf({ scenario, schedule }: World, member: MemberIndex): FullDisk | null {
  const nowMs = schedule.nowMs()
  return (
    scenario.fullDisks.find(
      (disk) => disk.member === member && nowMs >= disk.fromMs && nowMs < disk.untilMs,
    ) ?? null
  )
}

/** What admission says of an update that `of` committed to: a function of the bytes alone. */
function admit(world: World, of: MemberIndex, key: string): AdmissionResult {
  const update = world.updates.get(key)
  if (update?.owner !== of) return { kind: 'refused', fault: 'UPDATE_OTHER_MEMBER' }
  return update.isAdmissible ? { kind: 'admitted' } : { kind: 'refused', fault: 'UPDATE_NOT_FINITE' }
}

function digestOf(key: string): Digest {
  return Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) as Digest
}

/** An update of this site, registered and on its disk; `variant` tells several apart. */
export function ownDraft(site: Site, variant: string, isAdmissible = true): HeaderDraft {
  const { world, member } = site
  const update = sha256(utf8(`update/${world.scenario.seed}/${member}/${variant}`))
  world.updates.set(digestKey(update), { owner: member, isAdmissible })
  site.putOnDisk(digestKey(update))
  return draftFor(update)
}

export function draftFor(update: Digest): HeaderDraft {
  return {
    update,
    sizeBytes: 4096,
    chunkSizeBytes: 4096,
    layout: SIMULATED_LAYOUT,
    samples: 1,
    summary: { epochs: 1, steps: 1, tokens: 1 },
  }
}
