// Protects: a node asks its router for a port, knows the address it gets and gives the port back; a router that refuses, lies or is silent leaves a line and nothing else.
import { afterEach, describe, expect, it } from 'vitest'
import { openRouterPort, type RouterPort, type RouterWord } from '../../../src/exchange/router-port.ts'
import { createBell } from '../../../src/exchange/timers.ts'
import { type Misbehaviour, startGateway, type TestGateway } from '../../support/gateway.ts'

const HOST = '127.0.0.1'
const LISTENING = ['/ip4/127.0.0.1/tcp/4101/p2p/12D3KooW']

describe('a port at the router', { timeout: 30_000 }, () => {
  const open: TestGateway[] = []
  const ports: RouterPort[] = []
  const ask = async (
    misbehaviour: Misbehaviour,
    {
      external = '11.0.1.1',
      listening = LISTENING,
    }: { external?: string; listening?: readonly string[] } = {},
  ) => {
    const gateway = await startGateway({ host: HOST, searchPort: 0, external, misbehaviour })
    open.push(gateway)
    const words: RouterWord[] = []
    const bell = createBell()
    const port = openRouterPort({
      search: { host: HOST, port: gateway.searchPort },
      listening: () => listening,
      onWord: (word) => {
        words.push(word)
        bell.ring()
      },
      rng: { bytes: (length) => new Uint8Array(length).fill(1) },
    })
    ports.push(port)
    while (words.length === 0) await bell.next(new AbortController().signal)
    return { gateway, port, words }
  }
  afterEach(async () => {
    for (const port of ports.splice(0)) await port.stop()
    for (const gateway of open.splice(0)) await gateway.close()
  })

  it('is opened with a lease for what the node listens on, and closed when it stops', async () => {
    const { gateway, port, words } = await ask('none')
    expect(words).toEqual([{ state: 'open', address: '/ip4/11.0.1.1/tcp/4101', seenFrom: null }])
    expect(port.address()).toBe('/ip4/11.0.1.1/tcp/4101')
    expect([...gateway.open.values()]).toEqual([
      { external: 4101, client: HOST, port: 4101, leaseSeconds: 3600 },
    ])
    await port.stop()
    expect(gateway.open.size).toBe(0)
    expect(port.address()).toBeNull()
    expect(gateway.actions).toEqual(['GetExternalIPAddress', 'AddPortMapping', 'DeletePortMapping'])
  })

  it('is opened without an end where the router knows no leases, and closed like any', async () => {
    const { gateway, port } = await ask('only-permanent')
    expect([...gateway.open.values()]).toMatchObject([{ external: 4101, leaseSeconds: 0 }])
    await port.stop()
    expect(gateway.open.size).toBe(0)
  })

  it('is another one where somebody has the first, whose port is left alone', async () => {
    const { gateway, port, words } = await ask('conflict')
    const [external = 0] = gateway.open.keys()
    expect(external).toBeGreaterThanOrEqual(49_152)
    expect(words).toEqual([{ state: 'open', address: `/ip4/11.0.1.1/tcp/${external}`, seenFrom: null }])
    await port.stop()
    expect(gateway.actions.at(-1)).toBe('DeletePortMapping')
    expect(gateway.open.size).toBe(0)
  })

  it.each([
    ['refuses', 'refuses', {}, /refuses AddPortMapping \(UPnP error 606\)/],
    [
      'is none of the internet itself',
      'none',
      { external: '192.168.0.1' },
      /its own address is 192\.168\.0\.1/,
    ],
    ['has no address', 'none', { external: '' }, /it has no address/],
    ['is no router', 'garbage', {}, /no router on this network/],
    ['is silent', 'silent', {}, /no router on this network/],
    ['names another machine', 'points-elsewhere', {}, /no router on this network/],
    ['would send others where nobody listens', 'none', { listening: [] }, /does not listen on 127\.0\.0\.1/],
  ] as const)('is not there where the router %s, and a line says so', async (_, misbehaviour, how, line) => {
    const { gateway, port, words } = await ask(misbehaviour, how)
    expect(words).toEqual([{ state: 'closed', reason: expect.stringMatching(line) as string }])
    expect(port.address()).toBeNull()
    await port.stop()
    expect(gateway.actions).not.toContain('DeletePortMapping')
  })

  it('is doubted aloud where members see the node from another host', async () => {
    const { port, words } = await ask('none')
    port.noteSeen('/ip4/11.0.1.1/tcp/50000')
    port.noteSeen('/ip4/192.168.0.9/tcp/50000')
    expect(words).toHaveLength(1)
    port.noteSeen('/ip4/11.0.9.9/tcp/50000')
    port.noteSeen('/ip4/11.0.9.9/tcp/50001')
    expect(words.slice(1)).toEqual([
      { state: 'open', address: '/ip4/11.0.1.1/tcp/4101', seenFrom: '11.0.9.9' },
    ])
  })
})
