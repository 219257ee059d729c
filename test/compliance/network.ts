/** What every transport must do for the exchange, run on the network in memory and on libp2p. */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, utf8 } from '../../src/core/bytes.ts'
import { asRoundId, type Digest } from '../../src/core/ids.ts'
import { sha256 } from '../../src/core/hash.ts'
import type { OnProgress } from '../../src/core/ports.ts'
import { chunkHead, CHUNKS_PROTOCOL } from '../../src/exchange/chunk-messages.ts'
import { SYNC_PROTOCOL, syncReplyCodec } from '../../src/exchange/sync-messages.ts'
import { encodeCanonical } from '../../src/core/canonical.ts'
import type { StreamProtocol } from '../../src/exchange/transport.ts'
import { decodePlan, manifestOfBytes } from '../support/manifests.ts'
import { CHUNK_SIZE_BYTES } from '../support/store-limits.ts'
import {
  type MakeWorld,
  type NodeSettings,
  objectKey,
  putUpdate,
  type TestNode,
  type World,
} from '../support/exchange-world.ts'

const nodeOf = (world: World, member: number): TestNode => {
  const node = world.nodes[member]
  if (node === undefined) throw new Error(`member ${member} exists`)
  return node
}

const fetch = (
  node: TestNode,
  digest: Digest,
  world: World,
  more: { readonly signal?: AbortSignal; readonly onProgress?: OnProgress } = {},
) =>
  node.exchange.fetchUpdate({
    digest,
    checkManifest: decodePlan,
    store: node.store,
    signal: world.signal,
    ...more,
  })

const allConnected = (world: World) => () =>
  world.nodes.every(({ exchange }) => exchange.connectedMembers().length === world.nodes.length - 1)

export function networkCompliance(name: string, makeWorld: MakeWorld): void {
  describe(`the exchange over ${name}`, () => {
    const worlds: World[] = []
    const make: MakeWorld = async (count, settingsOf) => {
      const world = await makeWorld(count, settingsOf)
      worlds.push(world)
      return world
    }
    afterEach(async () => {
      for (const world of worlds.splice(0)) await world.close()
    })
    objectsSuite(make)
    updatesSuite(make)
    hostilitySuite(make)
    liarsSuite(make)
  })
}

