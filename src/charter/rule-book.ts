/**
 * What the charter's checks ask about aggregation rules. The rules themselves belong to a later stage, which provides the
 * book; the charter only names rules, by id and version, in order of preference.
 */
import type { Rational } from '../core/rational.ts'
import type { Charter } from './schema.ts'

export interface NamedRule {
  readonly id: string
  readonly version: number
}

/** A rule or a step, with the parameters that are not the default ones. */
export interface NamedPart extends NamedRule {
  readonly parameters?: Readonly<Record<string, Rational>> | undefined
}

/** A rule as a charter names it: its parameters and the steps before it. */
export interface ChosenRule extends NamedPart {
  /** In the order in which they are taken; absent: none. */
  readonly steps?: readonly NamedPart[] | undefined
}

/** What the charter's checks need to know about aggregation rules. */
export interface RuleBook {
  /** Whether rule and version exist, with these steps and parameters. */
  readonly has: (rule: ChosenRule) => boolean
  /** What is wrong with a choice whatever the number of updates, or null. */
  readonly problemWith: (rule: ChosenRule) => string | null
  /** Whether a rule's precondition holds for m updates of which b are poisoned. */
  readonly isValid: (rule: ChosenRule, m: number, b: number) => boolean
  /** Ids of all rules that hold for m and b. */
  readonly validIds: (m: number, b: number) => readonly string[]
  /** Every rule there is, and why it does not hold for m and b; null where it does. */
  readonly explain: (
    m: number,
    b: number,
  ) => readonly { readonly id: string; readonly reason: string | null }[]
  /** Whether the aggregate is dense, as large as the modules' weights. */
  readonly isDense: (rule: ChosenRule) => boolean
  /** Whether it reads the Fisher diagonals that updates publish. */
  readonly usesFisher: (rule: ChosenRule) => boolean
}

/** The first rule whose precondition holds, or null. */
export function ruleFor(charter: Charter, m: number, rules: RuleBook): ChosenRule | null {
  const { aggregation } = charter
  return aggregation.rules.find((rule) => rules.has(rule) && rules.isValid(rule, m, aggregation.b)) ?? null
}
