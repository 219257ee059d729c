// Protects: the figures of quorums and the exact fractions of charters.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultFaultCount, defaultQuorum, isSafeQuorum, silentCountMax } from '../../../src/core/quorum.ts'
import { parseRational, toNumber } from '../../../src/core/rational.ts'

describe('quorums', () => {
  it.each([
    // n, f, q, silent: the figures that docs/PROTOCOL.md §1 states.
    [2, 0, 2, 0],
    [3, 0, 2, 1],
    [4, 1, 3, 1],
    [5, 1, 4, 1],
    [7, 2, 5, 2],
    [10, 3, 7, 3],
  ])('of %i members with f=%i are of size %i', (n, f, q, silent) => {
    expect(defaultFaultCount(n)).toBe(f)
    expect(defaultQuorum(n, f)).toBe(q)
    expect(silentCountMax(n, q)).toBe(silent)
  })

  it('are the smallest safe ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(20), (n, f) => {
        fc.pre(f < n)
        const q = defaultQuorum(n, f)
        expect(2 * q - n).toBeGreaterThan(f)
        expect(isSafeQuorum(n, f, q - 1)).toBe(false)
      }),
    )
  })
})

describe('fractions', () => {
  it.each([
    ['1', [1, 1]],
    ['1.50', [3, 2]],
    ['0.1', [1, 10]],
    ['0', [0, 1]],
  ])('reads %s', (text, expected) => {
    expect(parseRational(text, 'field')).toEqual(expected)
  })
  it.each(['', '-1', '1e5', '0x1', '1.', '99999999999999999999', 'NaN'])(
    'refuses "%s" and names the field',
    (text) => {
      expect(() => parseRational(text, 'lambda')).toThrow(/lambda/)
    },
  )
  it('are the nearest f64', () => {
    expect(toNumber(parseRational('0.1', 'x'))).toBe(0.1)
  })
})
