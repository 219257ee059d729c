/**
 * Exact fractions for signed objects, which hold no floats: bounds, scales and coefficients are `[numerator,
 * denominator]`, and become an f64 by one division where they are used (in the kernel, on the agreed path).
 */
import * as v from 'valibot'
import { RoundError } from './errors.ts'

export type Rational = readonly [numerator: number, denominator: number]

/** Both parts below 2^53, so that each is an exact f64 and the quotient is rounded once. */
export const rationalSchema: v.GenericSchema<[number, number], Rational> = v.strictTuple([
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
])

/** The nearest f64. For display and checks off the agreed path; the kernel divides for itself. */
export const toNumber = ([numerator, denominator]: Rational): number => numerator / denominator

/**
 * A non-negative decimal such as `1.5` as a fraction in lowest terms.
 * @throws RATIONAL_INVALID for anything else, or more digits than fit below 2^53.
 */
export function parseRational(text: string, field: string): Rational {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text.trim())
  const digits = match ? `${match[1]}${match[2] ?? ''}` : ''
  const numerator = Number(digits)
  const denominator = 10 ** (match?.[2]?.length ?? 0)
  if (!match || !Number.isSafeInteger(numerator) || !Number.isSafeInteger(denominator)) {
    throw new RoundError(
      { code: 'RATIONAL_INVALID', field },
      `${field}: expected a decimal such as 1.5, got "${text}"`,
    )
  }
  const divisor = greatestCommonDivisor(numerator, denominator)
  return [numerator / divisor, denominator / divisor]
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
