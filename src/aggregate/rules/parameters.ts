/**
 * Parameters of rules: rational numbers of the charter, checked when it is drawn up, each with a default. Whole parameters
 * have denominator 1. Comparisons are of whole numbers, so that every member finds the same charters valid.
 */
import { type Rational, toNumber } from '../../core/rational.ts'

export interface ParameterFacts {
  readonly name: string
  /** null: the rule finds its own value from the updates. */
  readonly fallback: Rational | null
  readonly isWhole: boolean
  readonly min: Rational
  readonly max: Rational
  readonly help: string
}

export type ParameterValues = Readonly<Record<string, Rational>>

/** The kernel forms products of a parameter's parts in 64 bits. */
const PART_MAX = 2 ** 31

/** What a rule is told for a parameter without a value: it finds its own. */
export const OWN_VALUE: Rational = [0, 1]

const isAtMost = ([a, b]: Rational, [c, d]: Rational): boolean =>
  BigInt(a) * BigInt(d) <= BigInt(c) * BigInt(b)

const text = (value: Rational): string => String(toNumber(value))

/** What is wrong with the given values, or null. */
export function problemWithParameters(
  id: string,
  takes: readonly ParameterFacts[],
  values: ParameterValues,
): string | null {
  for (const [name, value] of Object.entries(values)) {
    const facts = takes.find((each) => each.name === name)
    if (facts === undefined) {
      const known = takes.map((each) => each.name)
      return `${id} takes no parameter ${name}${known.length > 0 ? ` (it takes ${known.join(', ')})` : ''}`
    }
    const { isWhole, min, max } = facts
    if (isWhole && value[1] !== 1) return `${id}: ${name} is ${text(value)}, expected a whole number`
    if (value[0] >= PART_MAX || value[1] >= PART_MAX) return `${id}: ${name} has more digits than are taken`
    if (!isAtMost(min, value) || !isAtMost(value, max))
      return `${id}: ${name} is ${text(value)}, expected ${text(min)} to ${text(max)}`
  }
  return null
}

/** The value in force. */
export const parameterValue = (
  takes: readonly ParameterFacts[],
  values: ParameterValues,
  name: string,
): Rational => values[name] ?? takes.find((each) => each.name === name)?.fallback ?? OWN_VALUE

const fraction = ([numerator, denominator]: Rational): string =>
  denominator === 1 ? String(numerator) : `${numerator}/${denominator}`

/** Values in force in the order of the rule's list, as the aggregate's header names them: `(density=1/5)`. */
export function parametersText(takes: readonly ParameterFacts[], values: ParameterValues): string {
  if (takes.length === 0) return ''
  const parts = takes.map(({ name, fallback }) => {
    const value = values[name] ?? fallback
    return `${name}=${value === null ? 'own' : fraction(value)}`
  })
  return `(${parts.join(',')})`
}
