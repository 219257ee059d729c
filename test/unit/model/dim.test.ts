// Protects symbolic dimensions: any expression has the value that integers give, equal expressions have equal keys, and
// bounds never lie.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundsOf, dimAdd, dimCeilDiv, dimDiv, dimEquals, dimExactDiv } from '../../../src/model/shapes.ts'
import { dimMax, dimMin, dimMod, dimMul, dimOf, dimSub, dimSymbol } from '../../../src/model/shapes.ts'
import { isAtLeast, symbolsOf, type Dim } from '../../../src/model/shapes.ts'
import { isDistinct } from '../../../src/model/shapes/dim.ts'

type Symbols = Readonly<Record<string, number>>
/** An expression, and what integers make of it. */
interface Expression {
  readonly dim: Dim
  readonly value: (symbols: Symbols) => number
}

const symbols = fc.record({ n: fc.integer({ min: 1, max: 50 }), m: fc.integer({ min: 1, max: 50 }) })

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.integer({ min: -6, max: 12 }).map((value) => ({ dim: dimOf(value), value: () => value })),
  fc.constantFrom('n', 'm').map((name) => ({ dim: dimSymbol(name), value: (s: Symbols) => s[name] ?? 0 })),
)

const OPERATIONS: readonly (readonly [(a: Dim, b: Dim) => Dim, (a: number, b: number) => number])[] = [
  [dimAdd, (a, b) => a + b],
  [dimSub, (a, b) => a - b],
  [dimMul, (a, b) => a * b],
  [dimMin, Math.min],
  [dimMax, Math.max],
]

const { tree } = fc.letrec<{ tree: Expression; node: Expression }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, leaf, tie('node')),
  node: fc.oneof(
    fc.tuple(fc.constantFrom(...OPERATIONS), tie('tree'), tie('tree')).map(([[dims, numbers], a, b]) => ({
      dim: dims(a.dim, b.dim),
      value: (s: Symbols) => numbers(a.value(s), b.value(s)),
    })),
    fc.tuple(tie('tree'), fc.integer({ min: 1, max: 5 })).map(([a, b]) => ({
      dim: dimDiv(a.dim, dimOf(b)),
      value: (s: Symbols) => Math.floor(a.value(s) / b),
    })),
  ),
}))

describe('any expression', () => {
  test('has the value that integers give', () => {
    fc.assert(
      fc.property(tree, symbols, ({ dim, value }, s) => {
        expect(dim.evaluate(s)).toBe(value(s) + 0)
      }),
      { numRuns: 1000 },
    )
  })

  test('lies within its bounds, and comparisons hold', () => {
    fc.assert(
      fc.property(tree, tree, symbols, (a, b, s) => {
        const { low, high } = boundsOf(a.dim)
        expect(a.value(s)).toBeGreaterThanOrEqual(low)
        expect(a.value(s)).toBeLessThanOrEqual(high)
        if (isAtLeast(a.dim, b.dim)) expect(a.value(s)).toBeGreaterThanOrEqual(b.value(s))
        // Products of 0 and a negative number are −0 in JavaScript, and 0 among integers.
        if (dimEquals(a.dim, b.dim)) expect(a.value(s) + 0).toBe(b.value(s) + 0)
        if (isDistinct(a.dim, b.dim)) expect(a.value(s) + 0).not.toBe(b.value(s) + 0)
      }),
      { numRuns: 1000 },
    )
  })

  test('divides out of its own products', () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        fc.pre(b.dim.constant !== 0)
        expect(dimExactDiv(dimMul(a.dim, b.dim), b.dim)?.key).toBe(a.dim.key)
      }),
      { numRuns: 500 },
    )
  })
})

describe('canonical form', () => {
  const [n, m] = [dimSymbol('n'), dimSymbol('m')]

  test.each([
    ['sums in any order', dimAdd(dimAdd(n, dimOf(3)), m), dimAdd(m, dimAdd(dimOf(3), n)), 'm + n + 3'],
    [
      'products of sums',
      dimMul(dimAdd(n, dimOf(1)), dimAdd(m, dimOf(1))),
      dimSymbol('n*m + n + m + 1'),
      'm*n + m + n + 1',
    ],
    ['what cancels', dimSub(dimAdd(n, m), n), m, 'm'],
    ['quotients', dimDiv(dimMul(n, dimOf(6)), dimOf(2)), dimMul(dimOf(3), n), '3*n'],
    ['rounded quotients', dimDiv(dimAdd(dimMul(n, dimOf(2)), dimOf(1)), dimOf(2)), n, 'n'],
    ['remainders', dimMod(dimAdd(dimMul(n, dimOf(4)), dimOf(6)), dimOf(4)), dimOf(2), '2'],
    ['what rounds up', dimCeilDiv(dimMul(n, dimOf(3)), dimOf(3)), n, 'n'],
    ['minima in any order', dimMin(n, dimOf(8)), dimMin(dimOf(8), n), 'min(8, n)'],
    ['what a symbol cannot be below', dimMax(n, dimOf(1)), n, 'n'],
  ])('%s', (_, a, b, key) => {
    expect(a.key).toBe(key)
    expect(dimEquals(a, b)).toBe(true)
  })

  test('names of symbols', () => {
    expect(symbolsOf(dimDiv(dimMul(n, m), dimOf(7)))).toEqual(['m', 'n'])
    expect(dimSymbol('any name (at all)').key).toBe('any name (at all)')
  })

  test('does not grow without end', () => {
    let dim = dimSymbol('a + b + c + d + e')
    expect(() => {
      for (let i = 0; i < 40; i++) dim = dimMul(dim, dim)
    }).toThrow(/too many terms|beyond/)
  })
})
