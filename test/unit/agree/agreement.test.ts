// Protects: the rules of one-shot Simplex, one by one: who leads, what may be proposed, voted, finalized, and when not.
import { describe, expect, it } from 'vitest'
import { statusOf, type Value, instanceOf } from '../../../src/agree/index.ts'
import { type Digest, digestKey } from '../../../src/core/ids.ts'
import {
  digestOfValue,
  FINAL_AT_MS,
  hearCertified,
  headerDraft,
  leaderAt,
  named,
  ofKind,
  ROUND,
  sitDown,
  type Table,
  type TableOptions,
  typesSigned,
  VIEW_TIMEOUT_MS,
} from './kit.ts'

const START_MS = 1

/** A table at which `me` does not lead view 0 (or does), with q usable statuses and the timer of view 0 running. */
function sitAgreeing(isLeader: boolean, options: TableOptions = {}) {
  const leader = leaderAt(sitDown(options), 0)
  const n = options.n ?? 4
  const table = sitDown({ ...options, me: isLeader ? leader : (leader + 1) % n })
  table.feed({ kind: 'clock', nowMs: START_MS })
  const heard = hearCertified(table)
  const value: Value = { round: ROUND, cut: 0, statuses: heard.statuses.map(named) }
  return { table, leader, value, digest: digestOfValue(value), ...heard }
}

const othersOf = (table: Table): readonly number[] =>
  table.params.charter.members.map((_, member) => member).filter((member) => member !== table.params.me)
const signedOf = (table: Table, type: string) => table.signed.filter((message) => message.type === type)

