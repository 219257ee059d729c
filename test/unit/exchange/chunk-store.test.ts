// Protects: only verified bytes are kept, a restart loses and trusts nothing, and a full disk is our error, not theirs.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { equalBytes, toHex } from '../../../src/core/bytes.ts'
import { type ChunkStore, openChunkStore } from '../../../src/exchange/chunk-store.ts'
import { chunkRange, updateDigest } from '../../../src/update/manifest.ts'
import { decodePlan, manifestOfBytes } from '../../support/manifests.ts'
import { CHUNK_SIZE_BYTES, STORE_LIMITS } from '../../support/store-limits.ts'

const bytes = new Uint8Array(randomBytes(3 * CHUNK_SIZE_BYTES + 10))
const manifest = manifestOfBytes(bytes, 0, CHUNK_SIZE_BYTES)
const digest = updateDigest(manifest)
const plan = decodePlan(manifest)
const chunk = (index: number): Uint8Array => {
  const { offset, sizeBytes } = chunkRange(plan, index)
  return bytes.subarray(offset, offset + sizeBytes)
}

describe('the chunk store', () => {
  let folder = ''
  let store: ChunkStore
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneround-store-'))
    store = openChunkStore({ folder, limits: STORE_LIMITS })
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })
  const begin = () => store.begin(digest, manifest, plan)
  const partPath = () => join(folder, `${toHex(digest)}.part`)

  it('fills a file in any order and serves it', async () => {
    const partial = await begin()
    for (const index of [3, 0, 2, 1]) expect(await partial.write(index, chunk(index))).toBe(true)
    expect(await store.has(digest)).toBe(false)
    const path = await partial.complete()
    expect(equalBytes(await readFile(path), bytes)).toBe(true)
    expect(existsSync(partPath())).toBe(false)
    const source = await store.source(digest)
    expect(source?.manifest).toEqual(manifest)
    expect(await source?.readChunk(3, new AbortController().signal)).toEqual(chunk(3))
    expect(await store.source(digest)).toBe(source)
  })

  it('§10.8 refuses bytes that are not the chunk: another chunk, a flipped bit, a wrong length', async () => {
    const partial = await begin()
    const flipped = chunk(0).slice()
    flipped[100] = (flipped[100] ?? 0) ^ 1
    for (const wrong of [chunk(1), flipped, chunk(0).subarray(1), new Uint8Array(0)]) {
      expect(await partial.write(0, wrong)).toBe(false)
    }
    expect(partial.missing()).toEqual([0, 1, 2, 3])
    await partial.close()
  })

  it('keeps what a stopped run wrote', async () => {
    const first = await begin()
    await first.write(1, chunk(1))
    await first.write(3, chunk(3))
    await first.close()
    const second = await begin()
    expect(second.missing()).toEqual([0, 2])
    expect(second.heldBytes()).toBe(CHUNK_SIZE_BYTES + 10)
    await second.close()
  })

  it('trusts nothing that lies in the part file', async () => {
    const first = await begin()
    for (const index of [0, 1, 2, 3]) await first.write(index, chunk(index))
    await first.close()
    const file = await open(partPath(), 'r+')
    await file.write(new Uint8Array([1, 2, 3]), 0, 3, CHUNK_SIZE_BYTES + 5)
    await file.truncate(bytes.length + 1_000)
    await file.close()
    const second = await begin()
    expect(second.missing()).toEqual([1])
    await second.write(1, chunk(1))
    expect(equalBytes(await readFile(await second.complete()), bytes)).toBe(true)
  })

  it('does not complete a file that the disk changed behind its back', async () => {
    const partial = await begin()
    for (const index of [0, 1, 2, 3]) await partial.write(index, chunk(index))
    const file = await open(partPath(), 'r+')
    await file.write(new Uint8Array(4), 0, 4, 77)
    await file.close()
    await expect(partial.complete()).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(await store.has(digest)).toBe(false)
    await partial.close()
    expect(await begin().then(async (again) => (await again.close(), again.missing()))).toEqual([0])
  })

  it.skipIf(!existsSync('/dev/full'))('calls a full disk by its name, and loses nothing', async () => {
    const other = join(folder, 'full')
    await mkdir(other)
    await symlink('/dev/full', join(other, `${toHex(digest)}.part`))
    const full = openChunkStore({ folder: other, limits: STORE_LIMITS })
    const partial = await full.begin(digest, manifest, plan)
    await expect(partial.write(0, chunk(0))).rejects.toMatchObject({ code: 'NO_SPACE' })
    expect(partial.missing()).toEqual([0, 1, 2, 3])
    await partial.close()
  })

  it('takes a file of mine in, if it is what its manifest says', async () => {
    const path = join(folder, 'mine')
    await writeFile(path, bytes)
    expect(await store.adopt(path, manifest)).toEqual(digest)
    expect(await store.has(digest)).toBe(true)
    const wrong = join(folder, 'wrong')
    await writeFile(wrong, bytes.toReversed())
    await expect(store.adopt(wrong, manifest)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  })

  it('does not serve what it does not hold, nor a file that was cut', async () => {
    expect(await store.source(digest)).toBeNull()
    const path = join(folder, 'mine')
    await writeFile(path, bytes)
    await store.adopt(path, manifest)
    await writeFile(store.pathOf(digest), bytes.subarray(1))
    await expect(store.source(digest)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  })
})
