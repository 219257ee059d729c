// Protects: a node that dies, freezes, runs out of disk or loses its clock says exactly what it said before, and ends with the same digest.
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { journalPath } from '../../src/node/index.ts'
import { runKillRound } from '../support/kill-round.ts'

const DAY_MS = 86_400_000

/** The short form of `npm run campaign:kill`, which goes through every write from the first to the last. */
describe('one of three members, all of whom are needed', { timeout: 240_000 }, () => {
  test('dies at writes all along the round, again and again, with a torn journal', async () => {
    const faults = [
      { at: 7, mode: 'torn' },
      { at: 24, mode: 'after' },
      { at: 41, mode: 'torn' },
    ] as const
    const end = await runKillRound({
      faults,
      // What a power cut may leave behind the last whole record.
      between: (folder) => appendFile(journalPath(folder), '1RJ\n half of a record'),
    })
    expect(end.violations).toEqual([])
    expect(end.runs.map(({ signal }) => signal === 'SIGKILL')).toEqual([true, true, true, false])
    expect(end.aggregate).toMatch(/^[0-9a-f]{64}$/)
  })

  test('runs out of disk, says so, and goes on when there is space', async () => {
    const end = await runKillRound({ faults: [{ at: 30, mode: 'full' }] })
    expect(end.violations).toEqual([])
    expect(end.runs[0]).toMatchObject({ signal: null, error: 'NO_SPACE' })
  })

  test('freezes in the middle, and has a clock that jumps by days', async () => {
    const jumps = [
      { at: 'header', shiftMs: DAY_MS },
      { at: 'seal', shiftMs: -DAY_MS },
      { at: 'status', shiftMs: 7 * DAY_MS },
    ]
    const end = await runKillRound({ faults: [], jumps, freezeAt: 'receipt' })
    expect(end.violations).toEqual([])
    expect(end.runs).toHaveLength(1)
  })

  test('does not start with a journal that is damaged in the middle', async () => {
    const damage = async (folder: string): Promise<void> => {
      const path = journalPath(folder)
      const bytes = await readFile(path)
      // Inside the first record, with whole records after it.
      bytes[50] = (bytes[50] ?? 0) ^ 1
      await writeFile(path, bytes)
    }
    const end = await runKillRound({ faults: [{ at: 60, mode: 'after' }], between: damage })
    expect(end.runs.at(-1)).toMatchObject({ end: null, error: 'JOURNAL_CORRUPT' })
  })
})
