/** Bounds and times of the exchange, each with where it comes from. */
import { assert } from '../core/errors.ts'
import type { ExchangeLimits } from './interface.ts'

const KIB = 1 << 10
const MIB = 1 << 20

export const DEFAULT_LIMITS: ExchangeLimits = {
  // A charter is the largest object that is ever signed, with its cap of 1 MiB and its signature.
  objectSizeBytesMax: MIB + 4 * KIB,
  // Gossip copies a message to every neighbour; measured 40–100 ms to 16 processes at 10 KB, and streams are faster above.
  gossipSizeBytesMax: 64 * KIB,
  // 64 members give 2·64² receipts and refusals at most, and each slot holds two bodies.
  objectCountMax: 1 << 16,
  // A round of 64 members twice over, as a member that comes late gets it of one other.
  objectBurst: 1 << 15,
  // A check takes 70 µs: 3.5 % of one processor for each member that floods.
  objectsPerSecond: 500,
  objectBurstBytes: 64 * MIB,
  objectBytesPerSecond: 2 * MIB,
  // A gigabyte in chunks of 64 KiB, 34 bytes each; the node passes what its charter needs.
  manifestSizeBytesMax: MIB,
  // The charter's largest chunk.
  chunkSizeBytesMax: 4 * MIB,
  announceCountMax: 256,
  syncIntervalMs: 5_000,
  syncTimeoutMs: 10_000,
  // A chunk of 1 MiB takes 8 s at 1 Mbit/s: slower than that is treated as stalled.
  chunkTimeoutMs: 15_000,
  hedgeMs: 2_000,
  // Measured: less than 3 MiB outstanding costs a third of the rate at 50 ms round trip.
  windowBytes: 4 * MIB,
  dialTimeoutMs: 10_000,
  redialMinMs: 500,
  redialMaxMs: 15_000,
  providerPauseMs: 1_000,
}

/** Requests are small: an announcement or a list of 512 digests is the largest. */
export const REQUEST_SIZE_BYTES_MAX = 64 * KIB
/** Bytes of requests that may wait at a server before it gives the stream up. */
export const REQUEST_QUEUE_BYTES_MAX = 256 * KIB
/** Streams that one member may hold open at us, for each protocol. */
export const INBOUND_STREAM_COUNT_MAX = 8

/** Bytes that a relay passes on of one member's, where nobody says otherwise: 16 GiB. */
export const RELAYED_BYTES_MAX: number = 16 * 1024 * MIB

export function completeLimits(given: Partial<ExchangeLimits> = {}): ExchangeLimits {
  const limits = { ...DEFAULT_LIMITS, ...given }
  assert(limits.gossipSizeBytesMax <= 256 * KIB, 'gossip is for small objects')
  assert(limits.redialMinMs <= limits.redialMaxMs, 'the first redial comes before the last')
  return limits
}
