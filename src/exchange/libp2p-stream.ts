/** Frames over a libp2p stream, with back pressure that holds. */
import type { Stream } from '@libp2p/interface'
import { concatBytes } from '../core/bytes.ts'
import type { MemberIndex } from '../core/order.ts'
import { closedError, createFrameReader, lengthPrefix } from './frames.ts'
import { type FrameStream, transportError } from './transport.ts'

/** Frames up to this size are copied behind their length and go as one message. */
const ONE_MESSAGE_BYTES_MAX = 16 << 10

export function wrapStream(stream: Stream, member: MemberIndex, bufferSizeBytesMax: number): FrameStream {
  const reader = createFrameReader(member, bufferSizeBytesMax)
  stream.addEventListener('message', ({ data }) => {
    // A list of buffers is taken as it is: one copy of a chunk is made, where its frame is put together.
    const parts: Iterable<Uint8Array> = data instanceof Uint8Array ? [data] : data
    let isFine = true
    for (const part of parts) isFine = reader.push(part)
    if (isFine) return
    const error = transportError(
      { code: 'STREAM_OVERFLOW', member, bufferSizeBytesMax },
      `member ${member}: more than ${bufferSizeBytesMax} bytes sent before they were asked for`,
    )
    reader.end(error)
    stream.abort(error)
  })
  stream.addEventListener('end', () => reader.end())
  stream.addEventListener('close', ({ error }) => {
    if (error !== undefined) reader.end(error)
    else if (stream.readBufferLength === 0) reader.end()
  })
  if (stream.readableEnded) reader.end()

  const send = async (
    frame: Uint8Array,
    signal: AbortSignal,
    head: Uint8Array = new Uint8Array(),
  ): Promise<void> => {
    signal.throwIfAborted()
    // One frame may be on its way while the next is made: the sender never stands still, and buffers no more than that.
    await waitUntilSent(stream, member, signal)
    try {
      const start = concatBytes(lengthPrefix(head.length + frame.length), head)
      // Each call is a message of the multiplexer with its own encryption, which small frames need not pay twice.
      if (frame.length <= ONE_MESSAGE_BYTES_MAX) stream.send(concatBytes(start, frame))
      else {
        stream.send(start)
        stream.send(frame)
      }
    } catch (error) {
      throw closedError(member, error)
    }
  }
  return {
    member,
    send,
    receive: reader.receive,
    close: () => stream.close().catch(() => stream.abort(new Error('close timed out'))),
    abort: () => stream.abort(new Error('given up')),
  }
}

/**
 * Waits until the stream's own write buffer is empty. libp2p's `onDrain()` returns at once after the first drain, so
 * that a slow reader would make the sender buffer without end; the events tell the truth.
 */
function waitUntilSent(stream: Stream, member: MemberIndex, signal: AbortSignal): Promise<void> {
  const isSent = () => !stream.writableNeedsDrain && stream.writeBufferLength === 0
  if (isSent()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stream.removeEventListener('drain', onProgress)
      stream.removeEventListener('idle', onProgress)
      stream.removeEventListener('close', onClose)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    // The stream sends what is left in a microtask of its own after `drain`: ask after that one.
    const onProgress = () => queueMicrotask(() => isSent() && settle(resolve))
    const onClose = () => settle(() => reject(closedError(member, undefined)))
    const onAbort = () => settle(() => reject(signal.reason))
    stream.addEventListener('drain', onProgress)
    stream.addEventListener('idle', onProgress)
    stream.addEventListener('close', onClose)
    signal.addEventListener('abort', onAbort, { once: true })
    if (stream.status !== 'open') onClose()
  })
}
