/**
 * Outbound connections by way of a proxy: SOCKS5, or HTTP's CONNECT.
 *
 * In: the proxy's URL, a host (a name goes to the proxy as it is: nothing is looked up here) and a port. Out: a socket whose
 * bytes are the other side's. Invariants: what a proxy says is bounded and checked; a socket that does not come to be is closed.
 * Source: RFC 1928 (SOCKS5), RFC 1929 (its user names), RFC 9110 §9.3.6 (CONNECT), RFC 7617 (basic authentication).
 */
import { connect, isIP, type Socket } from 'node:net'
import { concatBytes, toUtf8, utf8 } from '../core/bytes.ts'
import { messageOf, RoundError } from '../core/errors.ts'

export interface Proxy {
  readonly kind: 'socks5' | 'http'
  readonly host: string
  readonly port: number
  /** Null: the proxy asks for none. */
  readonly login: { readonly user: string; readonly password: string } | null
}

export type ProxyFault =
  /** The proxy itself does not answer, or not as one. */
  | { readonly code: 'PROXY_UNREACHABLE'; readonly proxy: string; readonly reason: string }
  /** The proxy answers and does not connect us: it wants another login, or its rules forbid it. */
  | { readonly code: 'PROXY_REFUSED'; readonly proxy: string; readonly answer: string }

const DEFAULT_PORTS = { socks5: 1080, http: 8080 } as const
/** An HTTP proxy's answer is a few lines. */
const ANSWER_BYTES_MAX = 16 << 10
/** Names and passwords have a length of one byte (RFC 1929). */
const LOGIN_BYTES_MAX = 255

/** `socks5://[user:password@]host[:port]` or `http://…`; null for anything else. */
export function parseProxy(text: string): Proxy | null {
  const url = URL.canParse(text) ? new URL(text) : null
  const kind = url?.protocol === 'socks5:' ? 'socks5' : url?.protocol === 'http:' ? 'http' : null
  if (url === null || kind === null || url.hostname === '') return null
  // A path or a query would mean something else to whoever wrote it.
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return null
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  if (Math.max(utf8(user).length, utf8(password).length) > LOGIN_BYTES_MAX) return null
  // `http:` has 80 as its default, and then an empty port.
  const port = url.port === '' ? DEFAULT_PORTS[kind] : Number(url.port)
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  return { kind, host, port, login: user === '' ? null : { user, password } }
}

/** Without the login. */
export const describeProxy = ({ kind, host, port }: Proxy): string =>
  `${kind}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`

const proxyError = (fault: ProxyFault, message: string, cause?: unknown): RoundError<ProxyFault> =>
  new RoundError(fault, message, {
    cause,
    hint: 'The proxy is `network.proxy` in node.json, or --proxy.',
  })

const unreachable = (proxy: Proxy, reason: string, cause?: unknown): RoundError<ProxyFault> =>
  proxyError(
    { code: 'PROXY_UNREACHABLE', proxy: describeProxy(proxy), reason },
    `${describeProxy(proxy)}: no proxy there: ${reason}`,
    cause,
  )

const refused = (proxy: Proxy, answer: string): RoundError<ProxyFault> =>
  proxyError(
    { code: 'PROXY_REFUSED', proxy: describeProxy(proxy), answer },
    `${describeProxy(proxy)}: the proxy does not connect us: ${answer}`,
  )

/**
 * @param host — an address or a name, which the proxy looks up
 * @throws PROXY_UNREACHABLE | PROXY_REFUSED | an error named as the system names it where the proxy says why | the signal's reason
 */
export async function connectThrough(
  proxy: Proxy,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = await connectToProxy(proxy, signal)
  const abort = (): void => void socket.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await (proxy.kind === 'socks5' ? askSocks(socket, proxy, host, port) : askHttp(socket, proxy, host, port))
    signal.throwIfAborted()
    return socket
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function connectToProxy(proxy: Proxy, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true, keepAlive: true })
    const abort = (): void => {
      socket.destroy()
      reject(unreachable(proxy, 'it does not answer in time', signal.reason))
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (error) => {
      signal.removeEventListener('abort', abort)
      reject(unreachable(proxy, messageOf(error)))
    })
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      // Whoever waits for bytes hears of an error by the stream's end.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

