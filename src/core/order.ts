/** The one total order: the roster's. Every set of members or updates is put in it before anything is computed. */

/** A member's place in the charter's roster, from 0. */
export type MemberIndex = number

/** Items in roster order, whatever order they came in. The input is left alone. */
export function inRosterOrder<T extends { readonly member: MemberIndex }>(items: Iterable<T>): readonly T[] {
  return [...items].sort((a, b) => a.member - b.member)
}
