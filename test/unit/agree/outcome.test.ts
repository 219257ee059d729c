// Protects: from the decision to the certificate: bytes that are lacking are fetched, one attestation, loud differences.
import { describe, expect, it } from 'vitest'
import { checkCertificate, instanceOf, type Value } from '../../../src/agree/index.ts'
import { sha256 } from '../../../src/core/hash.ts'
import type { Digest } from '../../../src/core/ids.ts'
import { SIMULATED_RULE } from '../../../src/simulate/charter.ts'
import {
  CHARTER_DIGEST,
  digestOfValue,
  hearCertified,
  leaderAt,
  named,
  ofKind,
  ROUND,
  sitDown,
  type Table,
  typesSigned,
  updateOf,
} from './kit.ts'

function sitDecided(): {
  table: Table
  decision: Digest
  others: readonly number[]
  effects: ReturnType<Table['hear']>
} {
  const leader = leaderAt(sitDown(), 0)
  const table = sitDown({ me: (leader + 1) % 4 })
  table.feed({ kind: 'clock', nowMs: 1 })
  const { statuses, headers } = hearCertified(table)
  const value: Value = { round: ROUND, cut: 0, statuses: statuses.map(named) }
  const others = headers.map(({ member }) => member)
  const finals = others.map((member) =>
    table.say(member, 'finalize', { cut: 0, view: 0, value: digestOfValue(value) }),
  )
  const effects = table.hear(table.say(leader, 'proposal', { cut: 0, view: 0, value }), ...finals)
  const decision = instanceOf(table.state(), 0).outcome?.digest
  if (decision === undefined) throw new Error('nothing decided')
  return { table, decision, others, effects }
}

function store(table: Table, others: readonly number[], kind: 'admitted' | 'refused') {
  const result = kind === 'admitted' ? ({ kind } as const) : ({ kind, fault: 'UPDATE_NOT_FINITE' } as const)
  return others.flatMap((member) =>
    table.feed({ kind: 'update-stored', member, update: updateOf(`update ${member}`), result }),
  )
}

const attest = (table: Table, members: readonly number[], decision: Digest, aggregate: Digest) =>
  table.hear(
    ...members.map((member) =>
      table.say(member, 'attestation', { cut: 0, decision, aggregate, rule: SIMULATED_RULE }),
    ),
  )

describe('after the decision', () => {
  it('§8.1 fetches what is lacking, and aggregates when all is there, refused or not', () => {
    const { table, decision, others, effects } = sitDecided()
    const fetches = ofKind(effects, 'fetch-update')
    expect(fetches.map(({ member, isDecided }) => [member, isDecided])).toEqual(
      others.map((each) => [each, true]),
    )
    expect(ofKind(store(table, others.slice(1), 'admitted'), 'aggregate')).toEqual([])
    const [aggregate] = ofKind(store(table, others.slice(0, 1), 'refused'), 'aggregate')
    expect(aggregate?.digest).toEqual(decision)
  })

  it('§8.2 attests what was computed from the decision that is held, once', () => {
    const { table, decision } = sitDecided()
    const aggregated = (digest: Digest, aggregate: Digest) =>
      table.feed({ kind: 'aggregated', decision: digest, aggregate, rule: SIMULATED_RULE })
    aggregated(sha256(decision), sha256(ROUND))
    expect(typesSigned(table)).not.toContain('attestation')
    aggregated(decision, sha256(ROUND))
    aggregated(decision, sha256(decision))
    expect(typesSigned(table).filter((type) => type === 'attestation')).toHaveLength(1)
  })

  it('§8.3 stops aloud when q others attest another aggregate', () => {
    const { table, decision, others } = sitDecided()
    const [mine, theirs] = [sha256(ROUND), sha256(decision)]
    table.feed({ kind: 'aggregated', decision, aggregate: mine, rule: SIMULATED_RULE })
    expect(ofKind(attest(table, others.slice(0, 2), decision, theirs), 'alarm')).toEqual([])
    const effects = attest(table, others.slice(2), decision, theirs)
    expect(ofKind(effects, 'alarm').map(({ alarm }) => alarm)).toEqual([
      { code: 'AGGREGATE_DIFFERS', mine, theirs },
    ])
    expect(table.state().mode).toBe('halted')
  })

  it('§8.4 gives the certificate with q equal attestations, and it holds offline', () => {
    const { table, decision, others } = sitDecided()
    const aggregate = sha256(ROUND)
    expect(ofKind(attest(table, others.slice(0, 2), decision, aggregate), 'certificate')).toEqual([])
    const [made] = ofKind(attest(table, others.slice(2), decision, aggregate), 'certificate')
    if (made === undefined) throw new Error('no certificate')
    const { params, keys } = table
    const trust = {
      charter: params.charter,
      charterDigest: CHARTER_DIGEST,
      round: ROUND,
      verify: keys.verify,
    }
    expect(checkCertificate(made.certificate, trust)).toBeNull()
    expect(made.certificate.aggregate).toEqual(aggregate)
  })

  it('§6.10 stops when q members attest another decision than the finalized one', () => {
    const { table, decision, others } = sitDecided()
    attest(table, others, sha256(decision), sha256(ROUND))
    expect(table.state().mode).toBe('halted')
  })
})
