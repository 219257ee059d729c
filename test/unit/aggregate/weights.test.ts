// Protects: claimed weights can never give b members half of the total, and preconditions name what is valid.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  capWeights,
  firstValidRule,
  RULE_BOOK,
  ruleNamed,
  validRuleIds,
} from '../../../src/aggregate/index.ts'

const topOf = (weights: readonly number[], b: number) =>
  [...weights]
    .sort((x, y) => y - x)
    .slice(0, b)
    .reduce((sum, weight) => sum + weight, 0)
const sumOf = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0)

describe('capWeights', () => {
  it('leaves honest counts alone and says that no cap bites', () => {
    expect(capWeights([1, 2, 3, 2], 1, [1, 100])).toEqual({ weights: [1, 2, 3, 2], cap: null })
  })

  it('caps the one that claims too much at the largest safe count', () => {
    // 2·c < c + 3 + 3 + 3 holds up to c = 8
    expect(capWeights([1000, 3, 3, 3], 1, [1, 1000])).toEqual({ weights: [8, 3, 3, 3], cap: 8 })
  })

  it('keeps b members below half, with the largest cap that does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 3, maxLength: 12 }),
        fc.nat(5),
        (claims, b) => {
          fc.pre(claims.length > 2 * b)
          const { weights, cap } = capWeights(claims, b, [1, 4000])
          expect(2 * topOf(weights, b)).toBeLessThan(sumOf(weights))
          if (cap === null) return
          const higher = claims.map((claim) => Math.min(claim, 4000, cap + 1))
          expect(2 * topOf(higher, b)).toBeGreaterThanOrEqual(sumOf(higher))
        },
      ),
    )
  })

  it('refuses when no cap can do it', () => {
    expect(() => capWeights([1, 1], 1, [1, 10])).toThrow(/no cap/)
  })
})

describe('rules and their preconditions', () => {
  it.each([
    ['krum', 1, 5],
    ['multi-krum', 2, 7],
    ['median', 1, 3],
    ['trimmed-mean', 2, 5],
    ['clipped-mean', 1, 3],
    ['mean', 3, 1],
  ])('%s bearing %i needs %i updates', (id, b, inputCountMin) => {
    const rule = ruleNamed(id)
    expect(RULE_BOOK.isValid(rule, inputCountMin, b)).toBe(true)
    expect(RULE_BOOK.isValid(rule, inputCountMin - 1, b)).toBe(false)
  })

  it('takes the first of the charter’s rules that holds', () => {
    const rules = [ruleNamed('multi-krum'), ruleNamed('trimmed-mean')]
    expect(firstValidRule(rules, 5, 1).id).toBe('multi-krum')
    expect(firstValidRule(rules, 4, 1).id).toBe('trimmed-mean')
    expect(() => firstValidRule(rules, 2, 1)).toThrow(/needs m ≥ 2b\+1/)
  })

  it('names what is valid, and what exists', () => {
    const valid = validRuleIds(4, 1)
    expect(valid).toEqual(
      expect.arrayContaining(['mean', 'clipped-mean', 'median', 'minimum-diameter', 'ties']),
    )
    for (const id of ['krum', 'multi-krum', 'bulyan']) expect(valid).not.toContain(id)
    expect(() => ruleNamed('average')).toThrow(/unknown rule "average"/)
  })
})
