/** A TCP relay on loopback that can be cut: one a link, so that a test can partition real nodes. */
import { connect, createServer, type Socket } from 'node:net'

export interface TcpRelay {
  readonly port: number
  /** Where connections go; null refuses them. */
  readonly aim: (port: number | null) => void
  /** Ends all connections and refuses new ones, until `mend`. */
  readonly cut: () => void
  readonly mend: () => void
  readonly close: () => Promise<void>
}

export async function openTcpRelay(): Promise<TcpRelay> {
  let target: number | null = null
  let isCut = false
  const sockets = new Set<Socket>()
  const track = (socket: Socket, other: () => Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      other().destroy()
    })
  }
  const server = createServer((inbound) => {
    if (isCut || target === null) {
      inbound.destroy()
      return
    }
    const outbound = connect(target, '127.0.0.1')
    track(inbound, () => outbound)
    track(outbound, () => inbound)
    inbound.pipe(outbound)
    outbound.pipe(inbound)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  const endAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: address.port,
    aim: (port) => {
      target = port
    },
    cut: () => {
      isCut = true
      endAll()
    },
    mend: () => {
      isCut = false
    },
    close: async () => {
      endAll()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
