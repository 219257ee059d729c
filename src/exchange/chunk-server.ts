/**
 * The answering side of `/oneround/chunks/1`.
 *
 * Upon a request for an update: ask the gate, once for each stream and update (it opens and never closes before the
 * retention time), then answer the manifest or the chunk, or `denied`, `missing`, `busy`. In the order of the requests.
 * Bounds: a request is 256 bytes, one chunk a member is in memory, and a reader that does not read is cut off.
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
  encodeChunk,
} from './chunk-messages.ts'
import type { ExchangeHandlers, ExchangeLimits, ExchangeModules, UpdateSource } from './interface.ts'
import { withDeadline } from './timers.ts'
import { type FrameStream, type StreamProtocol, violation } from './transport.ts'
import { createUploadTurns, type UploadTurns } from './upload-turns.ts'

/** How often over a member may have an update before it gets spare bandwidth only. */
const FULL_COPY_COUNT_MAX = 2
/** A stream is for one update; a few more cost nothing. */
const SOURCE_COUNT_MAX = 8
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
  readonly encodeAnswer: (answer: ChunkAnswer) => Uint8Array
}

type Gate = UpdateSource | 'denied' | 'missing' | 'busy'

export function createChunkServer(options: ChunkServerOptions): StreamProtocol {
  const server: Server = {
    ...options,
    turns: createUploadTurns(),
    sent: new Map(),
    encodeAnswer: chunkAnswerCodec(options.limits.manifestSizeBytesMax).encode,
  }
  return { id: CHUNKS_PROTOCOL, serve: (stream, signal) => serveChunks(stream, signal, server) }
}

async function serveChunks(stream: FrameStream, signal: AbortSignal, server: Server): Promise<void> {
  const gates = new Map<string, UpdateSource>()
  for (;;) {
    const bytes = await withDeadline(IDLE_TIMEOUT_MS, signal, (deadline) =>
      stream.receive(CHUNK_REQUEST_SIZE_BYTES_MAX, deadline),
    )
    if (bytes === null) return
    const decoded = chunkRequestCodec.decode(bytes)
    if (!decoded.ok) throw violation(stream.member, `chunk request: ${describeDecodeFault(decoded.fault)}`)
    const request = decoded.value
    const key = digestKey(request.update)
    const gate = gates.get(key) ?? (await askGate(request.update, stream.member, server))
    if (typeof gate !== 'string') gates.set(key, gate)
    if (gates.size > SOURCE_COUNT_MAX) throw violation(stream.member, 'too many updates on one stream')
    await answer(stream, signal, server, request, gate)
  }
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
): Promise<void> {
  const send = (frame: Uint8Array) =>
    withDeadline(4 * server.limits.chunkTimeoutMs, signal, (deadline) => stream.send(frame, deadline))
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
    const chunk = await readChunk(gate, index, signal, server)
    if (chunk === null) return send(server.encodeAnswer({ kind: 'busy' }))
    server.sent.set(key, sentCount + 1)
    await send(encodeChunk(index, chunk))
  })
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