describe('views', () => {
  it('§6.1 are led by every member in turn', () => {
    const table = sitDown({ n: 7 })
    const leaders = Array.from({ length: 7 }, (_, view) => leaderAt(table, view))
    expect(new Set(leaders).size).toBe(7)
    expect(leaderAt(table, 7)).toBe(leaders[0])
  })

  it('§6.3 are opened by their leader once q statuses are usable, its own among them', () => {
    const { table } = sitAgreeing(true)
    const [proposal] = signedOf(table, 'proposal')
    if (proposal?.type !== 'proposal') throw new Error('a proposal')
    const { statuses } = proposal.body.value
    expect(statuses).toHaveLength(table.params.charter.q)
    expect(statuses.map(({ member }) => member)).toContain(table.params.me)
    for (const { digest } of statuses) expect(table.state().usable.has(digestKey(digest))).toBe(true)
    expect(proposal.body.carriedFrom).toBeUndefined()
  })

  it('§6.3 are opened without liars, unless q needs them', () => {
    const leader = leaderAt(sitDown(), 0)
    const convicted = (leader + 1) % 4
    const table = sitDown({ me: leader, reveal: 'immediate' })
    table.feed({ kind: 'clock', nowMs: START_MS })
    const empty = (member: number) => table.say(member, 'status', { cut: 0, certified: [], evidence: [] })
    const others = othersOf(table)
    table.hear(table.say(convicted, 'pass', {}), table.say(convicted, 'header', headerDraft('a')))
    table.hear(...others.map(empty))
    // Two honest ones and a liar: with my own Status the liar is not needed, without it it is.
    const [proposal] = signedOf(table, 'proposal')
    expect(proposal?.type === 'proposal' && proposal.body.value.statuses.map(({ member }) => member)).toEqual(
      others,
    )
    table.feed({ kind: 'clock', nowMs: FINAL_AT_MS })
    table.hear(...others.map((member) => table.say(member, 'dummy', { cut: 0, view: 3 })))
    table.hear(
      ...[0, 1, 2].flatMap((view) => others.map((member) => table.say(member, 'dummy', { cut: 0, view }))),
    )
    const second = signedOf(table, 'proposal').find(
      (message) => message.type === 'proposal' && message.body.view === 4,
    )
    const names = second?.type === 'proposal' ? second.body.value.statuses.map(({ member }) => member) : []
    expect(names).toHaveLength(3)
    expect(names).not.toContain(convicted)
  })

  it('§6.3 get no vote for a value that names a status which is not held or not usable', () => {
    const { table, leader, value } = sitAgreeing(false)
    const digest = table.say(othersOf(table)[0] ?? 0, 'pass', {}).digest
    const unknown = {
      ...value,
      statuses: value.statuses.map((each, i) => (i === 0 ? { ...each, digest } : each)),
    }
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value: unknown }))
    expect(signedOf(table, 'vote')).toEqual([])
  })

  it('§6.4 get one vote, for the first valid proposal', () => {
    const { table, leader, value, digest } = sitAgreeing(false)
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }))
    const other = { ...value, statuses: value.statuses.toSpliced(0, 1) }
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value: other }))
    const votes = signedOf(table, 'vote')
    expect(votes).toHaveLength(1)
    expect(votes[0]?.type === 'vote' && votes[0].body.value).toEqual(digest)
  })

  it('§6.4 get no vote for a fresh proposal while an earlier view has no dummy certificate', () => {
    const leader = leaderAt(sitDown(), 0)
    const table = sitDown({ me: (leader + 2) % 4 })
    table.feed({ kind: 'clock', nowMs: START_MS })
    const value: Value = { round: ROUND, cut: 0, statuses: hearCertified(table).statuses.map(named) }
    const notarized = { cut: 0, view: 0, value: digestOfValue(value) }
    table.hear(...othersOf(table).map((member) => table.say(member, 'vote', notarized)))
    expect(instanceOf(table.state(), 0).view).toBe(1)
    table.hear(table.say(leaderAt(table, 1), 'proposal', { cut: 0, view: 1, value }))
    const inView1 = (): number =>
      signedOf(table, 'vote').filter(({ slot }) => slot.startsWith('vote/0/1/')).length
    expect(inView1()).toBe(0)
    // With a dummy certificate of view 0 it would have been good.
    table.hear(...othersOf(table).map((member) => table.say(member, 'dummy', { cut: 0, view: 0 })))
    expect(inView1()).toBe(1)
  })

  it('§6.4 get no vote for a value carried from a view in which another was notarized', () => {
    const leader = leaderAt(sitDown(), 0)
    const table = sitDown({ me: (leader + 2) % 4 })
    table.feed({ kind: 'clock', nowMs: START_MS })
    const value: Value = { round: ROUND, cut: 0, statuses: hearCertified(table).statuses.map(named) }
    table.hear(
      ...othersOf(table).map((member) => table.say(member, 'vote', { cut: 0, view: 0, value: ROUND })),
    )
    table.hear(table.say(leaderAt(table, 1), 'proposal', { cut: 0, view: 1, value, carriedFrom: 0 }))
    expect(signedOf(table, 'vote')).toEqual([])
  })

  it('§6.4 carry a notarized value, and accept it when carried', () => {
    const { table, leader, value, digest } = sitAgreeing(false)
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }))
    const others = othersOf(table)
    table.hear(...others.map((member) => table.say(member, 'vote', { cut: 0, view: 0, value: digest })))
    // I lead view 1, since I sit behind the leader of view 0.
    const [carried] = signedOf(table, 'proposal')
    expect(carried?.type === 'proposal' && carried.body.carriedFrom).toBe(0)
    expect(carried?.type === 'proposal' && digestOfValue(carried.body.value)).toEqual(digest)
    const inView1 = signedOf(table, 'vote').filter(
      (message) => message.type === 'vote' && message.body.view === 1,
    )
    expect(inView1).toHaveLength(1)
  })

  it('§6.5 are left with either certificate, from whatever view', () => {
    const { table } = sitAgreeing(false)
    const others = othersOf(table)
    table.hear(...others.slice(0, 2).map((member) => table.say(member, 'dummy', { cut: 0, view: 3 })))
    expect(instanceOf(table.state(), 0).view).toBe(0)
    table.hear(...others.slice(2).map((member) => table.say(member, 'dummy', { cut: 0, view: 3 })))
    expect(instanceOf(table.state(), 0).view).toBe(4)
  })

  it('§6.6 get a dummy vote on timeout, and then no Finalize', () => {
    const { table, leader, value, digest } = sitAgreeing(false)
    table.feed({ kind: 'clock', nowMs: START_MS + VIEW_TIMEOUT_MS - 1 })
    expect(typesSigned(table)).not.toContain('dummy')
    table.feed({ kind: 'clock', nowMs: START_MS + VIEW_TIMEOUT_MS })
    expect(typesSigned(table)).toContain('dummy')
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }))
    table.hear(
      ...othersOf(table).map((member) => table.say(member, 'vote', { cut: 0, view: 0, value: digest })),
    )
    expect(instanceOf(table.state(), 0).notarized.get(0)).toEqual(digest)
    expect(typesSigned(table)).not.toContain('finalize')
  })

  it('§6.6 get a Finalize when notarized, and then no dummy vote', () => {
    const { table, digest } = sitAgreeing(false)
    table.hear(
      ...othersOf(table).map((member) => table.say(member, 'vote', { cut: 0, view: 0, value: digest })),
    )
    expect(typesSigned(table)).toContain('finalize')
    table.feed({ kind: 'clock', nowMs: START_MS + VIEW_TIMEOUT_MS })
    const dummies = signedOf(table, 'dummy').filter(({ slot }) => slot.startsWith('close/0/0/'))
    expect(dummies).toEqual([])
  })

  it('§6.9 last longer each time, and their timer stands still without q usable statuses', () => {
    const idle = sitDown()
    idle.feed({ kind: 'clock', nowMs: START_MS })
    idle.feed({ kind: 'clock', nowMs: START_MS + 100 * VIEW_TIMEOUT_MS })
    expect(typesSigned(idle)).not.toContain('dummy')
    const { table } = sitAgreeing(false)
    table.hear(...othersOf(table).map((member) => table.say(member, 'dummy', { cut: 0, view: 2 })))
    const dummiesAt = (nowMs: number): number => {
      table.feed({ kind: 'clock', nowMs })
      return signedOf(table, 'dummy').length
    }
    expect(dummiesAt(START_MS + 4 * VIEW_TIMEOUT_MS - 1)).toBe(0)
    expect(dummiesAt(START_MS + 4 * VIEW_TIMEOUT_MS)).toBe(1)
  })
})

