/**
 * One libp2p node with every setting that differs from libp2p's default, each with what happens without it.
 * In: roster, seed, addresses, what the operator chose. Out: a node that is not started.
 * Source: libp2p connection, noise and gossipsub v1.1 specifications; docs/PROTOCOL.md §10.
 */
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import nacl from 'tweetnacl'
import { gossipMover, type GossipMover } from './gossip-mover.ts'
import { gossipOptions } from './gossip-options.ts'
import type { ExchangeOptions } from './interface.ts'
import type { OnePort } from './one-port.ts'
import type { ProxyDialler } from './proxy-dialler.ts'
import { lanDiscovery, networkProtector, RELAYED_LISTEN, reachServices, relayTransport } from './reach.ts'
import type { RelayBounds } from './relay-bounds.ts'
import { rosterGate } from './roster-gate.ts'
import type { Roster } from './roster.ts'
import type { TrafficCounter } from './traffic.ts'
import type { TransportHandlers } from './transport.ts'

export type Node = Libp2p<{ pubsub: GossipSub; identify: unknown; gossipMover: GossipMover }>

/** Silent sockets hold a place for this long (10 s by default: ten of them then keep every member out). */
const UPGRADE_TIMEOUT_MS = 3_000
/** Places for connections that have not proved a key yet (10 by default). */
const PENDING_CONNECTION_COUNT_MAX = 256
/** Connections a second from one address (5 by default: the sixth site behind one address is refused). */
const INBOUND_CONNECTION_RATE_MAX = 128

export interface NodeParts {
  readonly traffic: TrafficCounter
  readonly proxied: ProxyDialler | null
  readonly relaying: RelayBounds
  readonly onePort: OnePort | null
  readonly onFound: (peer: PeerId, addresses: readonly string[]) => void
}

export function createNode(
  options: ExchangeOptions,
  roster: Roster,
  topic: string,
  handlers: TransportHandlers,
  { traffic, proxied, relaying, onePort, onFound }: NodeParts,
): Promise<Node> {
  const { secretKey } = nacl.sign.keyPair.fromSeed(options.seed)
  const { network = {} } = options
  return createLibp2p({
    start: false,
    metrics: traffic.metrics,
    // tweetnacl's 64 bytes (seed, public key) are what libp2p calls a raw Ed25519 key.
    privateKey: privateKeyFromRaw(secretKey),
    addresses: { listen: [...options.listen, ...(network.relay === 'use' ? [RELAYED_LISTEN] : [])] },
    transports: [onePort?.transport ?? tcp(), relayTransport()],
    ...(network.key === undefined ? {} : { connectionProtector: networkProtector(network.key) }),
    ...(network.mdns === true ? { peerDiscovery: [lanDiscovery(topic, onFound)] } : {}),
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: {
      ...rosterGate(roster, handlers, network.relay === 'serve' ? relaying : null),
      // Where there is a proxy nothing is dialled around it, whoever asks: discovery, hole punching, a relay.
      denyDialMultiaddr: (address) => proxied?.isAround(address.toString()) === true,
    },
    connectionManager: {
      inboundUpgradeTimeout: UPGRADE_TIMEOUT_MS,
      maxIncomingPendingConnections: PENDING_CONNECTION_COUNT_MAX,
      inboundConnectionThreshold: INBOUND_CONNECTION_RATE_MAX,
      allow: hostsOf(options),
      // Our own loop dials for ever; libp2p's gives up after five tries.
      reconnectRetries: 0,
    },
    // Notices a member that froze (123–148 s without it), and is patient with one whose machine is busy.
    connectionMonitor: {
      pingInterval: 10_000,
      pingTimeout: { minTimeout: 10_000 },
      abortConnectionOnPingFailure: true,
    },
    services: {
      identify: identify(),
      pubsub: gossipsub(gossipOptions(topic)),
      gossipMover,
      ...reachServices(network),
    },
  })
}

/** Hosts of the members' known addresses: never refused for want of a place. */
function hostsOf({ peers }: ExchangeOptions): string[] {
  const hosts = [...peers.values()].flat().flatMap((text) => /^\/ip[46]\/[^/]+/.exec(text)?.[0] ?? [])
  return [...new Set(hosts)]
}
