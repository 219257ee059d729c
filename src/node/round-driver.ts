/**
 * The shell of the round engine: feeds it events one at a time and does what its effects say, in their order.
 *
 * Upon `sign`: the body is signed, written to the journal with its signature and synced; only then does the engine see it
 * as `signed`, and only then does it ask for its broadcast. All signatures of one step share one sync, and what was
 * held before them goes into the same write (`store`).
 * Upon an object from a peer: the step's verdict is the answer. A fault of ours while it is handled is *ignore*: the
 * state is what it was before, since `step` is pure, and the peer is not held to account for it.
 * A fault while signing ends the round here: a node that cannot write its journal must not speak.
 * In: events. Out: calls of `RoundWork`, which does the slow things and feeds their results back.
 */
import { decodeMessage, type Message, openEnvelope } from '../agree/envelope.ts'
import { step } from '../agree/engine.ts'
import { createState, type State } from '../agree/state.ts'
import type { Effect, Event, Params, Verdict } from '../agree/types.ts'
import { assert, assertNever, messageOf } from '../core/errors.ts'
import { digestKey } from '../core/ids.ts'
import type { Log } from '../core/ports.ts'
import { type Signer, signedBytesOf } from '../core/signature.ts'
import type { ObjectVerdict } from '../exchange/interface.ts'
import type { HeldRecord, Journal, SignedRecord } from './journal.ts'

type EffectOf<K extends Effect['kind']> = Extract<Effect, { readonly kind: K }>

/** What effects ask of the rest of the node. Nothing here may block: long work feeds an event back when it is done. */
export interface RoundWork {
  readonly broadcast: (message: Message) => void
  readonly pull: (effect: EffectOf<'pull'>) => void
  readonly fetchUpdate: (effect: EffectOf<'fetch-update'>) => void
  readonly allowServing: (effect: EffectOf<'allow-serving'>) => void
  readonly setTimer: (atMs: number) => void
  readonly decided: (effect: EffectOf<'decided'>) => void
  readonly aggregate: (effect: EffectOf<'aggregate'>) => void
  readonly certified: (effect: EffectOf<'certificate'>) => void
  readonly evidence: (effect: EffectOf<'evidence'>) => void
  readonly alarm: (effect: EffectOf<'alarm'>) => void
  /** Something of mine is in the journal. */
  readonly signed: (message: Message) => void
  /** Something of another member's is held. Watching only. */
  readonly taken: (message: Message) => void
  /** The node cannot go on: its journal cannot be written, or its own logic is broken. */
  readonly fail: (error: unknown) => void
}

export interface RoundDriverModules {
  readonly journal: Journal
  /** Null for an observer. */
  readonly signer: Signer | null
  readonly log: Log
  readonly work: RoundWork
}

interface Queued {
  readonly event: Event
  readonly settle: (verdict: Verdict | null) => void
}

/** Long beside a sync, short beside a round. */
const FLUSH_AFTER_MS = 500

export class RoundDriver {
  readonly #params: Params
  readonly #modules: RoundDriverModules
  readonly #queue: Queued[] = []
  /** Held and not yet in the journal: written at the latest with my next signature. */
  #unwritten: HeldRecord[] = []
  #flushTimer: NodeJS.Timeout | undefined
  #state: State
  #isRunning = false
  #isStopped = false
  #idle: Promise<void> = Promise.resolve()

  constructor(params: Params, modules: RoundDriverModules) {
    this.#params = params
    this.#modules = modules
    this.#state = createState(params)
  }

  get state(): State {
    return this.#state
  }

  /** Puts an event behind those that wait. */
  feed(event: Event): void {
    this.#enqueue({ event, settle: () => undefined })
  }

  /** An envelope from a peer: what to tell the exchange about it. */
  async receive(bytes: Uint8Array): Promise<ObjectVerdict> {
    const decoded = decodeMessage(bytes)
    // [REJECT] §2.3 A body that is not canonical, or no envelope at all, is what no correct member sends; a type that is
    // not known may be a newer program's.
    if (!decoded.ok) return decoded.fault.code === 'UNKNOWN_TYPE' ? 'ignore' : 'reject'
    const { message } = decoded
    const verdict = await new Promise<Verdict | null>((settle) => {
      this.#enqueue({ event: { kind: 'envelope', message }, settle })
    })
    return verdict?.kind ?? 'ignore'
  }

