/** A proxy of the test's own: SOCKS5 (RFC 1928) or HTTP CONNECT, that notes what it was asked and looks names up in a table. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface ProxyServer {
  readonly url: (login?: string) => string
  /** `host:port`, as it was asked. */
  readonly asked: readonly string[]
  readonly close: () => Promise<void>
}

export interface ProxyBehaviour {
  readonly kind: 'socks5' | 'http'
  /** `user:password` that it wants. */
  readonly login?: string
  /** Names it knows, and where they lead. */
  readonly names?: ReadonlyMap<string, string>
  /** Forbids everything by its rules. */
  readonly forbids?: boolean
}

export async function openProxyServer(behaviour: ProxyBehaviour): Promise<ProxyServer> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    const serve = behaviour.kind === 'socks5' ? serveSocks : serveHttp
    void serve(reader(socket), socket, behaviour, asked, sockets)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    url: (login) => `${behaviour.kind}://${login === undefined ? '' : `${login}@`}127.0.0.1:${port}`,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

type Read = (count: number) => Promise<Buffer>

function reader(socket: Socket): Read {
  return async (count) => {
    for (;;) {
      const bytes: unknown = socket.read(count)
      if (Buffer.isBuffer(bytes)) return bytes
      await new Promise((resolve) => socket.once('readable', resolve))
    }
  }
}

/** Null: it does not answer there. */
function join(socket: Socket, host: string, port: number, sockets: Set<Socket>): Promise<boolean> {
  return new Promise((resolve) => {
    const onward = connect({ host, port })
    sockets.add(onward)
    onward.once('error', () => resolve(false))
    onward.once('connect', () => {
      onward.on('error', () => socket.destroy())
      onward.on('close', () => socket.destroy())
      socket.on('close', () => onward.destroy())
      resolve(true)
      // Once the answer is written.
      setImmediate(() => {
        socket.pipe(onward)
        onward.pipe(socket)
      })
    })
  })
}

async function serveSocks(
  read: Read,
  socket: Socket,
  { login, names = new Map(), forbids = false }: ProxyBehaviour,
  asked: string[],
  sockets: Set<Socket>,
): Promise<void> {
  const [, methodCount = 0] = await read(2)
  const methods = [...(await read(methodCount))]
  const method = login === undefined ? 0 : 2
  if (!methods.includes(method)) {
    socket.end(Buffer.from([5, 255]))
    return
  }
  socket.write(Buffer.from([5, method]))
  if (login !== undefined) {
    const user = await read((await read(2))[1] ?? 0)
    const password = await read((await read(1))[0] ?? 0)
    const isRight = `${user.toString()}:${password.toString()}` === login
    socket.write(Buffer.from([1, isRight ? 0 : 1]))
    if (!isRight) return
  }
  const kind = (await read(4))[3]
  const host =
    kind === 1
      ? [...(await read(4))].join('.')
      : kind === 3
        ? (await read((await read(1))[0] ?? 0)).toString()
        : ((await read(16)).toString('hex').match(/.{4}/g) ?? []).join(':')
  const port = (await read(2)).readUInt16BE()
  asked.push(`${host}:${port}`)
  const reply = (code: number): boolean => socket.write(Buffer.from([5, code, 0, 1, 127, 0, 0, 1, 0, 9]))
  if (forbids) reply(2)
  else if (kind === 3 && !names.has(host)) reply(4)
  else reply((await join(socket, names.get(host) ?? host, port, sockets)) ? 0 : 5)
}

async function serveHttp(
  read: Read,
  socket: Socket,
  { login, names = new Map(), forbids = false }: ProxyBehaviour,
  asked: string[],
  sockets: Set<Socket>,
): Promise<void> {
  let head = ''
  while (!head.endsWith('\r\n\r\n')) head += (await read(1)).toString('latin1')
  const [, host = '', port = ''] = /^CONNECT (.+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? []
  asked.push(`${host}:${port}`)
  const given = /\r\nProxy-Authorization: Basic (.+)\r\n/.exec(head)?.[1] ?? ''
  const isKnown = login === undefined || Buffer.from(given, 'base64').toString() === login
  const reply = (line: string): boolean => socket.write(`HTTP/1.1 ${line}\r\nServer: a test\r\n\r\n`)
  if (!isKnown) reply('407 Proxy Authentication Required')
  else if (forbids) reply('403 Forbidden')
  else
    reply(
      (await join(socket, names.get(host) ?? host, Number(port), sockets))
        ? '200 Connection established'
        : '502 Bad Gateway',
    )
}
