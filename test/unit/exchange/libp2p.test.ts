// Protects: the libp2p node lets members in and nobody else, survives silent sockets, and says what is wrong with a port.
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { type Exchange, openExchange } from '../../../src/exchange/index.ts'
import { createBell } from '../../../src/exchange/timers.ts'
import { createTestSites, SITE_MODULES, SITE_ROUND_ID, type TestSite } from '../../support/exchange-sites.ts'
import { publicKeyOf, seedOf, TEST_LIMITS } from '../../support/exchange-world.ts'

describe('a libp2p node', () => {
  const { open: openSite, until, close } = createTestSites()
  const addressOf = ({ exchange }: TestSite): string => exchange.addresses()[0] ?? ''
  const portOf = (site: TestSite): number => Number(/\/tcp\/(\d+)/.exec(addressOf(site))?.[1])

  afterEach(close)

  it('§10.3 refuses an outsider that dials, by key', async () => {
    const site = await openSite({ me: 0 })
    // The outsider believes itself to be member 1 of the same consortium, with a key that is not member 1's.
    const outsider = await openSite({
      me: 1,
      seed: seedOf(99),
      members: [publicKeyOf(0), publicKeyOf(99)],
      peers: new Map([[0, [addressOf(site)]]]),
    })
    await until(() => site.events.some(({ type }) => type === 'outsider-refused'))
    const [refused] = site.events.filter((event) => event.type === 'outsider-refused')
    expect(refused?.publicKey).toEqual(publicKeyOf(99))
    await outsider.exchange.publish(utf8('from outside'))
    expect(site.exchange.connectedMembers()).toEqual([])
    expect(site.received).toEqual([])
    expect(site.events.some(({ type }) => type === 'connected')).toBe(false)
  })

  it('refuses another key behind a member’s address', async () => {
    const other = await openSite({ me: 2 })
    const site = await openSite({ me: 0, peers: new Map([[1, [addressOf(other).replace(/\/p2p\/.*/, '')]]]) })
    await until(() => site.events.some((event) => event.type === 'dial-failed' && event.member === 1))
    expect(site.exchange.connectedMembers()).toEqual([])
    // Nobody told where member 2 is.
    expect([...site.exchange.unreachable()]).toEqual(
      expect.arrayContaining([
        [1, 'other-key'],
        [2, 'no-address'],
      ]),
    )
  })

  it('says of a port that nothing listens on that it refuses, and no more once it is connected', async () => {
    const [gone, other] = [await openSite({ me: 2 }), await openSite({ me: 1 })]
    const address = addressOf(gone)
    await gone.exchange.stop()
    const peers = new Map([
      [1, [addressOf(other)]],
      [2, [address]],
    ])
    const site = await openSite({ me: 0, peers })
    await until(() => site.exchange.connectedMembers().includes(1) && site.exchange.unreachable().has(2))
    expect([...site.exchange.unreachable()]).toEqual([[2, 'refused']])
  })

  it('lets members in beside 16 sockets that say nothing', async () => {
    const site = await openSite({ me: 0 })
    const sockets: Socket[] = []
    try {
      for (let i = 0; i < 16; i++) {
        const socket = connect(portOf(site), '127.0.0.1')
        sockets.push(socket)
        await new Promise((resolve) => {
          socket.once('connect', resolve)
        })
      }
      const member = await openSite({ me: 1, peers: new Map([[0, [addressOf(site)]]]) })
      await until(() => member.exchange.connectedMembers().includes(0))
      expect(sockets.filter(({ destroyed }) => destroyed).length).toBeLessThan(16)
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })

  it('survives a socket that sends garbage', async () => {
    const site = await openSite({ me: 0 })
    const socket = connect(portOf(site), '127.0.0.1')
    const closed = new Promise((resolve) => {
      socket.once('close', resolve)
    })
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.write(new Uint8Array(100_000).fill(0xa5))
    await closed
    const member = await openSite({ me: 1, peers: new Map([[0, [addressOf(site)]]]) })
    await until(() => member.exchange.connectedMembers().includes(0))
  })

  it('names the address that is in use', async () => {
    const site = await openSite({ me: 0 })
    const listen = [`/ip4/127.0.0.1/tcp/${portOf(site)}`]
    await expect(openSite({ me: 1, listen })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      info: { address: listen[0] },
    })
  })

  it('finds a member again that went away and came back', async () => {
    const first = await openSite({ me: 0 })
    const listen = [`/ip4/127.0.0.1/tcp/${portOf(first)}`]
    const member = await openSite({ me: 1, peers: new Map([[0, listen]]) })
    await until(() => member.exchange.connectedMembers().includes(0))
    await first.exchange.stop()
    await until(() => member.exchange.connectedMembers().length === 0)
    await openSite({ me: 0, listen })
    await until(() => member.exchange.connectedMembers().includes(0))
  })

  it('stops twice, and before it was started', async () => {
    const site = await openSite({ me: 0 })
    await site.exchange.stop()
    await site.exchange.stop()
    expect(site.exchange.addresses()).toEqual([])
  })
})

describe('16 nodes behind one address', () => {
  it('all hear each other by gossip', { timeout: 180_000 }, async () => {
    const count = 16
    const bell = createBell()
    const exchanges: Exchange[] = []
    const heard = Array.from({ length: count }, () => new Set<string>())
    const members = Array.from({ length: count }, (_, i) => publicKeyOf(i))
    try {
      for (let me = 0; me < count; me++) {
        const exchange = openExchange(
          {
            seed: seedOf(me),
            members,
            me,
            listen: ['/ip4/127.0.0.1/tcp/0'],
            peers: new Map(exchanges.map((other, i) => [i, [...other.addresses()]])),
            roundId: SITE_ROUND_ID,
            // No sync within the test: it is gossip that must reach everyone.
            limits: { ...TEST_LIMITS, syncIntervalMs: 600_000 },
          },
          {
            onObject: (bytes) => {
              heard[me]?.add(String(bytes[0]))
              bell.ring()
              return 'accept'
            },
            listObjects: () => [],
            getObject: () => null,
            updateSource: () => null,
            onEvent: () => bell.ring(),
          },
          SITE_MODULES,
        )
        exchanges.push(exchange)
        await exchange.start()
      }
      const signal = new AbortController().signal
      while (exchanges.some((exchange) => exchange.connectedMembers().length < count - 1))
        await bell.next(signal)
      // Whoever has not subscribed yet gets it from the neighbours' next heartbeats.
      await exchanges[0]?.publish(new Uint8Array([1]))
      while (heard.slice(1).some((all) => all.size === 0)) await bell.next(signal)
      expect(heard[0]?.size).toBe(0)
    } finally {
      for (const exchange of exchanges) await exchange.stop()
    }
  })
})
