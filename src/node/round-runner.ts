/**
 * One member's part in one round, from its own update to the certificate: the driver, the keeper, the exchange, the
 * timers and the status file, put together.
 *
 * Start: what the journal and the object store hold is restored first, then what lies on disk is judged again, then the
 * member's own update is announced; only then does time run. Whatever it signed before a crash is sent again as it was.
 * Stop: in the reverse order, and nothing that was acknowledged is lost.
 * Source: docs/PROTOCOL.md §5 to §9.
 */
import { weightClaim } from '../agree/claim.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { encodeEnvelope, envelopeOf, type Message } from '../agree/envelope.ts'
import type { AggregateInput } from '../aggregate/index.ts'
import type { Decision, Header } from '../agree/messages.ts'
import { objectOf, objectsHeld, objectsWanted } from '../agree/report.ts'
import type { AdmissionResult, HeaderDraft, Params } from '../agree/types.ts'
import { assert, messageOf } from '../core/errors.ts'
import { digestKey } from '../core/ids.ts'
import { CutResults, type RoundOutcome } from './cut-results.ts'
import { deferred } from './deferred.ts'
import type { SignedCharter } from '../charter/charter-file.ts'
import type { Signer } from '../core/signature.ts'
import type { ChunkPlan, Exchange, ExchangeEvent, ExchangeHandlers } from '../exchange/interface.ts'
import type { ChunkStore } from '../exchange/chunk-store.ts'
import { createHearFirst, type HearFirst } from './hear-first.ts'
import type { Journal } from './journal.ts'
import type { Kernel, NodeModules } from './modules.ts'
import { readRoundClock } from './round-clock.ts'
import { restoredMessages, RoundDriver, type RoundWork } from './round-driver.ts'
import type { RoundFolder } from './round-folder.ts'
import type { RoundReporter } from './round-reporter.ts'
import { UpdateKeeper } from './update-keeper.ts'

export interface RoundRunnerParts {
  readonly params: Params
  readonly signedCharter: SignedCharter
  readonly roundNumber: number
  readonly folder: RoundFolder
  readonly journal: Journal
  readonly store: ChunkStore
  readonly kernel: Kernel
  readonly admit: (header: Header) => Promise<AdmissionResult>
  readonly signer: Signer | null
  readonly checkManifest: (manifest: Uint8Array, header: Header) => ChunkPlan
  readonly createExchange: (handlers: ExchangeHandlers) => Exchange
  readonly reporter: RoundReporter
  /** How long to listen at most for words of my own key before I say any (§9.3). 0: not at all. */
  readonly hearFirstMs: number
  readonly modules: Pick<NodeModules, 'clock' | 'log' | 'writeResult'>
}

/** A deadline is looked at again at least this often, since the others' clocks move the median. */
const TIMER_MAX_MS = 1_000
/** What is missing is asked for after this long, if gossip has not brought it by then. */
const PULL_AFTER_MS = 200

export class RoundRunner {
  readonly #parts: RoundRunnerParts
  readonly #driver: RoundDriver
  readonly #keeper: UpdateKeeper
  readonly #exchange: Exchange
  readonly #restored = deferred<void>()
  readonly #results: CutResults
  readonly #stop = new AbortController()
  readonly #work = new Set<Promise<void>>()
  readonly #hearFirst: HearFirst
  #isListening: boolean
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #isPulling = false
  /** Something was found missing while others were asked for. */
  #isPullWanted = false

