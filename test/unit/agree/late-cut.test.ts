// Protects: late cuts add what came late to the decision before them, mark it, and leave everything earlier as it was.
import { describe, expect, it } from 'vitest'
import {
  type Certificate,
  checkCertificate,
  type Decision,
  type Effect,
  type Header,
  instanceOf,
  isFinished,
  leaderOf,
  type Message,
  statusOf,
  type Value,
} from '../../../src/agree/index.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { SIMULATED_RULE } from '../../../src/simulate/charter.ts'
import {
  CHARTER_DIGEST,
  CUT_AT_MS,
  digestOfValue,
  FINAL_AT_MS,
  headerDraft,
  named,
  ofKind,
  ROUND,
  sitDown,
  type Spoken,
  type Table,
  typesSigned,
  updateOf,
  verdictOf,
  VIEW_TIMEOUT_MS,
} from './kit.ts'

const LATE_AT_MS = CUT_AT_MS + 2_000
const SECOND_LATE_AT_MS = CUT_AT_MS + 5_000

interface Seated {
  readonly table: Table
  readonly others: readonly number[]
  /** The one whose update is not in decision 0. */
  readonly straggler: number
  readonly headers: readonly Spoken<'header'>[]
  readonly statuses: readonly Spoken<'status'>[]
}

/** A table with a decision 0 on the updates of two of the three others; the third has no certificate yet. */
function sitDecided(options: { latecomers?: boolean; isSealed?: boolean; minUpdates?: number } = {}): Seated {
  const { params } = sitDown()
  const leaders = [leaderOf(params, 0, 0), leaderOf(params, 1, 0), leaderOf(params, 2, 0)]
  const me = [0, 1, 2, 3].find((member) => !leaders.includes(member)) ?? 0
  const table = sitDown({
    me,
    latecomers: options.latecomers ?? false,
    minUpdates: options.minUpdates ?? 1,
    lateCutsAtMs: [LATE_AT_MS, SECOND_LATE_AT_MS],
  })
  table.feed({ kind: 'clock', nowMs: 1 })
  const others = [0, 1, 2, 3].filter((member) => member !== me)
  const straggler = others[2] ?? 3
  const headers = others.map((member) => table.say(member, 'header', headerDraft(`update ${member}`)))
  const inTime = headers.slice(0, 2)
  const published = (options.isSealed === false ? inTime : headers).map(named)
  table.hear(...headers, ...others.map((member) => table.say(member, 'seal', { published })))
  for (const header of inTime) table.hear(...receipts(table, others, header))
  const statuses = others.map((member) =>
    table.say(member, 'status', { cut: 0, certified: inTime.map(named), evidence: [] }),
  )
  table.hear(...statuses)
  decide(table, others, { round: ROUND, cut: 0, statuses: statuses.map(named) })
  if (instanceOf(table.state(), 0).outcome === null) throw new Error('cut 0 is not decided')
  return { table, others, straggler, headers, statuses }
}

const receipts = (table: Table, givers: readonly number[], header: Message) =>
  givers.map((giver) => table.say(giver, 'receipt', { of: header.member, header: header.digest }))

function decide(table: Table, others: readonly number[], value: Value): readonly Effect[] {
  const { cut } = value
  const leader = leaderOf(table.params, cut, 0)
  const finals = others.map((member) =>
    table.say(member, 'finalize', { cut, view: 0, value: digestOfValue(value) }),
  )
  return table.hear(table.say(leader, 'proposal', { cut, view: 0, value }), ...finals)
}

/** Certifies the straggler's update and opens late cut 1: everybody's Status(1). */
function openLateCut(
  seated: Seated,
  evidence: Spoken<'status'>['body']['evidence'] = [],
): { value: Value; statuses: readonly Spoken<'status'>[] } {
  const { table, others, headers } = seated
  const late = headers[2]
  const previous = instanceOf(table.state(), 0).outcome?.digest
  if (late === undefined || previous === undefined) throw new Error('not seated')
  table.hear(...receipts(table, others, late))
  table.feed({ kind: 'clock', nowMs: LATE_AT_MS })
  const statuses = others.map((member) =>
    table.say(member, 'status', { cut: 1, certified: headers.map(named), evidence }),
  )
  table.hear(...statuses)
  return { value: { round: ROUND, cut: 1, statuses: statuses.map(named), previous }, statuses }
}

