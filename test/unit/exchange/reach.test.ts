// Protects: members reach each other through any member that relays, by a key of the network, and see by which way; a relay
// passes nothing on for outsiders, and who lacks the network's key is not heard.
import { afterEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId, type Digest } from '../../../src/core/ids.ts'
import {
  type Exchange,
  type ExchangeEvent,
  type ExchangeOptions,
  openExchange,
} from '../../../src/exchange/index.ts'
import { createBell } from '../../../src/exchange/timers.ts'
import { publicKeyOf, seedOf, silentLog, TEST_LIMITS } from '../../support/exchange-world.ts'

const roundId = asRoundId(sha256(utf8('reach')))
const modules = {
  log: silentLog,
  rng: { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) },
  clock: Date,
}
const LISTEN = ['/ip4/127.0.0.1/tcp/0']

interface Site {
  readonly exchange: Exchange
  readonly events: ExchangeEvent[]
  readonly received: Uint8Array[]
}

describe('reach', { timeout: 180_000 }, () => {
  const open: Exchange[] = []
  const bell = createBell()
  const never = new AbortController().signal
  const until = async (condition: () => boolean) => {
    while (!condition()) await bell.next(never)
  }
  const openSite = async (options: Partial<ExchangeOptions> & { readonly me: number }): Promise<Site> => {
    const events: ExchangeEvent[] = []
    const received: Uint8Array[] = []
    const exchange = openExchange(
      {
        seed: seedOf(options.me),
        members: [0, 1, 2].map(publicKeyOf),
        listen: LISTEN,
        peers: new Map(),
        roundId,
        limits: TEST_LIMITS,
        ...options,
      },
      {
        onObject: (bytes) => {
          received.push(bytes)
          bell.ring()
          return 'accept'
        },
        listObjects: (): readonly Digest[] => [],
        getObject: () => null,
        updateSource: () => null,
        onEvent: (event) => {
          events.push(event)
          bell.ring()
        },
      },
      modules,
    )
    open.push(exchange)
    await exchange.start()
    return { exchange, events, received }
  }
  const addressOf = ({ exchange }: Site): string =>
    exchange.addresses().find((address) => !address.includes('p2p-circuit')) ?? ''
  const isConnected = ({ events }: Site, member: number): boolean =>
    events.some((event) => event.type === 'connected' && event.member === member)

  afterEach(async () => {
    for (const exchange of open.splice(0)) await exchange.stop()
  })

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
    expect(relay.events.filter(({ type }) => type === 'relay-over-bounds')).toEqual([
      { type: 'relay-over-bounds', member: 1 },
    ])
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
    const syncs = ({ events }: Site): number => events.filter(({ type }) => type === 'synced').length
    await until(() => syncs(hidden) > 3 && syncs(other) > 3)
    expect(hidden.exchange.paths()).toEqual([{ member: 0, relayedBy: null }])
  })

  it('with one network key connects, and tells who lacks it only that nobody answers', async () => {
    const key = new Uint8Array(32).fill(5)
    const site = await openSite({ me: 0, network: { key } })
    const peers = new Map([[0, [addressOf(site)]]])
    const friend = await openSite({ me: 1, peers, network: { key } })
    await until(() => isConnected(friend, 0))
    const stranger = await openSite({ me: 2, peers, network: { key: new Uint8Array(32).fill(6) } })
    const plain = await openSite({ me: 2, peers })
    const hasFailed = ({ events }: Site): boolean => events.some(({ type }) => type === 'dial-failed')
    await until(() => hasFailed(stranger) && hasFailed(plain))
    expect(site.exchange.paths()).toEqual([{ member: 1, relayedBy: null }])
    for (const { exchange } of [stranger, plain]) expect(exchange.unreachable().get(0)).toBe('hung-up')
  })
})
