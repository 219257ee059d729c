/**
 * Branded ids: 32 bytes each, never interchangeable. A brand is put on by an `as…` function, which checks the length.
 * The brands are plain property names that exist in types only: unique symbols cannot be named in declaration files.
 */
import { assert } from './errors.ts'
import { toHex } from './bytes.ts'

/** A SHA-256 digest. */
export type Digest = Uint8Array & { readonly '~digest': true }
/** Digest of [charter digest, round number]: names one round of one consortium. */
export type RoundId = Digest & { readonly '~roundId': true }
/** A raw Ed25519 public key (RFC 8032), 32 bytes. */
export type PublicKey = Uint8Array & { readonly '~publicKey': true }

export const DIGEST_BYTES = 32
export const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

export function asDigest(bytes: Uint8Array): Digest {
  assert(bytes.length === DIGEST_BYTES, `a digest has ${DIGEST_BYTES} bytes, not ${bytes.length}`)
  return bytes as Digest
}

export function asRoundId(bytes: Uint8Array): RoundId {
  return asDigest(bytes) as RoundId
}

export function asPublicKey(bytes: Uint8Array): PublicKey {
  assert(bytes.length === PUBLIC_KEY_BYTES, `a public key has ${PUBLIC_KEY_BYTES} bytes, not ${bytes.length}`)
  return bytes as PublicKey
}

/** The key under which a digest is kept in a `Map` or shown to a person: 64 lower-case hex digits. */
export function digestKey(digest: Uint8Array): string {
  return toHex(digest)
}