function objectsSuite(make: MakeWorld): void {
  it('delivers an object to everyone', async () => {
    const world = await make(4)
    await world.start()
    await world.until(allConnected(world))
    const object = utf8('hello')
    expect(await nodeOf(world, 0).publish(object)).toBe(3)
    await world.until(() => world.nodes.every((node) => node.has(object)))
  })

  it('takes objects before the start, and hands them on after it', async () => {
    const world = await make(2)
    const object = utf8('early')
    expect(await nodeOf(world, 0).publish(object)).toBe(0)
    await world.start()
    await world.until(() => nodeOf(world, 1).has(object))
  })

  it('§10.1 brings a late joiner everything that was published before', async () => {
    const world = await make(3)
    await world.start(0, 1)
    const objects = Array.from({ length: 40 }, (_, i) => utf8(`object ${i}`))
    for (const object of objects) await nodeOf(world, 0).publish(object)
    await world.start(2)
    await world.until(() => objects.every((object) => nodeOf(world, 2).has(object)))
  })

  it('brings members of two partitions together when it heals', async () => {
    const world = await make(4)
    await world.start()
    await world.until(allConnected(world))
    world.partition([0, 1], [2, 3])
    await world.until(() => world.nodes.every(({ exchange }) => exchange.connectedMembers().length === 1))
    const [left, right] = [utf8('left'), utf8('right')]
    await nodeOf(world, 0).publish(left)
    await nodeOf(world, 3).publish(right)
    await world.until(() => nodeOf(world, 1).has(left) && nodeOf(world, 2).has(right))
    expect(nodeOf(world, 2).has(left) || nodeOf(world, 1).has(right)).toBe(false)
    world.heal()
    await world.until(() => world.nodes.every((node) => node.has(left) && node.has(right)))
  })

  it('passes objects on between members that are not linked', async () => {
    const world = await make(3)
    world.cut(0, 2)
    await world.start()
    await world.until(() => nodeOf(world, 1).exchange.connectedMembers().length === 2)
    const object = utf8('through the middle')
    await nodeOf(world, 0).publish(object)
    await world.until(() => nodeOf(world, 2).has(object))
    expect(nodeOf(world, 2).exchange.connectedMembers()).toEqual([1])
  })

  it('§10.5 carries objects that are too large for gossip', async () => {
    const world = await make(3)
    await world.start()
    await world.until(allConnected(world))
    const object = new Uint8Array(randomBytes(300_000))
    object[0] = 1
    await nodeOf(world, 1).publish(object)
    await world.until(() => world.nodes.every((node) => node.has(object)))
  })

  it('§10.5 refuses to send what is over the limit, and to read it', async () => {
    const world = await make(2, (member) =>
      member === 1 ? { limits: { objectSizeBytesMax: 4_000_000 } } : {},
    )
    await world.start()
    await world.until(allConnected(world))
    const object = new Uint8Array(2_000_000)
    await expect(nodeOf(world, 0).exchange.publish(object)).rejects.toMatchObject({
      code: 'OBJECT_TOO_LARGE',
    })
    await nodeOf(world, 1).publish(object)
    await world.until(() => nodeOf(world, 0).events.some(({ type }) => type === 'sync-failed'))
    expect(nodeOf(world, 0).has(object)).toBe(false)
    // The good ones still come.
    const small = utf8('small')
    await nodeOf(world, 0).publish(small)
    await world.until(() => nodeOf(world, 1).has(small))
  })

  it('knows the others’ clocks', async () => {
    const world = await make(2)
    await world.start()
    await nodeOf(world, 0).publish(utf8('any'))
    await world.until(() => nodeOf(world, 1).exchange.clockOffsetsMs().has(0))
    expect(Math.abs(nodeOf(world, 1).exchange.clockOffsetsMs().get(0) ?? Infinity)).toBeLessThan(2_000)
  })

  it('says so when a member is in another round', async () => {
    const other: NodeSettings = { roundId: asRoundId(sha256(utf8('another round'))) }
    const world = await make(2, (member) => (member === 1 ? other : {}))
    await world.start()
    await nodeOf(world, 1).publish(utf8('of the other round'))
    await world.until(() => nodeOf(world, 0).events.some(({ type }) => type === 'other-round'))
    expect(nodeOf(world, 0).objects.size).toBe(0)
  })
}

