/**
 * One member's part in the decision on a charter's successor: its operator's approval, the agreement with the other members
 * of the charter in force, the proof on disk.
 *
 * In: a node folder, the charter in force, a draft. Out: the successor that was decided, which need not be the draft: one
 * successor or none. What is signed is journalled and synced before it leaves, as in a round; a restart goes on.
 * Source: docs/PROTOCOL.md §9, §11.
 */
import type { NetworkOptions } from '../exchange/interface.ts'
import type { SuccessionProof } from '../agree/succession-proof.ts'
import {
  createSuccessionState,
  stepSuccession,
  type SuccessionEffect,
  type SuccessionEvent,
  type SuccessionParams,
} from '../agree/succession.ts'
import { successionId } from '../agree/succession-draft.ts'
import {
  decodeSuccessionEnvelope,
  encodeSuccessionEnvelope,
  openSuccession,
  SUCCESSION_SIZE_BYTES_MAX,
  type SuccessionMessage,
} from '../agree/succession-messages.ts'
import type { SignedCharter } from '../charter/charter-file.ts'
import { assert, messageOf } from '../core/errors.ts'
import { asRoundId, digestKey, type RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { type Signer, signedBytesOf, verifySignature } from '../core/signature.ts'
import type { Exchange, ObjectVerdict } from '../exchange/interface.ts'
import { deferred } from './deferred.ts'
import type { Journal, RoundRecord } from './journal.ts'
import type { NodeModules } from './modules.ts'

export interface SuccessionRunnerParts {
  readonly old: SignedCharter
  readonly me: MemberIndex
  readonly seed: Uint8Array
  readonly signer: Signer
  readonly journal: Journal
  readonly listen: readonly string[]
  readonly network?: NetworkOptions
  readonly peers: ReadonlyMap<MemberIndex, readonly string[]>
  readonly modules: Pick<NodeModules, 'clock' | 'rng' | 'log' | 'createExchange'>
  readonly onSigned?: (message: SuccessionMessage) => void
}

const VIEW_TIMEOUT_MS = 4_000
const TIMER_MAX_MS = 500

export class SuccessionRunner {
  readonly #parts: SuccessionRunnerParts
  readonly #params: SuccessionParams
  readonly #id: RoundId
  readonly #exchange: Exchange
  readonly #decided = deferred<SuccessionProof>()
  #state = createSuccessionState()
  #tail: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(parts: SuccessionRunnerParts) {
    this.#parts = parts
    const { old, me, seed, listen, peers, network, modules } = parts
    this.#params = { old, me, verify: verifySignature, viewTimeoutMs: VIEW_TIMEOUT_MS }
    this.#id = asRoundId(successionId(old.digest))
    this.#decided.promise.catch(() => undefined)
    this.#exchange = modules.createExchange(
      {
        seed,
        members: old.charter.members.map(({ publicKey }) => publicKey),
        me,
        listen,
        peers,
        ...(network === undefined ? {} : { network }),
        roundId: this.#id,
        limits: { objectSizeBytesMax: SUCCESSION_SIZE_BYTES_MAX },
      },
      {
        onObject: (bytes) => this.#receive(bytes),
        listObjects: () => [...this.#state.objects.values()].map(({ digest }) => digest),
        getObject: (digest) => {
          const held = this.#state.objects.get(digestKey(digest))
          return held === undefined ? null : encodeSuccessionEnvelope(held)
        },
        updateSource: () => null,
      },
      modules,
    )
  }

  /** What was decided, when it is. Rejects when this node cannot go on. */
  get decided(): Promise<SuccessionProof> {
    return this.#decided.promise
  }

  /** Whether everyone who approved anything has finalized: they know, or will with the next message. */
  isSettled(): boolean {
    const membersWith = (type: SuccessionMessage['type']): ReadonlySet<MemberIndex> =>
      new Set([...this.#state.objects.values()].flatMap((held) => (held.type === type ? [held.member] : [])))
    const finalized = membersWith('s-finalize')
    return [...membersWith('s-approval')].every((member) => finalized.has(member))
  }

  /** @param next — a draft that may follow and that the operator approves; null: bring back what was signed before */
  async start(next: SignedCharter | null): Promise<void> {
    await this.#exchange.start()
    const messages = this.#parts.journal.recordsOf(this.#id).map((record) => {
      const message = openSuccession(record)
      assert(message !== null, 'journal: what was written as a message reads as one')
      return message
    })
    await this.#feed({ kind: 'restored', messages })
    await this.#feed({ kind: 'clock', nowMs: this.#parts.modules.clock.now() })
    if (next !== null) await this.#feed({ kind: 'approved', next })
    this.#tick()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#exchange.stop()
    await this.#tail
  }

  #tick(): void {
    if (this.#isStopped) return
    this.#feed({ kind: 'clock', nowMs: this.#parts.modules.clock.now() }).catch((error: unknown) =>
      this.#decided.reject(error),
    )
    this.#timer = setTimeout(() => this.#tick(), TIMER_MAX_MS)
  }

  async #receive(bytes: Uint8Array): Promise<ObjectVerdict> {
    const decoded = decodeSuccessionEnvelope(bytes)
    // [REJECT] §2.3 What is not canonical no correct member sends.
    if (!decoded.ok) return 'reject'
    const message = openSuccession(decoded.value)
    if (message === null) return 'reject'
    let verdict: ObjectVerdict = 'ignore'
    await this.#feed({ kind: 'message', message }, (effect) => {
      if (effect.kind === 'verdict') verdict = effect.verdict
    })
    return verdict
  }

  /** One event after the other, each with all that is signed because of it. */
  #feed(event: SuccessionEvent, onEffect?: (effect: SuccessionEffect) => void): Promise<void> {
    const done = this.#tail.then(() => this.#handle(event, onEffect))
    this.#tail = done.catch(() => undefined)
    return done
  }

  async #handle(event: SuccessionEvent, onEffect?: (effect: SuccessionEffect) => void): Promise<void> {
    if (this.#isStopped) return
    const { journal, signer, onSigned } = this.#parts
    const { state, effects } = stepSuccession(this.#state, event, this.#params)
    this.#state = state
    const records: RoundRecord[] = []
    const signed: SuccessionMessage[] = []
    for (const effect of effects) {
      onEffect?.(effect)
      if (effect.kind === 'store') records.push(this.#held(effect.message))
      if (effect.kind !== 'sign') continue
      const { type, slot, body } = effect
      const signature = signer.sign(signedBytesOf(type, body))
      records.push({ kind: 'signed', roundId: this.#id, slot, type, body, signature })
      const message = openSuccession({ type, body, signature })
      assert(message !== null && message.slot === slot, `what the engine signs is a message of slot ${slot}`)
      signed.push(message)
    }
    // §9.1 §9.5 On disk and synced before anything leaves.
    if (records.length > 0) await journal.append(records)
    for (const effect of effects) this.#perform(effect)
    for (const message of signed) {
      onSigned?.(message)
      await this.#handle({ kind: 'signed', message }, onEffect)
    }
  }

  #held({ type, bytes: body, signature }: SuccessionMessage): RoundRecord {
    return { kind: 'held', roundId: this.#id, type, body, signature }
  }

  #perform(effect: SuccessionEffect): void {
    const { log } = this.#parts.modules
    switch (effect.kind) {
      case 'broadcast':
        this.#exchange.publish(encodeSuccessionEnvelope(effect.message)).catch((error: unknown) => {
          // Sync hands it on all the same.
          log.warn('exchange: could not publish', { slot: effect.message.slot, error: messageOf(error) })
        })
        return
      case 'decided': {
        const { old } = this.#parts
        const finalizes = effect.finalizes.map(({ type, bytes, signature }) => ({
          type,
          body: bytes,
          signature,
        }))
        return this.#decided.resolve({ old, next: effect.next, finalizes })
      }
      case 'alarm':
        log.error(`alarm: ${effect.code}`, {})
        return
      case 'sign':
      case 'store':
      case 'verdict':
      case 'set-timer':
        return
    }
  }
}
