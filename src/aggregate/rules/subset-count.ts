/** How many updates a rule takes that looks at every subset of m − b of them. */

/** More updates than any charter has; where b is so small that cost is no bound, this is. */
const COUNT_MAX = 4096

/** m choose b, or anything above `max`. */
export function subsetCount(m: number, b: number, max: number): number {
  let count = 1n
  for (let k = 1; k <= b; k++) {
    count = (count * BigInt(m - b + k)) / BigInt(k)
    if (count > BigInt(max)) return Number.POSITIVE_INFINITY
  }
  return Number(count)
}

/** The largest m with at most `max` subsets of m − b. */
export const countForSubsets = (b: number, max: number): number =>
  largestCount(b, (m) => subsetCount(m, b, max) <= max)

/** The largest m for which m³ for each subset of m − b is at most `max`. */
export const countForCubes = (b: number, max: number): number =>
  largestCount(b, (m) => subsetCount(m, b, max) * m ** 3 <= max)

function largestCount(b: number, fits: (m: number) => boolean): number {
  let m = b
  while (m < COUNT_MAX && fits(m + 1)) m++
  return m
}