function updatesSuite(make: MakeWorld): void {
  const bytes = new Uint8Array(randomBytes(21 * CHUNK_SIZE_BYTES + 123))

  it('moves an update, byte for byte', async () => {
    const world = await make(3)
    await world.start()
    const { digest } = await putUpdate(nodeOf(world, 0), world.folder, bytes)
    nodeOf(world, 0).exchange.announceUpdate(digest)
    await world.until(allConnected(world))
    const { path } = await fetch(nodeOf(world, 1), digest, world)
    expect(equalBytes(await readFile(path), bytes)).toBe(true)
    const { sentBytes, uploadedBytes } = nodeOf(world, 0).exchange.traffic()
    expect([...uploadedBytes]).toEqual([[1, bytes.length]])
    // Without a wire nothing is counted on it; over one, an update costs little more than its bytes.
    const { receivedBytes } = nodeOf(world, 1).exchange.traffic()
    if (receivedBytes > 0) {
      expect(receivedBytes).toBeGreaterThan(bytes.length)
      expect(sentBytes).toBeGreaterThan(bytes.length)
      expect(receivedBytes).toBeLessThan(2 * bytes.length)
    }
    // The second copy may come from either holder.
    nodeOf(world, 1).exchange.announceUpdate(digest)
    await world.until(() => nodeOf(world, 2).exchange.providersOf(digest).length === 2)
    const second = await fetch(nodeOf(world, 2), digest, world)
    expect(equalBytes(await readFile(second.path), bytes)).toBe(true)
  })

  it('§10.9 waits for a provider, and asks again when the gate opens', async () => {
    let isOpen = false
    const world: World = await make(2, (member) =>
      member === 1
        ? {}
        : {
            handlers: {
              updateSource: (digest) => (isOpen ? nodeOf(world, 0).store.source(digest) : 'denied'),
            },
          },
    )
    const { digest } = await putUpdate(nodeOf(world, 0), world.folder, bytes)
    const fetching = fetch(nodeOf(world, 1), digest, world)
    await world.start()
    nodeOf(world, 0).exchange.announceUpdate(digest)
    await world.until(() => isDenied(nodeOf(world, 1)))
    expect(await nodeOf(world, 1).store.has(digest)).toBe(false)
    isOpen = true
    expect((await fetching).sizeBytes).toBe(bytes.length)
  })

  it('resumes after an interruption without asking for what it has', async () => {
    const reads: number[] = []
    const world: World = await make(2, (member) =>
      member === 1 ? {} : { handlers: { updateSource: watched(() => nodeOf(world, 0), reads) } },
    )
    await world.start()
    const { digest } = await putUpdate(nodeOf(world, 0), world.folder, bytes)
    nodeOf(world, 0).exchange.announceUpdate(digest)
    const stopping = new AbortController()
    let progressCount = 0
    const first = fetch(nodeOf(world, 1), digest, world, {
      signal: stopping.signal,
      onProgress: () => ++progressCount === 6 && stopping.abort(new Error('interrupted')),
    })
    await expect(first).rejects.toThrow('interrupted')
    const resumed: number[] = []
    await fetch(nodeOf(world, 1), digest, world, { onProgress: ({ done }) => resumed.push(done) })
    expect(resumed[0]).toBeGreaterThanOrEqual(5 * CHUNK_SIZE_BYTES)
    expect(resumed.at(-1)).toBe(bytes.length)
    expect(reads.filter((index) => index < 5)).toHaveLength(5)
  })
}

const isDenied = ({ events }: TestNode): boolean =>
  events.some((event) => event.type === 'provider-failed' && event.reason === 'denied')

/** A node's own updates, with a note of every chunk that is read. */
function watched(node: () => TestNode, reads: number[]) {
  return async (digest: Digest) => {
    const source = await node().store.source(digest)
    return (
      source && {
        ...source,
        readChunk: (index: number, signal: AbortSignal) => {
          reads.push(index)
          return source.readChunk(index, signal)
        },
      }
    )
  }
}

