/** Exchanges of a small consortium with the simplest possible node above each: it keeps every object that it is shown. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex, utf8 } from '../../src/core/bytes.ts'
import { sha256 } from '../../src/core/hash.ts'
import { asRoundId, type Digest, digestKey } from '../../src/core/ids.ts'
import type { MemberIndex } from '../../src/core/order.ts'
import type { Log } from '../../src/core/ports.ts'
import { createSigner } from '../../src/core/signature.ts'
import {
  type ChunkStore,
  type CreateTransport,
  createExchange,
  type Exchange,
  type ExchangeEvent,
  type ExchangeHandlers,
  type ExchangeLimits,
  type ExchangeModules,
  type ExchangeOptions,
  openChunkStore,
} from '../../src/exchange/index.ts'
import { createLibp2pTransport } from '../../src/exchange/libp2p-transport.ts'
import { completeLimits } from '../../src/exchange/limits.ts'
import type { StreamProtocol, Transport } from '../../src/exchange/transport.ts'
import { createBell, createStopper } from '../../src/exchange/timers.ts'
import { manifestOfBytes } from './manifests.ts'
import { createMemoryNetwork } from './memory-transport.ts'
import { CHUNK_SIZE_BYTES, STORE_LIMITS } from './store-limits.ts'
import { openTcpRelay, type TcpRelay } from './tcp-relay.ts'

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** Short times, so that what must be noticed is noticed within a test. */
export const TEST_LIMITS: Partial<ExchangeLimits> = {
  syncIntervalMs: 300,
  syncTimeoutMs: 4_000,
  chunkTimeoutMs: 4_000,
  hedgeMs: 200,
  redialMinMs: 50,
  redialMaxMs: 400,
  providerPauseMs: 50,
}

export const seedOf = (member: number): Uint8Array => sha256(utf8(`exchange test seed ${member}`))
export const publicKeyOf = (member: number) => createSigner(seedOf(member)).publicKey
const roundId = asRoundId(sha256(utf8('exchange test round')))

const modules: ExchangeModules = {
  log: silentLog,
  rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
  clock: Date,
}

export interface TestNode {
  readonly member: MemberIndex
  readonly exchange: Exchange
  readonly store: ChunkStore
  readonly objects: Map<string, Uint8Array>
  readonly events: ExchangeEvent[]
  /** Keeps an object as its own and publishes it. */
  readonly publish: (bytes: Uint8Array) => Promise<number>
  readonly has: (bytes: Uint8Array) => boolean
}

export interface NodeSettings {
  readonly limits?: Partial<ExchangeLimits>
  readonly handlers?: Partial<ExchangeHandlers>
  readonly roundId?: typeof roundId
}

export interface World {
  readonly nodes: readonly TestNode[]
  readonly start: (...members: readonly MemberIndex[]) => Promise<void>
  /** Cuts all links between members of different groups. */
  readonly partition: (...groups: readonly (readonly MemberIndex[])[]) => void
  readonly heal: () => void
  readonly cut: (a: MemberIndex, b: MemberIndex) => void
  /** In place of the member's node: a member that serves and sends whatever the test likes. */
  readonly startHostile: (member: MemberIndex, protocols?: readonly StreamProtocol[]) => Promise<Transport>
  /** Returns when `condition` holds; it is asked again at every event of any node. */
  readonly until: (condition: () => boolean) => Promise<void>
  readonly signal: AbortSignal
  readonly folder: string
  readonly close: () => Promise<void>
}

export type MakeWorld = (count: number, settingsOf?: (member: MemberIndex) => NodeSettings) => Promise<World>

interface Links {
  readonly createTransport: CreateTransport
  readonly peersOf: (member: MemberIndex) => ReadonlyMap<MemberIndex, readonly string[]>
  readonly onStarted: (member: MemberIndex, addresses: readonly string[]) => void
  readonly cut: (a: MemberIndex, b: MemberIndex) => void
  readonly mend: (a: MemberIndex, b: MemberIndex) => void
  readonly close: () => Promise<void>
}

export const objectKey = (bytes: Uint8Array): string => digestKey(sha256(bytes))

