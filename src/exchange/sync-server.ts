/**
 * The answering side of `/oneround/sync/1`.
 *
 * Upon `list`: answer `same` when the summaries are equal, else all digests in pages.
 * Upon `get`: answer the objects in order until the batch is full, then `end`.
 * Upon `announce`: note it, answer nothing.
 */
import { equalBytes } from '../core/bytes.ts'
import { describeDecodeFault } from '../core/canonical.ts'
import { sha256 } from '../core/hash.ts'
import { type Digest, digestKey, type RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { ExchangeHandlers, ExchangeLimits, ExchangeModules } from './interface.ts'
import { REQUEST_SIZE_BYTES_MAX } from './limits.ts'
import {
  BATCH_SIZE_BYTES_MAX,
  LIST_PAGE_COUNT,
  SYNC_PROTOCOL,
  type SyncReply,
  syncReplyCodec,
  type SyncRequest,
  syncRequestCodec,
} from './sync-messages.ts'
import { withDeadline } from './timers.ts'
import { type FrameStream, type StreamProtocol, violation } from './transport.ts'

export interface SyncServerOptions {
  readonly roundId: RoundId
  readonly limits: ExchangeLimits
  readonly handlers: Pick<ExchangeHandlers, 'listObjects' | 'getObject'>
  readonly modules: ExchangeModules
  readonly onAnnounced: (member: MemberIndex, updates: readonly Digest[], hint: boolean) => void
}

/** One digest for a set of objects, whatever their order. */
export function summaryOf(digests: readonly Digest[]): Digest {
  const sorted = digests.map(digestKey).sort()
  return sha256(new TextEncoder().encode(sorted.join()))
}

export function createSyncServer(options: SyncServerOptions): StreamProtocol {
  return { id: SYNC_PROTOCOL, serve: (stream, signal) => serveSync(stream, signal, options) }
}

async function serveSync(
  stream: FrameStream,
  signal: AbortSignal,
  options: SyncServerOptions,
): Promise<void> {
  const { limits } = options
  const { encode } = syncReplyCodec(limits.objectSizeBytesMax)
  const send = (reply: SyncReply) =>
    withDeadline(limits.syncTimeoutMs, signal, (deadline) => stream.send(encode(reply), deadline))
  // One list and all its objects twice: no reader needs more of one stream.
  let listsLeft = 1
  let objectsLeft = 2 * limits.objectCountMax
  for (;;) {
    const request = await receiveRequest(stream, signal, limits)
    if (request === null) return
    switch (request.kind) {
      case 'list':
        if (listsLeft-- === 0) throw violation(stream.member, 'a second list on one stream')
        if (!equalBytes(request.round, options.roundId)) return send({ kind: 'other-round' })
        await sendList(request.summary, send, options)
        break
      case 'get':
        objectsLeft -= request.digests.length
        if (objectsLeft < 0) throw violation(stream.member, 'more objects asked for than can exist')
        await sendObjects(request.digests, send, options)
        break
      case 'announce':
        if (equalBytes(request.round, options.roundId))
          options.onAnnounced(stream.member, request.updates, request.hint)
        break
    }
  }
}

async function receiveRequest(
  stream: FrameStream,
  signal: AbortSignal,
  limits: ExchangeLimits,
): Promise<SyncRequest | null> {
  // A reader that handles a batch is silent meanwhile: it gets more time than a frame in flight.
  const bytes = await withDeadline(6 * limits.syncTimeoutMs, signal, (deadline) =>
    stream.receive(REQUEST_SIZE_BYTES_MAX, deadline),
  )
  if (bytes === null) return null
  const decoded = syncRequestCodec.decode(bytes)
  if (!decoded.ok) throw violation(stream.member, `sync request: ${describeDecodeFault(decoded.fault)}`)
  return decoded.value
}

async function sendList(
  theirs: Digest,
  send: (reply: SyncReply) => Promise<void>,
  { handlers, modules, limits }: SyncServerOptions,
): Promise<void> {
  const held = handlers.listObjects().slice(0, limits.objectCountMax)
  const clockMs = modules.clock.now()
  if (equalBytes(summaryOf(held), theirs)) return send({ kind: 'same', clockMs })
  for (let start = 0; ; start += LIST_PAGE_COUNT) {
    const isLast = start + LIST_PAGE_COUNT >= held.length
    await send({ kind: 'digests', clockMs, digests: held.slice(start, start + LIST_PAGE_COUNT), isLast })
    if (isLast) return
  }
}

async function sendObjects(
  digests: readonly Digest[],
  send: (reply: SyncReply) => Promise<void>,
  { handlers, limits }: SyncServerOptions,
): Promise<void> {
  let sentBytes = 0
  for (const digest of digests) {
    if (sentBytes >= BATCH_SIZE_BYTES_MAX) return send({ kind: 'end', isWhole: false })
    const bytes = await handlers.getObject(digest)
    // An object that nobody could read is as good as gone; publish() refused it already.
    if (bytes === null || bytes.length > limits.objectSizeBytesMax) continue
    await send({ kind: 'object', digest, bytes })
    sentBytes += bytes.length
  }
  await send({ kind: 'end', isWhole: true })
}
