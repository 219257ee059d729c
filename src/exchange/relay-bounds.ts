/**
 * What a relaying node passes on for each member: counted, and bounded, so that nobody's appetite uses up somebody else's line.
 *
 * In: streams of the relay protocol as they open, the peer at their end. Out: whether a member may still be relayed; streams over the
 * bound are ended. A member is charged for what it sends, whichever end of a relayed connection it is.
 * libp2p's own limits are for each connection (the next one begins anew), and mark it as limited, so that no other protocol is
 * spoken on it: no use here.
 * Source: circuit relay v2 specification: `hop` from whoever asks, `stop` to whoever is asked for.
 */
import type { Stream } from '@libp2p/interface'
import type { MemberIndex } from '../core/order.ts'
import { RELAY_PROTOCOL } from './reach.ts'

const STOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/stop'

export interface RelayBounds {
  /** Whether a relayed connection from or to this member may be made. */
  readonly mayRelay: (member: MemberIndex) => boolean
  /** Watches a stream that has just opened. Streams of other protocols are left alone. */
  readonly watch: (stream: Stream) => void
}

export interface RelayBoundsOptions {
  /** Bytes that are passed on of one member's, since the start. */
  readonly bytesMax: number
  /** Whose connection the stream belongs to; null when that is gone. */
  readonly memberOf: (stream: Stream) => MemberIndex | null
  /** Called once a member. */
  readonly onOver: (member: MemberIndex) => void
}

export function createRelayBounds({ bytesMax, memberOf, onOver }: RelayBoundsOptions): RelayBounds {
  const passed = new Map<MemberIndex, number>()
  const mayRelay = (member: MemberIndex): boolean => (passed.get(member) ?? 0) <= bytesMax
  const count = (member: MemberIndex, sizeBytes: number): void => {
    const wasFine = mayRelay(member)
    passed.set(member, (passed.get(member) ?? 0) + sizeBytes)
    if (wasFine && !mayRelay(member)) onOver(member)
  }
  return {
    mayRelay,
    watch: (stream) => {
      const isRelayed =
        (stream.protocol === RELAY_PROTOCOL && stream.direction === 'inbound') ||
        (stream.protocol === STOP_PROTOCOL && stream.direction === 'outbound')
      const member = isRelayed ? memberOf(stream) : null
      if (member === null) return
      stream.addEventListener('message', ({ data }) => {
        count(member, data.byteLength)
        // [REJECT] §10.4 Beyond its bound nothing more of a member's is passed on.
        if (!mayRelay(member)) stream.abort(new Error('more than this relay passes on for one member'))
      })
    },
  }
}
