/**
 * The numbers of the reference implementation: JavaScript's doubles are IEEE 754's, and Math.fround is the one rounding to
 * f32. No sums but the obvious ones, in the order that docs/CONFORMANCE.md names.
 */

/** An entry that is there. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index]
  if (value === undefined) throw new Error(`no entry ${index} of ${list.length}`)
  return value
}

export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

/** Added from the first to the last, from 0. */
export function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** To f32, ties to even; −0 becomes +0. */
export function rounded(value: number): number {
  const single = Math.fround(value)
  return single === 0 ? 0 : single
}

/** Four lanes, (0+1)+(2+3), then what is left over. */
export function dot(x: readonly number[], y: readonly number[]): number {
  const lanes = [0, 0, 0, 0]
  const whole = x.length - (x.length % 4)
  for (let i = 0; i < whole; i++) lanes[i % 4] = at(lanes, i % 4) + at(x, i) * at(y, i)
  let total = at(lanes, 0) + at(lanes, 1) + (at(lanes, 2) + at(lanes, 3))
  for (let i = whole; i < x.length; i++) total += at(x, i) * at(y, i)
  return total
}

export const ascending = (values: readonly number[]): number[] => [...values].sort((x, y) => x - y)

/** The middle value; even: the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values)
  const upper = at(sorted, sorted.length >> 1)
  return sorted.length % 2 === 1 ? upper : (at(sorted, (sorted.length >> 1) - 1) + upper) / 2
}

/** Indices in the order of their values, ties to the lower index. */
export const orderOf = (values: readonly number[]): number[] =>
  [...values.keys()].sort((i, j) => at(values, i) - at(values, j) || i - j)

export type Matrix = readonly (readonly number[])[]

export const cell = (matrix: Matrix, i: number, j: number): number => at(at(matrix, i), j)

export const column = (rows: Matrix, c: number): number[] => rows.map((row) => at(row, c))

/** All ways to take `size` of the numbers below `count`, in lexicographic order. */
export function subsets(count: number, size: number, from = 0): readonly (readonly number[])[] {
  if (size === 0) return [[]]
  return range(count)
    .filter((first) => first >= from && first <= count - size)
    .flatMap((first) => subsets(count, size - 1, first + 1).map((rest) => [first, ...rest]))
}
