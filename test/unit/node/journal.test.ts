// Protects: what a key signed is never forgotten, never contradicted, and a damaged journal is never taken for a whole one.
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { toHex, utf8 } from '../../../src/core/bytes.ts'
import { asRoundId } from '../../../src/core/ids.ts'
import type { Log } from '../../../src/core/ports.ts'
import { createSigner } from '../../../src/core/signature.ts'
import { createJournal, openJournal, type SignedRecord } from '../../../src/node/journal.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-journal-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const { publicKey } = createSigner(new Uint8Array(32).fill(7))
const other = createSigner(new Uint8Array(32).fill(8))
const rng = { bytes: (length: number) => new Uint8Array(length).fill(5) }
const roundId = asRoundId(new Uint8Array(32).fill(1))
const warnings: string[] = []
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => warnings.push(message),
  error: () => undefined,
}

const recordOf = (slot: string, text: string): SignedRecord => ({
  kind: 'signed',
  roundId,
  slot,
  type: 'header',
  body: utf8(text),
  signature: new Uint8Array(64).fill(9),
})

let count = 0
async function freshJournal(records: readonly SignedRecord[] = []): Promise<string> {
  const path = join(root, `${count++}.log`)
  await createJournal(path, publicKey, rng)
  const journal = await openJournal(path, publicKey, log)
  for (const record of records) await journal.append([record])
  await journal.close()
  return path
}

async function slotsIn(path: string): Promise<readonly string[]> {
  const journal = await openJournal(path, publicKey, log)
  try {
    return journal.recordsOf(roundId).map((record) => (record.kind === 'signed' ? record.slot : 'held'))
  } finally {
    await journal.close()
  }
}

describe('journal', () => {
  test('gives back what was appended, in order, with the instance', async () => {
    const path = await freshJournal([recordOf('header', 'a'), recordOf('seal', 'b')])
    const journal = await openJournal(path, publicKey, log)
    expect(toHex(journal.instance)).toBe('05'.repeat(16))
    expect(journal.find(roundId, 'seal')?.body).toEqual(utf8('b'))
    expect(journal.recordsOf(roundId)).toEqual([recordOf('header', 'a'), recordOf('seal', 'b')])
    expect(journal.recordsOf(asRoundId(new Uint8Array(32)))).toEqual([])
    await journal.close()
    await journal.close()
  })

  test('appending the same record again writes nothing', async () => {
    const path = await freshJournal([recordOf('header', 'a')])
    const before = readFileSync(path)
    const journal = await openJournal(path, publicKey, log)
    await journal.append([recordOf('header', 'a')])
    await journal.close()
    expect(readFileSync(path)).toEqual(before)
  })

  test('keeps what others signed in its place between my own, every time it comes', async () => {
    const { signature } = recordOf('', '')
    const held = { kind: 'held', roundId, type: 'header', body: utf8('theirs'), signature } as const
    const path = await freshJournal([recordOf('header', 'a')])
    const journal = await openJournal(path, publicKey, log)
    await journal.append([held, recordOf('seal', 'b')])
    await journal.append([held])
    await journal.close()
    expect(await slotsIn(path)).toEqual(['header', 'held', 'seal', 'held'])
  })

  test('a second body for a slot asserts before anything is written, in one batch too', async () => {
    const path = await freshJournal([recordOf('header', 'a')])
    const journal = await openJournal(path, publicKey, log)
    const before = readFileSync(path)
    await expect(journal.append([recordOf('seal', 'x'), recordOf('header', 'b')])).rejects.toThrow(
      /never sign twice/,
    )
    await expect(journal.append([recordOf('vote', 'x'), recordOf('vote', 'y')])).rejects.toThrow(
      /never sign twice/,
    )
    expect(readFileSync(path)).toEqual(before)
    await journal.append([recordOf('seal', 'x')])
    await journal.close()
    expect(await slotsIn(path)).toEqual(['header', 'seal'])
  })

  test('cut at every byte, it holds exactly the records that were whole, and takes new ones', async () => {
    const whole = await freshJournal([
      recordOf('header', 'a'),
      recordOf('seal', 'bb'),
      recordOf('vote', 'ccc'),
    ])
    const bytes = readFileSync(whole)
    const ends = [bytes.length]
    for (const slots of [2, 1, 0]) {
      const path = await freshJournal(
        ['a', 'bb', 'ccc']
          .slice(0, slots)
          .map((text, i) => recordOf(['header', 'seal', 'vote'][i] ?? '', text)),
      )
      ends.unshift(readFileSync(path).length)
    }
    const cut = join(root, 'cut.log')
    for (let size = ends[0] ?? 0; size <= bytes.length; size++) {
      copyFileSync(whole, cut)
      truncateSync(cut, size)
      const expected = ends.filter((end) => end <= size).length - 1
      expect((await slotsIn(cut)).length, `cut at ${size}`).toBe(expected)
    }
    expect(warnings.at(-1)).toMatch(/half-written/)
    truncateSync(cut, bytes.length - 1)
    const journal = await openJournal(cut, publicKey, log)
    await journal.append([recordOf('finalize', 'd')])
    await journal.close()
    expect(await slotsIn(cut)).toEqual(['header', 'seal', 'finalize'])
  })

  test('any flipped byte before the last record is refused', async () => {
    const path = await freshJournal([recordOf('header', 'a'), recordOf('seal', 'b')])
    const lastBegin = readFileSync(await freshJournal([recordOf('header', 'a')])).length
    const bytes = readFileSync(path)
    const damaged = join(root, 'damaged.log')
    await fc.assert(
      fc.asyncProperty(fc.nat(lastBegin - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const copy = Uint8Array.from(bytes)
        copy[at] = (copy[at] ?? 0) ^ mask
        writeFileSync(damaged, copy)
        await expect(openJournal(damaged, publicKey, log)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
        expect(readFileSync(damaged), 'nothing was cut').toEqual(Buffer.from(copy))
      }),
      { numRuns: 60 },
    )
  })

  test('a record taken out of the middle is refused', async () => {
    const ends: number[] = []
    for (const n of [1, 2, 3]) {
      ends.push(
        readFileSync(await freshJournal(['a', 'b', 'c'].slice(0, n).map((t) => recordOf(t, t)))).length,
      )
    }
    const bytes = readFileSync(await freshJournal(['a', 'b', 'c'].map((t) => recordOf(t, t))))
    const path = join(root, 'gap.log')
    writeFileSync(path, Buffer.concat([bytes.subarray(0, ends[0]), bytes.subarray(ends[1])]))
    await expect(openJournal(path, publicKey, log)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  })

  test('missing, of another key, or held by another process: refused by name', async () => {
    const missing = join(root, 'missing.log')
    await expect(openJournal(missing, publicKey, log)).rejects.toMatchObject({ code: 'JOURNAL_MISSING' })
    const path = await freshJournal()
    await expect(openJournal(path, other.publicKey, log)).rejects.toMatchObject({
      code: 'JOURNAL_OF_ANOTHER_KEY',
    })
    await expect(createJournal(path, publicKey, rng)).rejects.toMatchObject({ code: 'JOURNAL_EXISTS' })
    writeFileSync(`${path}.lock`, String(process.ppid))
    await expect(openJournal(path, publicKey, log)).rejects.toMatchObject({ code: 'LOCKED' })
    rmSync(`${path}.lock`)
    appendFileSync(path, '')
    expect(await slotsIn(path)).toEqual([])
  })
})
