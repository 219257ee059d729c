// Protects: the checkers themselves: each sees the violation that it is for, so a silent campaign means something.
import { describe, expect, it } from 'vitest'
import type { FactBody } from '../../src/simulate/history.ts'
import { CHECKS, type History } from '../../src/simulate/index.ts'

const SOUND: History = {
  n: 4,
  f: 1,
  q: 3,
  minUpdates: 1,
  reveal: 'committed',
  latecomers: false,
  liars: [3],
  isCalm: false,
  healsInTime: false,
  signed: [],
  reveals: [],
  decided: [],
  caught: [],
  alarms: [],
  certificates: [],
  finished: [0, 1, 2],
  crashes: [],
  updates: new Map(),
  network: { sentCount: 0, sentSizeBytes: 0, lostCount: 0, duplicatedCount: 0 },
}
const checksFailing = (changed: Partial<History>): readonly string[] => [
  ...new Set(CHECKS.flatMap((check) => check({ ...SOUND, ...changed })).map(({ check }) => check)),
]
const fact = (order: number, member: number, type: string, slot: string, digest: string, body = {}) => ({
  order,
  member,
  type,
  slot,
  digest,
  body,
})
const decided = (member: number, digest: string, updates: { member: number; header: string }[] = []) => ({
  member,
  cut: 0,
  digest,
  value: digest,
  updates,
  excluded: [] as number[],
  late: [] as number[],
  isUndecided: false,
  isUnchanged: false,
  view: 0,
})