const decisionOf = (table: Table, cut: number): Decision => {
  const decision = instanceOf(table.state(), cut).outcome?.decision
  if (decision === undefined) throw new Error(`cut ${cut} is not decided`)
  return decision
}
const membersOf = ({ updates }: Decision): readonly number[] => updates.map(({ member }) => member)
const statusesSigned = (table: Table): readonly number[] =>
  table.signed.flatMap((message) => (message.type === 'status' ? [message.body.cut] : []))
const cutsVotedIn = (table: Table): readonly number[] =>
  table.signed.flatMap((message) => (message.type === 'vote' ? [message.body.cut] : []))
const trustOf = ({ params, keys }: Table) => ({
  charter: params.charter,
  charterDigest: CHARTER_DIGEST,
  round: ROUND,
  verify: keys.verify,
})

/** Everything after the decision of a cut, up to its certificate. */
function certify(seated: Seated, cut: number): Certificate | undefined {
  const { table, others, headers } = seated
  const effects = headers.flatMap(({ member, body }) =>
    table.feed({ kind: 'update-stored', member, update: body.update, result: { kind: 'admitted' } }),
  )
  const outcome = instanceOf(table.state(), cut).outcome
  if (outcome === null) throw new Error('not decided')
  const attestation = {
    cut,
    decision: outcome.digest,
    aggregate: sha256(outcome.digest),
    rule: SIMULATED_RULE,
  }
  const heard = table.hear(...others.map((member) => table.say(member, 'attestation', attestation)))
  return ofKind([...effects, ...heard], 'certificate')[0]?.certificate
}

