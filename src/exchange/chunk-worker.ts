/**
 * One provider, one update: a stream on which a bounded window of chunks is asked for ahead of the answers.
 *
 * Whatever the provider does (lies, stalls, hangs up) becomes a `ProviderFailure` value, and what was asked of it goes
 * back to the pool. Only errors of our own (the disk, the caller's signal, the manifest's check) are thrown.
 */
import { isRoundError } from '../core/errors.ts'
import { equalBytes } from '../core/bytes.ts'
import type { Digest } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { updateDigest } from '../update/manifest.ts'
import {
  CHUNK_FRAME_EXTRA_BYTES,
  type ChunkAnswer,
  chunkAnswerCodec,
  type ChunkRequest,
  chunkRequestCodec,
  CHUNKS_PROTOCOL,
  decodeChunk,
} from './chunk-messages.ts'
import type { ChunkPool } from './chunk-pool.ts'
import type { PartialUpdate } from './chunk-store.ts'
import type { ExchangeEvent, ExchangeLimits, ProviderFailure } from './interface.ts'
import { isTimeout, pause, withDeadline } from './timers.ts'
import type { FrameStream, Transport } from './transport.ts'

/** Bytes of one stream's chunks that are verified and written while the next ones arrive; one chunk in any case. */
const WRITING_BYTES_MAX = 2 << 20

/** What all workers of one fetch share. */
export interface FetchState {
  readonly digest: Digest
  /** The update being filled, once its manifest is known. */
  readonly current: () => { readonly partial: PartialUpdate; readonly pool: ChunkPool } | null
  /** Checks a manifest and opens the store. @throws what the check throws, and errors of the disk */
  readonly install: (manifest: Uint8Array) => Promise<void>
  readonly onChunk: (member: MemberIndex) => void
  /** How many chunks one provider may have outstanding now. */
  readonly windowCount: () => number
}

export interface WorkerModules {
  readonly transport: Transport
  readonly limits: ExchangeLimits
  readonly now: () => number
  readonly onEvent: (event: ExchangeEvent) => void
}

/** Why a worker stopped: nothing left to do, or what the provider did. */
export type WorkerEnd = 'done' | ProviderFailure

/** A worker's way out that is the provider's doing. */
class ProviderFault extends Error {
  readonly reason: ProviderFailure
  constructor(reason: ProviderFailure) {
    super(reason)
    this.reason = reason
  }
}

const CLOSED_CODES: ReadonlySet<string> = new Set(['STREAM_CLOSED', 'MEMBER_DISCONNECTED'])
const PROTOCOL_CODES: ReadonlySet<string> = new Set([
  'FRAME_TOO_LARGE',
  'STREAM_OVERFLOW',
  'PROTOCOL_VIOLATED',
  'PROTOCOL_UNKNOWN',
])

function failureOf(error: unknown): ProviderFailure | null {
  if (error instanceof ProviderFault) return error.reason
  if (isTimeout(error)) return 'timeout'
  if (!isRoundError(error)) return null
  if (CLOSED_CODES.has(error.code)) return 'disconnected'
  return PROTOCOL_CODES.has(error.code) ? 'protocol' : null
}

/** @throws errors of ours only */
export async function runWorker(
  member: MemberIndex,
  state: FetchState,
  modules: WorkerModules,
  signal: AbortSignal,
): Promise<WorkerEnd> {
  const { limits, transport } = modules
  let stream: FrameStream | null = null
  try {
    stream = await withDeadline(limits.chunkTimeoutMs, signal, (deadline) =>
      transport.open(member, CHUNKS_PROTOCOL, {
        bufferSizeBytesMax:
          limits.windowBytes +
          2 * limits.chunkSizeBytesMax +
          limits.manifestSizeBytesMax +
          CHUNK_FRAME_EXTRA_BYTES,
        signal: deadline,
      }),
    )
    if (state.current() === null) await pullManifest(stream, state, modules, signal)
    await pullChunks(stream, state, modules, signal)
    // Not waited for: a frozen peer would hold up a file that is whole.
    void stream.close()
    return 'done'
  } catch (error) {
    stream?.abort()
    signal.throwIfAborted()
    const reason = failureOf(error)
    if (reason === null) throw error
    return reason
  }
}

const ask = (
  stream: FrameStream,
  request: ChunkRequest,
  { limits }: WorkerModules,
  signal: AbortSignal,
): Promise<void> =>
  withDeadline(limits.chunkTimeoutMs, signal, (deadline) =>
    stream.send(chunkRequestCodec.encode(request), deadline),
  )

async function receive(
  stream: FrameStream,
  maxSizeBytes: number,
  { limits }: WorkerModules,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const frame = await withDeadline(limits.chunkTimeoutMs, signal, (deadline) =>
    stream.receive(maxSizeBytes, deadline),
  )
  // A killed process looks like a clean end: the end is never success.
  if (frame === null) throw new ProviderFault('disconnected')
  return frame
}

