// Protects: receipts only for what is on disk and admitted, certificates of q, and a Status exactly when it is due.
import { describe, expect, it } from 'vitest'
import { statusOf } from '../../../src/agree/index.ts'
import {
  CUT_AT_MS,
  FINAL_AT_MS,
  headerDraft,
  named,
  ofKind,
  sitDown,
  type Table,
  typesSigned,
  updateOf,
} from './kit.ts'

function hearCommitted(table: Table, member: number, word: string) {
  const header = table.say(member, 'header', headerDraft(word))
  table.hear(header)
  table.hear(...[1, 2, 3].map((sealer) => table.say(sealer, 'seal', { published: [named(header)] })))
  return header
}

describe('certify', () => {
  it('§5.1 answers with one Receipt or one Refusal', () => {
    const table = sitDown()
    hearCommitted(table, 1, 'a')
    const update = updateOf('a')
    table.feed({
      kind: 'update-stored',
      member: 1,
      update,
      result: { kind: 'refused', fault: 'UPDATE_NOT_FINITE' },
    })
    table.feed({ kind: 'update-stored', member: 1, update, result: { kind: 'admitted' } })
    expect(typesSigned(table)).toEqual(['refusal'])
  })

  it('§5.1 answers a copier and whom it copied each for itself', () => {
    const table = sitDown()
    const headers = [1, 2].map((member) => table.say(member, 'header', headerDraft('of member 1')))
    const published = headers.map(named)
    const effects = table.hear(
      ...headers,
      ...[1, 2, 3].map((sealer) => table.say(sealer, 'seal', { published })),
    )
    expect(ofKind(effects, 'fetch-update').map(({ member }) => member)).toEqual([1, 2])
    const update = updateOf('of member 1')
    const refused = { kind: 'refused', fault: 'UPDATE_OTHER_MEMBER' } as const
    table.feed({ kind: 'update-stored', member: 2, update, result: refused })
    table.feed({ kind: 'update-stored', member: 1, update, result: { kind: 'admitted' } })
    const answers = table.signed.map((message) =>
      'of' in message.body ? [message.type, message.body.of] : [],
    )
    expect(answers).toEqual([
      ['refusal', 2],
      ['receipt', 1],
    ])
  })

  it('§5.2 holds a Header certified with q Receipts, whoever gave them', () => {
    const table = sitDown()
    const header = hearCommitted(table, 1, 'a')
    const receipt = (giver: number) => table.say(giver, 'receipt', { of: 1, header: header.digest })
    table.hear(receipt(1), receipt(2))
    expect(statusOf(table.state(), table.params).members[1]?.isCertified).toBe(false)
    table.hear(receipt(3))
    expect(statusOf(table.state(), table.params).members[1]?.isCertified).toBe(true)
  })

  it('§5.3 gives no Receipt to a member caught by evidence', () => {
    const table = sitDown()
    hearCommitted(table, 1, 'a')
    table.hear(table.say(1, 'header', headerDraft('b')))
    table.feed({ kind: 'update-stored', member: 1, update: updateOf('a'), result: { kind: 'admitted' } })
    expect(typesSigned(table)).not.toContain('receipt')
    expect(table.state().stored.size).toBe(1)
  })
})

