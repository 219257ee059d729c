/**
 * What the charter's checks ask about aggregation rules. The rules themselves belong to a later stage, which provides the
 * book; the charter only names rules, by id and version, in order of preference.
 */
import type { Charter } from './schema.ts'

export interface NamedRule {
  readonly id: string
  readonly version: number
}

/** What the charter's checks need to know about aggregation rules. */
export interface RuleBook {
  /** Whether rule and version exist. */
  readonly has: (rule: NamedRule) => boolean
  /** Whether a rule's precondition holds for m updates of which b are poisoned. */
  readonly isValid: (rule: NamedRule, m: number, b: number) => boolean
  /** Ids of all rules that hold for m and b. */
  readonly validIds: (m: number, b: number) => readonly string[]
  /** Whether the aggregate is dense, as large as the modules' weights. */
  readonly isDense: (rule: NamedRule) => boolean
}

/** The first rule whose precondition holds, or null. */
export function ruleFor(charter: Charter, m: number, rules: RuleBook): NamedRule | null {
  const { aggregation } = charter
  return aggregation.rules.find((rule) => rules.has(rule) && rules.isValid(rule, m, aggregation.b)) ?? null
}
