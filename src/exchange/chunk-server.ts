/**
 * The answering side of `/oneround/chunks/1`.
 *
 * Upon a request for an update: ask the gate, once for each stream and update (it opens and never closes before the
 * retention time), then answer the manifest or the chunk, or `denied`, `missing`, `busy`. In the order of the requests.
 * While one chunk is sent, the next that was asked for is read from the disk.
 * Bounds: a request is 256 bytes, one chunk a member and a few read ahead for all of them are in memory, and a reader
 * that does not read is cut off.
 */
import { describeDecodeFault } from '../core/canonical.ts'
import { messageOf } from '../core/errors.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import {
  type ChunkAnswer,
  chunkAnswerCodec,
  CHUNK_REQUEST_SIZE_BYTES_MAX,
  type ChunkRequest,
  chunkRequestCodec,
  CHUNKS_PROTOCOL,
  chunkHead,
} from './chunk-messages.ts'
import type { ExchangeHandlers, ExchangeLimits, ExchangeModules, UpdateSource } from './interface.ts'
import { withDeadline } from './timers.ts'
import { type FrameStream, type StreamProtocol, violation } from './transport.ts'
import { createUploadTurns, type UploadTurns } from './upload-turns.ts'

/** How often over a member may have an update before it gets spare bandwidth only. */
const FULL_COPY_COUNT_MAX = 2
/** A stream is for one update; a few more cost nothing. */
const SOURCE_COUNT_MAX = 8
/** Chunks read ahead of their turn, over all streams: 16 MiB at the charter's largest chunk. */
const AHEAD_COUNT_MAX = 4
/** A reader that asks for nothing for so long is gone. */
const IDLE_TIMEOUT_MS = 60_000

export interface ChunkServerOptions {
  readonly limits: ExchangeLimits
  readonly updateSource: ExchangeHandlers['updateSource']
  readonly modules: ExchangeModules
}

interface Server extends ChunkServerOptions {
  readonly turns: UploadTurns
  /** Chunks sent, by member and update. */
  readonly sent: Map<string, number>
  readonly uploadedBytes: Map<MemberIndex, number>
  readonly encodeAnswer: (answer: ChunkAnswer) => Uint8Array
  aheadCount: number
}

type Gate = UpdateSource | 'denied' | 'missing' | 'busy'

export interface ChunkServer extends StreamProtocol {
  /** Bytes of chunks sent, by member. */
  readonly uploadedBytes: ReadonlyMap<MemberIndex, number>
}

export function createChunkServer(options: ChunkServerOptions): ChunkServer {
  const server: Server = {
    ...options,
    turns: createUploadTurns(),
    sent: new Map(),
    uploadedBytes: new Map(),
    encodeAnswer: chunkAnswerCodec(options.limits.manifestSizeBytesMax).encode,
    aheadCount: 0,
  }
  return {
    id: CHUNKS_PROTOCOL,
    serve: (stream, signal) => serveChunks(stream, signal, server),
    uploadedBytes: server.uploadedBytes,
  }
}

async function serveChunks(stream: FrameStream, signal: AbortSignal, server: Server): Promise<void> {
  const gates = new Map<string, UpdateSource>()
  let answering = Promise.resolve()
  for (;;) {
    const request = await nextRequest(stream, signal).catch(async (error: unknown) => {
      // An answer that failed ended the stream: that is the reason to be told.
      await answering
      throw error
    })
    if (request === null) return answering
    const key = digestKey(request.update)
    const gate = gates.get(key) ?? (await askGate(request.update, stream.member, server))
    if (typeof gate !== 'string') gates.set(key, gate)
    if (gates.size > SOURCE_COUNT_MAX) throw violation(stream.member, 'too many updates on one stream')
    const ahead = readAhead(request, gate, signal, server)
    const release = (): void => {
      if (ahead !== null) server.aheadCount--
    }
    await answering.catch((error: unknown) => {
      release()
      throw error
    })
    answering = answer(stream, signal, server, request, gate, ahead).finally(release)
    answering.catch(stream.abort)
  }
}

async function nextRequest(stream: FrameStream, signal: AbortSignal): Promise<ChunkRequest | null> {
  const bytes = await withDeadline(IDLE_TIMEOUT_MS, signal, (deadline) =>
    stream.receive(CHUNK_REQUEST_SIZE_BYTES_MAX, deadline),
  )
  if (bytes === null) return null
  const decoded = chunkRequestCodec.decode(bytes)
  if (!decoded.ok) throw violation(stream.member, `chunk request: ${describeDecodeFault(decoded.fault)}`)
  return decoded.value
}

async function askGate(digest: Digest, member: MemberIndex, server: Server): Promise<Gate> {
  try {
    // [REJECT] §10.9 Chunks are served only to whom the reveal gate lets them (§4.6).
    return (await server.updateSource(digest, member)) ?? 'missing'
  } catch (error) {
    server.modules.log.error('update could not be opened for serving', { member, reason: messageOf(error) })
    return 'busy'
  }
}

async function answer(
  stream: FrameStream,
  signal: AbortSignal,
  server: Server,
  request: ChunkRequest,
  gate: Gate,
  ahead: Promise<Uint8Array | null> | null,
): Promise<void> {
  const send = (frame: Uint8Array, head?: Uint8Array) =>
    withDeadline(4 * server.limits.chunkTimeoutMs, signal, (deadline) => stream.send(frame, deadline, head))
  if (typeof gate === 'string') return send(server.encodeAnswer({ kind: gate }))
  if (request.kind === 'manifest') {
    return send(server.encodeAnswer({ kind: 'manifest', bytes: gate.manifest }))
  }
  const { index, update } = request
  if (index >= gate.chunkCount) throw violation(stream.member, `chunk ${index} of ${gate.chunkCount}`)
  const key = `${stream.member} ${digestKey(update)}`
  const sentCount = server.sent.get(key) ?? 0
  const isSpare = sentCount >= FULL_COPY_COUNT_MAX * gate.chunkCount
  await server.turns.take(stream.member, isSpare, signal, async () => {
    const chunk = await (ahead ?? readChunk(gate, index, signal, server))
    if (chunk === null) return send(server.encodeAnswer({ kind: 'busy' }))
    server.sent.set(key, sentCount + 1)
    const uploaded = server.uploadedBytes.get(stream.member) ?? 0
    server.uploadedBytes.set(stream.member, uploaded + chunk.length)
    await send(chunk, chunkHead(index))
  })
}

/** Begins to read a chunk before its turn, while the one before it is sent. Null where too much is read ahead already. */
function readAhead(
  request: ChunkRequest,
  gate: Gate,
  signal: AbortSignal,
  server: Server,
): Promise<Uint8Array | null> | null {
  const isThere = request.kind === 'chunk' && typeof gate !== 'string' && request.index < gate.chunkCount
  if (!isThere || server.aheadCount >= AHEAD_COUNT_MAX) return null
  server.aheadCount++
  return readChunk(gate, request.index, signal, server)
}

/** The chunk, or null when our own disk fails: the reader asks elsewhere. */
async function readChunk(
  source: UpdateSource,
  index: number,
  signal: AbortSignal,
  server: Server,
): Promise<Uint8Array | null> {
  try {
    return await withDeadline(server.limits.chunkTimeoutMs, signal, (deadline) =>
      source.readChunk(index, deadline),
    )
  } catch (error) {
    server.modules.log.error('chunk could not be read', { index, reason: messageOf(error) })
    return null
  }
}
