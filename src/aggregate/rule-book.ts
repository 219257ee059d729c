/** What others ask about rules: which exist, which hold for m updates of which b are poisoned, and why one does not. */
import type { ChosenRule, RuleBook } from '../charter/rule-book.ts'
import { aggregateError } from './errors.ts'
import { findRule, resolveRule, type ResolvedRule } from './rule-choice.ts'
import { RULES } from './rules/registry.ts'
import type { AggregationRule, Facts } from './rules/rule.ts'

export { ruleNamed } from './rule-choice.ts'

const holdsFor = ({ inputCountMin, inputCountMax }: Facts, m: number, b: number): boolean =>
  m >= inputCountMin(b) && (inputCountMax === undefined || m <= inputCountMax(b))

export const isValidFor = (rule: AggregationRule, m: number, b: number): boolean => holdsFor(rule, m, b)

/** The part of a choice whose precondition fails, and for how many rows; null when all hold. */
function findBreach(
  { facts, steps }: ResolvedRule,
  m: number,
  b: number,
): { readonly part: Facts; readonly count: number } | null {
  let count = m
  for (const step of steps) {
    if (!holdsFor(step.facts, count, b)) return { part: step.facts, count }
    count = step.facts.countAfter(count, step.parameter)
  }
  return holdsFor(facts, count, b) ? null : { part: facts, count }
}

/** Why a choice does not hold for m and b, or null. */
export function whyInvalid(choice: ChosenRule, m: number, b: number): string | null {
  const found = findRule(choice)
  if ('problem' in found) return found.problem
  const breach = findBreach(found, m, b)
  return breach === null ? null : reasonOf(breach.part, breach.count, b)
}

function reasonOf(
  { id, precondition, inputCountMin, inputCountMax }: Facts,
  count: number,
  b: number,
): string {
  const least = inputCountMin(b)
  if (count < least)
    return `${id} needs ${precondition}: at least ${least} updates to bear b = ${b}, but there are ${count}`
  return `${id} needs ${precondition}: at most ${inputCountMax?.(b) ?? count} updates with b = ${b}, but there are ${count}`
}

/** Ids of the rules whose precondition holds. */
export const validRuleIds = (m: number, b: number): readonly string[] =>
  RULES.filter((rule) => isValidFor(rule, m, b)).map(({ id }) => id)

/** Whether the charter's updates must publish Fisher diagonals for it. */
export function usesFisher(choice: ChosenRule): boolean {
  const found = findRule(choice)
  return !('problem' in found) && found.facts.family === 'coordinate' && found.facts.usesFisher === true
}

export const RULE_BOOK: RuleBook = {
  has: (rule) => !('problem' in findRule(rule)),
  problemWith: (rule) => {
    const found = findRule(rule)
    return 'problem' in found ? found.problem : null
  },
  isValid: (rule, m, b) => whyInvalid(rule, m, b) === null,
  validIds: validRuleIds,
  isDense: (rule) => {
    const found = findRule(rule)
    return !('problem' in found) && found.facts.family === 'coordinate'
  },
  usesFisher,
  explain: (m, b) =>
    RULES.map((rule) => ({ id: rule.id, reason: whyInvalid({ id: rule.id, version: rule.version }, m, b) })),
}

/** @throws RULE_UNKNOWN | RULE_PARAMETER | RULE_PRECONDITION naming the rules that are valid */
export function checkPrecondition(choice: ChosenRule, m: number, b: number): void {
  const breach = findBreach(resolveRule(choice), m, b)
  if (breach === null) return
  const { part, count } = breach
  const valid = validRuleIds(m, b)
  throw aggregateError(
    {
      code: 'RULE_PRECONDITION',
      rule: part.id,
      inputCount: count,
      b,
      inputCountMin: part.inputCountMin(b),
      inputCountMax: part.inputCountMax?.(b) ?? null,
      valid,
    },
    reasonOf(part, count, b),
    { hint: valid.length > 0 ? `Valid here: ${valid.join(', ')}.` : 'No rule is valid here; lower b.' },
  )
}

/** The first of the charter's rules whose precondition holds. @throws RULE_UNKNOWN | RULE_PARAMETER | RULE_PRECONDITION */
export function firstValidRule(rules: readonly ChosenRule[], m: number, b: number): ChosenRule {
  const valid = rules.find((choice) => findBreach(resolveRule(choice), m, b) === null)
  const last = rules.at(-1)
  if (valid === undefined && last !== undefined) checkPrecondition(last, m, b)
  if (valid === undefined)
    throw aggregateError({ code: 'RULE_UNKNOWN', rule: '', known: [] }, 'the charter names no rule')
  return valid
}
