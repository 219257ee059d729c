/**
 * The transport over libp2p: TCP, Noise, yamux, identify, gossipsub. The only place that holds a libp2p node (`libp2p-node.ts` makes it).
 *
 * In: the roster, my seed, addresses. Out: authenticated members and nobody else.
 * Invariants: whoever is connected proved one of the roster's keys (both directions); every stream, message and queue is
 * bounded; a lost member is dialled for ever.
 * Source: libp2p connection, noise and gossipsub v1.1 specifications; docs/PROTOCOL.md §10.
 */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { IdentifyResult, PeerId, Stream } from '@libp2p/interface'
import { assert, isRoundError, messageOf } from '../core/errors.ts'
import { toHex } from '../core/bytes.ts'
import type { MemberIndex } from '../core/order.ts'
import type { ExchangeLimits, ExchangeModules, ExchangeOptions, ObjectVerdict } from './interface.ts'
import { wrapStream } from './libp2p-stream.ts'
import { INBOUND_STREAM_COUNT_MAX, RELAYED_BYTES_MAX, REQUEST_QUEUE_BYTES_MAX } from './limits.ts'
import { dialAddress, RELAY_PROTOCOL, relayOf, throughRelay } from './reach.ts'
import { createHolePuncher, PUNCH_PROTOCOL } from './hole-punch.ts'
import { leaveRelays } from './gossip-mover.ts'
import { createNode, type Node } from './libp2p-node.ts'
import { keepConnected } from './member-dialler.ts'
import { createOnePort } from './one-port.ts'
import { createPaths, type Paths } from './paths.ts'
import { createProxyDialler } from './proxy-dialler.ts'
import { SSDP_GROUP } from './igd.ts'
import { openRouterPort, type RouterPort } from './router-port.ts'
import { createRelayBounds } from './relay-bounds.ts'
import { buildRoster, type Roster } from './roster.ts'
import { createBell, createStopper, withDeadline } from './timers.ts'
import { closedError } from './frames.ts'
import type { UnreachableReason } from './unreachable.ts'
import { createTrafficCounter } from './traffic.ts'
import { listenFailed } from './transport-errors.ts'
import { type FrameStream, type Transport, transportError, type TransportHandlers } from './transport.ts'

const VERDICTS = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
} as const satisfies Record<ObjectVerdict, TopicValidatorResult>

