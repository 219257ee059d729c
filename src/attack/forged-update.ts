/**
 * Update files that no correct member can make, each with a manifest and header that commit to it: what admission is
 * there to refuse. For the local consortium and tests; nothing in src/node/ can reach it.
 */
import { join } from 'node:path'
import type { HeaderDraft } from '../agree/types.ts'
import type { Charter, Layout } from '../charter/schema.ts'
import type { RoundId } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Rng } from '../core/ports.ts'
import { encodeHeader } from '../core/safetensors.ts'
import type { ChunkStore } from '../exchange/chunk-store.ts'
import { openAtomicWriter } from '../files/index.ts'
import { buildManifest, updateMetadata } from '../update/build.ts'
import { storedDtype, updateTensors } from '../update/layout.ts'
import { NONCE_BYTES } from '../update/manifest.ts'

/** What is wrong with the file. */
export const FORGERIES = [
  'not-finite',
  'wrong-shape',
  'rank-over-cap',
  'too-large',
  'large-entry',
  'truncated',
] as const
export type Forgery = (typeof FORGERIES)[number]

export interface ForgingPlace {
  readonly charter: Charter
  readonly round: RoundId
  readonly member: MemberIndex
  readonly store: ChunkStore
  /** A folder to build in. */
  readonly folder: string
  readonly rng: Rng
}

/** Builds the file, puts it into the store and returns the header that commits to it. */
export async function forgeUpdate(forgery: Forgery, place: ForgingPlace): Promise<HeaderDraft> {
  const { charter, round, member, store, folder, rng } = place
  const path = join(folder, 'forged.building')
  const nonce = rng.bytes(NONCE_BYTES)
  await writeForged(path, forgery, charter.layout, nonce)
  // The manifest has the charter's own bound on sizes: a larger file would not even be committed to.
  const generous = { ...charter, limits: { ...charter.limits, updateSizeBytes: 2 ** 40 } }
  const built = await buildManifest({ path, nonce, round, member, charter: generous })
  const update = await store.adopt(path, built.bytes)
  const { sizeBytes, chunkSizeBytes, layout } = built.manifest
  return {
    update,
    sizeBytes,
    chunkSizeBytes,
    layout,
    samples: 1,
    summary: { epochs: 1, steps: 1, tokens: 1 },
  }
}

/** Well above what the charter's bound leaves for names and metadata. */
const TOO_LARGE_FACTOR = 16

async function writeForged(path: string, forgery: Forgery, layout: Layout, nonce: Uint8Array): Promise<void> {
  const over = forgery === 'too-large' ? TOO_LARGE_FACTOR * layout.rankMax : layout.rankMax + 1
  // One module over the cap still fits the charter's bound on the size of the whole; all of them do not.
  const ranks = layout.modules.map((_, i) =>
    forgery === 'too-large' || (forgery === 'rank-over-cap' && i === 0) ? over : 1,
  )
  const tensors = updateTensors(layout, ranks).map((tensor, i) => {
    const [rows = 0, columns = 0] = tensor.shape
    return forgery === 'wrong-shape' && i === 0 ? { ...tensor, shape: [rows, columns + 1] } : tensor
  })
  const { prefix, header } = encodeHeader(tensors, updateMetadata(nonce))
  const itemBytes = storedDtype(layout) === 'F32' ? 4 : 2
  const writer = await openAtomicWriter(path)
  try {
    await writer.write(prefix)
    for (const [i, { sizeBytes }] of header.entries.entries()) {
      const isLast = i === header.entries.length - 1
      const bytes = new Uint8Array(forgery === 'truncated' && isLast ? sizeBytes - itemBytes : sizeBytes)
      if (i === 0) bytes.set(firstValue(forgery, itemBytes))
      await writer.write(bytes)
    }
    await writer.commit()
  } finally {
    await writer.abort()
  }
}

/** The first entry's bytes, little-endian: NaN, 2^100, or a harmless one. bf16 is the upper half of f32. */
function firstValue(forgery: Forgery, itemBytes: number): Uint8Array {
  const bytes = new Uint8Array(4)
  const value = forgery === 'not-finite' ? Number.NaN : forgery === 'large-entry' ? 2 ** 100 : 0.5
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return bytes.subarray(4 - itemBytes)
}