/** Exactly so many bytes; what comes after them stays in the socket. */
async function take(socket: Socket, count: number, proxy: Proxy): Promise<Uint8Array> {
  for (;;) {
    const bytes: unknown = socket.read(count)
    if (bytes instanceof Uint8Array && bytes.length === count) return bytes
    if (socket.destroyed || socket.readableEnded) throw unreachable(proxy, 'it hung up')
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        for (const name of ['readable', 'end', 'close']) socket.removeListener(name, settle)
        resolve()
      }
      for (const name of ['readable', 'end', 'close']) socket.once(name, settle)
    })
  }
}

const VERSION = 5
const NO_LOGIN = 0
const BY_LOGIN = 2
const CONNECT = 1
const ADDRESS_BYTES = { 1: 4, 4: 16 } as const
const BY_NAME = 3

/** What a SOCKS5 proxy answers (RFC 1928 §6), as the system would say it of a connection of our own. */
const ANSWERS: Readonly<Record<number, string>> = {
  3: 'ENETUNREACH, says the proxy',
  4: 'EHOSTUNREACH, says the proxy',
  5: 'ECONNREFUSED, says the proxy',
  6: 'ETIMEDOUT, says the proxy',
}

async function askSocks(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  const methods = proxy.login === null ? [NO_LOGIN] : [NO_LOGIN, BY_LOGIN]
  socket.write(Uint8Array.of(VERSION, methods.length, ...methods))
  const [version, method] = await take(socket, 2, proxy)
  if (version !== VERSION) throw unreachable(proxy, 'it does not speak SOCKS5')
  if (method === BY_LOGIN && proxy.login !== null) await logIn(socket, proxy, proxy.login)
  else if (method !== NO_LOGIN) throw refused(proxy, 'it wants a user name and a password')
  socket.write(
    concatBytes(Uint8Array.of(VERSION, CONNECT, 0), socksAddress(host), Uint8Array.of(port >> 8, port & 255)),
  )
  const [, answer = 1, , kind = 0] = await take(socket, 4, proxy)
  if (answer !== 0) {
    const known = ANSWERS[answer]
    throw known === undefined ? refused(proxy, `SOCKS5 answer ${answer}`) : new Error(known)
  }
  // The address that it bound, of no use to us.
  const nameBytes = kind === BY_NAME ? (await take(socket, 1, proxy))[0] : undefined
  const addressBytes = nameBytes ?? (kind === 1 || kind === 4 ? ADDRESS_BYTES[kind] : null)
  if (addressBytes === null) throw unreachable(proxy, 'an address of no known kind')
  await take(socket, addressBytes + 2, proxy)
}

async function logIn(socket: Socket, proxy: Proxy, login: NonNullable<Proxy['login']>): Promise<void> {
  const [user, password] = [utf8(login.user), utf8(login.password)]
  socket.write(concatBytes(Uint8Array.of(1, user.length), user, Uint8Array.of(password.length), password))
  const [, status] = await take(socket, 2, proxy)
  if (status !== 0) throw refused(proxy, 'not this user name and password')
}

function socksAddress(host: string): Uint8Array {
  if (isIP(host) === 4) return Uint8Array.of(1, ...host.split('.').map(Number))
  if (isIP(host) === 6) return concatBytes(Uint8Array.of(4), ipv6Bytes(host))
  const name = utf8(host)
  return concatBytes(Uint8Array.of(BY_NAME, name.length), name)
}

/** The 16 bytes of an address that `isIP` took; `URL` writes it without dots and zones. */
function ipv6Bytes(host: string): Uint8Array {
  const plain = new URL(`http://[${host}]`).hostname.slice(1, -1)
  const [left = '', right] = plain.split('::')
  const groups = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [head, tail] = [groups(left), right === undefined ? [] : groups(right)]
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]))
}

async function askHttp(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const login = proxy.login && Buffer.from(`${proxy.login.user}:${proxy.login.password}`).toString('base64')
  const lines = [
    `CONNECT ${target} HTTP/1.1`,
    `Host: ${target}`,
    ...(login === null ? [] : [`Proxy-Authorization: Basic ${login}`]),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  let answer = ''
  // Byte by byte: what comes behind the empty line is the other side's already.
  while (!answer.endsWith('\r\n\r\n')) {
    if (answer.length >= ANSWER_BYTES_MAX) throw unreachable(proxy, 'an endless answer')
    answer += toUtf8(await take(socket, 1, proxy))
  }
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]
  if (status === undefined) throw unreachable(proxy, 'it does not speak HTTP')
  if (status === '504') throw new Error('ETIMEDOUT, says the proxy')
  if (!status.startsWith('2')) throw refused(proxy, `HTTP status ${status}`)
}
