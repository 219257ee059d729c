/**
 * The exchange of one round: gossip for small objects, sync for whoever missed them, chunks for updates; over any
 * transport.
 *
 * In: my objects and updates, what peers send. Out: the same at every member that is connected, directly or through
 * others. Invariants: nothing of a peer's is trusted beyond its key; whatever a handler throws is an error of ours,
 * logged, and never a peer's fault; `stop()` leaves no timer and no stream behind.
 */
import { RoundError, messageOf } from '../core/errors.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { type Announcer, createAnnouncer } from './announcer.ts'
import { createAnnouncements, type Announcements } from './announcements.ts'
import { createFetcher, type Fetcher } from './chunk-fetch.ts'
import { type ChunkServer, createChunkServer } from './chunk-server.ts'
import type {
  Exchange,
  ExchangeEvent,
  ExchangeHandlers,
  ExchangeLimits,
  ExchangeModules,
  ExchangeOptions,
  ObjectVerdict,
  PublishResult,
} from './interface.ts'
import { completeLimits } from './limits.ts'
import { createPeerBounds, type PeerBounds } from './peer-bounds.ts'
import { createSyncClient } from './sync-client.ts'
import { createSyncSchedule, type SyncSchedule } from './sync-schedule.ts'
import { createSyncServer } from './sync-server.ts'
import { anySignal, createBell, createStopper } from './timers.ts'
import type { Transport, TransportHandlers } from './transport.ts'

export type ExchangeFault = {
  readonly code: 'OBJECT_TOO_LARGE'
  readonly sizeBytes: number
  readonly maxSizeBytes: number
}

/** Makes a transport from the same options: libp2p in a node, memory in tests. */
export type CreateTransport = (
  options: ExchangeOptions,
  limits: ExchangeLimits,
  modules: ExchangeModules,
) => Transport

/** What the parts below share. */
interface Parts {
  readonly options: ExchangeOptions
  readonly limits: ExchangeLimits
  readonly modules: ExchangeModules
  readonly handlers: ExchangeHandlers
  readonly transport: Transport
  readonly announcements: Announcements
  /** Digests of the updates that I hold and announce. */
  readonly mine: Map<string, Digest>
  readonly clockOffsets: Map<MemberIndex, number>
  readonly announcer: Announcer
  readonly schedule: SyncSchedule
  readonly fetcher: Fetcher
  readonly chunkServer: ChunkServer
  readonly stopping: AbortController
  readonly onEvent: (event: ExchangeEvent) => void
  readonly onObject: (bytes: Uint8Array, from: MemberIndex) => Promise<ObjectVerdict>
  readonly bounds: PeerBounds
}

/** The exchange over a given transport. Does nothing before `start()`. */
export function createExchange(
  options: ExchangeOptions,
  handlers: ExchangeHandlers,
  modules: ExchangeModules,
  createTransport: CreateTransport,
): Exchange {
  const parts = buildParts(options, handlers, modules, createTransport)
  const { transport, mine, schedule, stopping, announcements, announcer } = parts
  let running: Promise<unknown> | null = null
  return {
    start: async () => {
      if (running !== null) return
      running = Promise.resolve()
      await transport.start(transportHandlers(parts))
      running = schedule.run(stopping.signal)
    },
    stop: async () => {
      stopping.abort(new DOMException('the exchange was stopped', 'AbortError'))
      await transport.stop()
      await running
    },
    addresses: transport.addresses,
    paths: transport.paths,
    unreachable: transport.unreachable,
    traffic: () => ({ ...transport.wireBytes(), uploadedBytes: parts.chunkServer.uploadedBytes }),
    connectedMembers: transport.connected,
    clockOffsetsMs: () => parts.clockOffsets,
    publish: (bytes) => publish(bytes, parts),
    syncNow: async (member) => {
      const members = member === undefined ? transport.connected() : [member]
      await Promise.all(members.map(schedule.request))
    },
    announceUpdate: (digest) => {
      if (mine.size >= parts.limits.announceCountMax) return
      mine.set(digestKey(digest), digest)
      for (const member of transport.connected()) announcer.tell(member, [digest], false)
    },
    providersOf: (digest) => {
      const connected = new Set(transport.connected())
      return announcements.holders(digest).filter((member) => connected.has(member))
    },
    fetchUpdate: (fetching) =>
      parts.fetcher.fetch({
        ...fetching,
        signal: anySignal(fetching.signal, stopping.signal),
      }),
  }
}