describe('a late cut', () => {
  it('§7.1 is no cut at all beyond the charter’s last one', () => {
    const { table, others } = sitDecided()
    const status = (cut: number) => table.say(others[0] ?? 0, 'status', { cut, certified: [], evidence: [] })
    expect(verdictOf(table.hear(status(3)))).toBe('ignore OTHER_CUT')
    expect(verdictOf(table.hear(status(2)))).toBe('accept')
  })

  it('§7.1 keeps what comes before its turn, and uses it then', () => {
    const early = sitDecided()
    const { value, statuses } = openLateCut(early)
    const seated = sitDecided()
    const { table, others, headers } = seated
    const fresh = sitDown({
      me: table.params.me,
      lateCutsAtMs: [LATE_AT_MS, SECOND_LATE_AT_MS],
    })
    fresh.hear(...headers, ...others.map((m) => fresh.say(m, 'seal', { published: headers.map(named) })))
    for (const header of headers) fresh.hear(...receipts(fresh, others, header))
    fresh.hear(...statuses)
    decide(fresh, others, value)
    expect(instanceOf(fresh.state(), 1).finalized).not.toBeNull()
    expect(instanceOf(fresh.state(), 1).outcome).toBeNull()
    const zero = seated.statuses
    fresh.hear(...zero)
    decide(fresh, others, { round: ROUND, cut: 0, statuses: zero.map(named) })
    expect(membersOf(decisionOf(fresh, 0))).toEqual(headers.slice(0, 2).map(({ member }) => member))
    expect(membersOf(decisionOf(fresh, 1))).toEqual(others)
  })

  it('§7.2 opens at its time, with a certificate that is new to the decision, and not before', () => {
    const { table, others, headers } = sitDecided()
    table.feed({ kind: 'clock', nowMs: LATE_AT_MS })
    expect(statusesSigned(table)).toEqual([])
    if (headers[2] !== undefined) table.hear(...receipts(table, others, headers[2]))
    expect(statusesSigned(table)).toEqual([1])
    const early = sitDecided()
    if (headers[2] !== undefined) early.table.hear(...receipts(early.table, others, headers[2]))
    early.table.feed({ kind: 'clock', nowMs: LATE_AT_MS - 1 })
    expect(statusesSigned(early.table)).toEqual([])
    early.table.feed({ kind: 'clock', nowMs: LATE_AT_MS })
    expect(statusesSigned(early.table)).toEqual([1])
  })

  it('§7.3 is not opened after the final deadline, but joined when somebody else opened it', () => {
    const { table, others, headers } = sitDecided()
    table.feed({ kind: 'clock', nowMs: FINAL_AT_MS })
    if (headers[2] !== undefined) table.hear(...receipts(table, others, headers[2]))
    expect(statusesSigned(table)).toEqual([])
    table.hear(table.say(others[0] ?? 0, 'status', { cut: 1, certified: headers.map(named), evidence: [] }))
    expect(statusesSigned(table)).toEqual([1])
  })

  it('§7.4 is decided on top of the decision that its value names, and voted for only then', () => {
    const seated = sitDecided()
    const { value } = openLateCut(seated)
    const { table } = seated
    const leader = leaderOf(table.params, 1, 0)
    const other: Value = { ...value, previous: sha256(ROUND) }
    table.hear(table.say(leader, 'proposal', { cut: 1, view: 0, value: other }))
    expect(cutsVotedIn(table)).toEqual([0])
    const voting = sitDecided()
    openLateCut(voting)
    voting.table.hear(voting.table.say(leader, 'proposal', { cut: 1, view: 0, value }))
    expect(cutsVotedIn(voting.table)).toEqual([0, 1])
    const { previous: _, ...nameless } = value
    const bare = voting.table.say(leader, 'proposal', { cut: 1, view: 0, value: nameless })
    expect(verdictOf(voting.table.hear(bare))).toBe('reject PROPOSAL_OTHER_INSTANCE')
  })

  it('§7.4 stops when a quorum decided it on top of another decision than mine', () => {
    const seated = sitDecided()
    const { value } = openLateCut(seated)
    const effects = decide(seated.table, seated.others, { ...value, previous: sha256(ROUND) })
    expect(ofKind(effects, 'alarm').map(({ alarm }) => alarm.code)).toContain('TOO_MANY_LIARS')
    expect(seated.table.state().mode).toBe('halted')
  })

  it('§7.5 §7.7 adds what is new to the set before it, and marks it', () => {
    const seated = sitDecided()
    const { value } = openLateCut(seated)
    const effects = decide(seated.table, seated.others, value)
    const [decided] = ofKind(effects, 'decided')
    expect(decided?.isUnchanged).toBe(false)
    expect(decided?.decision.cut).toBe(1)
    expect(membersOf(decisionOf(seated.table, 1))).toEqual(seated.others)
    expect(decisionOf(seated.table, 1).late).toEqual([seated.straggler])
    expect(decisionOf(seated.table, 0).late).toBeUndefined()
  })

  it('§7.5 keeps what was decided before, though no status lists it again', () => {
    const seated = sitDecided()
    const { table, others, headers } = seated
    const { value } = openLateCut(seated)
    const late = headers.slice(2).map(named)
    const statuses = others.map((member) =>
      table.say(member, 'status', { cut: 1, certified: late, evidence: [] }),
    )
    const fresh = sitDown({ me: table.params.me, lateCutsAtMs: [LATE_AT_MS, SECOND_LATE_AT_MS] })
    fresh.hear(...headers, ...others.map((m) => fresh.say(m, 'seal', { published: headers.map(named) })))
    for (const header of headers) fresh.hear(...receipts(fresh, others, header))
    fresh.hear(...seated.statuses, ...statuses)
    decide(fresh, others, { round: ROUND, cut: 0, statuses: seated.statuses.map(named) })
    decide(fresh, others, { ...value, statuses: statuses.map(named) })
    expect(membersOf(decisionOf(fresh, 1))).toEqual(others)
  })

  it('§7.5 excludes by evidence since, for good, and §7.8 says so when nothing else changes', () => {
    const seated = sitDecided()
    const { table, others, headers } = seated
    const liar = others[0] ?? 0
    table.hear(table.say(liar, 'pass', {}))
    const caught = table.state().caught.get(liar)
    if (caught === undefined) throw new Error('not caught')
    const item = { member: liar, first: caught.first.digest, second: caught.second.digest }
    const { value } = openLateCut(seated, [item])
    decide(table, others, value)
    const decision = decisionOf(table, 1)
    expect(decision.excluded).toEqual([liar])
    expect(membersOf(decision)).toEqual(others.slice(1))
    const previous = instanceOf(table.state(), 1).outcome?.digest
    table.feed({ kind: 'clock', nowMs: SECOND_LATE_AT_MS })
    const again = others.map((member) =>
      table.say(member, 'status', { cut: 2, certified: headers.map(named), evidence: [] }),
    )
    table.hear(...again)
    if (previous === undefined) throw new Error('not decided')
    const effects = decide(table, others, { round: ROUND, cut: 2, statuses: again.map(named), previous })
    expect(ofKind(effects, 'decided').map(({ isUnchanged }) => isUnchanged)).toEqual([true])
    expect(decisionOf(table, 2)).toMatchObject({ excluded: [liar], late: [seated.straggler] })
    const certificate = certify(seated, 1)
    expect(certificate && checkCertificate(certificate, trustOf(table))).toBeNull()
    expect(certificate?.evidence).toHaveLength(1)
  })

  it('§7.8 has no result of its own when it changes nothing', () => {
    const seated = sitDecided()
    const { table, others, headers } = seated
    const previous = instanceOf(table.state(), 0).outcome?.digest
    const statuses = others.map((member) =>
      table.say(member, 'status', { cut: 1, certified: headers.slice(0, 2).map(named), evidence: [] }),
    )
    table.hear(...statuses)
    if (previous === undefined) throw new Error('not decided')
    decide(table, others, { round: ROUND, cut: 1, statuses: statuses.map(named), previous })
    const outcome = instanceOf(table.state(), 1).outcome
    expect(outcome?.isUnchanged).toBe(true)
    table.feed({
      kind: 'aggregated',
      decision: outcome?.digest ?? sha256(ROUND),
      aggregate: sha256(ROUND),
      rule: SIMULATED_RULE,
    })
    expect(typesSigned(table)).not.toContain('attestation')
    expect(certify(seated, 0)?.cut).toBe(0)
    expect(statusOf(table.state(), table.params).phase).toBe('certified')
  })

  it('§7.6 takes Headers that nobody sealed only from latecomers, and only after decision 0', () => {
    const fetchesOf = (effects: readonly Effect[]) =>
      ofKind(effects, 'fetch-update').map(({ member }) => member)
    for (const latecomers of [false, true]) {
      const { table, others } = sitDecided({ latecomers, isSealed: false })
      const late: Header = { ...headerDraft('written late'), round: ROUND, member: others[2] ?? 3 }
      const update = updateOf(`update ${others[2]}`)
      const answered = table.feed({
        kind: 'update-stored',
        member: late.member,
        update,
        result: { kind: 'admitted' },
      })
      expect(typesSigned(table).includes('receipt')).toBe(latecomers)
      expect(ofKind(answered, 'allow-serving')).toHaveLength(latecomers ? 1 : 0)
    }
    const undecided = sitDown({ latecomers: true, lateCutsAtMs: [LATE_AT_MS] })
    const effects = undecided.hear(undecided.say(1, 'header', headerDraft('early')))
    expect(fetchesOf(effects)).toEqual([])
  })

  it('§7.9 has a certificate that holds offline with the decision before it, and not without', () => {
    const seated = sitDecided()
    const { value } = openLateCut(seated)
    decide(seated.table, seated.others, value)
    const first = certify(seated, 0)
    const certificate = certify(seated, 1)
    if (certificate === undefined || first === undefined) throw new Error('no certificate')
    const trust = trustOf(seated.table)
    expect(checkCertificate(first, trust)).toBeNull()
    expect(checkCertificate(certificate, trust)).toBeNull()
    const codeOf = (changed: Partial<Certificate>) =>
      checkCertificate({ ...certificate, ...changed }, trust)?.code
    const { previous, ...without } = certificate
    if (previous === undefined) throw new Error('no decision before')
    expect(checkCertificate(without, trust)?.code).toBe('CERTIFICATE_OTHER_PREVIOUS')
    expect(codeOf({ previous: { ...previous, excluded: [1] } })).toBe('CERTIFICATE_OTHER_PREVIOUS')
    expect(codeOf({ previous: certificate.decision })).toBe('CERTIFICATE_OTHER_PREVIOUS')
    expect(checkCertificate({ ...first, previous }, trust)?.code).toBe('CERTIFICATE_OTHER_PREVIOUS')
    // §7.7 A late addition whose mark was taken away.
    const unmarked = { ...certificate.decision, late: [] }
    expect(codeOf({ decision: unmarked })).toBe('CERTIFICATE_OTHER_DECISION')
  })

  it('§7.8 has no certificate when it changes nothing', () => {
    const seated = sitDecided()
    const { value } = openLateCut(seated)
    decide(seated.table, seated.others, value)
    certify(seated, 0)
    const certificate = certify(seated, 1)
    if (certificate === undefined) throw new Error('no certificate')
    const same = { ...certificate, decision: { ...decisionOf(seated.table, 0), cut: 1, late: [] } }
    expect(checkCertificate(same, trustOf(seated.table))).not.toBeNull()
  })

  it('can bring an undecided round its first result', () => {
    const seated = sitDecided({ minUpdates: 3 })
    const { table, others } = seated
    expect(instanceOf(table.state(), 0).outcome?.isUndecided).toBe(true)
    const { value } = openLateCut(seated)
    decide(table, others, value)
    const certificate = certify(seated, 1)
    expect(certificate && checkCertificate(certificate, trustOf(table))).toBeNull()
  })

  it('is said to stall, by cut, when it was opened and finds no quorum', () => {
    const seated = sitDecided()
    const { table, others, headers } = seated
    if (headers[2] !== undefined) table.hear(...receipts(table, others, headers[2]))
    table.feed({ kind: 'clock', nowMs: LATE_AT_MS })
    expect(isFinished(table.state(), table.params)).toBe(false)
    const effects = table.feed({ kind: 'clock', nowMs: FINAL_AT_MS + 100 * VIEW_TIMEOUT_MS })
    expect(ofKind(effects, 'alarm').map(({ alarm }) => alarm)).toEqual([
      { code: 'STALLED', cut: 1, silent: others },
    ])
  })

  it('keeps a round open until its results have certificates and no late cut will come', () => {
    const seated = sitDecided()
    const { table } = seated
    certify(seated, 0)
    expect(isFinished(table.state(), table.params)).toBe(false)
    table.feed({ kind: 'clock', nowMs: FINAL_AT_MS })
    expect(isFinished(table.state(), table.params)).toBe(true)
  })

  it('survives a restart: the same words go out again, and nothing is signed twice', () => {
    const seated = sitDecided()
    const { value } = openLateCut(seated)
    const { table, others } = seated
    const leader = leaderOf(table.params, 1, 0)
    table.hear(table.say(leader, 'proposal', { cut: 1, view: 0, value }))
    const journal = [...table.state().objects.values()]
    const again = sitDown({ me: table.params.me, lateCutsAtMs: [LATE_AT_MS, SECOND_LATE_AT_MS] }, journal)
    expect(again.state().cut).toBe(1)
    again.feed({ kind: 'clock', nowMs: LATE_AT_MS })
    expect(again.signed).toEqual([])
    decide(again, others, value)
    expect(membersOf(decisionOf(again, 1))).toEqual(others)
  })
})
