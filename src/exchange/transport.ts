/**
 * What the exchange needs of a network: members that come and go, small messages to all, streams of frames to one. The
 * libp2p transport is one implementation, the tests' network in memory another; the protocols above run on both alike.
 */
import { RoundError } from '../core/errors.ts'
import type { MemberIndex } from '../core/order.ts'
import type { WireBytes } from './traffic.ts'
import type { UnreachableReason } from './unreachable.ts'
import type { ConnectionPath, ExchangeEvent, ObjectVerdict } from './interface.ts'

/** Frames over a stream: a length of 4 bytes, big-endian, then that many bytes. Checked before anything is allocated. */
export interface FrameStream {
  readonly member: MemberIndex
  /**
   * Returns when more may be sent. The bytes must not change afterwards.
   * @param head — bytes of the same frame before `frame`
   * @throws STREAM_CLOSED | the signal's reason
   */
  readonly send: (frame: Uint8Array, signal: AbortSignal, head?: Uint8Array) => Promise<void>
  /**
   * The next frame, or null when the other side is done.
   * @throws STREAM_CLOSED | FRAME_TOO_LARGE | the signal's reason
   */
  readonly receive: (maxSizeBytes: number, signal: AbortSignal) => Promise<Uint8Array | null>
  /** Says that nothing more will be sent; what was sent still arrives. */
  readonly close: () => Promise<void>
  /** Ends both directions at once. */
  readonly abort: () => void
}

export interface StreamProtocol {
  readonly id: string
  /** Serves one stream until it returns. What it throws ends the stream, nothing else. */
  readonly serve: (stream: FrameStream, signal: AbortSignal) => Promise<void>
}

export interface TransportHandlers {
  readonly protocols: readonly StreamProtocol[]
  readonly onMessage: (bytes: Uint8Array, from: MemberIndex) => Promise<ObjectVerdict>
  readonly onConnected: (member: MemberIndex) => void
  readonly onDisconnected: (member: MemberIndex) => void
  readonly onEvent: (event: ExchangeEvent) => void
}

export interface Transport {
  readonly start: (handlers: TransportHandlers) => Promise<void>
  readonly stop: () => Promise<void>
  readonly addresses: () => readonly string[]
  /** In roster order. */
  readonly connected: () => readonly MemberIndex[]
  /** How each connected member is reached, in roster order. */
  readonly paths: () => readonly ConnectionPath[]
  /** Why members that are not connected are not, as far as a dial said, by member. */
  readonly unreachable: () => ReadonlyMap<MemberIndex, UnreachableReason>
  /** All that went over the wire since the start. */
  readonly wireBytes: () => WireBytes
  /** @returns to which members it was handed */
  readonly broadcast: (bytes: Uint8Array) => Promise<readonly MemberIndex[]>
  /**
   * @param options.bufferSizeBytesMax — unread bytes above which the stream is given up
   * @throws MEMBER_DISCONNECTED | PROTOCOL_UNKNOWN | STREAM_CLOSED | the signal's reason
   */
  readonly open: (
    member: MemberIndex,
    protocol: string,
    options: { readonly bufferSizeBytesMax: number; readonly signal: AbortSignal },
  ) => Promise<FrameStream>
}

export type TransportFault =
  | { readonly code: 'MEMBER_DISCONNECTED'; readonly member: MemberIndex }
  | {
      readonly code: 'PROTOCOL_UNKNOWN'
      readonly member: MemberIndex
      readonly protocol: string
      /** What it speaks instead: ids of this program's protocols in other versions. */
      readonly spoken: readonly string[]
    }
  | { readonly code: 'STREAM_CLOSED'; readonly member: MemberIndex }
  | { readonly code: 'STREAM_OVERFLOW'; readonly member: MemberIndex; readonly bufferSizeBytesMax: number }
  | {
      readonly code: 'FRAME_TOO_LARGE'
      readonly member: MemberIndex
      readonly sizeBytes: number
      readonly maxSizeBytes: number
    }
  | { readonly code: 'TURNED_AWAY'; readonly member: MemberIndex }
  /** The member sent what the protocol does not allow at this place. */
  | { readonly code: 'PROTOCOL_VIOLATED'; readonly member: MemberIndex; readonly reason: string }
  | { readonly code: 'LISTEN_FAILED'; readonly address: string; readonly reason: string }

export function transportError(
  fault: TransportFault,
  message: string,
  options: { readonly cause?: unknown; readonly hint?: string } = {},
): RoundError<TransportFault> {
  return new RoundError(fault, message, options)
}

export const violation = (member: MemberIndex, reason: string): RoundError<TransportFault> =>
  transportError({ code: 'PROTOCOL_VIOLATED', member, reason }, `member ${member}: ${reason}`)
