// Protects: every missing chunk is asked of somebody, late ones of a second provider, and none is lost when one gives up.
import { describe, expect, it } from 'vitest'
import { createChunkPool } from '../../../src/exchange/chunk-pool.ts'

describe('createChunkPool', () => {
  it('hands each chunk to one provider', () => {
    const pool = createChunkPool([0, 1, 2], 100)
    expect([pool.take(7, 0), pool.take(8, 0), pool.take(7, 0), pool.take(8, 0)]).toEqual([0, 1, 2, null])
    expect(pool.missingCount()).toBe(3)
  })

  it('hands a late chunk to a second provider, never to the same one', () => {
    const pool = createChunkPool([5], 100)
    expect(pool.take(7, 0)).toBe(5)
    expect(pool.take(8, 99)).toBeNull()
    expect(pool.take(7, 100)).toBeNull()
    expect(pool.take(8, 100)).toBe(5)
    // The second one gets its time as well.
    expect(pool.take(9, 150)).toBeNull()
    pool.giveBack(7, 5)
    expect(pool.take(9, 150)).toBeNull()
    pool.giveBack(8, 5)
    expect(pool.take(9, 150)).toBe(5)
  })

  it('forgets a chunk that is done, whoever still works on it', () => {
    const pool = createChunkPool([1], 100)
    pool.take(7, 0)
    pool.done(1)
    pool.giveBack(7, 1)
    expect(pool.missingCount()).toBe(0)
    expect(pool.take(8, 1_000)).toBeNull()
  })
})
