/**
 * Updates on disk, by digest: `<hex>.manifest`, and `<hex>.part` until the file is whole, then `<hex>.safetensors`.
 *
 * In: chunks in any order, from anybody. Out: whole files, and chunks of whole files to serve.
 * Invariants: a chunk is verified before it is written; a part that an earlier run left is verified again, chunk by
 * chunk, before it counts; a `.safetensors` file appears whole, verified once more as it lies on disk, and synced.
 * Never: a verdict on the update. Errors of the disk are ours, lose nothing, and say nothing about the member.
 */
import { join } from 'node:path'
import { describeDecodeFault } from '../core/canonical.ts'
import { equalBytes } from '../core/bytes.ts'
import { assert, RoundError } from '../core/errors.ts'
import { sha256 } from '../core/hash.ts'
import { type Digest, digestKey } from '../core/ids.ts'
import type { Charter } from '../charter/schema.ts'
import {
  fileSize,
  hasFile,
  openPartFile,
  openReader,
  type PartFile,
  readFileBounded,
  type Reader,
  renamePath,
  writeFileAtomic,
} from '../files/index.ts'
import {
  chunkRange,
  manifestCodec,
  manifestSizeBytesMax,
  type Manifest,
  updateDigest,
} from '../update/manifest.ts'
import { bufferOf } from './buffers.ts'
import type { ChunkPlan, UpdateSource } from './interface.ts'

export type ChunkStoreFault = {
  readonly code: 'STORE_DAMAGED'
  readonly file: string
  readonly reason: string
}

/** An update that is being filled. */
export interface PartialUpdate {
  readonly plan: ChunkPlan
  /** Indices of the chunks that are not there yet, ascending. */
  readonly missing: () => readonly number[]
  readonly heldBytes: () => number
  /** @returns false when the bytes are not the chunk's: nothing was written. @throws NO_SPACE | FILE_UNREADABLE */
  readonly write: (index: number, bytes: Uint8Array) => Promise<boolean>
  /** Verifies the whole file on disk, syncs it and gives it its name. @returns its path @throws STORE_DAMAGED */
  readonly complete: () => Promise<string>
  /** Keeps what is there. Harmless after `complete`. */
  readonly close: () => Promise<void>
}

export interface ChunkStore {
  readonly pathOf: (digest: Digest) => string
  readonly has: (digest: Digest) => Promise<boolean>
  /** The manifest's bytes if they are held, whether or not the file is whole. */
  readonly manifestOf: (digest: Digest) => Promise<Uint8Array | null>
  /** Starts or resumes an update. One at a time for each digest. */
  readonly begin: (digest: Digest, manifest: Uint8Array, plan: ChunkPlan) => Promise<PartialUpdate>
  /** Moves a whole file of mine into the store. The file is verified against the manifest. @throws STORE_DAMAGED */
  readonly adopt: (path: string, manifest: Uint8Array) => Promise<Digest>
  /** The bytes to serve, or null when the update is not held whole. */
  readonly source: (digest: Digest) => Promise<UpdateSource | null>
  /** Closes files that are open for serving. */
  readonly close: () => Promise<void>
}

/** While a chunk of a whole file is hashed, the next one is read. */
const VERIFY_LANE_COUNT = 2
/** Bytes after which the disk is told to take what was written: the last sync would otherwise wait for a whole update. */
const FLUSH_BYTES = 16 << 20

const damaged = (file: string, reason: string) =>
  new RoundError<ChunkStoreFault>({ code: 'STORE_DAMAGED', file, reason }, `${file}: ${reason}`, {
    hint: 'The disk returned other bytes than were written. Check it; remove the file to fetch it again.',
  })

/** @param options.limits — the charter's: they bound what a manifest may be */
export function openChunkStore(options: {
  readonly folder: string
  readonly limits: Charter['limits']
}): ChunkStore {
  const { folder, limits } = options
  const codec = manifestCodec(limits)
  const sources = new Map<string, { readonly reader: Reader; readonly source: UpdateSource }>()
  const open = new Set<string>()
  const fileOf = (digest: Digest, extension: string) => join(folder, `${digestKey(digest)}.${extension}`)
  const pathOf = (digest: Digest) => fileOf(digest, 'safetensors')

  const manifestOf = async (digest: Digest): Promise<Uint8Array | null> => {
    const path = fileOf(digest, 'manifest')
    if (!(await hasFile(path))) return null
    const bytes = await readFileBounded(path, manifestSizeBytesMax(limits))
    if (!equalBytes(updateDigest(bytes), digest)) throw damaged(path, 'is not the manifest it was stored as')
    return bytes
  }
  const decode = (bytes: Uint8Array, path: string): Manifest => {
    const decoded = codec.decode(bytes)
    if (!decoded.ok) throw damaged(path, describeDecodeFault(decoded.fault))
    return decoded.value
  }
  const begin = async (digest: Digest, manifest: Uint8Array, plan: ChunkPlan): Promise<PartialUpdate> => {
    const key = digestKey(digest)
    assert(!open.has(key), 'one fetch at a time for each update')
    open.add(key)
    try {
      await writeFileAtomic(fileOf(digest, 'manifest'), manifest)
      const file = await openPartFile(fileOf(digest, 'part'))
      return await resumePart(file, plan, pathOf(digest), () => open.delete(key))
    } catch (error) {
      open.delete(key)
      throw error
    }
  }
  const adopt = async (path: string, manifest: Uint8Array): Promise<Digest> => {
    const digest = updateDigest(manifest)
    const reader = await openReader(path)
    try {
      await verifyWhole(reader, decode(manifest, path), path)
    } finally {
      await reader.close()
    }
    await writeFileAtomic(fileOf(digest, 'manifest'), manifest)
    await renamePath(path, pathOf(digest))
    return digest
  }
  const source = async (digest: Digest): Promise<UpdateSource | null> => {
    const key = digestKey(digest)
    const held = sources.get(key)
    if (held) return held.source
    const manifest = (await hasFile(pathOf(digest))) ? await manifestOf(digest) : null
    if (manifest === null) return null
    const plan = decode(manifest, fileOf(digest, 'manifest'))
    if ((await fileSize(pathOf(digest))) !== plan.sizeBytes)
      throw damaged(pathOf(digest), 'has another size than its manifest says')
    const opened = await openSource(pathOf(digest), manifest, plan)
    // Another call may have opened it meanwhile: one handle for each file is kept.
    const raced = sources.get(key)
    if (raced) {
      await opened.reader.close()
      return raced.source
    }
    sources.set(key, opened)
    return opened.source
  }
  const close = async (): Promise<void> => {
    const readers = [...sources.values()].map(({ reader }) => reader)
    sources.clear()
    for (const reader of readers) await reader.close()
  }
  return { pathOf, has: (digest) => hasFile(pathOf(digest)), manifestOf, begin, adopt, source, close }
}

