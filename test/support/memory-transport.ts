/**
 * A network in memory with the exchange's transport interface: the same protocols run on it as on libp2p. Links can be
 * cut; whoever is not in the roster is nobody. Messages go to direct neighbours and are passed on by whoever accepts
 * them, as gossip does.
 */
import { toHex } from '../../src/core/bytes.ts'
import { sha256 } from '../../src/core/hash.ts'
import type { MemberIndex } from '../../src/core/order.ts'
import { closedError, createFrameReader, lengthPrefix } from '../../src/exchange/frames.ts'
import type { ExchangeOptions } from '../../src/exchange/interface.ts'
import { REQUEST_QUEUE_BYTES_MAX } from '../../src/exchange/limits.ts'
import { createStopper } from '../../src/exchange/timers.ts'
import {
  type FrameStream,
  type Transport,
  transportError,
  type TransportHandlers,
} from '../../src/exchange/transport.ts'

interface Port {
  readonly member: MemberIndex
  /** Messages stay within a round, as within a gossip topic. */
  readonly topic: string
  readonly handlers: TransportHandlers
  readonly seen: Set<string>
  readonly stopping: AbortController
  /** Ends of streams, by the member at the other side. */
  readonly streams: Map<MemberIndex, Set<() => void>>
}

export interface MemoryNetwork {
  readonly createTransport: (options: ExchangeOptions) => Transport
  readonly cut: (a: MemberIndex, b: MemberIndex) => void
  readonly mend: (a: MemberIndex, b: MemberIndex) => void
}

export function createMemoryNetwork(): MemoryNetwork {
  const ports = new Map<MemberIndex, Port>()
  const cuts = new Set<string>()
  const linkOf = (a: MemberIndex, b: MemberIndex) => `${Math.min(a, b)} ${Math.max(a, b)}`
  const neighbours = (member: MemberIndex): readonly Port[] =>
    [...ports.values()].filter((port) => port.member !== member && !cuts.has(linkOf(member, port.member)))

  const deliver = async (to: Port, bytes: Uint8Array, from: MemberIndex): Promise<void> => {
    const key = toHex(sha256(bytes))
    if (to.seen.has(key)) return
    to.seen.add(key)
    if ((await to.handlers.onMessage(bytes, from)) !== 'accept') return
    for (const next of neighbours(to.member))
      if (next.topic === to.topic) void deliver(next, bytes, to.member)
  }
  const disconnect = (a: MemberIndex, b: MemberIndex): void => {
    const [one, other] = [ports.get(a), ports.get(b)]
    if (!one || !other) return
    for (const end of [...(one.streams.get(b) ?? []), ...(other.streams.get(a) ?? [])]) end()
    one.handlers.onDisconnected(b)
    other.handlers.onDisconnected(a)
  }
  const connect = (a: MemberIndex, b: MemberIndex): void => {
    const [one, other] = [ports.get(a), ports.get(b)]
    if (!one || !other || cuts.has(linkOf(a, b))) return
    one.handlers.onConnected(b)
    other.handlers.onConnected(a)
  }
  return {
    cut: (a, b) => {
      if (cuts.has(linkOf(a, b))) return
      cuts.add(linkOf(a, b))
      disconnect(a, b)
    },
    mend: (a, b) => {
      if (cuts.delete(linkOf(a, b))) connect(a, b)
    },
    createTransport: ({ me, members, roundId }) => {
      const topic = toHex(roundId)
      const mine = (): Port => {
        const port = ports.get(me)
        if (!port) throw new Error('the transport was started')
        return port
      }
      return {
        start: async (handlers) => {
          ports.set(me, {
            member: me,
            topic,
            handlers,
            seen: new Set(),
            stopping: createStopper(),
            streams: new Map(),
          })
          for (const port of neighbours(me)) connect(me, port.member)
        },
        stop: async () => {
          const port = ports.get(me)
          if (!port) return
          port.stopping.abort()
          for (const { member } of neighbours(me)) disconnect(me, member)
          ports.delete(me)
        },
        addresses: () => [],
        // There is no wire.
        wireBytes: () => ({ sentBytes: 0, receivedBytes: 0 }),
        paths: () => [],
        unreachable: () => new Map(),
        connected: () =>
          members
            .map((_, member) => member)
            .filter((member) => neighbours(me).some((p) => p.member === member)),
        broadcast: async (bytes) => {
          ports.get(me)?.seen.add(toHex(sha256(bytes)))
          if (!ports.has(me)) return []
          const reached = neighbours(me).filter((port) => port.topic === topic)
          for (const port of reached) void deliver(port, bytes, me)
          return reached.map(({ member }) => member)
        },
        open: async (member, protocol, { bufferSizeBytesMax }) => {
          const server = neighbours(me).find((port) => port.member === member)
          if (!server)
            throw transportError({ code: 'MEMBER_DISCONNECTED', member }, `member ${member} is away`)
          const found = server.handlers.protocols.find(({ id }) => id === protocol)
          if (!found) {
            throw transportError(
              { code: 'PROTOCOL_UNKNOWN', member, protocol, spoken: [] },
              `member ${member}: ${protocol}?`,
            )
          }
          const [near, far] = createPair(mine(), server, bufferSizeBytesMax)
          void found.serve(far, server.stopping.signal).then(far.close, far.abort)
          return near
        },
      }
    },
  }
}

function createPair(
  client: Port,
  server: Port,
  bufferSizeBytesMax: number,
): readonly [FrameStream, FrameStream] {
  const toServer = createFrameReader(client.member, REQUEST_QUEUE_BYTES_MAX)
  const toClient = createFrameReader(server.member, bufferSizeBytesMax)
  let isOpen = true
  const end = (): void => {
    isOpen = false
    toServer.end(new Error('cut'))
    toClient.end(new Error('cut'))
  }
  for (const [port, other] of [
    [client, server],
    [server, client],
  ] as const) {
    const ends = port.streams.get(other.member) ?? new Set()
    port.streams.set(other.member, ends.add(end))
  }
  const side = (member: MemberIndex, inbox: typeof toServer, outbox: typeof toServer): FrameStream => ({
    member,
    send: async (frame, signal, head = new Uint8Array()) => {
      signal.throwIfAborted()
      if (!isOpen) throw closedError(member, undefined)
      const isFine =
        outbox.push(lengthPrefix(head.length + frame.length)) &&
        outbox.push(head) &&
        outbox.push(frame.slice())
      if (!isFine) end()
    },
    receive: inbox.receive,
    close: async () => outbox.end(),
    abort: end,
  })
  return [side(server.member, toClient, toServer), side(client.member, toServer, toClient)]
}