async function makeWorld(
  count: number,
  settingsOf: (member: MemberIndex) => NodeSettings,
  links: Links,
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'oneround-exchange-'))
  const bell = createBell()
  const closing = createStopper()
  const members = Array.from({ length: count }, (_, i) => publicKeyOf(i))
  const optionsOf = (me: MemberIndex): ExchangeOptions => ({
    seed: seedOf(me),
    members,
    me,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    peers: links.peersOf(me),
    roundId: settingsOf(me).roundId ?? roundId,
    limits: { ...TEST_LIMITS, ...settingsOf(me).limits },
  })
  const nodes = members.map((_, me): TestNode => {
    const settings = settingsOf(me)
    const objects = new Map<string, Uint8Array>()
    const events: ExchangeEvent[] = []
    const store = openChunkStore({ folder: join(folder, String(me)), limits: STORE_LIMITS })
    const handlers: ExchangeHandlers = {
      onObject: (bytes) => {
        if (bytes[0] === 0xff) return 'reject'
        objects.set(objectKey(bytes), bytes)
        bell.ring()
        return 'accept'
      },
      listObjects: () => [...objects.values()].map((bytes) => sha256(bytes)),
      getObject: (digest) => objects.get(digestKey(digest)) ?? null,
      updateSource: (digest) => store.source(digest),
      ...settings.handlers,
      onEvent: (event) => {
        events.push(event)
        settings.handlers?.onEvent?.(event)
        bell.ring()
      },
      onUpdateAnnounced: () => bell.ring(),
    }
    const exchange = createExchange(optionsOf(me), handlers, modules, links.createTransport)
    const publish = async (bytes: Uint8Array): Promise<number> => {
      objects.set(objectKey(bytes), bytes)
      return (await exchange.publish(bytes)).recipients
    }
    return {
      member: me,
      exchange,
      store,
      objects,
      events,
      publish,
      has: (bytes) => objects.has(objectKey(bytes)),
    }
  })
  const started = new Set<{ readonly stop: () => Promise<void> }>()
  const each = (act: (a: MemberIndex, b: MemberIndex) => void) => {
    for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) act(a, b)
  }
  return {
    nodes,
    folder,
    signal: closing.signal,
    start: async (...chosen) => {
      for (const node of nodes) {
        if (chosen.length > 0 && !chosen.includes(node.member)) continue
        await node.exchange.start()
        started.add(node.exchange)
        links.onStarted(node.member, node.exchange.addresses())
      }
    },
    partition: (...groups) => {
      const groupOf = (member: MemberIndex) => groups.findIndex((group) => group.includes(member))
      each((a, b) => groupOf(a) !== groupOf(b) && links.cut(a, b))
    },
    heal: () => each(links.mend),
    cut: links.cut,
    startHostile: async (member, protocols = []) => {
      const transport = links.createTransport(optionsOf(member), completeLimits(TEST_LIMITS), modules)
      started.add(transport)
      await transport.start({
        protocols,
        onMessage: async () => 'ignore',
        onConnected: bell.ring,
        onDisconnected: bell.ring,
        onEvent: bell.ring,
      })
      links.onStarted(member, transport.addresses())
      return transport
    },
    until: async (condition) => {
      while (!condition()) {
        closing.signal.throwIfAborted()
        await bell.next(closing.signal)
      }
    },
    close: async () => {
      closing.abort()
      for (const each of started) await each.stop()
      for (const { store } of nodes) await store.close()
      await links.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const makeMemoryWorld: MakeWorld = (count, settingsOf = () => ({})) => {
  const network = createMemoryNetwork()
  return makeWorld(count, settingsOf, {
    createTransport: network.createTransport,
    peersOf: () => new Map(),
    onStarted: () => undefined,
    cut: network.cut,
    mend: network.mend,
    close: async () => undefined,
  })
}

/** Real nodes; every pair is linked through a relay of its own in each direction, which can be cut. */
export const makeLibp2pWorld: MakeWorld = async (count, settingsOf = () => ({})) => {
  const relays = new Map<string, TcpRelay>()
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) if (from !== to) relays.set(`${from} ${to}`, await openTcpRelay())
  }
  const both = (a: MemberIndex, b: MemberIndex) => [relays.get(`${a} ${b}`), relays.get(`${b} ${a}`)]
  return makeWorld(count, settingsOf, {
    createTransport: createLibp2pTransport,
    peersOf: (me) =>
      new Map(
        Array.from({ length: count }, (_, to) => [to, relays.get(`${me} ${to}`)] as const).flatMap(
          ([to, relay]) => (relay === undefined ? [] : [[to, [`/ip4/127.0.0.1/tcp/${relay.port}`]]]),
        ),
      ),
    onStarted: (member, addresses) => {
      const port = Number(/\/tcp\/(\d+)/.exec(addresses[0] ?? '')?.[1])
      for (let from = 0; from < count; from++) relays.get(`${from} ${member}`)?.aim(port)
    },
    cut: (a, b) => {
      for (const relay of both(a, b)) relay?.cut()
    },
    mend: (a, b) => {
      for (const relay of both(a, b)) relay?.mend()
    },
    close: async () => {
      for (const relay of relays.values()) await relay.close()
    },
  })
}

/** An update's file and manifest in a node's store. @returns its digest and the manifest */
export async function putUpdate(
  node: TestNode,
  folder: string,
  bytes: Uint8Array,
): Promise<{ readonly digest: Digest; readonly manifest: Uint8Array }> {
  const manifest = manifestOfBytes(bytes, node.member, CHUNK_SIZE_BYTES)
  const path = join(folder, `update-${node.member}-${toHex(sha256(bytes)).slice(0, 8)}`)
  await writeFile(path, bytes)
  return { digest: await node.store.adopt(path, manifest), manifest }
}
