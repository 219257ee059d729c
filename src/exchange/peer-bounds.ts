/**
 * How much one member may hand over: a bucket of tokens for objects, each of which may cost a signature's check, and one
 * for their bytes. Full buckets let a member that comes late get a whole round at once; what they refill by is what a
 * member may cost for ever. Time comes as an argument; a clock that goes back gives nothing and takes nothing.
 */
import type { MemberIndex } from '../core/order.ts'
import type { ExchangeLimits } from './interface.ts'

export interface TokenBucket {
  /** @returns false, and takes nothing, when there are not as many */
  readonly take: (count: number, nowMs: number) => boolean
}

export function createTokenBucket(burst: number, perSecond: number, startMs: number): TokenBucket {
  let tokens = burst
  let lastMs = startMs
  return {
    take: (count, nowMs) => {
      tokens = Math.min(burst, tokens + (Math.max(0, nowMs - lastMs) / 1000) * perSecond)
      lastMs = nowMs
      if (tokens < count) return false
      tokens -= count
      return true
    },
  }
}

export interface PeerBounds {
  /** Whether an object of this size may be looked at. @returns false from the first one that is too much */
  readonly mayHandOver: (member: MemberIndex, sizeBytes: number) => boolean
}

interface Buckets {
  readonly objects: TokenBucket
  readonly bytes: TokenBucket
  isOver: boolean
}

type Bounds = Pick<
  ExchangeLimits,
  'objectBurst' | 'objectsPerSecond' | 'objectBurstBytes' | 'objectBytesPerSecond'
>

/** @param onOver — told once each time that a member begins to hand over too much */
export function createPeerBounds(
  bounds: Bounds,
  now: () => number,
  onOver: (member: MemberIndex) => void,
): PeerBounds {
  const peers = new Map<MemberIndex, Buckets>()
  const bucketsOf = (member: MemberIndex): Buckets => {
    const known = peers.get(member)
    if (known !== undefined) return known
    const startMs = now()
    const fresh: Buckets = {
      objects: createTokenBucket(bounds.objectBurst, bounds.objectsPerSecond, startMs),
      bytes: createTokenBucket(bounds.objectBurstBytes, bounds.objectBytesPerSecond, startMs),
      isOver: false,
    }
    peers.set(member, fresh)
    return fresh
  }
  return {
    mayHandOver: (member, sizeBytes) => {
      const buckets = bucketsOf(member)
      const nowMs = now()
      const isFine = buckets.objects.take(1, nowMs) && buckets.bytes.take(sizeBytes, nowMs)
      if (!isFine && !buckets.isOver) onOver(member)
      buckets.isOver = !isFine
      return isFine
    },
  }
}
