// Protects: members are told what I hold over one stream each, in order, gathered while the line is busy, and again after a stream broke.
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { type Digest, digestKey } from '../../../src/core/ids.ts'
import { createAnnouncer } from '../../../src/exchange/announcer.ts'
import { createBell } from '../../../src/exchange/timers.ts'

const digestOf = (i: number): Digest => sha256(utf8(`update ${i}`))

/** A line to members that notes what arrives; `accept` says whether the next stream or announcement succeeds. */
function openLine(accept: (what: 'open' | 'announce') => boolean = () => true) {
  const bell = createBell()
  const stopping = new AbortController()
  const told: { readonly member: number; readonly keys: readonly string[]; readonly hint: boolean }[] = []
  const count = { opened: 0, closed: 0, failed: 0 }
  /** While set, announcements wait. */
  let gate: Promise<void> = Promise.resolve()
  let lift: () => void = () => undefined
  const announcer = createAnnouncer({
    open: (member) => {
      count.opened++
      if (!accept('open')) return Promise.reject(new Error('no stream'))
      return Promise.resolve({
        announce: async (updates, hint) => {
          await gate
          if (!accept('announce')) throw new Error('the stream broke')
          told.push({ member, keys: updates.map(digestKey), hint })
          bell.ring()
        },
        close: () => void count.closed++,
        abort: () => void count.closed++,
      })
    },
    idleMs: 60_000,
    signal: stopping.signal,
    onFailed: () => {
      count.failed++
      bell.ring()
    },
  })
  return {
    announcer,
    told,
    count,
    stop: () => stopping.abort(),
    hold: () => {
      gate = new Promise((resolve) => (lift = resolve))
    },
    release: () => lift(),
    until: async (condition: () => boolean) => {
      while (!condition()) await bell.next(new AbortController().signal)
    },
  }
}

describe('announcements', () => {
  it('go over one stream a member, gathered while it is busy, in order', async () => {
    const line = openLine()
    line.hold()
    line.announcer.tell(1, [digestOf(0)], false)
    line.announcer.tell(2, [], true)
    for (let i = 1; i <= 600; i++) line.announcer.tell(1, [digestOf(i)], false)
    line.release()
    await line.until(() => line.told.flatMap(({ keys }) => keys).length === 601 && line.told.length >= 3)
    const toOne = line.told.filter(({ member }) => member === 1)
    expect(toOne.flatMap(({ keys }) => keys)).toEqual(
      Array.from({ length: 601 }, (_, i) => digestKey(digestOf(i))),
    )
    // The first alone, then what had gathered: as many frames as its bound needs.
    expect(toOne.map(({ keys }) => keys.length).length).toBeLessThanOrEqual(3)
    expect(line.told.filter(({ member }) => member === 2)).toEqual([{ member: 2, keys: [], hint: true }])
    expect(line.count.opened).toBe(2)
    line.stop()
    expect(line.count.closed).toBe(2)
  })

  it('are said again on a new stream when the kept one broke', async () => {
    const broken = new Set<number>()
    let announcements = 0
    const line = openLine((what) => what === 'open' || !broken.has(announcements++))
    line.announcer.tell(1, [digestOf(0)], false)
    await line.until(() => line.told.length === 1)
    broken.add(announcements)
    line.announcer.tell(1, [digestOf(1)], true)
    await line.until(() => line.told.length === 2)
    expect(line.told[1]).toEqual({ member: 1, keys: [digestKey(digestOf(1))], hint: true })
    expect(line.count).toEqual({ opened: 2, closed: 1, failed: 0 })
    line.stop()
  })

  it('are given up, and no more, for a member that takes no stream', async () => {
    let isOpen = false
    const line = openLine(() => isOpen)
    line.announcer.tell(1, [digestOf(0)], false)
    await line.until(() => line.count.failed === 1)
    isOpen = true
    line.announcer.tell(1, [digestOf(1)], false)
    await line.until(() => line.told.length === 1)
    expect(line.told[0]?.keys).toEqual([digestKey(digestOf(1))])
    line.announcer.forget(1)
    line.announcer.tell(1, [], false)
    expect(line.count.opened).toBe(2)
    line.stop()
    line.announcer.tell(1, [digestOf(2)], false)
    expect(line.count.opened).toBe(2)
  })
})
