/**
 * Fetching updates: from all providers at once, resumable, until the file is whole or the caller gives up.
 *
 * In: a digest that a header committed to, a check of its manifest, a store. Out: a verified file.
 * Invariants: a provider that lies, stalls or leaves costs time and nothing else while another one answers; bytes are
 * verified before they are written; what is in flight is bounded over all fetches together.
 */
import { assert, isRoundError } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import { createChunkPool, type ChunkPool } from './chunk-pool.ts'
import type { PartialUpdate } from './chunk-store.ts'
import { type FetchState, runWorker, type WorkerModules } from './chunk-worker.ts'
import type { FetchedUpdate, FetchUpdateOptions } from './interface.ts'
import { createProviders, type Providers } from './providers.ts'
import { anySignal, type Bell, nextWithin } from './timers.ts'

/** Providers that one fetch asks at the same time. */
const WORKER_COUNT_PER_FETCH_MAX = 4
/** Over all fetches: with a window of 4 MiB each, and 2 MiB (a chunk of 4) being written, 96 MiB at most. */
const WORKER_COUNT_MAX = 12
/** Streams to one provider: below what it lets in, so that sync finds room. */
const WORKER_COUNT_PER_MEMBER_MAX = 4
/** Without news, look again after this long. */
const IDLE_MS = 1_000

export interface FetcherModules extends WorkerModules {
  readonly connected: () => readonly MemberIndex[]
  readonly announced: (digest: FetchUpdateOptions['digest']) => readonly MemberIndex[]
  /** Rings when somebody connects, announces, or a worker ends. */
  readonly changed: Bell
}

export interface Fetcher {
  readonly fetch: (options: FetchUpdateOptions) => Promise<FetchedUpdate>
  /** The member is worth asking again. */
  readonly refreshed: (member: MemberIndex) => void
}

/** Counts of workers over all fetches. */
interface Load {
  total: number
  readonly byMember: Map<MemberIndex, number>
}

interface Running {
  readonly providers: Providers
  readonly workers: Map<MemberIndex, Promise<void>>
}

export function createFetcher(modules: FetcherModules): Fetcher {
  const load: Load = { total: 0, byMember: new Map() }
  const running = new Set<Running>()
  const fetch = async (options: FetchUpdateOptions): Promise<FetchedUpdate> => {
    const { digest, store } = options
    options.signal.throwIfAborted()
    if (!(await store.has(digest))) {
      const run: Running = { providers: createProviders(modules.limits.providerPauseMs), workers: new Map() }
      running.add(run)
      try {
        await fetchParts(options, modules, run, load)
      } finally {
        running.delete(run)
      }
    }
    const manifest = await store.manifestOf(digest)
    assert(manifest !== null, 'a whole update has its manifest beside it')
    const { sizeBytes } = options.checkManifest(manifest)
    return { digest, manifest, path: store.pathOf(digest), sizeBytes }
  }
  return {
    fetch,
    refreshed: (member) => {
      for (const run of running) run.providers.refreshed(member)
      modules.changed.ring()
    },
  }
}

/** Fills the part file and completes it. The part survives whatever is thrown. */
async function fetchParts(
  options: FetchUpdateOptions,
  modules: FetcherModules,
  run: Running,
  load: Load,
): Promise<void> {
  const stopping = new AbortController()
  const signal = anySignal(options.signal, stopping.signal)
  // The first error of ours stops all workers and is what the caller gets.
  const fail = (error: unknown): void => stopping.abort(error)
  const filling = createFilling(options, modules, run)
  try {
    const held = options.manifest ?? (await heldManifest(options))
    if (held !== null) await filling.state.install(held)
    while (!filling.isFull()) {
      signal.throwIfAborted()
      startWorkers(options, filling.state, modules, run, load, signal, fail)
      await waitForChange(options, modules, run, signal)
    }
    await filling.complete()
  } finally {
    stopping.abort()
    await Promise.all(run.workers.values())
    await filling.close()
  }
}

