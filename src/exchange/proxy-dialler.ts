/**
 * Dials by way of a proxy and none other: each dial gets a tunnel through the proxy, and a door to it on loopback that opens
 * once, which is what libp2p connects to. Who is at the tunnel's end proves a key by Noise like anyone, so that it does not matter
 * who else on this machine might find the door.
 *
 * In: multiaddrs of members. Out: dialled doors. Invariant: what is no door and no relay is not dialled at all.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { relayOf } from './reach.ts'
import { connectThrough, type Proxy } from './proxy.ts'

export interface ProxyDialler {
  /**
   * Tries one address after the other; those through a relay go as they are.
   * @param dial — dials one multiaddr
   * @throws what the last one met
   */
  readonly dial: (
    texts: readonly string[],
    signal: AbortSignal,
    dial: (text: string) => Promise<unknown>,
  ) => Promise<void>
  /** Whether an address would be dialled around the proxy. */
  readonly isAround: (address: string) => boolean
}

const HOST = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)/

export function createProxyDialler(proxy: Proxy): ProxyDialler {
  const doors = new Set<number>()
  const dialOne = async (
    text: string,
    signal: AbortSignal,
    dial: (text: string) => Promise<unknown>,
  ): Promise<void> => {
    if (relayOf(text) !== null) {
      await dial(text)
      return
    }
    const [, host, port] = HOST.exec(text) ?? []
    if (host === undefined || port === undefined)
      throw new Error(`NoValidAddresses: ${text} is no TCP address`)
    const door = await openDoor(await connectThrough(proxy, host, Number(port), signal), doors)
    try {
      await dial(`/ip4/127.0.0.1/tcp/${door.port}`)
    } finally {
      door.close()
    }
  }
  return {
    dial: async (texts, signal, dial) => {
      let failure: unknown
      for (const text of texts) {
        try {
          return await dialOne(text, signal, dial)
        } catch (error) {
          signal.throwIfAborted()
          failure = error
        }
      }
      throw failure
    },
    isAround: (address) => {
      if (relayOf(address) !== null) return false
      const [, host, port] = HOST.exec(address) ?? []
      return host !== '127.0.0.1' || !doors.has(Number(port))
    },
  }
}

/** A server on loopback that takes one connection and is then no more. */
async function openDoor(
  tunnel: Socket,
  doors: Set<number>,
): Promise<{ readonly port: number; readonly close: () => void }> {
  let port = 0
  let isTaken = false
  const server: Server = createServer({ noDelay: true }, (socket) => {
    if (isTaken) {
      socket.destroy()
      return
    }
    isTaken = true
    server.close()
    socket.pipe(tunnel)
    tunnel.pipe(socket)
    // The end of either is the end of both; who is left hears of it by its own stream.
    for (const [one, other] of [
      [socket, tunnel],
      [tunnel, socket],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.on('close', () => doors.delete(port))
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
  } catch (error) {
    tunnel.destroy()
    throw error
  }
  const address = server.address()
  port = address !== null && typeof address === 'object' ? address.port : 0
  doors.add(port)
  return {
    port,
    close: () => {
      server.close()
      if (!isTaken) tunnel.destroy()
    },
  }
}