function hostilitySuite(make: MakeWorld): void {
  const bytes = new Uint8Array(randomBytes(9 * CHUNK_SIZE_BYTES + 7))

  /** Member 0 is honest, member 1 serves with a fault, member 2 fetches. */
  const withFault = async (
    readChunk: (index: number, signal: AbortSignal) => Promise<Uint8Array>,
  ): Promise<{ readonly world: World; readonly digest: Digest }> => {
    const world: World = await make(3, (member) => {
      if (member !== 1) return {}
      const updateSource = async (digest: Digest) => {
        const source = await nodeOf(world, 1).store.source(digest)
        return source && { ...source, readChunk }
      }
      return { handlers: { updateSource } }
    })
    await world.start()
    const { digest, manifest } = await putUpdate(nodeOf(world, 1), world.folder, bytes)
    await nodeOf(world, 0).store.adopt(await copyOf(bytes, world.folder), manifest)
    nodeOf(world, 1).exchange.announceUpdate(digest)
    await world.until(() => nodeOf(world, 2).exchange.providersOf(digest).length === 1)
    return { world, digest }
  }

  it('§10.8 drops wrong bytes and fetches them elsewhere', async () => {
    const { world, digest } = await withFault(async () => new Uint8Array(CHUNK_SIZE_BYTES))
    const fetching = fetch(nodeOf(world, 2), digest, world)
    await world.until(() => nodeOf(world, 2).events.some(({ type }) => type === 'chunk-refused'))
    nodeOf(world, 0).exchange.announceUpdate(digest)
    expect(equalBytes(await readFile((await fetching).path), bytes)).toBe(true)
  })

  it('does not wait for a provider that stalls', async () => {
    let tellAsked = (): void => undefined
    const asked = new Promise<void>((resolve) => {
      tellAsked = resolve
    })
    const { world, digest } = await withFault((_, signal) => {
      tellAsked()
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    })
    const fetching = fetch(nodeOf(world, 2), digest, world)
    // Only then is there anybody else to ask.
    await asked
    nodeOf(world, 0).exchange.announceUpdate(digest)
    expect(equalBytes(await readFile((await fetching).path), bytes)).toBe(true)
  })

  it('asks nobody who lacks it twice in a row, and survives an error of the server’s disk', async () => {
    const { world, digest } = await withFault(() => Promise.reject(new Error('disk')))
    const fetching = fetch(nodeOf(world, 2), digest, world)
    await world.until(() =>
      nodeOf(world, 2).events.some((event) => event.type === 'provider-failed' && event.reason === 'busy'),
    )
    nodeOf(world, 0).exchange.announceUpdate(digest)
    expect((await fetching).sizeBytes).toBe(bytes.length)
  })

  it('does not pass on what a node rejects, nor ask the same member for it again', async () => {
    const world = await make(3)
    world.cut(1, 2)
    await world.start()
    await world.until(() => nodeOf(world, 0).exchange.connectedMembers().length === 2)
    const bad = new Uint8Array([0xff, 1, 2, 3])
    await nodeOf(world, 1).publish(bad)
    const eventsOf = (type: string) => nodeOf(world, 0).events.filter((event) => event.type === type)
    await world.until(() => eventsOf('object-refused').length > 0)
    const synced = eventsOf('synced').length
    await world.until(() => eventsOf('synced').length >= synced + 4)
    expect(eventsOf('object-refused')).toHaveLength(1)
    expect(nodeOf(world, 0).has(bad) || nodeOf(world, 2).has(bad)).toBe(false)
  })

  it('§10.6 takes a good object from others after a liar put its digest on a bad one', async () => {
    const world = await make(3)
    const object = utf8('to be kept from member 2')
    const digests = [sha256(object)]
    const bytes = new Uint8Array([0xff, 0xff])
    await world.startHostile(1, [
      {
        id: SYNC_PROTOCOL,
        serve: async (stream, signal) => {
          await stream.receive(1 << 20, signal)
          await stream.send(reply({ kind: 'digests', clockMs: 0, digests, isLast: true }), signal)
          await stream.receive(1 << 20, signal)
          for (const digest of digests) await stream.send(reply({ kind: 'object', digest, bytes }), signal)
          await stream.send(reply({ kind: 'end', isWhole: true }), signal)
          await stream.receive(1 << 20, signal)
        },
      },
    ])
    await world.start(2)
    await world.until(() => nodeOf(world, 2).events.some(({ type }) => type === 'object-refused'))
    // Held by member 0 before it comes, so that only sync can bring it.
    nodeOf(world, 0).objects.set(objectKey(object), object)
    await world.start(0)
    await world.until(() => nodeOf(world, 2).has(object))
  })

  it('goes on when a handler throws', async () => {
    let throwsLeft = 3
    const world: World = await make(2, (member) =>
      member === 0
        ? {}
        : {
            handlers: {
              onObject: (object) => {
                if (throwsLeft-- > 0) throw new Error('our own mistake')
                nodeOf(world, 1).objects.set('held', object)
                return 'accept'
              },
              onPeerConnected: () => {
                throw new Error('our own mistake')
              },
            },
          },
    )
    await world.start()
    await nodeOf(world, 0).publish(utf8('again and again'))
    await world.until(() => nodeOf(world, 1).objects.has('held'))
  })
}