export function createLibp2pTransport(
  options: ExchangeOptions,
  limits: ExchangeLimits,
  modules: ExchangeModules,
): Transport {
  const roster = buildRoster(options.members)
  const topic = `oneround/1/${toHex(options.roundId)}`
  const changed = createBell()
  const stopping = createStopper()
  const relaying = createRelayBounds({
    bytesMax: options.network?.relayedBytesMax ?? RELAYED_BYTES_MAX,
    memberOf: (stream) => {
      const connection = node?.getConnections().find(({ streams }) => streams.includes(stream))
      return connection === undefined ? null : roster.memberOf(connection.remotePeer)
    },
    onOver: (member) => overRelayed(member),
  })
  let overRelayed: (member: MemberIndex) => void = () => undefined
  const traffic = createTrafficCounter(relaying.watch)
  const reasons = new Map<MemberIndex, UnreachableReason>()
  /** Connected members that have said what they speak. */
  const identified = new Set<MemberIndex>()
  const discovered = new Map<MemberIndex, readonly string[]>()
  const { proxy } = options.network ?? {}
  const proxied = proxy === undefined ? null : createProxyDialler(proxy)
  // Who is behind a router dials from one port; through a proxy there is no hole to punch.
  const onePort = options.network?.relay === 'use' && proxied === null ? createOnePort(modules.rng) : null
  let node: Node | null = null

  const others = options.members.map((_, member) => member).filter((member) => member !== options.me)
  let onPath: TransportHandlers['onEvent'] = () => undefined
  const paths = createPaths({
    connectionsOf: (member) => node?.getConnections(roster.peerOf(member)) ?? [],
    roster,
    onPath: (path) => {
      onPath({ type: 'path', ...path })
      if (path.relayedBy !== null) puncher.noteRelayed(path.member)
    },
  })
  const isConnected = (member: MemberIndex): boolean => paths.connectionTo(member) !== null

  let routerPort: RouterPort | null = null
  const openTo: Transport['open'] = async (member, protocol, opening) => {
    try {
      const stream = await openStream(node, roster, paths, { member, protocol, opening })
      reasons.delete(member)
      return stream
    } catch (error) {
      // Who does not punch holes still takes part in rounds.
      if (isRoundError(error, 'PROTOCOL_UNKNOWN') && protocol !== PUNCH_PROTOCOL)
        reasons.set(member, 'other-version')
      throw error
    }
  }
  const puncher = createHolePuncher({
    me: options.me,
    open: openTo,
    isRelayed: (member) => typeof paths.to(member)?.relayedBy === 'number',
    mine: () => ({
      open: [routerPort?.address() ?? []].flat(),
      punched: onePort?.seenFrom() ?? [],
    }),
    dial: async (member, addresses, begins, signal) => {
      const targets = addresses.map((address) => dialAddress(address, roster.peerOf(member)))
      const dial = async (): Promise<unknown> => node?.dial(targets, { signal, force: true })
      await (begins === null ? dial() : onePort?.whilePunching(addresses, begins, dial))
    },
    modules,
    signal: stopping.signal,
  })

  const start = async (handlers: TransportHandlers): Promise<void> => {
    overRelayed = (member) => handlers.onEvent({ type: 'relay-over-bounds', member })
    onPath = handlers.onEvent
    const onFound = (peer: PeerId, addresses: readonly string[]): void => {
      const member = roster.memberOf(peer)
      if (member === null || member === options.me) return
      discovered.set(member, addresses)
      changed.ring()
    }
    const created = await createNode(options, roster, topic, handlers, {
      traffic,
      proxied,
      relaying,
      onePort,
      onFound,
    })
    wireEvents(created, roster, topic, handlers, { onChanged: changed.ring, paths })
    created.addEventListener('peer:disconnect', ({ detail }) => {
      identified.delete(roster.memberOf(detail) ?? -1)
    })
    for (const protocol of [...handlers.protocols, puncher.protocol])
      await serveProtocol(created, protocol, roster, stopping.signal, modules)
    try {
      await created.start()
    } catch (cause) {
      await created.stop()
      throw listenFailed(options.listen, cause)
    }
    node = created
    if (options.network?.upnp === true) {
      routerPort = openRouterPort({
        search: options.network.routerSearch ?? SSDP_GROUP,
        listening: () => created.getMultiaddrs().map(String),
        onWord: (word) => handlers.onEvent({ type: 'router', ...word }),
        rng: modules.rng,
      })
    }
    // What a member speaks is known only now: whether it relays, for those who wait for one that does.
    created.addEventListener('peer:identify', ({ detail }) => {
      const member = roster.memberOf(detail.peerId)
      if (member !== null) identified.add(member)
      onePort?.noteIdentified(detail)
      if (detail.observedAddr !== undefined) routerPort?.noteSeen(detail.observedAddr.toString())
      // It stands at both ends: what else there is goes over it from now on.
      if (relayOf(detail.connection.remoteAddr.toString()) === null)
        void leaveRelays(created, detail.connection, created.services.gossipMover)
      changed.ring()
    })
    for (const event of ['connection:open', 'connection:close'] as const) {
      created.addEventListener(event, ({ detail }) =>
        paths.noteChange(roster.memberOf(detail.remotePeer) ?? -1),
      )
    }
    created.services.pubsub.subscribe(topic)
    for (const member of others) {
      void keepConnected(member, {
        options,
        limits,
        modules,
        roster,
        handlers,
        proxied,
        dial: (addresses, settings) => created.dial(addresses, settings),
        isConnected,
        isIdentified: (each) => identified.has(each),
        discovered: (each) => discovered.get(each) ?? [],
        relayed: relayedAddresses,
        setReason: (each, reason) => reasons.set(each, reason),
        changed,
        signal: stopping.signal,
      })
    }
  }
  /** Through every member that I am connected to directly and that says it relays. */
  const relayedAddresses = async (member: MemberIndex): Promise<readonly string[]> => {
    const near = others.filter((other) => other !== member && paths.to(other)?.relayedBy === null)
    const relays: PeerId[] = []
    for (const other of near) {
      const known = await node?.peerStore.get(roster.peerOf(other)).catch(() => null)
      if (known?.protocols.includes(RELAY_PROTOCOL) === true) relays.push(roster.peerOf(other))
    }
    return relays.map((relay) => throughRelay(relay, roster.peerOf(member)))
  }
  return {
    start,
    stop: async () => {
      stopping.abort()
      await routerPort?.stop()
      await node?.stop()
      node = null
    },
    addresses: () => (node === null ? [] : node.getMultiaddrs().map(String)),
    connected: () => others.filter(isConnected),
    wireBytes: traffic.wireBytes,
    unreachable: () =>
      new Map([...reasons].filter(([member, why]) => isConnected(member) === (why === 'other-version'))),
    paths: () => others.flatMap((member) => paths.to(member) ?? []),
    broadcast: async (bytes) => {
      // Before the start and after the end there is nobody; sync hands it on.
      if (node === null) return []
      const { recipients } = await node.services.pubsub.publish(topic, bytes)
      return recipients.flatMap((peer) => roster.memberOf(peer) ?? [])
    },
    open: openTo,
  }
}

