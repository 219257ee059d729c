/** What others ask about rules: which exist, which hold for m updates of which b are poisoned. */
import type { NamedRule, RuleBook } from '../charter/rule-book.ts'
import { aggregateError } from './errors.ts'
import { RULES } from './rules/registry.ts'
import type { AggregationRule } from './rules/rule.ts'

const find = ({ id, version }: NamedRule): AggregationRule | undefined =>
  RULES.find((rule) => rule.id === id && rule.version === version)

export const isValidFor = (rule: AggregationRule, m: number, b: number): boolean => m >= rule.inputCountMin(b)

/** Ids of the rules whose precondition holds. */
export const validRuleIds = (m: number, b: number): readonly string[] =>
  RULES.filter((rule) => isValidFor(rule, m, b)).map(({ id }) => id)

export const RULE_BOOK: RuleBook = {
  has: (rule) => find(rule) !== undefined,
  isValid: (rule, m, b) => {
    const found = find(rule)
    return found !== undefined && isValidFor(found, m, b)
  },
  validIds: validRuleIds,
  isDense: (rule) => find(rule)?.family === 'coordinate',
}

/** The rule of an id, in its newest version. @throws RULE_UNKNOWN */
export function ruleNamed(id: string): AggregationRule {
  const rule = RULES.find((each) => each.id === id)
  if (rule !== undefined) return rule
  const known = RULES.map((each) => each.id)
  throw aggregateError({ code: 'RULE_UNKNOWN', rule: id, known }, `unknown rule "${id}"`, {
    hint: `There are: ${known.join(', ')}.`,
  })
}

/** @throws RULE_PRECONDITION naming the rules that are valid */
export function checkPrecondition(rule: AggregationRule, m: number, b: number): void {
  if (isValidFor(rule, m, b)) return
  const inputCountMin = rule.inputCountMin(b)
  const valid = validRuleIds(m, b)
  throw aggregateError(
    { code: 'RULE_PRECONDITION', rule: rule.id, inputCount: m, b, inputCountMin, valid },
    `${rule.id} needs ${rule.precondition}: at least ${inputCountMin} updates to bear b = ${b}, but there are ${m}`,
    { hint: valid.length > 0 ? `Valid here: ${valid.join(', ')}.` : 'No rule is valid here; lower b.' },
  )
}

/** The first of the charter's rules whose precondition holds. @throws RULE_UNKNOWN | RULE_PRECONDITION */
export function firstValidRule(rules: readonly NamedRule[], m: number, b: number): AggregationRule {
  const found = rules.map((named) => find(named) ?? ruleNamed(named.id))
  const valid = found.find((rule) => isValidFor(rule, m, b))
  const last = found.at(-1)
  if (valid === undefined && last !== undefined) checkPrecondition(last, m, b)
  if (valid === undefined)
    throw aggregateError({ code: 'RULE_UNKNOWN', rule: '', known: [] }, 'the charter names no rule')
  return valid
}
