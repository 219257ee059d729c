/** The decoder of carried files, which reads from a disk: its mutants go through one file in a folder of the fuzzer's. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../src/core/hash.ts'
import { asRoundId } from '../../src/core/ids.ts'
import { openCarriedFile, writeCarried } from '../../src/node/carried-file.ts'
import { updateDigest } from '../../src/update/manifest.ts'
import type { FuzzTarget } from './targets.ts'

/** What `oneround objects export` writes, in memory. */
async function exampleFile(
  objects: readonly Uint8Array[],
  manifest: Uint8Array,
  content: Uint8Array,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const nothing = (): Promise<void> => Promise.resolve()
  const write = (bytes: Uint8Array): Promise<void> => {
    parts.push(bytes)
    return nothing()
  }
  const source = { manifest, chunkCount: 1, readChunk: () => Promise.resolve(content.subarray(0, 999)) }
  const head = { charter: sha256(), round: asRoundId(sha256()), roundNumber: 1, from: 'site-a' }
  const updates = [{ update: updateDigest(manifest), sizeBytes: 999, source }]
  await writeCarried({ write, writeAt: nothing, commit: nothing, abort: nothing }, { head, objects, updates })
  return Buffer.concat(parts)
}

export async function carriedTarget(
  folder: string,
  objects: readonly Uint8Array[],
  manifest: Uint8Array,
  content: Uint8Array,
): Promise<FuzzTarget> {
  const path = join(folder, 'carried')
  return {
    name: 'carried-file',
    examples: [await exampleFile(objects, manifest, content)],
    run: async (bytes) => {
      await writeFile(path, bytes)
      const file = await openCarriedFile(path)
      try {
        for (let index = 0; index < file.objectCount; index++) await file.readObject(index)
        return `ok ${Math.min(file.objectCount, 4)} ${file.updates.size}`
      } finally {
        await file.close()
      }
    },
  }
}
