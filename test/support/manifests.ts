/** Manifests of arbitrary bytes, for tests of the transfer. */
import { utf8 } from '../../src/core/bytes.ts'
import { encodeCanonical } from '../../src/core/canonical.ts'
import { sha256 } from '../../src/core/hash.ts'
import { asRoundId } from '../../src/core/ids.ts'
import type { ChunkPlan } from '../../src/exchange/index.ts'
import { chunkCountOf, chunkRange, manifestCodec } from '../../src/update/manifest.ts'
import { STORE_LIMITS } from './store-limits.ts'

export function manifestOfBytes(bytes: Uint8Array, member: number, chunkSizeBytes: number): Uint8Array {
  const plan = { sizeBytes: bytes.length, chunkSizeBytes }
  const count = chunkCountOf(bytes.length, chunkSizeBytes)
  return encodeCanonical({
    round: asRoundId(sha256(utf8('exchange test round'))),
    member,
    ...plan,
    layout: sha256(utf8('layout')),
    nonce: sha256(utf8(`nonce ${member}`)),
    chunks: Array.from({ length: count }, (_, index) => {
      const { offset, sizeBytes } = chunkRange(plan, index)
      return sha256(bytes.subarray(offset, offset + sizeBytes))
    }),
  })
}

/** Decodes a manifest made above. Its digest was checked before. */
export function decodePlan(manifest: Uint8Array): ChunkPlan {
  const decoded = manifestCodec(STORE_LIMITS).decode(manifest)
  if (!decoded.ok) throw new Error(decoded.fault.code)
  return decoded.value
}

/** The same bytes in every process. */
export function seededBytes(length: number): Uint8Array {
  const out = new Uint8Array(length)
  for (let offset = 0; offset < length; offset += 32) {
    out.set(sha256(utf8(`block ${offset}`)).subarray(0, length - offset), offset)
  }
  return out
}