function wireEvents(
  node: Node,
  roster: Roster,
  topic: string,
  handlers: TransportHandlers,
  { onChanged, paths }: { readonly onChanged: () => void; readonly paths: Paths },
): void {
  node.addEventListener('peer:connect', ({ detail }) => {
    const member = roster.memberOf(detail)
    onChanged()
    if (member === null) return
    paths.noteChange(member)
    handlers.onConnected(member)
  })
  node.addEventListener('peer:disconnect', ({ detail }) => {
    const member = roster.memberOf(detail)
    onChanged()
    if (member !== null) handlers.onDisconnected(member)
  })
  node.services.pubsub.topicValidators.set(topic, async (peer, message) => {
    const member = roster.memberOf(peer)
    return member === null ? VERDICTS.reject : VERDICTS[await handlers.onMessage(message.data, member)]
  })
}

async function serveProtocol(
  node: Node,
  protocol: TransportHandlers['protocols'][number],
  roster: Roster,
  signal: AbortSignal,
  { log }: ExchangeModules,
): Promise<void> {
  const serve = async (stream: Stream, peer: PeerId): Promise<void> => {
    const member = roster.memberOf(peer)
    assert(member !== null, 'the gate lets members in only')
    const frames = wrapStream(stream, member, REQUEST_QUEUE_BYTES_MAX)
    try {
      await protocol.serve(frames, signal)
      await frames.close()
    } catch (error) {
      log.debug('stream ended', { member, protocol: protocol.id, reason: messageOf(error) })
      frames.abort()
    }
  }
  await node.handle(protocol.id, (stream, connection) => serve(stream, connection.remotePeer), {
    maxInboundStreams: INBOUND_STREAM_COUNT_MAX,
  })
}

interface Opening {
  readonly member: MemberIndex
  readonly protocol: string
  readonly opening: Parameters<Transport['open']>[2]
}

async function openStream(
  node: Node | null,
  roster: Roster,
  paths: Paths,
  { member, protocol, opening: { bufferSizeBytesMax, signal } }: Opening,
): Promise<FrameStream> {
  const connection = paths.connectionTo(member)
  if (connection === null) {
    throw transportError({ code: 'MEMBER_DISCONNECTED', member }, `member ${member} is not connected`)
  }
  try {
    return wrapStream(await connection.newStream(protocol, { signal }), member, bufferSizeBytesMax)
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof Error && cause.name === 'UnsupportedProtocolError') {
      const spoken = await protocolsOf(node, roster.peerOf(member), signal)
      throw transportError(
        { code: 'PROTOCOL_UNKNOWN', member, protocol, spoken },
        `member ${member} does not speak ${protocol}; it speaks ${spoken.join(', ') || 'no protocol of this program'}`,
        {
          cause,
          hint: 'Its node has another version of this program: all members of a round need the same.',
        },
      )
    }
    throw closedError(member, cause)
  }
}

/** A member says what it speaks soon after it connected; one that never does is named without it. */
const IDENTIFY_WAIT_MS = 2_000

/** The protocols of this program that a member says to speak, in any version. */
async function protocolsOf(node: Node | null, peer: PeerId, signal: AbortSignal): Promise<readonly string[]> {
  const read = async (): Promise<readonly string[]> => {
    const known = await node?.peerStore.get(peer).catch(() => null)
    const ids = (known?.protocols ?? []).filter((id) => /^\/oneround\/[a-z]{1,16}\/[0-9]{1,4}$/.test(id))
    return ids.sort().slice(0, 16)
  }
  const said = await read()
  if (said.length > 0 || node === null) return said
  await withDeadline(IDENTIFY_WAIT_MS, signal, (deadline) => identified(node, peer, deadline)).catch(
    () => undefined,
  )
  return read()
}

/** Until the member has said what it speaks. Leaves nothing at the node, which outlives the wait by far. */
function identified(node: Node, peer: PeerId, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      node.removeEventListener('peer:identify', onIdentify)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
      if (detail.peerId.equals(peer)) settle(resolve)
    }
    const onAbort = (): void => settle(() => reject(signal.reason as Error))
    node.addEventListener('peer:identify', onIdentify)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