function buildParts(
  options: ExchangeOptions,
  handlers: ExchangeHandlers,
  modules: ExchangeModules,
  createTransport: CreateTransport,
): Parts {
  const limits = completeLimits(options.limits)
  const transport = createTransport(options, limits, modules)
  const announcements = createAnnouncements(limits.announceCountMax)
  const clockOffsets = new Map<MemberIndex, number>()
  const stopping = createStopper()
  const onEvent = (event: ExchangeEvent) => guard(modules, () => handlers.onEvent?.(event))
  const onObject = guardObjects(handlers, limits, modules, onEvent)
  const bounds = createPeerBounds(limits, modules.clock.now, (member) =>
    onEvent({ type: 'peer-over-bounds', member }),
  )
  const client = createSyncClient({
    roundId: options.roundId,
    limits,
    transport,
    modules,
    listObjects: handlers.listObjects,
    onObject,
    mayHandOver: bounds.mayHandOver,
    onEvent,
    onClock: (member, offsetMs) => clockOffsets.set(member, offsetMs),
  })
  const connected = transport.connected
  const schedule = createSyncSchedule({
    client,
    connected,
    intervalMs: limits.syncIntervalMs,
    modules,
    onEvent,
  })
  const fetcher = createFetcher({
    transport,
    limits,
    now: modules.clock.now,
    onEvent,
    connected,
    announced: announcements.holders,
    changed: createBell(),
  })
  return {
    options,
    limits,
    modules,
    handlers,
    transport,
    announcements,
    mine: new Map(),
    clockOffsets,
    announcer: createAnnouncer({
      open: client.openAnnouncements,
      idleMs: limits.syncTimeoutMs,
      signal: stopping.signal,
      onFailed: (member, error) =>
        modules.log.debug('announcement failed', { member, reason: messageOf(error) }),
    }),
    schedule,
    fetcher,
    chunkServer: createChunkServer({ limits, modules, updateSource: handlers.updateSource }),
    stopping,
    onEvent,
    onObject,
    bounds,
  }
}

/** Runs a handler that only watches: what it throws is logged. */
function guard(modules: ExchangeModules, act: () => void): void {
  try {
    act()
  } catch (error) {
    modules.log.error('handler failed', { reason: messageOf(error) })
  }
}

/** The node's verdict; `ignore` for anything it throws, since an error of ours never punishes a peer. */
function guardObjects(
  handlers: ExchangeHandlers,
  limits: ExchangeLimits,
  modules: ExchangeModules,
  onEvent: (event: ExchangeEvent) => void,
): Parts['onObject'] {
  return async (bytes, from) => {
    // [REJECT] §10.5 An object has at most the size that every member reads.
    if (bytes.length > limits.objectSizeBytesMax) {
      onEvent({ type: 'object-refused', member: from, reason: 'too large' })
      return 'reject'
    }
    try {
      return await handlers.onObject(bytes, from)
    } catch (error) {
      modules.log.error('object could not be handled', { member: from, reason: messageOf(error) })
      return 'ignore'
    }
  }
}

function transportHandlers(parts: Parts): TransportHandlers {
  const { handlers, limits, modules, options, announcements, fetcher, schedule, onEvent } = parts
  const onAnnounced = (member: MemberIndex, updates: readonly Digest[], hint: boolean): void => {
    for (const digest of announcements.add(member, updates)) {
      guard(modules, () => handlers.onUpdateAnnounced?.(digest, member))
    }
    if (updates.length > 0) fetcher.refreshed(member)
    if (hint) void schedule.request(member)
  }
  return {
    protocols: [
      createSyncServer({ roundId: options.roundId, limits, handlers, modules, onAnnounced }),
      parts.chunkServer,
    ],
    // [REJECT] §10.4 Too much of one member's is dropped unread; what is good of it comes again by sync.
    onMessage: async (bytes, from) =>
      parts.bounds.mayHandOver(from, bytes.length) ? parts.onObject(bytes, from) : 'ignore',
    onConnected: (member) => {
      onEvent({ type: 'connected', member })
      guard(modules, () => handlers.onPeerConnected?.(member))
      fetcher.refreshed(member)
      void schedule.request(member)
      parts.announcer.tell(member, [...parts.mine.values()], false)
    },
    onDisconnected: (member) => {
      announcements.forget(member)
      parts.announcer.forget(member)
      parts.clockOffsets.delete(member)
      onEvent({ type: 'disconnected', member })
      guard(modules, () => handlers.onPeerDisconnected?.(member))
    },
    onEvent,
  }
}

async function publish(bytes: Uint8Array, parts: Parts): Promise<PublishResult> {
  const { limits, transport } = parts
  if (bytes.length > limits.objectSizeBytesMax) {
    const { objectSizeBytesMax: maxSizeBytes } = limits
    throw new RoundError<ExchangeFault>(
      { code: 'OBJECT_TOO_LARGE', sizeBytes: bytes.length, maxSizeBytes },
      `an object of ${bytes.length} bytes, at most ${maxSizeBytes} may be sent`,
    )
  }
  const isSmall = bytes.length <= limits.gossipSizeBytesMax
  const reached = new Set(isSmall ? await transport.broadcast(bytes) : [])
  const connected = transport.connected()
  if (isSmall && reached.size === 0 && connected.length > 0) {
    parts.onEvent({ type: 'gossip-silent', connected: connected.length })
  }
  // §10.5 Too large for gossip, or not subscribed yet: these members are told to pull.
  const others = connected.filter((member) => !reached.has(member))
  for (const member of others) parts.announcer.tell(member, [], true)
  return { recipients: reached.size + others.length }
}