  constructor(parts: RoundRunnerParts) {
    this.#parts = parts
    const { journal, signer, modules, reporter, hearFirstMs } = parts
    this.#hearFirst = createHearFirst(parts.params, journal, modules.clock.now)
    this.#isListening = hearFirstMs > 0 && parts.params.me !== null
    this.#exchange = parts.createExchange(this.#handlers())
    this.#driver = new RoundDriver(parts.params, {
      journal,
      signer,
      log: modules.log,
      work: this.#roundWork(),
    })
    this.#keeper = new UpdateKeeper({
      exchange: this.#exchange,
      store: parts.store,
      checkManifest: parts.checkManifest,
      admit: parts.admit,
      feed: (event) => this.#driver.feed(event),
      onProgress: (member, done, total) => reporter.receiving(member, done, total),
      onStored: ({ member }, result) => reporter.stored(member, result),
      fail: (error) => this.#fail(error),
      wait: (delayMs, signal) => delay(delayMs, undefined, { signal }),
      log: modules.log,
    })
    this.#results = new CutResults({
      ...parts,
      inputsOf: (decision) => this.#inputsOf(decision),
      feed: (event) => this.#driver.feed(event),
      background: (work) => this.#background(work),
      isStopped: () => this.#stop.signal.aborted,
    })
  }

  /** Resolves with the cut's certificate on disk, or when there will be none; rejects when this node cannot go on. */
  outcomeOf(cut: number): Promise<RoundOutcome> {
    return this.#results.outcomeOf(cut)
  }

  get exchange(): Exchange {
    return this.#exchange
  }

  /** The aggregate that I computed last, as hex. */
  get aggregate(): string | null {
    return this.#results.aggregate
  }

  /** The last cut whose certificate this run has written, or null. */
  get lastCertifiedCut(): number | null {
    return this.#results.lastCertifiedCut
  }

  get warnings(): readonly string[] {
    return this.#parts.reporter.warnings
  }

  get driver(): RoundDriver {
    return this.#driver
  }

  /** @param ownHeader — my update, on disk and in the store; null for none; undefined when it was published before */
  async start(ownHeader: HeaderDraft | null | undefined): Promise<void> {
    const { params, journal, reporter } = this.#parts
    await this.#exchange.start()
    reporter.event({ type: 'listening', addresses: this.#exchange.addresses() })
    const isObserver = params.me === null || (await this.#isHeardElsewhere())
    const messages = restoredMessages(journal, params)
    this.#driver.feed({ kind: 'restored', messages, observe: isObserver })
    for (const message of messages) await this.#judgeStored(message)
    if (ownHeader) this.#keeper.holdOwn(ownHeader.update)
    if (ownHeader !== undefined) this.#driver.feed({ kind: 'adapter-ready', header: ownHeader })
    this.#restored.resolve()
    this.#isListening = false
    this.#tick()
    // What the others said meanwhile.
    if (this.#parts.hearFirstMs > 0) this.#background(this.#exchange.syncNow())
  }

  /** [IGNORE] §9.3 Whether my key has said in this round what my journal does not know: then it says nothing more here. */
  async #isHeardElsewhere(): Promise<boolean> {
    const { hearFirstMs, reporter } = this.#parts
    await this.#hearFirst.wait(hearFirstMs, this.#stop.signal)
    const unknown = this.#hearFirst.unknown()
    for (const { slot } of unknown) reporter.alarm({ code: 'OWN_KEY_ELSEWHERE', slot })
    return unknown.length > 0
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the node stops'))
    clearTimeout(this.#timer)
    this.#restored.resolve()
    await this.#exchange.stop()
    await this.#keeper.stop()
    await this.#driver.stop()
    await Promise.allSettled(this.#work)
  }

  /**
   * Resolves when nothing is left to do with what is here: no event waits, no update that can be had is on its way, nothing
   * is being computed or written. Rejects when this node cannot go on.
   */
  async quiet(): Promise<void> {
    for (;;) {
      await this.#driver.idle()
      const busy = [...this.#work, ...this.#keeper.busy()]
      if (busy.length === 0) break
      await Promise.race(busy)
    }
    // A failure has rejected the outcome by now.
    await Promise.race([this.#results.outcomeOf(0), Promise.resolve()])
  }

  /** Pulls from everyone once more: what they hold and I lack. */
  async syncNow(): Promise<void> {
    await this.#exchange.syncNow()
  }

  /** An update that an earlier run stored is judged again: its answer is not kept anywhere. */
  async #judgeStored(message: Message): Promise<void> {
    if (message.type !== 'header') return
    if (!(await this.#parts.store.has(message.body.update))) return
    this.#keeper.fetch({ member: message.member, header: message.body, isDecided: false })
  }

  #handlers(): ExchangeHandlers {
    const { reporter } = this.#parts
    return {
      onObject: async (bytes) => {
        if (this.#isListening) {
          this.#hearFirst.heard(bytes)
          return 'ignore'
        }
        await this.#restored.promise
        return this.#driver.receive(bytes)
      },
      listObjects: () => objectsHeld(this.#driver.state),
      getObject: (digest) => {
        const envelope = objectOf(this.#driver.state, digestKey(digest))
        return envelope && encodeEnvelope(envelope)
      },
      updateSource: (digest) => this.#keeper.sourceFor(digest),
      onPeerConnected: (member) => reporter.connected(member),
      onPeerDisconnected: (member) => reporter.disconnected(member),
      onEvent: (event: ExchangeEvent) => {
        if (event.type === 'synced') this.#hearFirst.synced(event.member)
        reporter.exchange(event)
      },
    }
  }

  #roundWork(): RoundWork {
    const { reporter } = this.#parts
    return {
      broadcast: (message) => this.#publish(message),
      pull: () => this.#pull(),
      fetchUpdate: ({ member, header, isDecided }) => this.#keeper.fetch({ member, header, isDecided }),
      allowServing: ({ update }) => this.#keeper.allowServing(update),
      setTimer: (atMs) => {
        this.#timerAtMs = atMs
        this.#arm()
      },
      decided: (effect) => {
        reporter.decided(effect)
        this.#results.decided(effect)
      },
      aggregate: (effect) => this.#results.compute(effect),
      certified: (effect) => this.#results.certified(effect),
      evidence: ({ member, first }) => reporter.evidence(member, first.slot),
      alarm: ({ alarm }) => reporter.alarm(alarm),
      taken: (message) => {
        reporter.object(message)
        reporter.phaseAt(this.#driver.state)
      },
      signed: (message) => {
        reporter.signed(message)
        reporter.phaseAt(this.#driver.state)
      },
      fail: (error) => this.#fail(error),
    }
  }

  #fail(error: unknown): void {
    this.#parts.modules.log.error('round: this node cannot go on', { error: messageOf(error) })
    this.#results.fail(error)
  }

  /** Work whose failure ends the round here. */
  #background(work: Promise<void>): void {
    const watched = work.catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#fail(error)
    })
    this.#work.add(watched)
    void watched.finally(() => this.#work.delete(watched))
  }

  #publish(message: Message): void {
    const { log } = this.#parts.modules
    this.#exchange.publish(encodeEnvelope(envelopeOf(message))).catch((error: unknown) => {
      // Sync hands it on all the same.
      log.warn('exchange: could not publish', { slot: message.slot, error: messageOf(error) })
    })
  }

  /**
   * What something held refers to is asked of one member after the other until it is here. Most of it is on its way by gossip
   * when it is missed: asking everybody at once made each member list all that it held to all others, all the time.
   */
  #pull(): void {
    this.#isPullWanted = this.#isPulling
    if (this.#isPulling) return
    this.#isPulling = true
    const { signal } = this.#stop
    const isOver = (): boolean => signal.aborted || objectsWanted(this.#driver.state).length === 0
    const pull = async (): Promise<void> => {
      // An abort only cuts the pause short.
      await delay(PULL_AFTER_MS, undefined, { signal }).catch(() => undefined)
      const [me, connected] = [this.#parts.params.me ?? 0, this.#exchange.connectedMembers()]
      // Each begins after itself, so that nobody is everybody's first.
      for (const member of [...connected.filter((each) => each > me), ...connected]) {
        if (isOver()) break
        await this.#exchange.syncNow(member).catch((error: unknown) => {
          this.#parts.modules.log.debug('exchange: a sync failed', { error: messageOf(error) })
        })
      }
      this.#isPulling = false
      // Missed while the last ones were asked: once more.
      if (this.#isPullWanted && !isOver()) this.#pull()
      this.#isPullWanted = false
    }
    this.#background(pull())
  }

  #now(): number {
    const { clock } = this.#parts.modules
    const reading = readRoundClock(clock, this.#exchange.clockOffsetsMs())
    this.#parts.reporter.skew(reading.skewMs)
    return reading.nowMs
  }

  #tick(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY
    this.#driver.feed({ kind: 'clock', nowMs: this.#now() })
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#stop.signal.aborted) return
    const waitMs = this.#timerAtMs - this.#now()
    if (waitMs <= 0) return this.#tick()
    this.#timer = setTimeout(() => this.#arm(), Math.min(waitMs, TIMER_MAX_MS))
  }

  /** The decided updates in roster order, each with the claim that the charter weighs it by. */
  #inputsOf(decision: Decision): readonly AggregateInput[] {
    const { params, store } = this.#parts
    const { charter } = params
    return decision.updates.map(({ member, header: digest }) => {
      const header = this.#driver.state.objects.get(digestKey(digest))
      assert(header?.type === 'header', 'the engine asks for an aggregate with every decided header at hand')
      const claim = weightClaim(charter, header.body)
      return { member, path: store.pathOf(header.body.update), claim }
    })
  }
}
