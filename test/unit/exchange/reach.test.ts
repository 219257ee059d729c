// Protects: members reach each other through any member that relays, by a key of the network, and see by which way; a relay
// passes nothing on for outsiders, and who lacks the network's key is not heard.
import { afterEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { createTestSites, type TestSite } from '../../support/exchange-sites.ts'
import { publicKeyOf, seedOf } from '../../support/exchange-world.ts'
import { startGateway } from '../../support/gateway.ts'

describe('reach', { timeout: 180_000 }, () => {
  const { open: openSite, until, bell, close } = createTestSites()
  const addressOf = ({ exchange }: TestSite): string =>
    exchange.addresses().find((address) => !address.includes('p2p-circuit')) ?? ''
  const isConnected = ({ events }: TestSite, member: number): boolean =>
    events.some((event) => event.type === 'connected' && event.member === member)

  afterEach(close)

  it('connects two members that listen nowhere, through a member that relays, and says so', async () => {
    const relay = await openSite({ me: 0, network: { relay: 'serve' } })
    const peers = new Map([[0, [addressOf(relay)]]])
    const hidden = await openSite({ me: 1, listen: [], peers, network: { relay: 'use' } })
    const other = await openSite({ me: 2, listen: [], peers, network: { relay: 'use' } })
    await until(() => isConnected(hidden, 2) && isConnected(other, 1))
    expect(hidden.exchange.paths()).toEqual([
      { member: 0, relayedBy: null },
      { member: 2, relayedBy: 0 },
    ])
    // And what is published goes that way, too.
    const object = utf8('through the relay')
    await hidden.exchange.publish(object)
    await until(() => other.received.length > 0)
    expect([...(other.received[0] ?? [])]).toEqual([...object])
  })

  it('passes on so much for one member and no more, while the others go on', async () => {
    const relay = await openSite({ me: 0, network: { relay: 'serve', relayedBytesMax: 200_000 } })
    const peers = new Map([[0, [addressOf(relay)]]])
    const greedy = await openSite({ me: 1, listen: [], peers, network: { relay: 'use' } })
    const other = await openSite({ me: 2, listen: [], peers, network: { relay: 'use' } })
    await until(() => isConnected(greedy, 2) && isConnected(other, 1))
    const isOver = (): boolean => relay.events.some(({ type }) => type === 'relay-over-bounds')
    const isCut = (): boolean =>
      other.events.some((event) => event.type === 'disconnected' && event.member === 1)
    for (let i = 0; !isOver(); i++) {
      await greedy.exchange.publish(crypto.getRandomValues(new Uint8Array(50_000)))
      await bell.next(AbortSignal.timeout(200))
    }
    await until(isCut)
    // The other may be over it, too: gossip hands on what it heard first from the relay, to its author as well.
    const over = relay.events.flatMap((event) => (event.type === 'relay-over-bounds' ? [event.member] : []))
    expect(over).toContain(1)
    expect(over).toHaveLength(new Set(over).size)
    // Both are still the relay's own members, and reach it directly.
    expect(relay.exchange.paths()).toEqual([
      { member: 1, relayedBy: null },
      { member: 2, relayedBy: null },
    ])
  })

  it('passes nothing on for an outsider: it gets no connection, and so no reservation', async () => {
    const relay = await openSite({ me: 0, network: { relay: 'serve' } })
    const peers = new Map([[0, [addressOf(relay)]]])
    // Member 7 of a consortium of its own making.
    const members = [publicKeyOf(0), publicKeyOf(7)]
    const options = { seed: seedOf(7), members, listen: [], peers, network: { relay: 'use' } } as const
    const outsider = await openSite({ ...options, me: 1 })
    await until(() => relay.events.some(({ type }) => type === 'outsider-refused'))
    expect(relay.exchange.paths()).toEqual([])
    expect(outsider.exchange.addresses()).toEqual([])
  })

  it('does not connect them through a member that does not relay', async () => {
    const plain = await openSite({ me: 0 })
    const peers = new Map([[0, [addressOf(plain)]]])
    const hidden = await openSite({ me: 1, listen: [], peers, network: { relay: 'use' } })
    const other = await openSite({ me: 2, listen: [], peers, network: { relay: 'use' } })
    await until(() => isConnected(hidden, 0) && isConnected(other, 0))
    const syncs = ({ events }: TestSite): number => events.filter(({ type }) => type === 'synced').length
    await until(() => syncs(hidden) > 3 && syncs(other) > 3)
    expect(hidden.exchange.paths()).toEqual([{ member: 0, relayedBy: null }])
  })

  it('says at which address the router lets others in, and gives the port back', async () => {
    const gateway = await startGateway({ host: '127.0.0.1', searchPort: 0, external: '11.0.1.1' })
    try {
      const routerSearch = { host: '127.0.0.1', port: gateway.searchPort }
      const site = await openSite({ me: 0, network: { upnp: true, routerSearch } })
      await until(() => site.events.some(({ type }) => type === 'router'))
      const [port] = gateway.open.keys()
      expect(addressOf(site)).toContain(`/tcp/${port}/`)
      expect(site.events.find(({ type }) => type === 'router')).toEqual({
        type: 'router',
        state: 'open',
        address: `/ip4/11.0.1.1/tcp/${port}`,
        seenFrom: null,
      })
      await site.exchange.stop()
      expect(gateway.open.size).toBe(0)
    } finally {
      await gateway.close()
    }
  })

  it('with one network key connects, and tells who lacks it only that nobody answers', async () => {
    const key = new Uint8Array(32).fill(5)
    const site = await openSite({ me: 0, network: { key } })
    const peers = new Map([[0, [addressOf(site)]]])
    const friend = await openSite({ me: 1, peers, network: { key } })
    await until(() => isConnected(friend, 0))
    const stranger = await openSite({ me: 2, peers, network: { key: new Uint8Array(32).fill(6) } })
    const plain = await openSite({ me: 2, peers })
    const hasFailed = ({ events }: TestSite): boolean => events.some(({ type }) => type === 'dial-failed')
    await until(() => hasFailed(stranger) && hasFailed(plain))
    expect(site.exchange.paths()).toEqual([{ member: 1, relayedBy: null }])
    for (const { exchange } of [stranger, plain]) expect(exchange.unreachable().get(0)).toBe('hung-up')
  })
})
