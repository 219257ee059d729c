// Protects: docs/PROTOCOL.md §10.12: two members behind routers dial each other at once, one of them begins the handshake, and nobody makes another dial where or as often as it likes.
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId } from '../../../src/core/ids.ts'
import {
  createHolePuncher,
  type HolePuncher,
  PUNCH_PROTOCOL,
  type PublicAddresses,
  punchCodec,
} from '../../../src/exchange/hole-punch.ts'
import { publicTcpAddress } from '../../../src/exchange/reach.ts'
import { createBell } from '../../../src/exchange/timers.ts'
import type { Transport } from '../../../src/exchange/transport.ts'
import { publicKeyOf, seedOf, silentLog } from '../../support/exchange-world.ts'
import { createMemoryNetwork } from '../../support/memory-transport.ts'

const A = '/ip4/11.0.1.1/tcp/40001'
const B = '/ip4/11.0.2.1/tcp/40002'
const INNER = '/ip4/192.168.1.2/tcp/4101'

interface Dialled {
  readonly by: number
  readonly addresses: readonly string[]
  readonly begins: boolean | null
}

async function pair(addresses: readonly [PublicAddresses, PublicAddresses]) {
  const network = createMemoryNetwork()
  const dialled: Dialled[] = []
  const changed = createBell()
  const stopping = new AbortController()
  const transports: Transport[] = []
  const punchers: HolePuncher[] = []
  for (const me of [0, 1]) {
    const transport = network.createTransport({
      seed: seedOf(me),
      members: [0, 1].map(publicKeyOf),
      me,
      listen: [],
      peers: new Map(),
      roundId: asRoundId(sha256(utf8('punch'))),
    })
    const puncher = createHolePuncher({
      me,
      open: transport.open,
      // A connection that somebody dialled stands at both.
      isRelayed: () => dialled.length < 2,
      mine: () => addresses[me] ?? { open: [], punched: [] },
      dial: async (_, given, begins) => {
        dialled.push({ by: me, addresses: given, begins })
        changed.ring()
      },
      modules: { log: silentLog, rng: { bytes: (length) => new Uint8Array(length).fill(7) }, clock: Date },
      signal: stopping.signal,
    })
    await transport.start({
      protocols: [puncher.protocol],
      onMessage: async () => 'ignore',
      onConnected: () => undefined,
      onDisconnected: () => undefined,
      onEvent: () => undefined,
    })
    transports.push(transport)
    punchers.push(puncher)
  }
  const until = async (isDone: () => boolean): Promise<void> => {
    while (!isDone()) await changed.next(new AbortController().signal)
  }
  return { transports, punchers, dialled, until, stop: () => stopping.abort() }
}

describe('a hole', { timeout: 30_000 }, () => {
  it('is punched by both: each dials what the other is seen from, and one begins', async () => {
    const { punchers, dialled, until, stop } = await pair([
      { open: [], punched: [A] },
      { open: [], punched: [B, INNER] },
    ])
    // Each notes that the other is relayed; only the first acts.
    punchers.forEach((puncher, me) => puncher.noteRelayed(1 - me))
    await until(() => dialled.length === 2)
    expect(dialled.toSorted((x, y) => x.by - y.by)).toEqual([
      { by: 0, addresses: [B], begins: true },
      { by: 1, addresses: [A], begins: false },
    ])
    stop()
  })

  it('is not needed where a router has opened a port: that one is dialled, by the other alone', async () => {
    const { punchers, dialled, until, stop } = await pair([
      { open: [A], punched: [A] },
      { open: [], punched: [B] },
    ])
    punchers[0]?.noteRelayed(1)
    await until(() => dialled.length === 1)
    expect(dialled).toEqual([{ by: 1, addresses: [A], begins: null }])
    stop()
  })

  it('is not dug into networks that only the dialler sees, nor as often as somebody asks', async () => {
    const { transports, dialled, stop } = await pair([
      { open: [], punched: [A] },
      { open: [], punched: [B] },
    ])
    const { signal } = new AbortController()
    const ask = async (): Promise<Uint8Array | null> => {
      const stream = await transports[0]?.open(1, PUNCH_PROTOCOL, { bufferSizeBytesMax: 4096, signal })
      await stream?.send(punchCodec.encode({ kind: 'addresses', open: [INNER], punched: [INNER] }), signal)
      const answer = (await stream?.receive(512, signal)) ?? null
      await stream?.send(punchCodec.encode({ kind: 'go' }), signal)
      return answer
    }
    const answer = await ask()
    expect(punchCodec.decode(answer ?? new Uint8Array())).toMatchObject({ ok: true, value: { punched: [B] } })
    await expect(ask()).rejects.toMatchObject({ code: 'STREAM_CLOSED' })
    expect(dialled.filter(({ addresses }) => addresses.includes(INNER))).toEqual([])
    stop()
  })
})

describe('a public address', () => {
  it.each([
    ['/ip4/11.0.1.1/tcp/4101', '/ip4/11.0.1.1/tcp/4101'],
    ['/ip4/11.0.1.1/tcp/4101/p2p/12D3KooW', '/ip4/11.0.1.1/tcp/4101'],
    ['/ip4/100.63.0.1/tcp/1', '/ip4/100.63.0.1/tcp/1'],
    ['/ip4/172.32.0.1/tcp/1', '/ip4/172.32.0.1/tcp/1'],
    ['/ip4/100.64.0.1/tcp/1', null],
    ['/ip4/172.31.0.1/tcp/1', null],
    ['/ip4/10.0.0.1/tcp/1', null],
    ['/ip4/127.0.0.1/tcp/1', null],
    ['/ip4/169.254.1.1/tcp/1', null],
    ['/ip4/192.168.0.1/tcp/1', null],
    ['/ip4/224.0.0.251/tcp/1', null],
    ['/ip4/0.0.0.0/tcp/1', null],
    ['/ip4/11.0.1.1/udp/1', null],
    ['/ip4/11.0.1.1/tcp/1/p2p/12D3KooW/p2p-circuit', '/ip4/11.0.1.1/tcp/1'],
    ['/dns4/example.org/tcp/1', null],
  ])('of %s is %s', (text, address) => {
    expect(publicTcpAddress(text)).toBe(address)
  })
})
