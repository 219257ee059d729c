/**
 * The port that a router holds open for this node: asked for when the node listens, renewed while it runs, closed when it stops.
 *
 * In: what the node listens on. Out: the public address at which others reach it, and a word for people about it, once for each
 * thing there is to say. Invariants: a router that refuses, lies or is silent costs the node nothing but the address.
 */
import { isRoundError, messageOf } from '../core/errors.ts'
import type { Rng } from '../core/ports.ts'
import { findGateway, type Gateway, type SearchAddress } from './igd.ts'
import { publicTcpAddress } from './reach.ts'
import { spread } from './redial.ts'
import { pause } from './timers.ts'

const LEASE_SECONDS = 3_600
/** Well before the lease is over; also how soon a router that has appeared is found. */
const RENEW_MS = 900_000
const CLOSE_TIMEOUT_MS = 2_000
/** Public ports that are tried, the node's own first. */
const PORT_TRY_COUNT = 4
const FIRST_PORT = 49_152
const PORT_COUNT = 16_384
/** UPnP: somebody else has that port; only mappings without end. WANIPConnection:1, § 2.4.16. */
const CONFLICT = 718
const ONLY_PERMANENT = 725

export type RouterWord =
  /** Others reach this node there, if the router does as it says. `seenFrom`: members see it dial from another host than that. */
  | { readonly state: 'open'; readonly address: string; readonly seenFrom: string | null }
  | { readonly state: 'closed'; readonly reason: string }

export interface RouterPort {
  /** Where others reach this node; null while nobody can. */
  readonly address: () => string | null
  /** A member sees this node dial from there: another host than the router's says something about one of them. */
  readonly noteSeen: (address: string) => void
  /** Closes the port, if it is open. Never throws. */
  readonly stop: () => Promise<void>
}

export interface RouterPortOptions {
  readonly search: SearchAddress
  /** TCP addresses that the node listens on, as multiaddrs. */
  readonly listening: () => readonly string[]
  readonly onWord: (word: RouterWord) => void
  readonly rng: Rng
}

/** What the router was asked to hold open, whether it has answered yet or not. */
interface Asked {
  readonly gateway: Gateway
  readonly externalPort: number
}

export function openRouterPort(options: RouterPortOptions): RouterPort {
  const { search, rng } = options
  const stopping = new AbortController()
  let asked: Asked | null = null
  let address: string | null = null
  let seenFrom: string | null = null
  let last = ''
  const tell = (word: RouterWord): void => {
    const text = JSON.stringify(word)
    if (text !== last) options.onWord(word)
    last = text
  }
  const tellOpen = (): void => {
    if (address === null) return
    const isOther = seenFrom !== null && hostOf(seenFrom) !== hostOf(address)
    tell({ state: 'open', address, seenFrom: isOther ? hostOf(seenFrom ?? '') : null })
  }
  const renew = async (signal: AbortSignal): Promise<void> => {
    try {
      const gateway = await findGateway(search, signal)
      if (gateway === null) throw new Error('no router on this network answers to UPnP')
      const note = (each: Asked | null): void => void (asked = each)
      address = await openAt(gateway, { first: asked?.externalPort ?? null, note }, options, signal)
      tellOpen()
    } catch (error) {
      if (signal.aborted) return
      address = null
      tell({ state: 'closed', reason: messageOf(error) })
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await renew(stopping.signal)
      await pause(spread(RENEW_MS, rng), stopping.signal)
    }
  }
  const running = run()
  return {
    address: () => address,
    noteSeen: (seen) => {
      seenFrom = publicTcpAddress(seen) ?? seenFrom
      tellOpen()
    },
    stop: async () => {
      stopping.abort()
      await running
      address = null
      // A router that does not answer any more forgets the port when its lease ends.
      const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS)
      await asked?.gateway.close(asked.externalPort, signal).catch(() => undefined)
      asked = null
    },
  }
}

const hostOf = (address: string): string => address.split('/')[2] ?? ''

interface Asking {
  /** The public port of last time. */
  readonly first: number | null
  /** Told before the router is asked for a port, and when it gives none. */
  readonly note: (asked: Asked | null) => void
}

/** Opens a port, or renews the one that is open. @throws ROUTER_REFUSES, and an Error that says what is wrong */
async function openAt(
  gateway: Gateway,
  { first, note }: Asking,
  { listening, rng }: RouterPortOptions,
  signal: AbortSignal,
): Promise<string> {
  const internalPort = portOn(gateway.localAddress, listening())
  if (internalPort === null)
    throw new Error(`this node does not listen on ${gateway.localAddress}, where the router would send them`)
  const external = await gateway.externalAddress(signal)
  const others = Array.from({ length: PORT_TRY_COUNT - 1 }, () => {
    const [high = 0, low = 0] = rng.bytes(2)
    return FIRST_PORT + ((high * 256 + low) % PORT_COUNT)
  })
  for (const externalPort of [first ?? internalPort, ...others]) {
    const address = publicTcpAddress(`/ip4/${external}/tcp/${externalPort}`)
    if (address === null) {
      const what = external === '' ? 'it has no address' : `its own address is ${external.slice(0, 45)}`
      throw new Error(`the router is none of the internet: ${what}`)
    }
    try {
      note({ gateway, externalPort })
      await openWhile(gateway, { externalPort, internalPort }, signal)
      return address
    } catch (error) {
      // What it was asked before it was cut short it may have done; what it refused is somebody else's, or nobody's.
      if (!signal.aborted) note(null)
      if (faultOf(error) !== CONFLICT) throw error
    }
  }
  throw new Error(`the router has given ${PORT_TRY_COUNT} of its ports to others`)
}

/** With a lease; without an end where the router knows no leases. */
async function openWhile(
  gateway: Gateway,
  ports: { readonly externalPort: number; readonly internalPort: number },
  signal: AbortSignal,
): Promise<void> {
  try {
    await gateway.open({ ...ports, leaseSeconds: LEASE_SECONDS }, signal)
  } catch (error) {
    if (faultOf(error) !== ONLY_PERMANENT) throw error
    await gateway.open({ ...ports, leaseSeconds: 0 }, signal)
  }
}

const faultOf = (error: unknown): unknown =>
  isRoundError(error, 'ROUTER_REFUSES') && 'upnp' in error.info ? error.info.upnp : null

/** The TCP port that is listened on at this address. */
function portOn(localAddress: string, listening: readonly string[]): number | null {
  const ports = listening.flatMap((text) => {
    const [, host, port] = /^\/ip4\/([^/]+)\/tcp\/(\d+)(?:\/p2p\/[^/]+)?$/.exec(text) ?? []
    return host === localAddress || host === '0.0.0.0' ? [Number(port)] : []
  })
  return ports[0] ?? null
}
