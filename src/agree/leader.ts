/**
 * Who leads a view: every member in turn, beginning at a place that round and cut decide, so at most f bad leaders come
 * in a row and nobody leads first in every round.
 * Source: docs/PROTOCOL.md §6.1; after Chan and Pass, TCC 2023, with a rotation in place of a random oracle.
 */
import { encodeCanonical } from '../core/canonical.ts'
import { objectDigest } from '../core/hash.ts'
import type { RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Params } from './types.ts'

/** h of a round is asked for at every event: kept by the round's own bytes, cut by cut. */
const offsets = new WeakMap<RoundId, Map<number, number>>()

/** h: the first 4 bytes of a digest over round and cut. Modulo n its bias is below 2^-26, of no consequence. */
export function leaderOffset(round: RoundId, cut: number): number {
  const known = offsets.get(round)?.get(cut)
  if (known !== undefined) return known
  const digest = objectDigest('leader', encodeCanonical({ round, cut }))
  const offset = new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0)
  offsets.set(round, new Map(offsets.get(round)).set(cut, offset))
  return offset
}

// §6.1 leader(v) = roster[(h + v) mod n].
export function leaderOf(params: Pick<Params, 'round' | 'charter'>, cut: number, view: number): MemberIndex {
  return (leaderOffset(params.round, cut) + view) % params.charter.members.length
}