describe('checkers', () => {
  it('find nothing in a sound history', () => {
    expect(checksFailing({})).toEqual([])
  })
  it('see two decisions', () => {
    expect(checksFailing({ decided: [decided(0, 'x'), decided(1, 'y')] })).toEqual(['agreement'])
  })
  it('see two certified updates of one member, and one decided twice', () => {
    const receipts = ['a', 'b'].flatMap((header) =>
      [0, 1, 3].map((giver, i) =>
        fact(i, giver, 'receipt', `${header}/${giver}`, `${header}${giver}`, { of: 2, header }),
      ),
    )
    expect(checksFailing({ signed: receipts })).toContain('one-update')
    const twice = decided(0, 'x', [
      { member: 2, header: 'a' },
      { member: 2, header: 'b' },
    ])
    expect(checksFailing({ decided: [twice] })).toEqual(['one-update'])
  })
  it('§4.7 see an update that was fixed after a reveal', () => {
    const late = [
      fact(6, 3, 'header', 'publish/3', 'h'),
      ...[0, 1, 2].map((giver) =>
        fact(7 + giver, giver, 'receipt', `r/${giver}`, `${giver}`, { of: 3, header: 'h' }),
      ),
    ]
    expect(checksFailing({ signed: late, reveals: [{ order: 5, member: 0 }] })).toEqual([
      'commit-before-reveal',
    ])
    expect(checksFailing({ signed: late, reveals: [{ order: 8, member: 0 }] })).toEqual([])
  })
  it('§6.12 see an update that enough honest members listed and a decision lacks', () => {
    const listing = [0, 1].map((member) =>
      fact(member, member, 'status', `status/0/${member}`, `${member}`, {
        cut: 0,
        certified: [{ member: 2, digest: 'h' }],
      }),
    )
    const all = [0, 1, 2].map((member) => decided(member, 'x'))
    expect(checksFailing({ signed: listing, decided: all })).toEqual(['inclusion'])
    expect(checksFailing({ signed: listing.slice(1), decided: all })).toEqual([])
  })
  it('see an update fixed after a reveal at cut 0, or unmarked later, where latecomers are welcome', () => {
    const late = [fact(6, 3, 'header', 'publish/3', 'h')]
    const reveals = [{ order: 5, member: 0 }]
    const updates = [{ member: 3, header: 'h' }]
    const at = (cut: number, marked: readonly number[]) => {
      const first = [0, 1, 2].map((member) => decided(member, 'w'))
      const facts = [0, 1, 2].map((member) => ({ ...decided(member, 'x', updates), cut, late: marked }))
      return checksFailing({
        latecomers: true,
        signed: late,
        reveals,
        decided: cut === 0 ? facts : [...first, ...facts],
      })
    }
    expect(at(0, [])).toEqual(['commit-before-reveal'])
    expect(at(1, [3])).toEqual([])
    expect(at(1, [])).toContain('commit-before-reveal')
  })
  it('see late cuts that lose, take back, mark wrongly, or hide a change', () => {
    const updates = [{ member: 1, header: 'a' }]
    const more = [...updates, { member: 2, header: 'b' }]
    const first = { ...decided(0, 'x', updates), excluded: [3] }
    const second = { ...decided(0, 'y', more), cut: 1, excluded: [3], late: [2] }
    expect(checksFailing({ decided: [first, second] })).toEqual([])
    const wrong = [
      { ...second, updates: more.slice(1) },
      { ...second, excluded: [] },
      { ...second, late: [] },
      { ...second, late: [1, 2] },
      { ...second, isUnchanged: true },
    ]
    for (const fact of wrong) expect(checksFailing({ decided: [first, fact] })).toContain('late-cuts')
    expect(checksFailing({ decided: [second] })).toContain('late-cuts')
  })
  it('see a late cut that an honest member began and another finished without', () => {
    const signed = [fact(1, 0, 'status', 'status/1/0', 's', { cut: 1, certified: [] })]
    const all = [0, 1, 2].flatMap((member) => [
      decided(member, 'x'),
      { ...decided(member, 'y'), cut: 1, isUnchanged: true },
    ])
    expect(checksFailing({ signed, decided: all })).toEqual([])
    expect(checksFailing({ signed, decided: all.slice(0, -1) })).toEqual(['late-cuts'])
  })
  it('see a certificate of a cut that changed nothing', () => {
    const same = { ...decided(0, 'y'), cut: 1, isUnchanged: true }
    const certificates = [{ member: 0, cut: 1, fault: null }]
    expect(checksFailing({ decided: [decided(0, 'x'), same], certificates })).toEqual(['late-cuts'])
  })
  it('§5.9 see a round without a result whose network healed in time', () => {
    const signed = [
      fact(1, 0, 'header', 'publish/0', 'h'),
      ...[0, 1, 2].map((member) =>
        fact(2 + member, member, 'seal', `seal/${member}`, `s${member}`, {
          published: [{ member: 0, digest: 'h' }],
        }),
      ),
    ]
    const nothing = [{ ...decided(0, 'x'), isUndecided: true }]
    expect(checksFailing({ signed, decided: nothing, healsInTime: true })).toEqual(['result'])
    expect(checksFailing({ signed, decided: nothing, healsInTime: false })).toEqual([])
    expect(checksFailing({ signed: signed.slice(0, -1), decided: nothing, healsInTime: true })).toEqual([])
    const status = (evidence: readonly FactBody[]) =>
      fact(5, 0, 'status', 'status/0/0', 'st', { cut: 0, certified: [{ member: 3, digest: 'l' }], evidence })
    const short = [{ ...decided(0, 'x'), isUndecided: true, excluded: [3] }]
    const failing = (evidence: readonly FactBody[]) =>
      checksFailing({ signed: [...signed, status(evidence)], decided: short, healsInTime: true })
    expect(failing([{ member: 3 }])).toContain('result')
    expect(failing([])).not.toContain('result')
  })
  it('see a decided update that is not admissible, or of another member', () => {
    const signed = [fact(1, 2, 'header', 'publish/2', 'h', { update: 'u' })]
    const decision = [decided(0, 'x', [{ member: 2, header: 'h' }])]
    const of = (owner: number, isAdmissible: boolean) =>
      checksFailing({ signed, decided: decision, updates: new Map([['u', { owner, isAdmissible }]]) })
    expect(of(2, true)).toEqual([])
    expect(of(2, false)).toEqual(['admission'])
    expect(of(1, true)).toEqual(['admission'])
  })
  it('see evidence against the honest', () => {
    expect(checksFailing({ caught: [{ by: 0, member: 1 }] })).toEqual(['innocence'])
    expect(checksFailing({ decided: [{ ...decided(0, 'x'), excluded: [2] }] })).toEqual(['innocence'])
    expect(checksFailing({ caught: [{ by: 0, member: 3 }] })).toEqual([])
  })
  it('see an honest member sign twice in a slot', () => {
    const twice = [fact(1, 0, 'vote', 'vote/0/0/0', 'a'), fact(2, 0, 'vote', 'vote/0/0/0', 'b')]
    expect(checksFailing({ signed: twice })).toEqual(['single-signing'])
  })
  it('see what a calm world lacks, and a member both used and excluded', () => {
    const signed = [fact(1, 2, 'header', 'publish/2', 'h')]
    expect(checksFailing({ isCalm: true, signed, decided: [decided(0, 'x')] })).toEqual(['validity'])
    expect(
      checksFailing({ isCalm: true, signed, decided: [decided(0, 'x', [{ member: 2, header: 'h' }])] }),
    ).toEqual([])
    const both = { ...decided(0, 'x', [{ member: 3, header: 'h' }]), excluded: [3] }
    expect(checksFailing({ decided: [both] })).toEqual(['validity'])
  })
  it('see an honest member that never finishes', () => {
    expect(checksFailing({ finished: [0, 2] })).toEqual(['termination'])
  })
  it('see different aggregates, certificates that do not hold, and alarms', () => {
    const attest = (member: number, aggregate: string) =>
      fact(1, member, 'attestation', `a/${member}`, aggregate, { aggregate })
    expect(checksFailing({ signed: [attest(0, 'x'), attest(1, 'y')] })).toEqual(['equal-aggregates'])
    expect(checksFailing({ certificates: [{ member: 0, cut: 0, fault: 'CERTIFICATE_NO_QUORUM' }] })).toEqual([
      'equal-aggregates',
    ])
    expect(checksFailing({ alarms: [{ member: 0, code: 'TOO_MANY_LIARS', cut: 0 }] })).toEqual([
      'equal-aggregates',
    ])
  })
})
