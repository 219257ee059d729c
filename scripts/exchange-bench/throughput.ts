/**
 * One update between two processes on loopback: the whole way (manifest, requests, digests, disk) against one bare stream
 * of the same connection that is pushed at full speed, and against a plain TCP connection, in the same run.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex, utf8 } from '../../src/core/bytes.ts'
import { encodeCanonical } from '../../src/core/canonical.ts'
import { entryArgs } from '../../src/core/entry.ts'
import { sha256 } from '../../src/core/hash.ts'
import { asDigest, asRoundId } from '../../src/core/ids.ts'
import { createSigner } from '../../src/core/signature.ts'
import { createExchange, openChunkStore } from '../../src/exchange/index.ts'
import type { ExchangeHandlers, ExchangeOptions } from '../../src/exchange/interface.ts'
import { createLibp2pTransport } from '../../src/exchange/libp2p-transport.ts'
import type { StreamProtocol, Transport } from '../../src/exchange/transport.ts'
import { chunkCountOf, chunkRange, manifestCodec } from '../../src/update/manifest.ts'

const MIB = 1 << 20
const RAW_PROTOCOL = '/oneround/bench-raw/1'
const LIMITS = {
  updateSizeBytes: 1 << 30,
  chunkSizeBytes: MIB,
  moduleNorm: [1, 1],
  entry: [1, 1],
  updateNorm: [1, 1],
  memoryBytes: 1 << 30,
} as const
const seeds = [sha256(utf8('bench 0')), sha256(utf8('bench 1'))]
const members = seeds.map((seed) => createSigner(seed).publicKey)
const round = asRoundId(sha256(utf8('bench round')))
const silent = () => undefined
const modules = {
  log: { debug: silent, info: silent, warn: silent, error: console.error },
  rng: { bytes: (length: number) => new Uint8Array(randomBytes(length)) },
  clock: Date,
}

const optionsOf = (me: number, peer: string | null): ExchangeOptions => ({
  seed: seeds[me] ?? new Uint8Array(),
  members,
  me,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  peers: new Map(peer === null ? [] : [[0, [peer]]]),
  roundId: round,
})

/** Pushes as many mebibytes as it is asked for. */
const rawProtocol: StreamProtocol = {
  id: RAW_PROTOCOL,
  serve: async (stream, signal) => {
    const request = await stream.receive(8, signal)
    if (request === null) return
    const count = new DataView(request.buffer).getUint32(0)
    const block = new Uint8Array(randomBytes(MIB))
    for (let i = 0; i < count; i++) await stream.send(block, signal)
  },
}

/** The exchange's transport with one more protocol; `opened` hands it out. */
function withRaw(opened: (transport: Transport) => void): typeof createLibp2pTransport {
  return (options, limits, given) => {
    const transport = createLibp2pTransport(options, limits, given)
    opened(transport)
    return {
      ...transport,
      start: (handlers) => transport.start({ ...handlers, protocols: [...handlers.protocols, rawProtocol] }),
    }
  }
}

const handlersOf = (updateSource: ExchangeHandlers['updateSource']): ExchangeHandlers => ({
  onObject: () => 'accept',
  listObjects: () => [],
  getObject: () => null,
  updateSource,
})

function manifestOf(bytes: Uint8Array): Uint8Array {
  const plan = { sizeBytes: bytes.length, chunkSizeBytes: MIB }
  const chunks = Array.from({ length: chunkCountOf(bytes.length, MIB) }, (_, index) => {
    const { offset, sizeBytes } = chunkRange(plan, index)
    return sha256(bytes.subarray(offset, offset + sizeBytes))
  })
  const nonce = new Uint8Array(randomBytes(32))
  return encodeCanonical({ round, member: 0, ...plan, layout: sha256(utf8('layout')), nonce, chunks })
}

