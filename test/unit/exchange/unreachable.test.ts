// Protects: why a member cannot be reached is told by its own word, one real way of failing each.
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId, type Digest } from '../../../src/core/ids.ts'
import { type Exchange, type ExchangeOptions, openExchange } from '../../../src/exchange/index.ts'
import { createBell } from '../../../src/exchange/timers.ts'
import { unreachableReason } from '../../../src/exchange/unreachable.ts'
import { publicKeyOf, seedOf, silentLog, TEST_LIMITS } from '../../support/exchange-world.ts'

const modules = {
  log: silentLog,
  rng: { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) },
  clock: Date,
}

describe('a member that cannot be reached', { timeout: 60_000 }, () => {
  const open: Exchange[] = []
  const servers: Server[] = []
  const bell = createBell()
  afterEach(async () => {
    for (const exchange of open.splice(0)) await exchange.stop()
    for (const server of servers.splice(0)) server.close()
  })
  const openSite = async (options: Pick<ExchangeOptions, 'seed' | 'members' | 'me' | 'peers'>) => {
    const exchange = openExchange(
      {
        listen: ['/ip4/127.0.0.1/tcp/0'],
        roundId: asRoundId(sha256(utf8('unreachable'))),
        limits: { ...TEST_LIMITS, dialTimeoutMs: 1_500 },
        ...options,
      },
      {
        onObject: () => 'ignore',
        listObjects: (): readonly Digest[] => [],
        getObject: () => null,
        updateSource: () => null,
        onEvent: bell.ring,
      },
      modules,
    )
    open.push(exchange)
    await exchange.start()
    return { exchange, addresses: exchange.addresses() }
  }
  const listening = async (server: Server): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return `/ip4/127.0.0.1/tcp/${address !== null && typeof address === 'object' ? address.port : 0}`
  }

  it('has a word for it', async () => {
    // A socket that takes connections and says nothing; a port that nothing listens on any more.
    const silent = createServer((socket) => socket.on('error', () => socket.destroy()).resume())
    servers.push(silent)
    const closed = createServer()
    const closedAddress = await listening(closed)
    await new Promise((resolve) => closed.close(resolve))
    // Somebody of another consortium, whose key is none of ours; and a member whose charter does not have me.
    const elsewhere = await openSite({
      seed: seedOf(90),
      members: [publicKeyOf(90), publicKeyOf(0)],
      me: 0,
      peers: new Map(),
    })
    const older = await openSite({
      seed: seedOf(5),
      members: [publicKeyOf(5), publicKeyOf(91)],
      me: 0,
      peers: new Map(),
    })
    const peers = new Map([
      [1, [closedAddress]],
      [2, elsewhere.addresses],
      [3, [await listening(silent)]],
      [5, older.addresses],
      [6, ['/dns4/nowhere.invalid/tcp/4101']],
    ])
    const me = await openSite({
      seed: seedOf(0),
      members: [0, 1, 2, 3, 4, 5, 6].map(publicKeyOf),
      me: 0,
      peers,
    })
    const reasons = (): Readonly<Record<number, string>> => Object.fromEntries(me.exchange.unreachable())
    while (Object.keys(reasons()).length < 6) await bell.next(AbortSignal.timeout(1_000))
    expect(reasons()).toEqual({
      1: 'refused',
      2: 'other-key',
      3: 'timeout',
      4: 'no-address',
      5: 'turned-away',
      6: 'no-route',
    })
  })

  it('and nothing is made up for an error that no word is for', () => {
    expect(unreachableReason(new Error('something else'))).toBe('failed')
    expect(unreachableReason('no error at all')).toBe('failed')
    const nested = new Error('all failed', { cause: new AggregateError([new Error('connect ETIMEDOUT')]) })
    expect(unreachableReason(nested)).toBe('timeout')
  })
})