describe('cut', () => {
  /** Members 1 and 2 certified, 3 passes, I pass: all settled but for what a test leaves out. */
  function certifyTwo(table: Table) {
    const headers = [1, 2].map((member) => table.say(member, 'header', headerDraft(`${member}`)))
    table.hear(...headers)
    const published = headers.map(named)
    table.hear(...[1, 2, 3].map((member) => table.say(member, 'seal', { published })))
    for (const header of headers) {
      const receipt = { of: header.member, header: header.digest }
      table.hear(...[1, 2, 3].map((giver) => table.say(giver, 'receipt', receipt)))
    }
    return headers
  }
  const listed = (table: Table): readonly number[] | undefined => {
    const status = table.signed.find((message) => message.type === 'status')
    return status?.type === 'status' ? status.body.certified.map(({ member }) => member) : undefined
  }

  it('§5.5 §5.6 signs a Status as soon as everybody is settled', () => {
    const table = sitDown()
    table.feed({ kind: 'adapter-ready', header: null })
    table.hear(table.say(3, 'pass', {}))
    expect(listed(table)).toBeUndefined()
    certifyTwo(table)
    expect(listed(table)).toEqual([1, 2])
  })

  it('§5.5 settles whoever n−q+1 Seals leave out, refuse, or evidence catches', () => {
    const report = (table: Table, member: number) =>
      statusOf(table.state(), table.params).members[member]?.settledAs
    const table = sitDown()
    const header = table.say(1, 'header', headerDraft('1'))
    table.hear(header, table.say(3, 'header', headerDraft('3')), table.say(3, 'header', headerDraft('4')))
    expect([report(table, 1), report(table, 2), report(table, 3)]).toEqual([null, null, 'caught'])
    table.hear(...[1, 3].map((sealer) => table.say(sealer, 'seal', { published: [named(header)] })))
    expect([report(table, 1), report(table, 2)]).toEqual([null, 'unsealed'])
    const refusal = { of: 1, header: header.digest, fault: 'UPDATE_NOT_FINITE' }
    table.hear(table.say(2, 'refusal', refusal))
    expect(report(table, 1)).toBeNull()
    table.hear(table.say(3, 'refusal', refusal))
    expect(report(table, 1)).toBe('refused')
  })

  it('§5.6 waits for the cut deadline and minUpdates, or for the final deadline', () => {
    const table = sitDown({ reveal: 'immediate', minUpdates: 2 })
    certifyTwo(table)
    table.feed({ kind: 'clock', nowMs: CUT_AT_MS - 1 })
    expect(listed(table)).toBeUndefined()
    table.feed({ kind: 'clock', nowMs: CUT_AT_MS })
    expect(listed(table)).toEqual([1, 2])
    const poor = sitDown({ reveal: 'immediate', minUpdates: 3 })
    certifyTwo(poor)
    poor.feed({ kind: 'clock', nowMs: FINAL_AT_MS - 1 })
    expect(listed(poor)).toBeUndefined()
    poor.feed({ kind: 'clock', nowMs: FINAL_AT_MS })
    expect(listed(poor)).toEqual([1, 2])
  })

  it('§5.6 counts no certificate of a member that it holds evidence against', () => {
    const table = sitDown({ reveal: 'immediate', minUpdates: 2 })
    certifyTwo(table)
    table.hear(table.say(1, 'header', headerDraft('another')))
    table.feed({ kind: 'clock', nowMs: FINAL_AT_MS - 1 })
    expect(listed(table)).toBeUndefined()
    table.feed({ kind: 'clock', nowMs: FINAL_AT_MS })
    expect(listed(table)).toEqual([1, 2])
  })

  it('§5.4 finds a Status usable only with q Receipts for all that it lists', () => {
    const table = sitDown({ reveal: 'immediate' })
    const header = table.say(1, 'header', headerDraft('1'))
    const certified = [named(header)]
    table.feed({ kind: 'clock', nowMs: 1 })
    const status = table.say(2, 'status', { cut: 0, certified, evidence: [] })
    table.hear(status, header)
    const receipt = (giver: number) => table.say(giver, 'receipt', { of: 1, header: header.digest })
    table.hear(receipt(1), receipt(2))
    expect(table.state().usable.has(status.key)).toBe(false)
    table.hear(receipt(3))
    expect(table.state().usable.has(status.key)).toBe(true)
  })

  it('§5.4 finds a Status with unproven evidence unusable', () => {
    const table = sitDown({ reveal: 'immediate' })
    const bodies = ['a', 'b'].map((word) => table.say(3, 'header', headerDraft(word)))
    const [first, second] = bodies.map(({ digest }) => digest).sort((a, b) => Buffer.compare(a, b))
    if (first === undefined || second === undefined) throw new Error('two headers')
    table.feed({ kind: 'clock', nowMs: 1 })
    const framed = table.say(1, 'status', { cut: 0, certified: [], evidence: [{ member: 2, first, second }] })
    const proven = table.say(2, 'status', { cut: 0, certified: [], evidence: [{ member: 3, first, second }] })
    table.hear(framed, proven, ...bodies)
    expect(table.state().usable.has(framed.key)).toBe(false)
    expect(table.state().usable.has(proven.key)).toBe(true)
  })
})
