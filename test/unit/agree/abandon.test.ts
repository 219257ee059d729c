// Protects: members that give a round up are named aloud, as soon as it cannot end without them and when it stalls.
import { describe, expect, it } from 'vitest'
import { statusOf } from '../../../src/agree/index.ts'
import { FINAL_AT_MS, ofKind, sitDown, VIEW_TIMEOUT_MS } from './kit.ts'

describe('a round that members give up', () => {
  it('§9.6 is said to be lost once more than n−q abandoned it, with their names', () => {
    const table = sitDown({ me: 0 })
    expect(ofKind(table.hear(table.say(1, 'abandon', {})), 'alarm')).toEqual([])
    expect(statusOf(table.state(), table.params).abandonedBy).toEqual([1])
    const effects = table.hear(table.say(2, 'abandon', {}))
    expect(ofKind(effects, 'alarm').map(({ alarm }) => alarm)).toEqual([
      { code: 'ABANDONED', members: [1, 2] },
    ])
  })

  it('§9.6 names who abandoned among the silent when it stalls', () => {
    const table = sitDown({ me: 0 })
    table.hear(table.say(1, 'abandon', {}))
    const effects = table.feed({ kind: 'clock', nowMs: FINAL_AT_MS + 100 * VIEW_TIMEOUT_MS })
    const stalled = ofKind(effects, 'alarm').find(({ alarm }) => alarm.code === 'STALLED')?.alarm
    expect(stalled).toMatchObject({ code: 'STALLED', cut: 0 })
    expect(stalled?.code === 'STALLED' && stalled.silent).toContain(1)
  })
})
