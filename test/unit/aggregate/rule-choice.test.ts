// Protects: rules are named with steps and parameters, refused by name when those are wrong, kept by a charter, and absent
// ones leave a charter's bytes as they were.
import { describe, expect, it } from 'vitest'
import {
  checkPrecondition,
  firstValidRule,
  parseRuleChoice,
  RULE_BOOK,
  resolveRule,
  RULES,
  ruleText,
  whyInvalid,
} from '../../../src/aggregate/index.ts'
import { countForSubsets, subsetCount } from '../../../src/aggregate/rules/subset-count.ts'
import {
  charterCodec,
  findCharterProblems,
  formatCharterFile,
  parseCharterFile,
  unsigned,
} from '../../../src/charter/index.ts'
import { testConsortium } from '../../support/charter.ts'

describe('a choice of a rule', () => {
  it.each([
    ['krum', { id: 'krum', version: 1 }],
    ['ties:density=0.3', { id: 'ties', version: 1, parameters: { density: [3, 10] } }],
    [
      'bucketing:size=3+clip+krum',
      {
        id: 'krum',
        version: 1,
        steps: [
          { id: 'bucketing', version: 1, parameters: { size: [3, 1] } },
          { id: 'clip', version: 1 },
        ],
      },
    ],
  ])('%s', (text, choice) => expect(parseRuleChoice(text)).toEqual(choice))

  it.each([
    ['average', 'RULE_UNKNOWN', /unknown rule "average"/],
    ['krum+mean', 'RULE_PARAMETER', /unknown step "krum"/],
    ['nnm', 'RULE_UNKNOWN', /unknown rule "nnm"/],
    ['nnm+nnm+mean', 'RULE_PARAMETER', /step nnm comes twice/],
    ['krum:density=1', 'RULE_PARAMETER', /krum takes no parameter density/],
    ['ties:size=1', 'RULE_PARAMETER', /takes no parameter size \(it takes density\)/],
    ['ties:density=1.5', 'RULE_PARAMETER', /density is 1.5, expected 0.000001 to 1/],
    ['ties:density=0', 'RULE_PARAMETER', /density is 0, expected/],
    ['bucketing:size=2.5+mean', 'RULE_PARAMETER', /size is 2.5, expected a whole number/],
    ['geometric-median:iterations=5000', 'RULE_PARAMETER', /iterations is 5000, expected 1 to 1024/],
    ['ties:density=0.12345678901', 'RULE_PARAMETER', /more digits than are taken/],
    ['ties:density=x', 'RATIONAL_INVALID', /expected a decimal/],
  ])('%s is refused', (text, code, message) => {
    expect(() => parseRuleChoice(text)).toThrow(message)
    expect(() => parseRuleChoice(text)).toThrow(
      expect.objectContaining({ info: expect.objectContaining({ code }) }),
    )
  })

  it('is named in results with what is in force, defaults too', () => {
    const textOf = (text: string): string => ruleText(resolveRule(parseRuleChoice(text)))
    expect(textOf('multi-krum')).toBe('multi-krum@1')
    expect(textOf('ties')).toBe('ties@1(density=1/5)')
    expect(textOf('bucketing+centered-clipping:tau=0.5')).toBe(
      'bucketing@1(size=2)+centered-clipping@1(iterations=3,tau=1/2)',
    )
    expect(textOf('clip+mean')).toBe('clip@1(norm=own)+mean@1')
  })
})

