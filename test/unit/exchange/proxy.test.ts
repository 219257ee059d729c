// Protects: members reach each other by way of a SOCKS5 or HTTP proxy, which looks names up for them, and nothing goes around it; why a proxy does not do is said.
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Exchange, ExchangeEvent } from '../../../src/exchange/index.ts'
import { describeProxy, parseProxy, type Proxy } from '../../../src/exchange/proxy.ts'
import { createTestSites } from '../../support/exchange-sites.ts'
import { openProxyServer, type ProxyBehaviour, type ProxyServer } from '../../support/proxy-server.ts'

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

const read = (url: string): Proxy => {
  const proxy = parseProxy(url)
  if (proxy === null) throw new Error(`no proxy: ${url}`)
  return proxy
}

describe('a proxy’s URL', () => {
  it('names kind, host, port and login', () => {
    expect(read('socks5://proxy.example')).toEqual({
      kind: 'socks5',
      host: 'proxy.example',
      port: 1080,
      login: null,
    })
    expect(read('http://me:s%3Acret@192.0.2.1:3128/')).toEqual({
      kind: 'http',
      host: '192.0.2.1',
      port: 3128,
      login: { user: 'me', password: 's:cret' },
    })
    expect(describeProxy(read('socks5://me:secret@[2001:db8::1]:9'))).toBe('socks5://[2001:db8::1]:9')
  })

  it.each([
    '',
    'proxy.example:1080',
    'https://proxy.example',
    'socks5://',
    'http://proxy.example/path',
    'socks5://a?b',
  ])('is not %j', (url) => expect(parseProxy(url)).toBeNull())
})

describe('by way of a proxy', { timeout: 60_000 }, () => {
  const { open: openAt, until, bell, close } = createTestSites()
  const servers: { readonly stop: () => Promise<void> }[] = []
  afterEach(async () => {
    await close()
    for (const { stop } of servers.splice(0)) await stop()
  })
  const openProxy = async (behaviour: ProxyBehaviour): Promise<ProxyServer> => {
    const proxy = await openProxyServer(behaviour)
    servers.push({ stop: proxy.close })
    return proxy
  }
  const openSite = (me: number, peers: ReadonlyMap<number, readonly string[]> = new Map(), url?: string) =>
    openAt({
      me,
      ...(me === 0 ? {} : { listen: [] }),
      peers,
      ...(url === undefined ? {} : { network: { proxy: read(url) } }),
    })
  const portOf = (exchange: Exchange): number =>
    Number(/\/tcp\/(\d+)/.exec(exchange.addresses()[0] ?? '')?.[1])
  const failed = ({ events }: { readonly events: readonly ExchangeEvent[] }): boolean =>
    events.some(({ type }) => type === 'dial-failed')

  it.each(['socks5', 'http'] as const)(
    '%s: connects, by a name that the proxy alone can look up',
    async (kind) => {
      const proxy = await openProxy({ kind, names: new Map([['site-a.invalid', '127.0.0.1']]) })
      const site = await openSite(0)
      const port = portOf(site.exchange)
      const peers = new Map([[0, [`/dns4/site-a.invalid/tcp/${port}`]]])
      const inside = await openSite(1, peers, proxy.url())
      await until(() => inside.events.some(({ type }) => type === 'connected'))
      expect(proxy.asked).toEqual([`site-a.invalid:${port}`])
      // What is published before the other side has subscribed reaches nobody: once more at each of its syncs.
      for (let i = 0; inside.received.length === 0; i++) {
        await site.exchange.publish(utf8(`through the proxy ${i}`))
        await bell.next(new AbortController().signal)
      }
      expect(Buffer.from(inside.received[0] ?? []).toString()).toMatch(/^through the proxy \d+$/)
    },
  )

  it.each(['socks5', 'http'] as const)(
    '%s: logs in, and says so when the login is not taken',
    async (kind) => {
      const proxy = await openProxy({ kind, login: 'me:s:cret' })
      const site = await openSite(0)
      const peers = new Map([[0, [`/ip4/127.0.0.1/tcp/${portOf(site.exchange)}`]]])
      const inside = await openSite(1, peers, proxy.url('me:s%3Acret'))
      await until(() => inside.events.some(({ type }) => type === 'connected'))
      const stranger = await openSite(2, peers, proxy.url('me:other'))
      await until(() => failed(stranger))
      expect(stranger.exchange.unreachable().get(0)).toBe('proxy-refused')
    },
  )

  it('tells a proxy that forbids, one that is not there, one that is none, and a member that does not listen apart', async () => {
    const silent = createServer()
    const port = await listening(silent)
    await new Promise((resolve) => silent.close(resolve))
    const peers = new Map([[0, [`/ip4/127.0.0.1/tcp/${port}`]]])
    const [socks, forbidding] = [
      await openProxy({ kind: 'socks5' }),
      await openProxy({ kind: 'http', forbids: true }),
    ]
    const mail = createServer((socket) => socket.resume().end('220 mail.example\r\n\r\n'))
    servers.push({ stop: () => new Promise((resolve) => mail.close(() => resolve())) })
    const mailPort = await listening(mail)
    const whyBy = async (url: string): Promise<string | undefined> => {
      const site = await openSite(1, peers, url)
      await until(() => failed(site))
      const why = site.exchange.unreachable().get(0)
      await site.exchange.stop()
      return why
    }
    expect(await whyBy(socks.url())).toBe('refused')
    expect(await whyBy(forbidding.url())).toBe('proxy-refused')
    expect(await whyBy(`socks5://127.0.0.1:${port}`)).toBe('no-proxy')
    for (const kind of ['socks5', 'http'])
      expect(await whyBy(`${kind}://127.0.0.1:${mailPort}`)).toBe('no-proxy')
  })

  it('dials nothing around it: an address that only a direct dial reaches stays out of reach', async () => {
    const site = await openSite(0)
    const peers = new Map([[0, [`/ip4/127.0.0.1/tcp/${portOf(site.exchange)}`]]])
    const proxy = await openProxy({ kind: 'socks5', forbids: true })
    const inside = await openSite(1, peers, proxy.url())
    await until(() => inside.events.filter(({ type }) => type === 'dial-failed').length > 2)
    expect(site.events.some(({ type }) => type === 'connected')).toBe(false)
    expect(proxy.asked.length).toBeGreaterThan(2)
  })
})
