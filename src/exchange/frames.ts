/**
 * Frames out of a byte stream, bounded: the length is checked against what the reader expects at this place before any
 * memory is taken for it, and bytes that nobody reads are bounded too.
 */
import { assert, isRoundError } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import { bufferOf } from './buffers.ts'
import { transportError } from './transport.ts'

export const LENGTH_PREFIX_BYTES = 4

export function lengthPrefix(sizeBytes: number): Uint8Array {
  assert(sizeBytes < 2 ** 32, 'a frame is below 4 GiB')
  const prefix = new Uint8Array(LENGTH_PREFIX_BYTES)
  new DataView(prefix.buffer).setUint32(0, sizeBytes)
  return prefix
}

interface Waiter {
  readonly needBytes: number
  readonly resolve: (isThere: boolean) => void
  readonly reject: (error: unknown) => void
}

/** Bytes as they arrive on one side, frames on the other. One reader at a time. */
export interface FrameReader {
  /** @returns false when too much waits unread: the stream should be given up */
  readonly push: (bytes: Uint8Array) => boolean
  /** Nothing more will come: `error` undefined for a clean end. */
  readonly end: (error?: unknown) => void
  readonly receive: (maxSizeBytes: number, signal: AbortSignal) => Promise<Uint8Array | null>
}

export function createFrameReader(member: MemberIndex, bufferSizeBytesMax: number): FrameReader {
  const queue: Uint8Array[] = []
  let queuedBytes = 0
  let ended: { readonly error: unknown } | null = null
  let waiter: Waiter | null = null

  const take = (length: number): Uint8Array => {
    const out = bufferOf(length)
    for (let done = 0; done < length;) {
      const head = queue[0]
      assert(head !== undefined, 'taken only when it is there')
      const part = head.subarray(0, length - done)
      out.set(part, done)
      done += part.length
      if (part.length === head.length) queue.shift()
      else queue[0] = head.subarray(part.length)
    }
    queuedBytes -= length
    return out
  }
  /** Waits for `needBytes`. @returns false at a clean end before the first of them. */
  const wait = async (needBytes: number, signal: AbortSignal): Promise<boolean> => {
    signal.throwIfAborted()
    if (queuedBytes >= needBytes) return true
    if (ended) {
      const error = faultOf(ended)
      if (error !== null) throw error
      return false
    }
    assert(waiter === null, 'one reader at a time')
    return new Promise<boolean>((resolve, reject) => {
      const onAbort = () => settle(() => reject(signal.reason))
      const settle = (act: () => void) => {
        waiter = null
        signal.removeEventListener('abort', onAbort)
        act()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      waiter = {
        needBytes,
        resolve: (isThere) => settle(() => resolve(isThere)),
        reject: (error) => settle(() => reject(error)),
      }
    })
  }
  /** The end of a stream inside a frame is a cut, not an end. */
  const faultOf = ({ error }: { readonly error: unknown }): Error | null => {
    if (isRoundError(error)) return error
    return error !== undefined || queuedBytes > 0 ? closedError(member, error) : null
  }
  return {
    push: (bytes) => {
      queue.push(bytes)
      queuedBytes += bytes.length
      if (waiter && queuedBytes >= waiter.needBytes) waiter.resolve(true)
      return queuedBytes <= bufferSizeBytesMax
    },
    end: (error) => {
      ended ??= { error }
      const fault = faultOf(ended)
      if (fault === null) waiter?.resolve(false)
      else waiter?.reject(fault)
    },
    receive: async (maxSizeBytes, signal) => {
      if (!(await wait(LENGTH_PREFIX_BYTES, signal))) return null
      const prefix = take(LENGTH_PREFIX_BYTES)
      const sizeBytes = new DataView(prefix.buffer).getUint32(0)
      // [REJECT] §10.4 A frame has at most the size that its reader expects at this place.
      if (sizeBytes > maxSizeBytes) {
        throw transportError(
          { code: 'FRAME_TOO_LARGE', member, sizeBytes, maxSizeBytes },
          `member ${member}: a frame of ${sizeBytes} bytes, at most ${maxSizeBytes} expected`,
        )
      }
      if (!(await wait(sizeBytes, signal))) throw closedError(member, undefined)
      return take(sizeBytes)
    },
  }
}

export const closedError = (member: MemberIndex, cause: unknown) =>
  transportError(
    { code: 'STREAM_CLOSED', member },
    `member ${member}: the stream was closed`,
    cause === undefined ? {} : { cause },
  )
