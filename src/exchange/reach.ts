/**
 * How members find and reach each other where a plain dial does not do: a key of the network, relays, hole punching,
 * discovery on a LAN, ports opened at a router. In: what the operator chose. Out: what of libp2p that takes. Whatever the
 * way, who is at its end proves a key of the roster by Noise, and a relay sees bytes that it cannot read.
 * Source: libp2p pre-shared key v1, circuit relay v2 specifications; RFC 6762 (mDNS).
 */
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { PeerDiscovery, PeerId } from '@libp2p/interface'
import { mdns, type MulticastDNSComponents } from '@libp2p/mdns'
import { preSharedKey } from '@libp2p/pnet'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { utf8 } from '../core/bytes.ts'
import type { NetworkOptions } from './interface.ts'

/** Reservations that a relaying member gives at most: one for each other member of the largest consortium. */
const RESERVATION_COUNT_MAX = 64
/** Members that a node behind a router asks for a reservation at the same time. */
const RESERVATION_CONCURRENCY = 2
const MDNS_INTERVAL_MS = 10_000
/** Anybody on the LAN may claim addresses for a member: so many are tried, the last that were heard. */
const LAN_ADDRESS_COUNT_MAX = 8

const RELAYED = /\/p2p\/([^/]+)\/p2p-circuit/

/** What a member speaks that relays (circuit relay v2, hop). */
export const RELAY_PROTOCOL = '/libp2p/circuit/relay/0.2.0/hop'

/** Listens where others reach it through whoever relays. */
export const RELAYED_LISTEN = '/p2p-circuit'

/** The peer that an address goes through, or null for a direct one. */
export const relayOf = (address: string): string | null => RELAYED.exec(address)?.[1] ?? null

/** To a member through another that may relay. */
export const throughRelay = (relay: PeerId, target: PeerId): string =>
  `/p2p/${relay.toString()}/p2p-circuit/p2p/${target.toString()}`

/** A configured address with the key that must answer there: the charter's, whatever the address says. */
export function dialAddress(text: string, peer: PeerId): Multiaddr {
  if (relayOf(text) !== null) return multiaddr(text)
  return multiaddr(`${text.replace(/\/p2p\/[^/]+$/, '')}/p2p/${peer.toString()}`)
}

/** The transport that dials through relays, and listens through them where it is told to. */
export const relayTransport = (): ReturnType<typeof circuitRelayTransport> =>
  circuitRelayTransport({ reservationConcurrency: RESERVATION_CONCURRENCY })

/** Relaying for others. */
export function reachServices({ relay }: NetworkOptions): {
  readonly relay?: ReturnType<typeof circuitRelayServer>
} {
  if (relay !== 'serve') return {}
  return {
    relay: circuitRelayServer({
      // The default limit ends a connection after two minutes or 128 KiB: no update would come through.
      reservations: { applyDefaultLimit: false, maxReservations: RESERVATION_COUNT_MAX },
    }),
  }
}

const TCP_ADDRESS = /^\/ip4\/(\d+)\.(\d+)\.\d+\.\d+\/tcp\/\d+(?=\/p2p\/|$)/

/**
 * The IPv4 and TCP part of an address that others may reach from anywhere; null for one of a site's own network, of a provider's
 * inner one, of this machine or a group (RFC 1918, 6598, 3927, 1122, 5771), and for anything else.
 */
export function publicTcpAddress(text: string): string | null {
  const [address, first, second] = TCP_ADDRESS.exec(text) ?? []
  if (address === undefined) return null
  const [a, b] = [Number(first), Number(second)]
  const isInner =
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168)
  return isInner ? null : address
}

/**
 * Others on this LAN, by multicast, of this consortium's round alone. An answer proves nothing: whoever is dialled for it does.
 * libp2p tells of a peer once in a node's life; a member that comes back at another address must be heard again.
 */
export const lanDiscovery =
  (
    topic: string,
    onFound: (peer: PeerId, addresses: readonly string[]) => void,
  ): ((components: MulticastDNSComponents) => PeerDiscovery) =>
  (components) => {
    const serviceTag = `${topic.replaceAll(/[^a-z0-9]/g, '').slice(0, 40)}.local`
    const discovery = mdns({ interval: MDNS_INTERVAL_MS, serviceTag })(components)
    discovery.addEventListener('peer', ({ detail }) => {
      onFound(detail.id, detail.multiaddrs.slice(0, LAN_ADDRESS_COUNT_MAX).map(String))
    })
    return discovery
  }

/**
 * Encrypts every connection once more, with the network's key: who lacks it cannot even begin to speak, roster or not.
 * @param key — 32 bytes
 */
export function networkProtector(key: Uint8Array): ReturnType<typeof preSharedKey> {
  const hex = Buffer.from(key).toString('hex')
  return preSharedKey({ psk: utf8(`/key/swarm/psk/1.0.0/\n/base16/\n${hex}`) })
}
