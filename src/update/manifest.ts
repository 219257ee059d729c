/**
 * The manifest of an update: who made it for which round, how large it is, its nonce and the digest of every chunk. The
 * update's digest is the digest of this object, so it covers the bytes and the member: nobody can commit to a copy of an
 * update that it has not read, nor claim another's under its own name.
 *
 * In: manifests of peers, hostile. Out: manifests that agree with charter and header.
 * Invariant: a manifest that passes `checkManifest` describes exactly ⌈sizeBytes / chunkSizeBytes⌉ chunks.
 * Source: docs/PROTOCOL.md §10.7.
 */
import * as v from 'valibot'
import {
  type Codec,
  countSchema,
  defineCodec,
  describeDecodeFault,
  digestSchema,
  roundIdSchema,
} from '../core/canonical.ts'
import type { Charter } from '../charter/schema.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { objectDigest } from '../core/hash.ts'
import type { Digest, RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import { updateError } from './errors.ts'
import { layoutDigest } from './layout.ts'

export const NONCE_BYTES = 32
/** A digest in a CBOR array: 2 bytes of head and 32 of digest. */
const CHUNK_ENTRY_SIZE_BYTES = 34
/** More than all other fields together need. */
const FIXED_FIELDS_SIZE_BYTES = 512

const nonceSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => bytes.length === NONCE_BYTES, `expected ${NONCE_BYTES} bytes`),
)

const manifestSchema = v.strictObject({
  round: roundIdSchema,
  member: countSchema(),
  sizeBytes: v.pipe(countSchema(), v.minValue(1)),
  chunkSizeBytes: v.pipe(countSchema(), v.minValue(1)),
  /** `layoutDigest` of the charter's layout. */
  layout: digestSchema,
  /** 32 fresh random bytes, also in the file's metadata. */
  nonce: nonceSchema,
  /** SHA-256 of each chunk, in order. */
  chunks: v.pipe(v.array(digestSchema), v.minLength(1)),
})

export type Manifest = Readonly<v.InferOutput<typeof manifestSchema>>

/** What a member's header says about its update: the manifest must agree with all of it. */
export interface UpdateClaim {
  readonly round: RoundId
  readonly member: MemberIndex
  /** The update's digest. */
  readonly update: Digest
  readonly sizeBytes: number
  readonly chunkSizeBytes: number
  readonly layout: Digest
}

export function chunkCountOf(sizeBytes: number, chunkSizeBytes: number): number {
  return Math.ceil(sizeBytes / chunkSizeBytes)
}

/** Where chunk `index` lies in the file. The last chunk may be shorter. */
export function chunkRange(
  plan: { readonly sizeBytes: number; readonly chunkSizeBytes: number },
  index: number,
): { readonly offset: number; readonly sizeBytes: number } {
  const offset = index * plan.chunkSizeBytes
  return { offset, sizeBytes: Math.min(plan.chunkSizeBytes, plan.sizeBytes - offset) }
}

/** The largest manifest that a charter allows: what a peer's answer is bounded by before it is read. */
export function manifestSizeBytesMax(limits: Charter['limits']): number {
  const count = chunkCountOf(limits.updateSizeBytes, limits.chunkSizeBytes)
  return FIXED_FIELDS_SIZE_BYTES + count * CHUNK_ENTRY_SIZE_BYTES
}

export function manifestCodec(limits: Charter['limits']): Codec<Manifest> {
  return defineCodec('update', manifestSizeBytesMax(limits), manifestSchema)
}

/** The update's digest, from its manifest's canonical bytes. */
export function updateDigest(manifest: Uint8Array): Digest {
  return objectDigest('update', manifest)
}

/**
 * Decodes a manifest and checks it against what the charter allows and the member's header claims. Pure.
 * @throws MANIFEST_INVALID | UPDATE_TOO_LARGE
 */
export function checkManifest(bytes: Uint8Array, charter: Charter, claim: UpdateClaim): Manifest {
  const { limits } = charter
  const decoded = manifestCodec(limits).decode(bytes)
  if (!decoded.ok) throw invalid('manifest', describeDecodeFault(decoded.fault))
  const manifest = decoded.value
  // [REJECT] §10.7 The update's digest is the digest of its manifest.
  if (!equalBytes(updateDigest(bytes), claim.update)) throw invalid('digest', 'is another update’s')
  const { sizeBytes, chunkSizeBytes } = manifest
  if (sizeBytes > limits.updateSizeBytes) {
    throw updateError(
      { code: 'UPDATE_TOO_LARGE', sizeBytes, maxSizeBytes: limits.updateSizeBytes },
      `update of member ${claim.member}: ${sizeBytes} bytes, the charter allows ${limits.updateSizeBytes}`,
    )
  }
  if (!equalBytes(manifest.round, claim.round)) throw invalid('round', 'is another round')
  if (manifest.member !== claim.member) throw invalid('member', `is ${manifest.member}, not ${claim.member}`)
  if (sizeBytes !== claim.sizeBytes) throw invalid('sizeBytes', `is ${sizeBytes}, not ${claim.sizeBytes}`)
  const isChunkSizeRight = chunkSizeBytes === claim.chunkSizeBytes && chunkSizeBytes === limits.chunkSizeBytes
  if (!isChunkSizeRight)
    throw invalid('chunkSizeBytes', `is ${chunkSizeBytes}, the charter’s is ${limits.chunkSizeBytes}`)
  const layout = layoutDigest(charter.layout)
  if (!equalBytes(manifest.layout, layout) || !equalBytes(claim.layout, layout)) {
    throw invalid('layout', `is ${toHex(manifest.layout).slice(0, 16)}…, not the charter’s`)
  }
  const count = chunkCountOf(sizeBytes, chunkSizeBytes)
  if (manifest.chunks.length !== count) {
    throw invalid('chunks', `${manifest.chunks.length} listed, ${sizeBytes} bytes have ${count}`)
  }
  return manifest
}

const invalid = (field: string, reason: string) =>
  updateError({ code: 'MANIFEST_INVALID', field, reason }, `manifest: ${field} ${reason}`)