  /** Resolves when no event waits and none is in progress. */
  async idle(): Promise<void> {
    while (this.#isRunning || this.#queue.length > 0) await this.#idle
  }

  /** Takes no further event and waits for the one in progress. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#idle
    clearTimeout(this.#flushTimer)
    await this.#write([]).catch((error: unknown) => {
      this.#modules.log.warn('journal: the last objects held are not on disk', { error: messageOf(error) })
    })
    for (const { settle } of this.#queue.splice(0)) settle(null)
  }

  #enqueue(queued: Queued): void {
    if (this.#isStopped) {
      queued.settle(null)
      return
    }
    this.#queue.push(queued)
    if (!this.#isRunning) this.#idle = this.#drain()
  }

  async #drain(): Promise<void> {
    this.#isRunning = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        next.settle(await this.#handle(next.event))
        if (this.#isStopped) break
      }
      this.#flushLater()
    } catch (error) {
      this.#isStopped = true
      this.#modules.work.fail(error)
    } finally {
      this.#isRunning = false
    }
  }

  /** One step and its effects. A step that throws on a peer's object changes nothing; any other throw ends the round. */
  async #handle(event: Event): Promise<Verdict | null> {
    let effects: readonly Effect[]
    try {
      const result = step(this.#state, event, this.#params)
      this.#state = result.state
      effects = result.effects
    } catch (error) {
      if (event.kind !== 'envelope') throw error
      const { type, slot } = event.message
      this.#modules.log.error('engine: a fault of ours; the object is ignored', {
        type,
        slot,
        error: messageOf(error),
      })
      return null
    }
    for (const effect of effects) if (effect.kind === 'store') this.#hold(effect.message)
    await this.#sign(effects.filter((effect) => effect.kind === 'sign'))
    let verdict: Verdict | null = null
    for (const effect of effects) {
      if (effect.kind === 'verdict') verdict = effect.verdict
      else this.#perform(effect)
    }
    return verdict
  }

  #hold(message: Message): void {
    const { type, bytes: body, signature } = message
    this.#unwritten.push({ kind: 'held', roundId: this.#params.round, type, body, signature })
    this.#modules.work.taken(message)
  }

  /**
   * What is held goes to disk with my next signature, which is what must not outlive it. When I sign nothing for a
   * while it goes by itself, so that a restart has less to pull: one sync for many objects.
   */
  #flushLater(): void {
    if (this.#unwritten.length === 0 || this.#flushTimer !== undefined) return
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined
      this.#write([]).catch((error: unknown) => this.#modules.work.fail(error))
    }, FLUSH_AFTER_MS)
  }

  /** What was held first, then what I signed: one append, one sync. */
  async #write(signed: readonly SignedRecord[]): Promise<void> {
    const records = [...this.#unwritten, ...signed]
    this.#unwritten = []
    if (records.length > 0) await this.#modules.journal.append(records)
  }

  async #sign(effects: readonly EffectOf<'sign'>[]): Promise<void> {
    if (effects.length === 0) return
    const { journal, signer, work } = this.#modules
    assert(signer !== null, 'an observer is never asked to sign')
    const records: SignedRecord[] = []
    const messages: Message[] = []
    for (const { type, slot, body } of effects) {
      const held = journal.find(this.#params.round, slot)
      const signature = held?.signature ?? signer.sign(signedBytesOf(type, body))
      records.push({ kind: 'signed', roundId: this.#params.round, slot, type, body, signature })
      const opened = openEnvelope({ type, body, signature })
      assert(opened.ok && opened.message.slot === slot, `what the engine signs is a message of slot ${slot}`)
      messages.push(opened.message)
    }
    await this.#write(records)
    for (const message of messages) {
      work.signed(message)
      this.feed({ kind: 'signed', message })
    }
  }

  #perform(effect: Exclude<Effect, { kind: 'verdict' }>): void {
    const { work } = this.#modules
    switch (effect.kind) {
      case 'sign':
      case 'store':
        return
      case 'broadcast':
        return work.broadcast(effect.message)
      case 'pull':
        return work.pull(effect)
      case 'fetch-update':
        return work.fetchUpdate(effect)
      case 'allow-serving':
        return work.allowServing(effect)
      case 'set-timer':
        return work.setTimer(effect.atMs)
      case 'decided':
        return work.decided(effect)
      case 'aggregate':
        return work.aggregate(effect)
      case 'certificate':
        return work.certified(effect)
      case 'evidence':
        return work.evidence(effect)
      case 'alarm':
        return work.alarm(effect)
      default:
        return assertNever(effect)
    }
  }
}

/** What the journal holds of this round, mine and the others', as the engine wants it restored. */
export function restoredMessages(journal: Journal, params: Params): readonly Message[] {
  return journal.recordsOf(params.round).map((record) => {
    const opened = openEnvelope(record)
    assert(opened.ok, 'journal: what was written as a message reads as one')
    const { message } = opened
    assert(record.kind === 'held' || message.slot === record.slot, `journal: slot ${message.slot}`)
    assert(digestKey(message.body.round) === digestKey(params.round), 'journal: a record of this round')
    return message
  })
}
