/**
 * All that a node behind a router dials goes out from one port of its own, so that the router's public port for it is one, too, and
 * others can be told of it: what hole punching over TCP (`hole-punch.ts`) needs. libp2p dials each connection from another port, and for that reason
 * takes no notice of what others see of it.
 *
 * In: libp2p's TCP transport. Out: the same, and the public addresses that members see it dial from.
 * Invariant: where the port is not to be had (another system's rules, a connection that has just ended) the dial goes out from
 * any other, as it would have: then nothing can be punched, and relays go on.
 * Source: libp2p hole punching specification; Ford, Srisuresh and Kegel 2005, § 4 (one local port, simultaneous open);
 * RFC 9293 § 3.5.
 */
import type { Connection, IdentifyResult, Transport, Upgrader } from '@libp2p/interface'
import { tcp, type TCPComponents } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Rng } from '../core/ports.ts'
import { publicTcpAddress } from './reach.ts'
import { spread } from './redial.ts'
import { pause } from './timers.ts'

/** Dynamic ports (RFC 6335 § 6) less those that Linux gives out by itself at first. */
const FIRST_PORT = 49_152
const PORT_COUNT = 16_384
/** Ports that are tried when somebody else has the first. */
const PORT_TRY_COUNT = 4
/** Between two calls to where nobody answers yet: short, so that both sides are nearly always calling. */
const PUNCH_PAUSE_MS = 20
const PORT_TAKEN = new Set(['EADDRINUSE', 'EADDRNOTAVAIL'])

export interface OnePort {
  readonly transport: (components: TCPComponents) => Transport
  /** To be called with what a member said of itself, and of us. */
  readonly noteIdentified: (said: IdentifyResult) => void
  /** Where members see it dial from, public addresses only, in the order in which they were seen; none once all that it dialled is gone. */
  readonly seenFrom: () => readonly string[]
  /** While it lasts, dials of these addresses are tried again when refused, and one side of the two begins. */
  readonly whilePunching: <T>(
    addresses: readonly string[],
    begins: boolean,
    act: () => Promise<T>,
  ) => Promise<T>
}

export function createOnePort(rng: Rng): OnePort {
  const live = new Set<Connection>()
  let port: number | null = null
  const seen = new Set<string>()
  const punched = new Map<string, boolean>()
  const noteDialled = (connection: Connection, from: number): void => {
    port = from
    live.add(connection)
    connection.addEventListener('close', () => {
      live.delete(connection)
      if (live.size > 0) return
      // The router forgets it, too. The next dial begins with another: this one may be kept for minutes after its last connection.
      port = null
      seen.clear()
    })
  }
  return {
    transport: (components) => {
      const transport = tcp()(components)
      const dialOnce = transport.dial.bind(transport)
      // Nobody listens where a hole is punched: who calls too early is refused, and calls again until both call at once.
      const dial: typeof dialOnce = async (address, options) => {
        const begins = punched.get(tcpPartOf(address.toString()))
        if (begins === undefined) return dialOnce(address, options)
        const punch = begins
          ? options
          : { ...options, initiator: false, upgrader: answering(options.upgrader) }
        for (;;) {
          try {
            return await dialOnce(address, punch)
          } catch (error) {
            if (codeOf(error) !== 'ECONNREFUSED' || options.signal.aborted) throw error
            await pause(spread(PUNCH_PAUSE_MS, rng), options.signal)
          }
        }
      }
      transport.dial = async (address, options) => {
        if (!isIp4(address)) return dial(address, options)
        const tries = port === null ? randomPorts(rng) : [port]
        for (const localPort of tries) {
          const from = { ...options, localPort }
          try {
            const connection = await dial(address, from)
            noteDialled(connection, localPort)
            return connection
          } catch (error) {
            if (!PORT_TAKEN.has(codeOf(error))) throw error
          }
        }
        return dial(address, options)
      }
      return transport
    },
    noteIdentified: ({ observedAddr, connection }) => {
      const address = observedAddr === undefined ? null : publicTcpAddress(observedAddr.toString())
      if (address !== null && live.has(connection)) seen.add(address)
    },
    seenFrom: () => [...seen],
    whilePunching: async (addresses, begins, act) => {
      for (const address of addresses) punched.set(address, begins)
      try {
        return await act()
      } finally {
        for (const address of addresses) punched.delete(address)
      }
    },
  }
}

const isIp4 = (address: Multiaddr): boolean => address.toString().startsWith('/ip4/')

function randomPorts(rng: Rng): readonly number[] {
  return Array.from({ length: PORT_TRY_COUNT }, () => {
    const [high = 0, low = 0] = rng.bytes(2)
    return FIRST_PORT + ((high * 256 + low) % PORT_COUNT)
  })
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

/**
 * The side that answers, though it dialled, too. libp2p's handshake goes by `initiator`, its multiplexer by the connection's direction.
 */
function answering(upgrader: Upgrader): Upgrader {
  return {
    upgradeInbound: upgrader.upgradeInbound.bind(upgrader),
    upgradeOutbound: (connection, options) => {
      connection.direction = 'inbound'
      return upgrader.upgradeOutbound(connection, options)
    },
    createInboundAbortSignal: upgrader.createInboundAbortSignal.bind(upgrader),
    getConnectionEncrypters: upgrader.getConnectionEncrypters.bind(upgrader),
    getStreamMuxers: upgrader.getStreamMuxers.bind(upgrader),
  }
}

/** Without a peer's name. */
const tcpPartOf = (address: string): string => address.replace(/\/p2p\/[^/]+$/, '')