function answerOf(frame: Uint8Array, maxSizeBytes: number): ChunkAnswer {
  const decoded = chunkAnswerCodec(maxSizeBytes).decode(frame)
  if (!decoded.ok) throw new ProviderFault('protocol')
  return decoded.value
}

async function pullManifest(
  stream: FrameStream,
  state: FetchState,
  modules: WorkerModules,
  signal: AbortSignal,
): Promise<void> {
  const { manifestSizeBytesMax } = modules.limits
  await ask(stream, { kind: 'manifest', update: state.digest }, modules, signal)
  const frame = await receive(stream, manifestSizeBytesMax + CHUNK_FRAME_EXTRA_BYTES, modules, signal)
  const answer = answerOf(frame, manifestSizeBytesMax)
  if (answer.kind !== 'manifest') throw new ProviderFault(answer.kind)
  // [REJECT] §10.7 The update's digest is the digest of its manifest.
  if (!equalBytes(updateDigest(answer.bytes), state.digest)) throw new ProviderFault('wrong-manifest')
  if (state.current() === null) await state.install(answer.bytes)
}

async function pullChunks(
  stream: FrameStream,
  state: FetchState,
  modules: WorkerModules,
  signal: AbortSignal,
): Promise<void> {
  const current = state.current()
  if (current === null) return
  const { partial, pool } = current
  const { member } = stream
  const outstanding: number[] = []
  const writing = createWriting(state, { partial, pool, member, modules })
  const writingCountMax = Math.max(1, Math.floor(WRITING_BYTES_MAX / partial.plan.chunkSizeBytes))
  try {
    while (pool.missingCount() > 0) {
      writing.throwFault()
      while (outstanding.length < state.windowCount()) {
        const index = pool.take(member, modules.now())
        if (index === null) break
        outstanding.push(index)
        await ask(stream, { kind: 'chunk', update: state.digest, index }, modules, signal)
      }
      const [expected] = outstanding
      if (writing.count() > 0 && (expected === undefined || writing.count() >= writingCountMax)) {
        await writing.next()
      } else if (expected === undefined) {
        // All is asked of others: stay, in case one of them is late.
        await pause(modules.limits.hedgeMs / 4, signal)
        signal.throwIfAborted()
      } else {
        writing.begin(expected, await receiveChunk(stream, expected, partial, modules, signal))
        outstanding.shift()
      }
    }
  } finally {
    // Nothing of this stream is written after its worker's end; what was written by then is not asked for again.
    await writing.end()
    for (const index of outstanding) pool.giveBack(member, index)
  }
}

/** Chunks of one stream that are verified and written while the next ones arrive; each counts as soon as it is on disk. */
function createWriting(
  state: FetchState,
  {
    partial,
    pool,
    member,
    modules,
  }: {
    readonly partial: PartialUpdate
    readonly pool: ChunkPool
    readonly member: MemberIndex
    readonly modules: WorkerModules
  },
) {
  const writing = new Map<number, Promise<void>>()
  let fault: unknown = null
  const write = async (index: number, bytes: Uint8Array): Promise<void> => {
    try {
      // [REJECT] §10.8 A chunk is verified against the manifest before it is written.
      if (!(await partial.write(index, bytes))) {
        modules.onEvent({ type: 'chunk-refused', member, digest: state.digest, index })
        throw new ProviderFault('wrong-bytes')
      }
      pool.done(index)
      state.onChunk(member)
    } catch (error) {
      fault ??= error
      pool.giveBack(member, index)
    } finally {
      writing.delete(index)
    }
  }
  return {
    begin: (index: number, bytes: Uint8Array): void => {
      writing.set(index, write(index, bytes))
    },
    count: (): number => writing.size,
    next: async (): Promise<void> => {
      await Promise.race(writing.values())
    },
    /** @throws what a write failed with: wrong bytes, or the disk */
    throwFault: (): void => {
      if (fault !== null) throw fault
    },
    end: async (): Promise<void> => {
      await Promise.all(writing.values())
    },
  }
}

async function receiveChunk(
  stream: FrameStream,
  index: number,
  partial: PartialUpdate,
  modules: WorkerModules,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const maxSizeBytes = partial.plan.chunkSizeBytes + CHUNK_FRAME_EXTRA_BYTES
  const frame = await receive(stream, maxSizeBytes, modules, signal)
  const chunk = decodeChunk(frame)
  if (chunk === null) {
    const answer = answerOf(frame, CHUNK_FRAME_EXTRA_BYTES)
    throw new ProviderFault(answer.kind === 'manifest' ? 'protocol' : answer.kind)
  }
  if (chunk.index !== index) throw new ProviderFault('protocol')
  return chunk.bytes
}
