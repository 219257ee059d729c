/**
 * Updates on this node's disk: fetched when the engine asks, judged by admission, served when the engine allows.
 *
 * In: `fetch-update` and `allow-serving` effects. Out: one `update-stored` event for each update that lies whole on disk.
 * The answer of admission is a function of charter and bytes; everything else that goes wrong here (disk, memory, a
 * kernel process that died) is this machine's fault: it is retried or reported, and never said about the member.
 * Source: docs/PROTOCOL.md §6.
 */
import type { Header } from '../agree/messages.ts'
import type { AdmissionResult, Event } from '../agree/types.ts'
import { isRoundError, messageOf, RoundError } from '../core/errors.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Log } from '../core/ports.ts'
import type { ChunkStore } from '../exchange/chunk-store.ts'
import type { ChunkPlan, Exchange, UpdateSource } from '../exchange/interface.ts'
import { createStopper } from '../exchange/timers.ts'

/** What the keeper is asked to get. */
export interface WantedUpdate {
  readonly member: MemberIndex
  readonly header: Header
  /** Decided: needed whatever admission says. */
  readonly isDecided: boolean
}

export interface UpdateKeeperModules {
  readonly exchange: Pick<Exchange, 'fetchUpdate' | 'announceUpdate'>
  readonly store: ChunkStore
  /** Decodes a manifest and checks it against charter and header. @throws MANIFEST_INVALID */
  readonly checkManifest: (manifest: Uint8Array, header: Header) => ChunkPlan
  /** Admission of an update that lies whole in the store. Throws for faults of ours only. */
  readonly admit: (header: Header) => Promise<AdmissionResult>
  readonly feed: (event: Event) => void
  readonly onProgress: (member: MemberIndex, doneBytes: number, totalBytes: number) => void
  readonly onStored: (wanted: WantedUpdate, result: AdmissionResult) => void
  /** This machine cannot go on receiving. */
  readonly fail: (error: unknown) => void
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

const RETRY_MIN_MS = 500
const RETRY_MAX_MS = 30_000

export class UpdateKeeper {
  readonly #modules: UpdateKeeperModules
  readonly #served = new Set<string>()
  readonly #stored = new Set<string>()
  /** Claims `member/update` that are judged, or will be. */
  readonly #asked = new Set<string>()
  readonly #inProgress = new Map<string, Promise<void>>()
  /** Shared by all updates under way: one waiter each, which takes its listener away. */
  readonly #stop = createStopper()

  constructor(modules: UpdateKeeperModules) {
    this.#modules = modules
  }

  /** Gets, checks and stores an update, for as long as it takes. Asked again for the same one, it does nothing. */
  fetch(wanted: WantedUpdate): void {
    const key = digestKey(wanted.header.update)
    const claim = `${wanted.member}/${key}`
    if (this.#asked.has(claim) || this.#stop.signal.aborted) return
    this.#asked.add(claim)
    // One after the other where a copier claims another's update: each claim is judged, the bytes come once.
    const before = this.#inProgress.get(key) ?? Promise.resolve()
    const work = before
      .then(async () => this.#fetchUntilStored(wanted))
      .then((isJudged) => void (isJudged || this.#asked.delete(claim)))
      .finally(() => {
        if (this.#inProgress.get(key) === work) this.#inProgress.delete(key)
      })
    this.#inProgress.set(key, work)
  }

  /** My own update lies whole in the store and was judged when it was made. */
  holdOwn(digest: Digest): void {
    this.#stored.add(digestKey(digest))
    if (this.#served.has(digestKey(digest))) this.#modules.exchange.announceUpdate(digest)
  }

  /** From now on members may read it. */
  allowServing(digest: Digest): void {
    this.#served.add(digestKey(digest))
    if (this.#stored.has(digestKey(digest))) this.#modules.exchange.announceUpdate(digest)
  }

  /** The reveal gate: what a member that asks for an update gets. */
  async sourceFor(digest: Digest): Promise<UpdateSource | 'denied' | null> {
    // [REJECT] §5.2 Chunks are served only of an update whose commitment is fixed.
    if (!this.#served.has(digestKey(digest))) return (await this.#modules.store.has(digest)) ? 'denied' : null
    return this.#modules.store.source(digest)
  }

  /** What is under way: fetching, judging. */
  busy(): readonly Promise<void>[] {
    return [...this.#inProgress.values()]
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the node stops'))
    await Promise.allSettled(this.#inProgress.values())
    await this.#modules.store.close()
  }

  /** @returns whether it came to an answer; if not, it may be asked for again */
  async #fetchUntilStored(wanted: WantedUpdate): Promise<boolean> {
    const { wait, log, fail } = this.#modules
    const { signal } = this.#stop
    for (let delayMs = RETRY_MIN_MS; !signal.aborted; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        await this.#fetchOnce(wanted)
        return true
      } catch (error) {
        if (signal.aborted) return false
        // The disk is full: going on alone would look like a peer's silence. The operator hears of it at once.
        if (isRoundError(error, 'NO_SPACE')) {
          fail(error)
          return false
        }
        // There is no network, and the file that stands in for it lacks this update: another file may bring it.
        if (isRoundError(error, 'NOT_CARRIED')) {
          log.debug('update: not in the file', { member: wanted.member })
          return false
        }
        log.warn('update: a fault of this machine; trying again', {
          member: wanted.member,
          delayMs,
          error: messageOf(error),
        })
      }
      // An abort during the wait ends the loop by its condition.
      await wait(delayMs, signal).catch(() => undefined)
    }
    return false
  }

  async #fetchOnce(wanted: WantedUpdate): Promise<void> {
    const { exchange, store, admit, onProgress } = this.#modules
    const { header, member } = wanted
    const digest = header.update
    if (!(await store.has(digest))) {
      let refusal: RoundError | null = null
      const checkManifest = (bytes: Uint8Array): ChunkPlan => {
        try {
          return this.#modules.checkManifest(bytes, header)
        } catch (error) {
          if (error instanceof RoundError) refusal = error
          throw error
        }
      }
      try {
        await exchange.fetchUpdate({
          digest,
          checkManifest,
          store,
          signal: this.#stop.signal,
          onProgress: ({ done, total }) => onProgress(member, done, total),
        })
      } catch (error) {
        if (refusal === null) throw error
        // The member committed to this very manifest: no other bytes will ever come.
        return this.#answer(wanted, { kind: 'refused', fault: (refusal as RoundError).code })
      }
    }
    const result = await admit(header)
    this.#stored.add(digestKey(digest))
    this.#answer(wanted, result)
    if (this.#served.has(digestKey(digest))) exchange.announceUpdate(digest)
  }

  #answer(wanted: WantedUpdate, result: AdmissionResult): void {
    const { member, header } = wanted
    this.#modules.onStored(wanted, result)
    this.#modules.feed({ kind: 'update-stored', member, update: header.update, result })
  }
}
