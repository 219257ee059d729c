// Protects: a carried file is read whole or not at all, and no bytes of anybody's make the reader crash or take memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { equalBytes } from '../../../src/core/bytes.ts'
import { isRoundError } from '../../../src/core/errors.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId, digestKey } from '../../../src/core/ids.ts'
import { openAtomicWriter } from '../../../src/files/index.ts'
import { openCarriedFile, writeCarried } from '../../../src/node/carried-file.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-carried-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const head = {
  charter: sha256(new Uint8Array([1])),
  round: asRoundId(sha256(new Uint8Array([2]))),
  roundNumber: 1,
  from: 'site-a',
}
const objects = [new Uint8Array([1, 2, 3]), new Uint8Array(300).fill(7)]
const manifest = new Uint8Array(40).fill(5)
const update = sha256(manifest)
const data = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)
const source = {
  manifest,
  chunkCount: 4,
  readChunk: (index: number) => Promise.resolve(data.slice(index * 256, (index + 1) * 256)),
}
let whole: Uint8Array = new Uint8Array()

async function write(path: string): Promise<void> {
  const writer = await openAtomicWriter(path)
  await writeCarried(writer, { head, objects, updates: [{ update, sizeBytes: data.length, source }] })
  await writer.commit()
}

let count = 0
async function open(bytes: Uint8Array) {
  const path = join(root, `${count++}`)
  writeFileSync(path, bytes)
  return openCarriedFile(path)
}

beforeAll(async () => {
  await write(join(root, 'whole'))
  whole = await readFile(join(root, 'whole'))
})

describe('a carried file', () => {
  test('gives back what was written', async () => {
    const file = await open(whole)
    expect(file.head).toMatchObject(head)
    expect(await Promise.all(objects.map((_, i) => file.readObject(i)))).toEqual(objects)
    const carried = file.updates.get(digestKey(update))
    expect(carried?.sizeBytes).toBe(data.length)
    const read = await carried?.read(0, data.length)
    expect(read !== undefined && equalBytes(read, data)).toBe(true)
    await file.close()
  })

  test('that is cut off anywhere, or goes on, is refused', async () => {
    for (let length = 0; length < whole.length; length += 7) {
      await expect(open(whole.slice(0, length))).rejects.toMatchObject({ code: 'CARRIED_FILE_INVALID' })
    }
    await expect(open(new Uint8Array([...whole, 0]))).rejects.toMatchObject({ code: 'CARRIED_FILE_INVALID' })
  })

  test('with any bytes changed opens or is refused by name', async () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = whole.slice()
        for (const [at, by] of changes) bytes[at] = (bytes[at] ?? 0) ^ by
        try {
          await (await open(bytes)).close()
        } catch (error) {
          expect(isRoundError(error, 'CARRIED_FILE_INVALID')).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})
