// Protects: one wrong clock moves no deadline, and no clock is invented.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRoundClock } from '../../../src/node/round-clock.ts'

const clock = { now: () => 1_000_000 }
const read = (offsets: readonly number[]) => readRoundClock(clock, new Map(offsets.map((ms, i) => [i, ms])))

describe('readRoundClock', () => {
  test.each([
    [[], 0],
    [[50], 0],
    [[50, 60], 50],
    [[-50, 60], 0],
    [[50, 60, 70], 50],
    [[50, 60, 1e9], 50],
    [[-1e12, 10, 12], 0],
  ] as const)('offsets %s: the median is %i ahead of mine', (offsets, skewMs) => {
    expect(read(offsets)).toEqual({ nowMs: 1_000_000 + skewMs, skewMs })
  })

  test('a minority of wrong clocks cannot move it beyond the honest ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 10 }),
        fc.array(fc.integer({ min: -1e12, max: 1e12 }), { maxLength: 10 }),
        (honest, wrong) => {
          // I am honest too: my own offset is 0.
          const { skewMs } = read([...honest, ...wrong.slice(0, honest.length)])
          expect(skewMs).toBeGreaterThanOrEqual(Math.min(0, ...honest))
          expect(skewMs).toBeLessThanOrEqual(Math.max(0, ...honest))
        },
      ),
    )
  })
})