async function copyOf(bytes: Uint8Array, folder: string): Promise<string> {
  const path = `${folder}/copy`
  await writeFile(path, bytes)
  return path
}

/** Serves every request on a stream with the frames that `answer` makes up. */
function liar(id: string, answer: (request: Uint8Array) => readonly Uint8Array[]): StreamProtocol {
  return {
    id,
    serve: async (stream, signal) => {
      for (;;) {
        const request = await stream.receive(1 << 20, signal)
        if (request === null) return
        for (const frame of answer(request)) await stream.send(frame, signal)
      }
    },
  }
}

const reply = syncReplyCodec(1 << 20).encode
const digestsFrom = (start: number, count: number): Digest[] =>
  Array.from({ length: count }, (_, i) => sha256(utf8(`phantom ${start + i}`)))

/** A sync server of each kind of lie; whatever it does, the node notices and goes on. */
const SYNC_LIES: Readonly<Record<string, () => StreamProtocol>> = {
  garbage: () => liar(SYNC_PROTOCOL, () => [new Uint8Array(randomBytes(500))]),
  'an endless list': () => {
    let start = 0
    return liar(SYNC_PROTOCOL, () =>
      Array.from({ length: 10 }, () =>
        reply({ kind: 'digests', clockMs: 0, digests: digestsFrom((start += 1_024), 1_024), isLast: false }),
      ),
    )
  },
  'empty pages': () =>
    liar(SYNC_PROTOCOL, () => [reply({ kind: 'digests', clockMs: 0, digests: [], isLast: false })]),
  'objects that nobody asked for': () =>
    liar(SYNC_PROTOCOL, () => [
      reply({ kind: 'digests', clockMs: 0, digests: digestsFrom(0, 3), isLast: true }),
      reply({ kind: 'object', digest: sha256(utf8('unasked')), bytes: utf8('unasked') }),
    ]),
  'batches that are empty and never whole': () =>
    liar(SYNC_PROTOCOL, () => [
      reply({ kind: 'digests', clockMs: 0, digests: digestsFrom(0, 3), isLast: true }),
      reply({ kind: 'end', isWhole: false }),
    ]),
  'a frame over the limit': () => liar(SYNC_PROTOCOL, () => [new Uint8Array(3_000_000)]),
  silence: () => liar(SYNC_PROTOCOL, () => []),
  'no such protocol': () => liar('/oneround/sync/0', () => []),
}

