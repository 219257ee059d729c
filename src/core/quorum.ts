/**
 * The figures of a quorum system of n members with at most f Byzantine ones.
 * Two quorums share at least 2q−n members, so one honest one while 2q−n > f; a quorum can form while at most n−q are
 * silent. Source: docs/PROTOCOL.md §1.
 */

/** The largest f that n members bear by default: ⌊(n−1)/3⌋. */
export const defaultFaultCount = (n: number): number => Math.floor((n - 1) / 3)

/** The smallest q with 2q−n > f: ⌊(n+f)/2⌋+1. */
export const defaultQuorum = (n: number, f: number): number => Math.floor((n + f) / 2) + 1

/** Whether two quorums always share an honest member. */
export const isSafeQuorum = (n: number, f: number, q: number): boolean => 2 * q - n > f && q <= n

/** How many members may be silent before nothing can be decided. */
export const silentCountMax = (n: number, q: number): number => n - q
