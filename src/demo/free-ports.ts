/**
 * Free TCP ports of this machine, for sites that must know each other's addresses before any of them runs. Somebody else
 * may take one in between; the site then says so (LISTEN_FAILED) and the starter is run again.
 */
import { createServer, type Server } from 'node:net'

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('a TCP server has a port'))
      else resolve(address.port)
    })
  })
}

/** `count` different ports. All are held until the last is found, so that none comes twice. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  try {
    return await Promise.all(servers.map(listen))
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}