/** The manifest that an earlier run left. A damaged one is fetched again. */
async function heldManifest({ store, digest }: FetchUpdateOptions): Promise<Uint8Array | null> {
  try {
    return await store.manifestOf(digest)
  } catch (error) {
    if (isRoundError(error, 'STORE_DAMAGED')) return null
    throw error
  }
}

/** The state that the workers share, and the file behind it. */
function createFilling(options: FetchUpdateOptions, modules: FetcherModules, run: Running) {
  const { digest, store, onProgress } = options
  let current: { readonly partial: PartialUpdate; readonly pool: ChunkPool } | null = null
  let installing: Promise<void> | null = null
  const report = (partial: PartialUpdate) =>
    onProgress?.({ unit: 'byte', done: partial.heldBytes(), total: partial.plan.sizeBytes })
  const open = async (manifest: Uint8Array): Promise<void> => {
    const plan = options.checkManifest(manifest)
    const partial = await store.begin(digest, manifest, plan)
    current = { partial, pool: createChunkPool(partial.missing(), modules.limits.hedgeMs) }
    report(partial)
  }
  const state: FetchState = {
    digest,
    current: () => current,
    install: (manifest) => (installing ??= open(manifest)),
    onChunk: (member) => {
      run.providers.delivered(member)
      if (current === null) return
      report(current.partial)
      if (current.pool.missingCount() === 0) modules.changed.ring()
    },
    windowCount: () => {
      if (current === null) return 1
      const { plan } = current.partial
      const fits = Math.max(1, Math.floor(modules.limits.windowBytes / plan.chunkSizeBytes))
      // A small rest is shared out, not taken by the first who comes.
      const share = Math.ceil(current.pool.missingCount() / Math.max(1, run.workers.size))
      return Math.min(fits, share)
    },
  }
  return {
    state,
    isFull: () => current !== null && current.pool.missingCount() === 0,
    complete: async () => {
      assert(current !== null, 'completed after it was filled')
      await current.partial.complete()
    },
    close: async () => current?.partial.close(),
  }
}

const candidatesOf = (options: FetchUpdateOptions, modules: FetcherModules): readonly MemberIndex[] => {
  const connected = new Set(modules.connected())
  const wanted = options.providers?.() ?? modules.announced(options.digest)
  return wanted.filter((member) => connected.has(member))
}

function startWorkers(
  options: FetchUpdateOptions,
  state: FetchState,
  modules: FetcherModules,
  run: Running,
  load: Load,
  signal: AbortSignal,
  fail: (error: unknown) => void,
): void {
  for (const member of candidatesOf(options, modules)) {
    const memberLoad = load.byMember.get(member) ?? 0
    const isPossible =
      !run.workers.has(member) &&
      run.workers.size < WORKER_COUNT_PER_FETCH_MAX &&
      load.total < WORKER_COUNT_MAX &&
      memberLoad < WORKER_COUNT_PER_MEMBER_MAX &&
      run.providers.isReady(member, modules.now())
    if (!isPossible) continue
    load.total++
    load.byMember.set(member, memberLoad + 1)
    const work = async (): Promise<void> => {
      try {
        const end = await runWorker(member, state, modules, signal)
        if (end === 'done') return
        run.providers.failed(member, end, modules.now())
        modules.onEvent({ type: 'provider-failed', member, digest: state.digest, reason: end })
      } catch (error) {
        fail(error)
      } finally {
        load.total--
        load.byMember.set(member, (load.byMember.get(member) ?? 1) - 1)
        run.workers.delete(member)
        modules.changed.ring()
      }
    }
    run.workers.set(member, work())
  }
}

async function waitForChange(
  options: FetchUpdateOptions,
  modules: FetcherModules,
  run: Running,
  signal: AbortSignal,
): Promise<void> {
  const nextMs = run.providers.nextReadyMs(candidatesOf(options, modules), modules.now()) ?? IDLE_MS
  await nextWithin(modules.changed, Math.min(nextMs + 1, IDLE_MS), signal)
}
