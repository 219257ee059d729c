/**
 * What a round's rules draw lots from: the digest of the round, the cut and the nonces of the decided updates that were in
 * time. Nobody knew another's nonce while its own could still change (updates are committed to before they are revealed),
 * so nobody chose it; a late addition may have been made knowing all the others, so its nonce has no say.
 * In: update files that were admitted. Out: a seed. Source: docs/PROTOCOL.md §8.12.
 */
import { fromHex } from '../core/bytes.ts'
import { encodeCanonical } from '../core/canonical.ts'
import { objectDigest } from '../core/hash.ts'
import type { Digest, RoundId } from '../core/ids.ts'
import { inRosterOrder, type MemberIndex } from '../core/order.ts'
import { headerLengthOf, parseHeader } from '../core/safetensors.ts'
import { openReader } from '../files/index.ts'
import { aggregateError } from './errors.ts'

/** @param nonces — of the decided updates, in roster order */
export function roundSeed(round: RoundId, cut: number, nonces: readonly Uint8Array[]): Digest {
  return objectDigest('seed', encodeCanonical([round, cut, nonces]))
}

export interface SeedRequest {
  readonly round: RoundId
  readonly cut: number
  /** The decided updates, in any order. */
  readonly updates: readonly { readonly member: MemberIndex; readonly path: string }[]
  /** Members whose update a late cut added; absent at cut 0. */
  readonly late?: readonly MemberIndex[]
}

/** The seed of a cut, from the nonces in the update files. @throws INPUT_MISMATCH | SAFETENSORS_INVALID */
export async function readRoundSeed({ round, cut, updates, late = [] }: SeedRequest): Promise<Digest> {
  const nonces: Uint8Array[] = []
  const inTime = updates.filter(({ member }) => !late.includes(member))
  for (const { path } of inRosterOrder(inTime)) nonces.push(await readNonce(path))
  return roundSeed(round, cut, nonces)
}

async function readNonce(path: string): Promise<Uint8Array> {
  const reader = await openReader(path)
  try {
    const length = headerLengthOf(await reader.read(0, Math.min(8, reader.sizeBytes)), path)
    const header = parseHeader(await reader.read(8, length), reader.sizeBytes, path)
    const nonce = fromHex(header.metadata.get('nonce') ?? 'none')
    if (nonce !== null) return nonce
    const reason = 'its header holds no nonce'
    throw aggregateError({ code: 'INPUT_MISMATCH', file: path, reason }, `${path}: ${reason}`)
  } finally {
    await reader.close()
  }
}
