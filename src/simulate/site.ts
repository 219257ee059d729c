/**
 * One simulated member: the engine, a journal and a disk that survive crashes, and a shell that does in virtual time what
 * src/node/ does for real. A liar is a site whose behaviour may take any effect over before the shell sees it.
 *
 * Invariants: a message leaves only after it is in the journal; a crash loses the state and everything under way, never
 * journal or disk; after a restart the engine gets exactly what the contract in agree/types.ts promises it.
 */
import {
  buildMessage,
  codecOf,
  createState,
  decodeMessage,
  type Effect,
  encodeEnvelope,
  envelopeOf,
  type Event,
  headersOf,
  type Bodies,
  type HeaderDraft,
  type Message,
  type MessageType,
  providersOf,
  type State,
  step,
  type AdmissionResult,
} from '../agree/index.ts'
import { utf8 } from '../core/bytes.ts'
import { sha256 } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { signedBytesOf } from '../core/signature.ts'
import { SIMULATED_LAYOUT, SIMULATED_RULE } from './charter.ts'
import { toFactBody } from './history.ts'
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
  /** Whether peers get its objects by sync; default true. */
  readonly answersSync?: boolean
  /** What it publishes in place of an ordinary update. */
  readonly draft?: (liar: Site) => HeaderDraft
}

export interface Site {
  readonly member: MemberIndex
  readonly behaviour: Behaviour | null
  readonly world: World
  readonly state: () => State
  readonly start: () => void
  readonly crash: (untilMs: number) => void
  readonly isUp: () => boolean
  readonly isDone: () => boolean
  readonly feed: (event: Event) => void
  readonly receive: (message: Message) => void
  /** The bytes of an update, asked for by a member: true when they are handed over. */
  readonly answersFetch: (update: string, to: MemberIndex) => boolean
  readonly putOnDisk: (update: string, result: AdmissionResult) => void
  /** Signs whatever it is asked to: for the shell after the journal, and for liars. */
  readonly signBody: <T extends MessageType>(type: T, body: Bodies[T]) => Message
  readonly sendTo: (message: Message, to: MemberIndex) => void
  readonly broadcast: (message: Message) => void
}

/** What outlives a crash: of the journal what was synced, and by luck some of what came after. */
interface Durable {
  readonly journal: Message[]
  syncedCount: number
  readonly disk: Map<string, AdmissionResult>
}

