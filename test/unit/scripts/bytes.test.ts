// Protects: the page on bytes says what the raw lines say: more than n(n−1) updates, or more than three rounds' worth, shows.
import { describe, expect, it } from 'vitest'
import { bytesTable, linksTable, ofBytes } from '../../../scripts/experiments/bytes-report.ts'
import type { BytesLine } from '../../../scripts/experiments/types.ts'

/** Four members with updates of 10 MB: 120 MB are the least. */
const lineOf = (sent: readonly number[]): BytesLine => ({
  kind: 'bytes',
  name: 'b',
  command: '',
  cpu: '',
  node: '',
  seconds: 1,
  plan: { kind: 'bytes', siteCount: 4, megabytes: 10, rounds: sent.length },
  figures: {
    updateBytes: 10e6,
    rounds: sent.map((megabytes) => ({
      sentBytes: megabytes * 1e6,
      receivedBytes: megabytes * 1e6,
      contentBytes: 120e6,
      busiestBytes: 32e6,
      aggregates: 1,
      seconds: 1,
    })),
  },
})

describe('the page on bytes', () => {
  it('has a row a cell, and times for links', () => {
    expect(bytesTable([lineOf([121.2, 121.2, 121.2])]).split('\n')[2]).toBe(
      '| 4 | 10.0 | 121.2 | 1.010× | 1.0 % | 32.0 | 3 | 363.6 | 3.00× | yes |',
    )
    // 3.2 updates of 160 MB are 4.096 Gbit.
    expect(
      linksTable([lineOf([121.2])])
        .split('\n')
        .slice(2),
    ).toEqual([
      '| 4 | 1 | 7 min | 41 s | 4.1 s |',
      '| 4 | 3 | 20 min | 2 min | 12 s |',
      '| 4 | 10 | 68 min | 7 min | 41 s |',
    ])
  })

  it.each([
    ['little more than the least', [121, 121, 121], [true, true]],
    ['a tenth more than the least', [132, 132, 132], [false, true]],
    ['a third round that is dearer', [121, 121, 150], [false, false]],
  ])('judges %s', (_, sent, expected) => {
    expect(ofBytes([lineOf(sent)]).map(({ holds }) => holds)).toEqual(expected)
  })

  it('claims nothing of large updates where there are none', () => {
    const small = lineOf([121])
    expect(ofBytes([{ ...small, plan: { ...small.plan, megabytes: 1 } }])).toEqual([])
  })
})
