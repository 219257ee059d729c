/**
 * Claimed weights made safe: restricted to the charter's range, then capped so that the b largest together stay below
 * half of the total. Whole numbers only; no float is involved.
 * The cap is the largest integer c with 2·Σ_{b largest} min(wᵢ, c) < Σ min(wᵢ, c). The difference is concave in c and
 * positive at 1 when m > 2b, so the c that satisfy it are 1 … c*, and bisection finds c*.
 */
import { aggregateError } from './errors.ts'

export interface CappedWeights {
  readonly weights: readonly number[]
  /** The cap; null where it does not bite. */
  readonly cap: number | null
}

/** @param range — both ends inclusive @throws WEIGHTS_UNCAPPABLE when m ≤ 2b */
export function capWeights(
  claims: readonly number[],
  b: number,
  [low, high]: readonly [number, number],
): CappedWeights {
  const m = claims.length
  if (m <= 2 * b) {
    throw aggregateError(
      { code: 'WEIGHTS_UNCAPPABLE', inputCount: m, b },
      `${m} updates of which ${b} may be poisoned: no cap keeps those below half of the weight`,
      { hint: 'Use uniform weights, or lower b.' },
    )
  }
  const restricted = claims.map((claim) => Math.min(Math.max(claim, low), high))
  const largest = Math.max(...restricted)
  if (isSafe(restricted, b, largest)) return { weights: restricted, cap: null }
  let safe = 1
  let unsafe = largest
  while (unsafe - safe > 1) {
    const middle = safe + Math.floor((unsafe - safe) / 2)
    if (isSafe(restricted, b, middle)) safe = middle
    else unsafe = middle
  }
  return { weights: restricted.map((weight) => Math.min(weight, safe)), cap: safe }
}

/** BigInt, since 64 weights of 2⁴⁰ each, doubled, must not round. */
function isSafe(weights: readonly number[], b: number, cap: number): boolean {
  const capped = weights
    .map((weight) => BigInt(Math.min(weight, cap)))
    .sort((x, y) => (x < y ? 1 : x > y ? -1 : 0))
  const total = capped.reduce((sum, weight) => sum + weight, 0n)
  const top = capped.slice(0, b).reduce((sum, weight) => sum + weight, 0n)
  return 2n * top < total
}