export function createSite(world: World, member: MemberIndex, behaviour: Behaviour | null): Site {
  const params = world.paramsOf(member)
  const durable: Durable = { journal: [], syncedCount: 0, disk: new Map() }
  const serving = new Set<string>()
  let state = createState(params)
  let isUp = false
  let life = 0
  const queue: Event[] = []
  let isDraining = false

  /** Runs later, unless the site crashed in between. */
  const later = (delayMs: number, happen: () => void): void => {
    const born = life
    world.schedule.after(delayMs, () => {
      if (isUp && life === born) happen()
    })
  }
  const clockMs = (): number => Math.max(0, world.schedule.nowMs() + (world.scenario.skewMs[member] ?? 0))
  const feed = (event: Event): void => {
    queue.push(event)
    if (isDraining) return
    isDraining = true
    for (let next = queue.shift(); next !== undefined && isUp; next = queue.shift()) {
      const result = step(state, next, params)
      state = result.state
      for (const effect of result.effects) {
        if (!isUp) break
        if (behaviour?.onEffect?.(site, effect) !== true) perform(effect)
      }
    }
    queue.length = 0
    isDraining = false
  }

  const site: Site = {
    member,
    behaviour,
    world,
    state: () => state,
    start: () => start(),
    crash: (untilMs) => crash(untilMs),
    isUp: () => isUp,
    isDone: () =>
      isUp && (state.isCertified || state.outcome?.isUndecided === true || state.mode === 'halted'),
    feed,
    receive: (message) => {
      if (!isUp) return
      // A liar's own engine shall not notice what it signs behind its back.
      if (behaviour !== null && message.member === member) return
      behaviour?.onReceive?.(site, message)
      feed({ kind: 'envelope', message })
    },
    answersFetch: (update, to) => {
      if (!isUp || !durable.disk.has(update)) return false
      return behaviour === null ? serving.has(update) : (behaviour.servesUpdate?.(site, update, to) ?? true)
    },
    putOnDisk: (update, result) => void durable.disk.set(update, result),
    signBody: (type, body) => signBody(world, member, type, body),
    sendTo: (message, to) =>
      world.deliver(member, to, () => {
        world.sites[to]?.receive(message)
      }),
    broadcast: (message) => {
      for (const peer of world.sites) if (peer.member !== member) site.sendTo(message, peer.member)
    },
  }

  function start(): void {
    isUp = true
    life++
    serving.clear()
    state = createState(params)
    feed({ kind: 'restored', messages: [...durable.journal], observe: false })
    for (const [update, result] of durable.disk) {
      const owner = world.updates.get(update)?.owner ?? member
      feed({ kind: 'update-stored', member: owner, update: digestOf(update), result })
    }
    feed({ kind: 'clock', nowMs: clockMs() })
    const trainedAtMs = world.scenario.trainedAtMs[member] ?? null
    later(Math.max(0, (trainedAtMs ?? 0) - world.schedule.nowMs()), () => {
      if (trainedAtMs === null) return feed({ kind: 'adapter-ready', header: null })
      const header = behaviour?.draft?.(site) ?? ownDraft(site, '')
      feed({ kind: 'adapter-ready', header })
    })
    later(world.random.between(1, SYNC_EVERY_MS), sync)
    behaviour?.onStart?.(site)
  }

  function crash(untilMs: number): void {
    if (!isUp) return
    isUp = false
    durable.journal.length = world.random.between(durable.syncedCount, durable.journal.length)
    const count = world.history.crashCounts.get(member) ?? 0
    world.history.crashCounts.set(member, count + 1)
    world.trace(`${member} crash`)
    world.schedule.at(untilMs, start)
  }

  /** Whether the site dies at this write: only honest ones, only while the world is sick. */
  function diesAtWrite(): boolean {
    const { healAtMs, crashAtWriteProbability } = world.scenario
    if (behaviour !== null || world.schedule.nowMs() >= healAtMs) return false
    if (!world.random.chance(crashAtWriteProbability)) return false
    crash(world.random.between(world.schedule.nowMs() + 1, healAtMs + 1))
    return true
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case 'sign': {
        if (diesAtWrite()) return
        const decoded = codecOf(effect.type).decode(effect.body)
        if (!decoded.ok) throw new TypeError(`the engine asked for a ${effect.type} that is not canonical`)
        const message = signBody(world, member, effect.type, decoded.value)
        durable.journal.push(message)
        durable.syncedCount = durable.journal.length
        world.trace(`${member} signs ${effect.slot} ${message.key}`)
        if (!diesAtWrite()) feed({ kind: 'signed', message })
        return
      }
      case 'store':
        durable.journal.push(effect.message)
        return
      case 'broadcast':
        return site.broadcast(effect.message)
      case 'pull':
        return pull(effect.digests.map((digest) => digestKey(digest)))
      case 'fetch-update':
        return fetch(effect.member, effect.header.update)
      case 'allow-serving':
        serving.add(digestKey(effect.update))
        if (effect.member === member && behaviour === null) {
          world.history.reveals.push({ order: world.nextOrder(), member })
        }
        return
      case 'set-timer':
        return later(effect.atMs - clockMs(), () => feed({ kind: 'clock', nowMs: clockMs() }))
      case 'aggregate':
        return later(world.random.between(10, 200), () =>
          feed({
            kind: 'aggregated',
            decision: effect.digest,
            aggregate: sha256(utf8('aggregate'), effect.digest),
            rule: SIMULATED_RULE,
          }),
        )
      default:
        note(effect)
    }
  }

  /** Writes what an honest site says into the history. */
  function note(effect: Effect): void {
    if (behaviour !== null) return
    const { history } = world
    if (effect.kind === 'decided') {
      const { decision, digest, isUndecided } = effect
      const updates = decision.updates.map((each) => ({
        member: each.member,
        header: digestKey(each.header),
      }))
      const view = state.finalized?.view ?? -1
      history.decided.push({
        member,
        digest: digestKey(digest),
        updates,
        excluded: decision.excluded,
        isUndecided,
        view,
      })
      world.trace(`${member} decides ${digestKey(digest)} in ${view}`)
    } else if (effect.kind === 'evidence') {
      history.caught.push({ by: member, member: effect.member })
    } else if (effect.kind === 'alarm') {
      history.alarms.push({ member, code: effect.alarm.code })
    } else if (effect.kind === 'certificate') {
      history.certificates.push({ member, fault: world.checkCertificate(effect.certificate) })
    }
  }

  /** Asks one peer for objects by digest, and for nothing else. */
  function pull(keys: readonly string[]): void {
    ask(world.random.pick(world.sites.filter((peer) => peer.member !== member)), keys)
  }

  function ask(peer: Site, keys: readonly string[] | null): void {
    world.deliver(member, peer.member, () => {
      if (!peer.isUp() || peer.behaviour?.answersSync === false) return
      world.deliver(peer.member, member, () => {
        if (!isUp) return
        const theirs = peer.state().objects
        const missing = (keys ?? [...theirs.keys()]).filter((key) => !state.objects.has(key))
        for (const key of missing) {
          const message = theirs.get(key)
          if (message !== undefined) site.receive(message)
        }
      })
    })
  }

  function sync(): void {
    feed({ kind: 'clock', nowMs: clockMs() })
    ask(world.random.pick(world.sites.filter((peer) => peer.member !== member)), null)
    later(SYNC_EVERY_MS, sync)
  }

  /** Tries one provider after another until the bytes are here. */
  function fetch(of: MemberIndex, update: Digest): void {
    const key = digestKey(update)
    if (durable.disk.has(key))
      return feed({ kind: 'update-stored', member: of, update, result: diskResult(key) })
    const header = headersOf(state, of).find((held) => digestKey(held.body.update) === key)
    const providers = header === undefined ? [] : providersOf(state, params, header)
    const provider = providers.length === 0 ? undefined : world.sites[world.random.pick(providers)]
    const isAnswered = provider?.answersFetch(key, member) === true
    if (provider !== undefined && isAnswered && world.isConnected(provider.member, member)) {
      later(2 * world.random.between(world.scenario.latencyMinMs, world.scenario.latencyMaxMs), () => {
        durable.disk.set(key, admit(world, of, key))
        feed({ kind: 'update-stored', member: of, update, result: diskResult(key) })
      })
    } else {
      later(FETCH_RETRY_MS, () => fetch(of, update))
    }
  }

  function diskResult(key: string): AdmissionResult {
    return durable.disk.get(key) ?? { kind: 'refused', fault: 'UPDATE_MISSING' }
  }

  return site
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

function signBody<T extends MessageType>(
  world: World,
  member: MemberIndex,
  type: T,
  body: Bodies[T],
): Message {
  const signer = world.keys.signers[member]
  if (signer === undefined) throw new RangeError(`no member ${member}`)
  const bytes = codecOf(type).encode(body)
  const signature = signer.sign(signedBytesOf(type, bytes))
  // As on a wire: what peers get is decoded from bytes.
  const opened = decodeMessage(encodeEnvelope(envelopeOf(buildMessage(type, body, bytes, signature))))
  if (!opened.ok) throw new TypeError(`a ${type} does not decode: ${opened.fault.code}`)
  const { message } = opened
  world.history.signed.push({
    order: world.nextOrder(),
    member,
    type,
    slot: message.slot,
    digest: message.key,
    body: toFactBody(message.body),
  })
  return message
}

/** An update of this site, registered and on its disk; `variant` tells several apart. */
export function ownDraft(site: Site, variant: string, isAdmissible = true): HeaderDraft {
  const { world, member } = site
  const update = sha256(utf8(`update/${world.scenario.seed}/${member}/${variant}`))
  world.updates.set(digestKey(update), { owner: member, isAdmissible })
  site.putOnDisk(digestKey(update), { kind: 'admitted' })
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
