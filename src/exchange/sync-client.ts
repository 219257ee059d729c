/**
 * The asking side of `/oneround/sync/1`: pull from one member whatever it lists and I lack.
 *
 * Gossip alone does not reach members that join late or were cut off; this does. A list may lie: what it names and does
 * not deliver costs one request, what it delivers is checked like any other object. Objects that were rejected are not
 * asked of the same member again, but of others: digests in a list are claims, and a liar must not be able to put a good
 * digest on a bad object and so keep the object from me.
 */
import { describeDecodeFault } from '../core/canonical.ts'
import { type Digest, digestKey, type RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { ExchangeEvent, ExchangeLimits, ExchangeModules, ObjectVerdict } from './interface.ts'
import { summaryOf } from './sync-server.ts'
import {
  BATCH_SIZE_BYTES_MAX,
  GET_COUNT_MAX,
  OBJECT_FRAME_EXTRA_BYTES,
  SYNC_PROTOCOL,
  type SyncReply,
  syncReplyCodec,
  type SyncRequest,
  syncRequestCodec,
} from './sync-messages.ts'
import { withDeadline } from './timers.ts'
import { type FrameStream, type Transport, violation } from './transport.ts'

/** Rejected digests remembered for each member: beyond that it is asked again, which costs it more than me. */
const REJECTED_COUNT_MAX = 4_096

export interface SyncClientOptions {
  readonly roundId: RoundId
  readonly limits: ExchangeLimits
  readonly transport: Transport
  readonly modules: ExchangeModules
  readonly listObjects: () => readonly Digest[]
  readonly onObject: (bytes: Uint8Array, from: MemberIndex) => Promise<ObjectVerdict>
  readonly mayHandOver: (member: MemberIndex, sizeBytes: number) => boolean
  readonly onEvent: (event: ExchangeEvent) => void
  /** The member's clock less mine. */
  readonly onClock: (member: MemberIndex, offsetMs: number) => void
}

export interface SyncClient {
  /** @returns how many objects came @throws TransportFault and deadlines */
  readonly pull: (member: MemberIndex, signal: AbortSignal) => Promise<number>
  /** A stream for telling a member what I hold, as often as there is something to tell. */
  readonly openAnnouncements: (member: MemberIndex, signal: AbortSignal) => Promise<AnnounceStream>
}

export interface AnnounceStream {
  /** Returns when it is on its way. @throws TransportFault and deadlines */
  readonly announce: (updates: readonly Digest[], hint: boolean, signal: AbortSignal) => Promise<void>
  readonly close: () => void
  readonly abort: () => void
}

interface Conversation {
  readonly stream: FrameStream
  readonly ask: (request: SyncRequest) => Promise<void>
  readonly next: () => Promise<SyncReply>
}

export function createSyncClient(options: SyncClientOptions): SyncClient {
  const { limits, transport } = options
  const codec = syncReplyCodec(limits.objectSizeBytesMax)
  const rejected = new Map<MemberIndex, Set<string>>()
  const bufferSizeBytesMax = 2 * BATCH_SIZE_BYTES_MAX + 2 * codec.maxSizeBytes + OBJECT_FRAME_EXTRA_BYTES

  const open = (member: MemberIndex, signal: AbortSignal): Promise<FrameStream> =>
    withDeadline(limits.syncTimeoutMs, signal, (deadline) =>
      transport.open(member, SYNC_PROTOCOL, { bufferSizeBytesMax, signal: deadline }),
    )
  const talk = async <T>(
    member: MemberIndex,
    signal: AbortSignal,
    act: (conversation: Conversation) => Promise<T>,
  ): Promise<T> => {
    const within = <R>(work: (deadline: AbortSignal) => Promise<R>) =>
      withDeadline(limits.syncTimeoutMs, signal, work)
    const stream = await open(member, signal)
    try {
      const result = await act({
        stream,
        ask: (request) => within((deadline) => stream.send(syncRequestCodec.encode(request), deadline)),
        next: async () => {
          const bytes = await within((deadline) => stream.receive(codec.maxSizeBytes, deadline))
          if (bytes === null) throw violation(member, 'the stream ended before the answer')
          const decoded = codec.decode(bytes)
          if (!decoded.ok) throw violation(member, `sync reply: ${describeDecodeFault(decoded.fault)}`)
          return decoded.value
        },
      })
      // Not waited for: what was sent leaves in the background, and a frozen peer must not hold a place.
      void stream.close()
      return result
    } catch (error) {
      stream.abort()
      throw error
    }
  }
  const refusedBy = (member: MemberIndex): Set<string> => {
    const found = rejected.get(member) ?? new Set<string>()
    rejected.set(member, found)
    return found
  }
  return {
    pull: (member, signal) =>
      talk(member, signal, async (conversation) => {
        const listed = await askList(conversation, member, options)
        return listed.size === 0 ? 0 : pullObjects(conversation, listed, refusedBy(member), options)
      }),
    openAnnouncements: async (member, signal) => {
      const stream = await open(member, signal)
      return {
        announce: (updates, hint, outer) => {
          const told: SyncRequest = { kind: 'announce', round: options.roundId, updates: [...updates], hint }
          return withDeadline(limits.syncTimeoutMs, outer, (deadline) =>
            stream.send(syncRequestCodec.encode(told), deadline),
          )
        },
        close: () => void stream.close(),
        abort: stream.abort,
      }
    },
  }
}

async function askList(
  { ask, next }: Conversation,
  member: MemberIndex,
  options: SyncClientOptions,
): Promise<Map<string, Digest>> {
  const { clock } = options.modules
  const listed = new Map<string, Digest>()
  const askedAtMs = clock.now()
  await ask({ kind: 'list', round: options.roundId, summary: summaryOf(options.listObjects()) })
  for (let isFirst = true; ; isFirst = false) {
    const reply = await next()
    if (reply.kind === 'other-round') {
      options.onEvent({ type: 'other-round', member })
      return listed
    }
    if (reply.kind !== 'same' && reply.kind !== 'digests') {
      throw violation(member, `a list expected, ${reply.kind} found`)
    }
    if (isFirst) options.onClock(member, reply.clockMs - (askedAtMs + clock.now()) / 2)
    if (reply.kind === 'same') return listed
    for (const digest of reply.digests) listed.set(digestKey(digest), digest)
    // [REJECT] §10.6 A list names at most as many objects as a round can have.
    if (listed.size > options.limits.objectCountMax)
      throw violation(member, 'lists more objects than can exist')
    if (reply.isLast) return listed
    if (reply.digests.length === 0) throw violation(member, 'an empty page in the middle of a list')
  }
}

async function pullObjects(
  conversation: Conversation,
  wanted: Map<string, Digest>,
  rejected: Set<string>,
  options: SyncClientOptions,
): Promise<number> {
  let received = 0
  for (const key of rejected) wanted.delete(key)
  for (;;) {
    // Other members and gossip bring objects meanwhile.
    for (const digest of options.listObjects()) wanted.delete(digestKey(digest))
    const batch = [...wanted.values()].slice(0, GET_COUNT_MAX)
    if (batch.length === 0) return received
    await conversation.ask({ kind: 'get', digests: batch })
    const came = await receiveBatch(conversation, new Set(batch.map(digestKey)), rejected, options)
    received += came.keys.size
    for (const key of came.keys) wanted.delete(key)
    if (came.isWhole) for (const digest of batch) wanted.delete(digestKey(digest))
    else if (came.keys.size === 0)
      throw violation(conversation.stream.member, 'an empty batch that is not whole')
  }
}

async function receiveBatch(
  { next, stream: { member } }: Conversation,
  asked: ReadonlySet<string>,
  rejected: Set<string>,
  options: SyncClientOptions,
): Promise<{ readonly keys: ReadonlySet<string>; readonly isWhole: boolean }> {
  const keys = new Set<string>()
  for (;;) {
    const reply = await next()
    if (reply.kind === 'end') return { keys, isWhole: reply.isWhole }
    if (reply.kind !== 'object') throw violation(member, `an object expected, ${reply.kind} found`)
    const key = digestKey(reply.digest)
    if (!asked.has(key) || keys.has(key)) throw violation(member, 'an object that was not asked for')
    keys.add(key)
    if (!options.mayHandOver(member, reply.bytes.length))
      throw violation(member, 'more objects than it may hand over')
    const verdict = await options.onObject(reply.bytes, member)
    if (verdict !== 'reject') continue
    options.onEvent({ type: 'object-refused', member, reason: 'rejected by the node' })
    if (rejected.size < REJECTED_COUNT_MAX) rejected.add(key)
  }
}