describe('preconditions', () => {
  it('are of what the steps leave', () => {
    // Seven updates in buckets of two are four rows: too few for Krum with b = 1.
    expect(whyInvalid(parseRuleChoice('krum'), 7, 1)).toBeNull()
    expect(whyInvalid(parseRuleChoice('bucketing+krum'), 7, 1)).toMatch(/krum needs m ≥ 2b\+3.* there are 4/)
    expect(whyInvalid(parseRuleChoice('bucketing+krum'), 9, 1)).toBeNull()
    expect(whyInvalid(parseRuleChoice('nnm+mean'), 2, 1)).toMatch(/nnm needs m ≥ 2b\+1/)
    expect(() => checkPrecondition(parseRuleChoice('bucketing+krum'), 7, 1)).toThrow(/there are 4/)
    const rules = ['bucketing+multi-krum', 'trimmed-mean'].map(parseRuleChoice)
    expect(firstValidRule(rules, 7, 1).id).toBe('trimmed-mean')
    expect(firstValidRule(rules, 9, 1).id).toBe('multi-krum')
  })

  it('bound the subsets that are looked at', () => {
    expect(subsetCount(5, 2, 100)).toBe(10)
    expect(subsetCount(64, 32, 2 ** 20)).toBe(Number.POSITIVE_INFINITY)
    for (const b of [1, 2, 3, 6]) {
      const m = countForSubsets(b, 2 ** 13)
      expect(subsetCount(m, b, 2 ** 14)).toBeLessThanOrEqual(2 ** 13)
      if (m < 4096) expect(subsetCount(m + 1, b, 2 ** 20)).toBeGreaterThan(2 ** 13)
    }
    // 64 choose 2 subsets of 64³ steps are the limit: neither a member nor a poisoned update more.
    expect([1, 2].map((b) => whyInvalid(parseRuleChoice('smea'), 64, b))).toEqual([null, null])
    expect(whyInvalid(parseRuleChoice('smea'), 65, 2)).toMatch(/at most 64 updates with b = 2/)
    expect(whyInvalid(parseRuleChoice('smea'), 64, 3)).toMatch(/at most 38 updates with b = 3/)
    expect(whyInvalid(parseRuleChoice('smea'), 64, 21)).toMatch(
      /at most \d+ updates with b = 21, but there are 64/,
    )
    // However few: what a rule needs at least never exceeds what it takes at most, as far as charters go.
    for (const rule of RULES) {
      for (const b of [0, 1, 2, 3]) {
        expect(rule.inputCountMax?.(b) ?? rule.inputCountMin(b)).toBeGreaterThanOrEqual(rule.inputCountMin(b))
      }
    }
  })

  it('are explained for every rule', () => {
    const found = RULE_BOOK.explain(5, 1)
    expect(found.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id))
    expect(found.filter(({ reason }) => reason !== null)).toEqual([
      { id: 'bulyan', reason: 'bulyan needs m ≥ 4b+3: at least 7 updates to bear b = 1, but there are 5' },
    ])
  })
})

describe('a charter', () => {
  const rules = ['nnm+multi-krum', 'ties:density=0.3'].map(parseRuleChoice)

  it('keeps steps and parameters through its file and its canonical bytes', () => {
    const { charter } = testConsortium(5, { rules, b: 1 })
    const read = parseCharterFile(formatCharterFile(unsigned(charter)), 'charter.json').charter
    expect(read).toEqual(charter)
    expect(read.aggregation.rules).toEqual(rules)
    expect(findCharterProblems(charter, RULE_BOOK).problems).toEqual([])
  })

  it('without them has the bytes that it had before there were any', () => {
    const { charter } = testConsortium(5, { rules: [{ id: 'krum', version: 1 }] })
    const text = Buffer.from(charterCodec.encode(charter)).toString('latin1')
    expect(text).toContain('krum')
    expect(text).not.toMatch(/steps|parameters/)
  })

  it('is refused with weights that no cap makes safe for the fewest updates', () => {
    const fieldsOf = (minUpdates: number): readonly string[] => {
      const changes = { rules: [parseRuleChoice('mean')], weights: 'rank', b: 2, minUpdates } as const
      return findCharterProblems(testConsortium(6, changes).charter, RULE_BOOK).problems.map(
        ({ field }) => field,
      )
    }
    expect(fieldsOf(4)).toEqual(['aggregation.weights'])
    expect(fieldsOf(5)).toEqual([])
  })

  it('is refused with a parameter that its rule does not take', () => {
    const { charter } = testConsortium(5, {
      rules: [{ id: 'ties', version: 1, parameters: { density: [3, 2] } }],
    })
    expect(findCharterProblems(charter, RULE_BOOK).problems).toContainEqual({
      field: 'aggregation.rules.0',
      reason: 'ties: density is 1.5, expected 0.000001 to 1',
    })
  })
})