async function openSource(path: string, manifest: Uint8Array, plan: ChunkPlan) {
  const reader = await openReader(path)
  const readChunk = async (index: number): Promise<Uint8Array> => {
    const { offset, sizeBytes } = chunkRange(plan, index)
    const bytes = bufferOf(sizeBytes)
    await reader.readInto(bytes, offset)
    return bytes
  }
  return { reader, source: { manifest, chunkCount: plan.chunks.length, readChunk } }
}

async function verifyWhole(
  file: { readonly readInto: Reader['readInto'] },
  plan: ChunkPlan,
  path: string,
): Promise<void> {
  const rest = plan.chunks.entries()
  const checkRest = async (): Promise<void> => {
    const buffer = bufferOf(Math.min(plan.chunkSizeBytes, plan.sizeBytes))
    for (const [index, expected] of rest) {
      const { offset, sizeBytes } = chunkRange(plan, index)
      const bytes = buffer.subarray(0, sizeBytes)
      await file.readInto(bytes, offset)
      if (!equalBytes(sha256(bytes), expected))
        throw damaged(path, `chunk ${index} is not what its manifest says`)
    }
  }
  await Promise.all(Array.from({ length: VERIFY_LANE_COUNT }, checkRest))
}

async function resumePart(
  file: PartFile,
  plan: ChunkPlan,
  finalPath: string,
  onClosed: () => void,
): Promise<PartialUpdate> {
  const missing = new Set<number>()
  let heldBytes = 0
  let unflushedBytes = 0
  let flushing: Promise<void> | null = null
  const flushed = (error?: unknown): void => {
    flushing = null
    // What the disk could not take, the sync at the end meets again.
    if (error !== undefined) unflushedBytes = FLUSH_BYTES
  }
  if (file.sizeBytes() > plan.sizeBytes) await file.truncate(plan.sizeBytes)
  const buffer = bufferOf(Math.min(plan.chunkSizeBytes, plan.sizeBytes))
  for (const [index, expected] of plan.chunks.entries()) {
    const { offset, sizeBytes } = chunkRange(plan, index)
    const isThere = offset + sizeBytes <= file.sizeBytes()
    const bytes = buffer.subarray(0, sizeBytes)
    if (isThere) await file.readInto(bytes, offset)
    if (isThere && equalBytes(sha256(bytes), expected)) heldBytes += sizeBytes
    else missing.add(index)
  }
  const close = async (): Promise<void> => {
    await flushing
    await file.close()
    onClosed()
  }
  return {
    plan,
    missing: () => [...missing].sort((a, b) => a - b),
    heldBytes: () => heldBytes,
    write: async (index, bytes) => {
      const expected = plan.chunks[index]
      assert(expected !== undefined, `chunk ${index} of ${plan.chunks.length}`)
      const { offset, sizeBytes } = chunkRange(plan, index)
      if (bytes.length !== sizeBytes || !equalBytes(sha256(bytes), expected)) return false
      if (!missing.has(index)) return true
      await file.writeAt(bytes, offset)
      unflushedBytes += sizeBytes
      if (unflushedBytes >= FLUSH_BYTES && flushing === null) {
        unflushedBytes = 0
        flushing = file.flush().then(() => flushed(), flushed)
      }
      // The answer of a second provider may have arrived while the first was written.
      if (missing.delete(index)) heldBytes += sizeBytes
      return true
    },
    complete: async () => {
      assert(missing.size === 0, 'complete() is called when nothing is missing')
      await flushing
      // The disk takes the rest while it is read again.
      await Promise.all([verifyWhole(file, plan, file.path), file.flush()])
      await file.commit(finalPath)
      onClosed()
      return finalPath
    },
    close,
  }
}