/** Pushes as many mebibytes as the first four bytes say. @returns the port */
async function serveTcp(): Promise<number> {
  const server = createServer((socket) => {
    socket.once('data', (request) => {
      const block = randomBytes(MIB)
      let left = request.readUInt32BE(0)
      const push = (): void => {
        while (left > 0) {
          left--
          if (!socket.write(block)) return
        }
        socket.end()
      }
      socket.on('drain', push)
      push()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function fetchTcp(port: number, sizeMib: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const request = new Uint8Array(4)
  new DataView(request.buffer).setUint32(0, sizeMib)
  socket.write(request)
  let received = 0
  for await (const part of socket) received += (part as Uint8Array).length
  if (received !== sizeMib * MIB) throw new Error(`${received} bytes of ${sizeMib} MiB came`)
}

/** The serving process: says its address and its updates' digests, then serves until it is ended. */
export async function serve(folder: string, sizesMib: readonly number[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  const store = openChunkStore({ folder, limits: LIMITS })
  const digests: string[] = []
  for (const size of sizesMib) {
    const bytes = new Uint8Array(randomBytes(size * MIB))
    const path = join(folder, `input-${size}`)
    await writeFile(path, bytes)
    digests.push(toHex(await store.adopt(path, manifestOf(bytes))))
  }
  const exchange = createExchange(optionsOf(0, null), handlersOf(store.source), modules, withRaw(silent))
  await exchange.start()
  const port = await serveTcp()
  process.stdout.write(`${JSON.stringify({ address: exchange.addresses()[0], digests, port })}\n`)
}

export interface ThroughputRow {
  readonly sizeMib: number
  readonly runs: number
  readonly updateMibPerSecond: number
  readonly rawMibPerSecond: number
  readonly tcpMibPerSecond: number
  /** The middle one of the runs' own quotients: a machine that slows down slows both of a run. */
  readonly updateOverRaw: number
}

interface Server {
  readonly address: string
  readonly digests: readonly string[]
  readonly port: number
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function measure(
  { address, digests, port }: Server,
  sizesMib: readonly number[],
  runs: number,
  folder: string,
): Promise<readonly ThroughputRow[]> {
  const signal = new AbortController().signal
  let transport: Transport | undefined
  let connected: () => void = silent
  const whenConnected = new Promise<void>((resolve) => {
    connected = resolve
  })
  const exchange = createExchange(
    optionsOf(1, address),
    { ...handlersOf(() => null), onPeerConnected: () => connected() },
    modules,
    withRaw((created) => {
      transport = created
    }),
  )
  await exchange.start()
  await whenConnected
  const codec = manifestCodec(LIMITS)
  const rateOf = async (sizeMib: number, act: () => Promise<void>): Promise<number> => {
    const startMs = performance.now()
    await act()
    return sizeMib / ((performance.now() - startMs) / 1_000)
  }
  const fetchUpdate = async (digest: string, into: string): Promise<void> => {
    const store = openChunkStore({ folder: into, limits: LIMITS })
    await exchange.fetchUpdate({
      digest: asDigest(new Uint8Array(Buffer.from(digest, 'hex'))),
      providers: () => [0],
      checkManifest: (manifest) => {
        const decoded = codec.decode(manifest)
        if (!decoded.ok) throw new Error(decoded.fault.code)
        return decoded.value
      },
      store,
      signal,
    })
  }
  const fetchRaw = async (sizeMib: number): Promise<void> => {
    const stream = await transport?.open(0, RAW_PROTOCOL, { bufferSizeBytesMax: 1 << 30, signal })
    const request = new Uint8Array(4)
    new DataView(request.buffer).setUint32(0, sizeMib)
    await stream?.send(request, signal)
    for (let i = 0; i < sizeMib; i++) await stream?.receive(MIB, signal)
    await stream?.close()
  }
  const rows: ThroughputRow[] = []
  for (const [i, sizeMib] of sizesMib.entries()) {
    const [updates, raws, tcps]: [number[], number[], number[]] = [[], [], []]
    for (let run = 0; run < runs; run++) {
      raws.push(await rateOf(sizeMib, () => fetchRaw(sizeMib)))
      const into = join(folder, `run-${sizeMib}-${run}`)
      updates.push(await rateOf(sizeMib, () => fetchUpdate(digests[i] ?? '', into)))
      await rm(into, { recursive: true, force: true })
      tcps.push(await rateOf(sizeMib, () => fetchTcp(port, sizeMib)))
    }
    rows.push({
      sizeMib,
      runs,
      updateMibPerSecond: median(updates),
      rawMibPerSecond: median(raws),
      tcpMibPerSecond: median(tcps),
      updateOverRaw: median(updates.map((rate, run) => rate / (raws[run] ?? 0))),
    })
  }
  await exchange.stop()
  return rows
}

/** The first line that the server writes: its address and digests. */
async function firstLine(child: ChildProcess): Promise<Server> {
  let text = ''
  for await (const part of child.stdout ?? []) {
    text += String(part)
    if (text.includes('\n')) break
  }
  return JSON.parse(text) as Server
}

/** @param entry — the script that runs `serve` with `--serve <folder> --sizes <sizes>` */
export async function measureThroughput(
  entry: URL,
  sizesMib: readonly number[],
  runs: number,
): Promise<readonly ThroughputRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'oneround-bench-'))
  const words = ['--serve', join(folder, 'server'), '--sizes', sizesMib.join()]
  const child = spawn(process.execPath, [...entryArgs(entry), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    return await measure(await firstLine(child), sizesMib, runs, folder)
  } finally {
    child.kill()
    await rm(folder, { recursive: true, force: true })
  }
}