describe('decisions', () => {
  const finalizeAll = (table: Table, members: readonly number[], view: number, value: Digest) =>
    table.hear(...members.map((member) => table.say(member, 'finalize', { cut: 0, view, value })))

  it('§6.7 take q Finalize for one value in one view, and end the instance', () => {
    const { table, leader, value, digest } = sitAgreeing(false)
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }))
    const others = othersOf(table)
    finalizeAll(table, others.slice(0, 1), 0, digest)
    finalizeAll(table, others.slice(1, 2), 1, digest)
    expect(instanceOf(table.state(), 0).outcome).toBeNull()
    const effects = finalizeAll(table, others.slice(1), 0, digest)
    const [decided] = ofKind(effects, 'decided')
    expect(decided?.decision.updates.map(({ member }) => member)).toEqual(others)
    expect(decided?.missing).toEqual([table.params.me])
    const before = table.signed.length
    table.feed({ kind: 'clock', nowMs: START_MS + 50 * VIEW_TIMEOUT_MS })
    const ballots = ['proposal', 'vote', 'dummy', 'finalize']
    expect(table.signed.slice(before).filter(({ type }) => ballots.includes(type))).toEqual([])
  })

  it('§6.7 wait for what x names, and fall when it comes', () => {
    const { table, leader, value, digest } = sitAgreeing(false)
    finalizeAll(table, othersOf(table), 0, digest)
    expect(instanceOf(table.state(), 0).finalized).not.toBeNull()
    expect(instanceOf(table.state(), 0).outcome).toBeNull()
    const effects = table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }))
    expect(ofKind(effects, 'decided')).toHaveLength(1)
  })

  it('§6.8 are undecided, aloud and with who was missing, below minUpdates', () => {
    const { table, leader, value, digest } = sitAgreeing(false, { minUpdates: 4 })
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }))
    const effects = finalizeAll(table, othersOf(table), 0, digest)
    expect(ofKind(effects, 'decided')[0]?.isUndecided).toBe(true)
    expect(ofKind(effects, 'alarm')[0]?.alarm).toEqual({
      code: 'UNDECIDED',
      cut: 0,
      updateCount: 3,
      minUpdates: 4,
      missing: [table.params.me],
    })
    expect(ofKind(effects, 'aggregate')).toEqual([])
  })

  it('§6.8 leave out whom a decided status holds evidence against', () => {
    const table = sitDown({ me: null })
    const members = [0, 1, 2, 3]
    const headers = members.map((member) => table.say(member, 'header', headerDraft(`update ${member}`)))
    const second = table.say(3, 'header', headerDraft('second'))
    table.hear(...headers, second)
    for (const header of headers) {
      const receipt = { of: header.member, header: header.digest }
      table.hear(...members.map((giver) => table.say(giver, 'receipt', receipt)))
    }
    const caught = table.state().caught.get(3)
    if (caught === undefined) throw new Error('member 3 published twice')
    const evidence = [{ member: 3, first: caught.first.digest, second: caught.second.digest }]
    const certified = headers.map(named)
    // One status of three knows of the evidence: that is enough.
    const statuses = [0, 1, 2].map((member) =>
      table.say(member, 'status', { cut: 0, certified, evidence: member === 2 ? evidence : [] }),
    )
    const value: Value = { round: ROUND, cut: 0, statuses: statuses.map(named) }
    table.hear(...statuses, table.say(leaderAt(table, 0), 'proposal', { cut: 0, view: 0, value }))
    const [decided] = ofKind(finalizeAll(table, [0, 1, 2], 0, digestOfValue(value)), 'decided')
    expect(decided?.decision.excluded).toEqual([3])
    expect(decided?.decision.updates.map(({ member }) => member)).toEqual([0, 1, 2])
  })

  it('§6.10 stop everything when two values are notarized in one view', () => {
    const { table, digest } = sitAgreeing(false)
    const members = [0, 1, 2, 3].filter((member) => member !== table.params.me)
    const vote = (member: number, value: Digest) => table.say(member, 'vote', { cut: 0, view: 0, value })
    table.hear(...members.map((member) => vote(member, digest)))
    const effects = table.hear(...members.map((member) => vote(member, ROUND)))
    const [raised] = ofKind(effects, 'alarm')
    expect(raised?.alarm).toMatchObject({ code: 'TOO_MANY_LIARS', members })
    const before = table.signed.length
    table.feed({ kind: 'clock', nowMs: START_MS + 50 * VIEW_TIMEOUT_MS })
    expect(table.signed).toHaveLength(before)
    expect(table.state().objects.size).toBeGreaterThan(0)
  })

  it('§6.10 stop everything when two values are decided or two updates of a member certified', () => {
    const { table, digest } = sitAgreeing(false)
    finalizeAll(table, othersOf(table), 0, digest)
    finalizeAll(table, othersOf(table), 1, ROUND)
    expect(table.state().mode).toBe('halted')
    const other = sitDown()
    const bodies = ['a', 'b'].map((word) => other.say(1, 'header', headerDraft(word)))
    for (const header of bodies) {
      other.hear(header)
      other.hear(...[1, 2, 3].map((giver) => other.say(giver, 'receipt', { of: 1, header: header.digest })))
    }
    expect(other.state().mode).toBe('halted')
  })

  it('§6.11 stall aloud without a quorum, naming who is silent, and fall when they return', () => {
    const { table, leader, value, digest } = sitAgreeing(false)
    table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }))
    const effects = table.feed({ kind: 'clock', nowMs: FINAL_AT_MS + 100 * VIEW_TIMEOUT_MS })
    const alarm = ofKind(effects, 'alarm').find((each) => each.alarm.code === 'STALLED')
    expect(alarm?.alarm).toMatchObject({ code: 'STALLED' })
    expect(statusOf(table.state(), table.params).silent).toEqual(othersOf(table))
    finalizeAll(table, othersOf(table), 0, digest)
    expect(instanceOf(table.state(), 0).outcome?.isUndecided).toBe(false)
  })
})
