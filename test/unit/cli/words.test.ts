// Protects: figures in text read as people expect, and an instant means the same at every member.
import { describe, expect, it } from 'vitest'
import { createProgress } from '../../../src/cli/progress.ts'
import { bytesText, instantText, parseInstant, tableText } from '../../../src/cli/words.ts'

describe('bytesText', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1_234_567, '1.23 MB'],
    [2 ** 31, '2.15 GB'],
    [5e15, '5000 TB'],
  ])('%d is %s', (size, text) => expect(bytesText(size)).toBe(text))
})

describe('parseInstant', () => {
  const nowMs = Date.parse('2026-11-23T03:00:00Z')
  it.each([
    ['+90s', '2026-11-23T03:01:30Z'],
    ['+30m', '2026-11-23T03:30:00Z'],
    ['+2h', '2026-11-23T05:00:00Z'],
    ['+7d', '2026-11-30T03:00:00Z'],
    ['2026-11-23T04:00Z', '2026-11-23T04:00:00Z'],
    ['2026-11-23T04:00:00+02:00', '2026-11-23T02:00:00Z'],
  ])('%s is %s', (text, expected) => expect(instantText(parseInstant(text, '--cut', nowMs))).toBe(expected))

  it.each([
    '',
    'tomorrow',
    '+5',
    '5m',
    '+5w',
    '2026-11-23',
    '2026-11-23T04:00',
    '2026-13-01T00:00Z',
    '1969-01-01T00:00Z',
  ])('refuses "%s"', (text) => expect(() => parseInstant(text, '--cut', nowMs)).toThrow(/^--cut: expected/))
})

describe('tableText', () => {
  it('aligns columns without borders or spaces at the end', () => {
    expect(
      tableText(
        ['name', 'n'],
        [
          ['a', '1'],
          ['long', '22'],
        ],
      ),
    ).toBe('name  n\na     1\nlong  22')
  })
})

describe('progress where nobody watches', () => {
  it('is a line at once and at the end, not one for every step', () => {
    let written = ''
    const stream = {
      write: (text: string) => {
        written += text
        return true
      },
    }
    const line = createProgress('train', stream, false)
    for (let done = 1; done <= 100; done++) line.update({ unit: 'step', done, total: 100, note: 'loss 1.5' })
    line.stop()
    expect(written).toBe('train: 1/100 step, loss 1.5\ntrain: 100/100 step, loss 1.5\n')
  })
})
