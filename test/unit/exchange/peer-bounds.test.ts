// Protects: one member's objects cost what the limits allow and no more, whatever the clock does, and nobody else pays.
import { describe, expect, it } from 'vitest'
import { createPeerBounds, createTokenBucket } from '../../../src/exchange/peer-bounds.ts'

describe('a bucket of tokens', () => {
  it('lets a burst through, then what time brings, never more than it holds', () => {
    const bucket = createTokenBucket(3, 2, 1_000)
    expect([1, 2, 3, 4].map(() => bucket.take(1, 1_000))).toEqual([true, true, true, false])
    expect(bucket.take(1, 1_400)).toBe(false)
    expect(bucket.take(1, 1_500)).toBe(true)
    expect(bucket.take(4, 1e9)).toBe(false)
    expect(bucket.take(3, 1e9)).toBe(true)
  })

  it('takes nothing for what it refuses, and nothing of a clock that goes back', () => {
    const bucket = createTokenBucket(5, 1, 1_000)
    expect(bucket.take(6, 1_000)).toBe(false)
    expect(bucket.take(5, 1_000)).toBe(true)
    expect(bucket.take(1, 0)).toBe(false)
    expect(bucket.take(1, 999)).toBe(false)
    expect(bucket.take(1, 1_999)).toBe(true)
  })
})

describe('bounds of a peer', () => {
  const limits = { objectBurst: 4, objectsPerSecond: 1, objectBurstBytes: 100, objectBytesPerSecond: 10 }

  it('are each member’s own, and told of once until it keeps them again', () => {
    let nowMs = 0
    const told: number[] = []
    const { mayHandOver } = createPeerBounds(
      limits,
      () => nowMs,
      (member) => told.push(member),
    )
    const flood = (): readonly boolean[] => Array.from({ length: 6 }, () => mayHandOver(1, 1))
    expect(flood()).toEqual([true, true, true, true, false, false])
    expect(told).toEqual([1])
    expect(mayHandOver(2, 1)).toBe(true)
    nowMs = 10_000
    expect(flood().filter((isFine) => isFine)).toHaveLength(4)
    expect(told).toEqual([1, 1])
  })

  it('count bytes too: a few large objects are as much as many small ones', () => {
    const { mayHandOver } = createPeerBounds(
      limits,
      () => 0,
      () => undefined,
    )
    expect([60, 60, 40].map((sizeBytes) => mayHandOver(1, sizeBytes))).toEqual([true, false, true])
  })
})
