// Protects: providers that fail are left alone longer each time, liars longest, and those that come back are asked at once.
import { describe, expect, it } from 'vitest'
import { createProviders } from '../../../src/exchange/providers.ts'

describe('createProviders', () => {
  it('doubles the pause with each failure in a row, and forgets at a delivery', () => {
    const providers = createProviders(100)
    providers.failed(1, 'timeout', 0)
    expect([providers.isReady(1, 99), providers.isReady(1, 100)]).toEqual([false, true])
    providers.failed(1, 'timeout', 100)
    expect([providers.isReady(1, 299), providers.isReady(1, 300)]).toEqual([false, true])
    providers.delivered(1)
    providers.failed(1, 'busy', 300)
    expect(providers.isReady(1, 400)).toBe(true)
  })

  it('asks again soon when the gate was closed', () => {
    const providers = createProviders(100)
    providers.failed(1, 'denied', 0)
    expect([providers.isReady(1, 24), providers.isReady(1, 25)]).toEqual([false, true])
  })

  it('does not take a liar back because it connects again', () => {
    const providers = createProviders(100)
    providers.failed(1, 'wrong-bytes', 0)
    providers.failed(2, 'disconnected', 0)
    providers.refreshed(1)
    providers.refreshed(2)
    expect([providers.isReady(1, 50), providers.isReady(2, 50)]).toEqual([false, true])
    expect(providers.isReady(1, 3_200)).toBe(true)
  })

  it('knows when to look again', () => {
    const providers = createProviders(100)
    providers.failed(1, 'timeout', 0)
    providers.failed(2, 'denied', 0)
    expect(providers.nextReadyMs([1, 2, 3], 10)).toBe(15)
    expect(providers.nextReadyMs([3], 10)).toBeNull()
  })
})
