/**
 * The charter's canonical bytes and the ids that follow from them.
 *
 * In: a charter, or bytes. Out: bytes, the charter's digest, the id of each of its rounds.
 * Invariant: members that agree on a charter's digest agree on every field of it; a round's id names one charter.
 * Source: docs/PROTOCOL.md §3 (Charter).
 */
import * as v from 'valibot'
import { type Codec, defineCodec, encodeCanonical } from '../core/canonical.ts'
import { assert } from '../core/errors.ts'
import { objectDigest } from '../core/hash.ts'
import { asRoundId, type Digest, type PublicKey, type RoundId } from '../core/ids.ts'
import { equalBytes } from '../core/bytes.ts'
import type { MemberIndex } from '../core/order.ts'
import { type Charter, CHARTER_SIZE_BYTES_MAX, charterSchema, type RoundSchedule } from './schema.ts'

export const charterCodec: Codec<Charter> = defineCodec('charter', CHARTER_SIZE_BYTES_MAX, charterSchema)

/** Names a charter: the digest of its canonical bytes, without any signature. */
export function charterDigest(charter: Charter): Digest {
  return objectDigest('charter', charterCodec.encode(charter))
}

/**
 * Names one round: the digest of [charter digest, round number].
 * @param roundNumber — from 1
 */
export function roundIdOf(charter: Digest, roundNumber: number): RoundId {
  assert(Number.isSafeInteger(roundNumber) && roundNumber >= 1, 'rounds are counted from 1')
  return asRoundId(objectDigest('round', encodeCanonical([charter, roundNumber])))
}

/** The deadlines of a round. @param roundNumber — from 1 to the number of the charter's rounds */
export function roundScheduleOf(charter: Charter, roundNumber: number): RoundSchedule {
  const schedule = charter.rounds[roundNumber - 1]
  assert(schedule !== undefined, `the charter has rounds 1 to ${charter.rounds.length}, not ${roundNumber}`)
  return schedule
}

/** The member with this key, or null. */
export function memberIndexOf(charter: Charter, publicKey: PublicKey): MemberIndex | null {
  const index = charter.members.findIndex((member) => equalBytes(member.publicKey, publicKey))
  return index === -1 ? null : index
}

/** What the schema has against a value, or null: the first field and the reason. */
export function findSchemaProblem(
  value: unknown,
): { readonly field: string; readonly reason: string } | null {
  const checked = v.safeParse(charterSchema, value, { abortEarly: true })
  if (checked.success) return null
  const issue = checked.issues[0]
  return { field: v.getDotPath(issue) ?? '', reason: issue.message }
}
