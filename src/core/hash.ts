/**
 * SHA-256 and the digests of objects. Every digest covers a prefix that names what it is a digest of
 * (`oneround/1/<type>` and a zero byte), so that a digest of one kind can never pass for one of another.
 * Source: FIPS 180-4; docs/PROTOCOL.md §2.
 */
import { sha256 as portableSha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8 } from './bytes.ts'
import { asDigest, type Digest } from './ids.ts'

/** The protocol's version is part of every prefix: objects of two versions never share a digest or a signature. */
export const PROTOCOL_PREFIX = 'oneround/1/'

// In Node the built-in is six times as fast; elsewhere (a browser that checks a certificate) the portable one answers.
const nodeCrypto = globalThis.process?.getBuiltinModule?.('node:crypto')

export interface Hasher {
  update(bytes: Uint8Array): Hasher
  digest(): Digest
}

/** A running SHA-256, for bytes that do not fit in memory. */
export function createHasher(): Hasher {
  const inner = nodeCrypto ? nodeCrypto.createHash('sha256') : portableSha256.create()
  const hasher: Hasher = {
    update(bytes) {
      inner.update(bytes)
      return hasher
    },
    digest() {
      const out = inner.digest()
      return asDigest(new Uint8Array(out.buffer, out.byteOffset, out.byteLength).slice())
    },
  }
  return hasher
}

/** SHA-256 of the parts, one after the other, without any prefix: for chunks and files as they lie on disk. */
export function sha256(...parts: readonly Uint8Array[]): Digest {
  const [only] = parts
  // In one call where there is one part: half the price of a running hash, and most of what a round hashes is small.
  if (parts.length === 1 && only !== undefined && nodeCrypto?.hash !== undefined) {
    const out = nodeCrypto.hash('sha256', only, 'buffer')
    return asDigest(new Uint8Array(out.buffer, out.byteOffset, out.byteLength).slice())
  }
  const hasher = createHasher()
  for (const part of parts) hasher.update(part)
  return hasher.digest()
}

const prefixes = new Map<string, Uint8Array>()
/** Types are a handful of words of our own; hostile ones are not kept. */
const PREFIX_COUNT_MAX = 256

/** The prefix of everything hashed or signed as `type`. */
export function domainPrefix(type: string): Uint8Array {
  const known = prefixes.get(type)
  if (known !== undefined) return known
  const prefix = utf8(`${PROTOCOL_PREFIX}${type}\0`)
  if (prefixes.size < PREFIX_COUNT_MAX) prefixes.set(type, prefix)
  return prefix
}

/** The digest of an object: SHA-256 of its type's prefix and its canonical bytes. */
export function objectDigest(type: string, canonicalBytes: Uint8Array): Digest {
  return sha256(concatBytes(domainPrefix(type), canonicalBytes))
}