function liarsSuite(make: MakeWorld): void {
  it.each(Object.keys(SYNC_LIES))('§10.6 is not harmed by a sync server that answers %s', async (lie) => {
    const world = await make(3, () => ({ limits: { syncTimeoutMs: 500, objectCountMax: 8_192 } }))
    const object = utf8('held by the honest')
    await world.start(0)
    await nodeOf(world, 0).publish(object)
    await world.startHostile(1, [SYNC_LIES[lie]?.() ?? liar('', () => [])])
    await world.start(2)
    const failed = ({ type }: { readonly type: string }) =>
      type === 'sync-failed' || type === 'version-mismatch'
    await world.until(() => nodeOf(world, 2).events.some(failed) && nodeOf(world, 2).has(object))
    expect(nodeOf(world, 2).objects.size).toBe(1)
  })

  const bytes = new Uint8Array(randomBytes(5 * CHUNK_SIZE_BYTES))
  const manifest = manifestOfBytes(bytes, 0, CHUNK_SIZE_BYTES)
  const asManifest = (text: Uint8Array) => encodeCanonical({ kind: 'manifest', bytes: text })
  const chunkLies: Readonly<Record<string, () => StreamProtocol>> = {
    garbage: () => liar(CHUNKS_PROTOCOL, () => [new Uint8Array(randomBytes(100))]),
    'another manifest': () =>
      liar(CHUNKS_PROTOCOL, () => [asManifest(manifestOfBytes(bytes, 1, CHUNK_SIZE_BYTES))]),
    'another chunk': () => {
      let count = 0
      return liar(CHUNKS_PROTOCOL, () => [
        count++ === 0 ? asManifest(manifest) : concatBytes(chunkHead(4), bytes.subarray(0, 9)),
      ])
    },
    'chunks without end': () => {
      let count = 0
      const flood = Array.from({ length: 300 }, () =>
        concatBytes(chunkHead(0), bytes.subarray(0, CHUNK_SIZE_BYTES)),
      )
      return liar(CHUNKS_PROTOCOL, () => (count++ === 0 ? [asManifest(manifest)] : flood))
    },
    'a frame over the limit': () => liar(CHUNKS_PROTOCOL, () => [new Uint8Array(5_000_000)]),
    silence: () => liar(CHUNKS_PROTOCOL, () => []),
  }
  it.each(Object.keys(chunkLies))('fetches elsewhere when a provider answers %s', async (lie) => {
    const world = await make(3, () => ({ limits: { chunkTimeoutMs: 500 } }))
    await world.start(2)
    await world.startHostile(1, [chunkLies[lie]?.() ?? liar('', () => [])])
    await world.until(() => nodeOf(world, 2).exchange.connectedMembers().includes(1))
    await world.start(0)
    const { digest } = await putUpdate(nodeOf(world, 0), world.folder, bytes)
    // The liar is believed at first: it is asked as long as nobody else has it.
    let isHonestKnown = false
    const fetching = nodeOf(world, 2).exchange.fetchUpdate({
      digest,
      checkManifest: decodePlan,
      providers: () => (isHonestKnown ? [0, 1] : [1]),
      store: nodeOf(world, 2).store,
      signal: world.signal,
    })
    await world.until(() => nodeOf(world, 2).events.some(({ type }) => type === 'provider-failed'))
    isHonestKnown = true
    expect(equalBytes(await readFile((await fetching).path), bytes)).toBe(true)
  })

  it('goes on serving others under a flood of requests', async () => {
    const world = await make(3)
    await world.start(0)
    const { digest } = await putUpdate(nodeOf(world, 0), world.folder, bytes)
    const hostile = await world.startHostile(1)
    await world.until(() => hostile.connected().includes(0))
    for (let i = 0; i < 40; i++) {
      for (const protocol of [SYNC_PROTOCOL, CHUNKS_PROTOCOL])
        void flood(hostile, protocol, digest, world.signal)
    }
    await world.start(2)
    nodeOf(world, 0).exchange.announceUpdate(digest)
    const object = utf8('in the middle of it')
    await nodeOf(world, 0).publish(object)
    await world.until(() => nodeOf(world, 2).has(object))
    expect((await fetch(nodeOf(world, 2), digest, world)).sizeBytes).toBe(bytes.length)
  })
}

/** Asks without reading until the stream is closed on it. */
async function flood(
  hostile: Awaited<ReturnType<World['startHostile']>>,
  protocol: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<void> {
  try {
    const stream = await hostile.open(0, protocol, { bufferSizeBytesMax: 1 << 30, signal })
    const request =
      protocol === CHUNKS_PROTOCOL
        ? encodeCanonical({ kind: 'chunk', update: digest, index: 0 })
        : encodeCanonical({ kind: 'get', digests: digestsFrom(0, 512) })
    for (let i = 0; i < 200; i++) await stream.send(request, signal)
  } catch (error) {
    // Closed on it, or the world ended: both are how this is meant to end.
    expect(error).toBeDefined()
  }
}
