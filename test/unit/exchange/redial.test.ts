// Protects: a lost member is dialled again for ever, with pauses that grow to a bound.
import { describe, expect, it } from 'vitest'
import { keepDialling, spread } from '../../../src/exchange/redial.ts'

const rng = (byte: number) => ({ bytes: (length: number) => new Uint8Array(length).fill(byte) })

describe('keepDialling', () => {
  it('dials until connected, and again when the connection is gone', async () => {
    const stopping = new AbortController()
    const log: string[] = []
    let isConnected = false
    let dials = 0
    await keepDialling({
      isConnected: () => isConnected,
      dial: async () => {
        dials++
        log.push('dial')
        if (dials % 3 !== 0) throw new Error('refused')
        isConnected = true
      },
      whenDisconnected: async () => {
        log.push('connected')
        isConnected = false
        if (dials === 9) stopping.abort()
      },
      onFailed: (attempt) => log.push(`failed ${attempt}`),
      headStartMs: 0,
      minMs: 1,
      maxMs: 2,
      rng: rng(128),
      signal: stopping.signal,
    })
    const once = ['dial', 'failed 1', 'dial', 'failed 2', 'dial', 'connected']
    expect(log).toEqual([...once, ...once, ...once])
  })

  it('spreads pauses between 75 and 125 per cent', () => {
    expect(spread(100, rng(0))).toBe(75)
    expect(spread(100, rng(255))).toBeLessThan(125)
    expect(spread(100, rng(128))).toBe(100)
  })
})
