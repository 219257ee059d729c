// Protects: a certificate convinces only with real quorums; every kind of tampering is named.
import { beforeAll, describe, expect, it } from 'vitest'
import {
  buildMessage,
  type Certificate,
  checkCertificate,
  type CertificateTrust,
  codecOf,
  decodeEnvelope,
  encodeEnvelope,
  type Envelope,
  instanceOf,
  leaderOf,
  type MessageType,
  openEnvelope,
  type Value,
} from '../../../src/agree/index.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { asRoundId } from '../../../src/core/ids.ts'
import { SIMULATED_RULE } from '../../../src/simulate/charter.ts'
import {
  CHARTER_DIGEST,
  digestOfValue,
  headerDraft,
  named,
  ofKind,
  ROUND,
  sayAs,
  sitDown,
  type Table,
} from './kit.ts'

let table: Table
let certificate: Certificate
let trust: CertificateTrust

/** A certificate with three updates and member 3 excluded by evidence, made by an observer. */
function makeCertificate(): Certificate {
  table = sitDown({ me: null })
  const headers = [0, 1, 2, 3].map((member) => table.say(member, 'header', headerDraft(`${member}`)))
  table.hear(...headers, table.say(3, 'pass', {}))
  for (const header of headers) {
    const receipt = { of: header.member, header: header.digest }
    table.hear(...[0, 1, 2].map((giver) => table.say(giver, 'receipt', receipt)))
  }
  const caught = table.state().caught.get(3)
  if (caught === undefined) throw new Error('member 3 is caught')
  const evidence = [{ member: 3, first: caught.first.digest, second: caught.second.digest }]
  const statuses = [0, 1, 2].map((member) =>
    table.say(member, 'status', { cut: 0, certified: headers.map(named), evidence }),
  )
  const value: Value = { round: ROUND, cut: 0, statuses: statuses.map(named) }
  const leader = leaderOf(table.params, 0, 0)
  table.hear(...statuses, table.say(leader, 'proposal', { cut: 0, view: 0, value }))
  const digest = digestOfValue(value)
  table.hear(...[0, 1, 2].map((member) => table.say(member, 'finalize', { cut: 0, view: 0, value: digest })))
  const decision = instanceOf(table.state(), 0).outcome?.digest
  if (decision === undefined) throw new Error('decided')
  const attestation = { cut: 0, decision, aggregate: sha256(ROUND), rule: SIMULATED_RULE }
  const effects = table.hear(...[0, 1, 2].map((member) => table.say(member, 'attestation', attestation)))
  const [made] = ofKind(effects, 'certificate')
  if (made === undefined) throw new Error('a certificate')
  return made.certificate
}

/** The same envelope, its body changed and signed again by whom `signer` says. */
function resigned(envelope: Envelope, type: MessageType, fields: object, signer?: number): Envelope {
  const opened = openEnvelope(envelope)
  if (!opened.ok || opened.message.type !== type) throw new Error(`not a ${type}`)
  const body = codecOf(type).decode(codecOf(type).encode({ ...opened.message.body, ...fields }))
  if (!body.ok) throw new Error(body.fault.code)
  const message = sayAs(table.keys, signer ?? opened.message.member, type, body.value)
  const kept = buildMessage(type, body.value, codecOf(type).encode(body.value), message.signature)
  return { type: kept.type, body: kept.bytes, signature: kept.signature }
}

const first = <T>(list: readonly T[]): T => {
  const [item] = list
  if (item === undefined) throw new Error('an empty list')
  return item
}
const codeOf = (changed: Partial<Certificate>): string | undefined =>
  checkCertificate({ ...certificate, ...changed }, trust)?.code

beforeAll(() => {
  certificate = makeCertificate()
  trust = {
    charter: table.params.charter,
    charterDigest: CHARTER_DIGEST,
    round: ROUND,
    verify: table.keys.verify,
  }
})

describe('a certificate', () => {
  it('§8.4 holds as it was made, with whom it excludes and why', () => {
    expect(checkCertificate(certificate, trust)).toBeNull()
    expect(certificate.decision.excluded).toEqual([3])
    expect(certificate.decision.updates.map(({ member }) => member)).toEqual([0, 1, 2])
  })

  it('§8.5 does not hold for another charter, round or cut', () => {
    expect(codeOf({ charter: sha256(ROUND) })).toBe('CERTIFICATE_OTHER_CHARTER')
    expect(codeOf({ round: asRoundId(sha256(ROUND)) })).toBe('CERTIFICATE_OTHER_ROUND')
    expect(codeOf({ cut: 1 })).toBe('CERTIFICATE_OTHER_ROUND')
  })

  it('§8.6 does not hold with one flipped bit in any envelope', () => {
    for (const part of ['finalizes', 'statuses', 'headers', 'attestations'] as const) {
      const envelope = first(certificate[part])
      for (const field of ['body', 'signature'] as const) {
        const bytes = Uint8Array.from(envelope[field])
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
        const changed = [{ ...envelope, [field]: bytes }, ...certificate[part].slice(1)]
        expect(codeOf({ [part]: changed })).toBe('CERTIFICATE_OBJECT_INVALID')
      }
    }
  })

  it('§8.6 does not hold with one member’s word counted twice or out of order', () => {
    for (const part of ['finalizes', 'attestations'] as const) {
      const one = first(certificate[part])
      expect(codeOf({ [part]: [one, one, one] })).toBe('CERTIFICATE_OBJECT_INVALID')
      expect(codeOf({ [part]: certificate[part].toReversed() })).toBe('CERTIFICATE_OBJECT_INVALID')
    }
  })

  it('§8.6 does not hold with an envelope of another type', () => {
    expect(codeOf({ finalizes: certificate.attestations })).toBe('CERTIFICATE_OBJECT_INVALID')
  })

  it('§8.7 does not hold with fewer than q Finalize, or of different views or values', () => {
    const { finalizes } = certificate
    expect(codeOf({ finalizes: finalizes.slice(1) })).toBe('CERTIFICATE_NO_QUORUM')
    expect(codeOf({ finalizes: [] })).toBe('CERTIFICATE_NO_QUORUM')
    const elsewhere = resigned(first(finalizes), 'finalize', { view: 1 })
    expect(codeOf({ finalizes: [elsewhere, ...finalizes.slice(1)] })).toBe('CERTIFICATE_OBJECT_INVALID')
    const other = resigned(first(finalizes), 'finalize', { value: sha256(ROUND) })
    expect(codeOf({ finalizes: [other, ...finalizes.slice(1)] })).toBe('CERTIFICATE_OBJECT_INVALID')
  })

  it('§8.8 does not hold with other statuses than x names', () => {
    const { statuses } = certificate
    const poorer = resigned(first(statuses), 'status', { certified: [] })
    expect(codeOf({ statuses: [poorer, ...statuses.slice(1)] })).toBe('CERTIFICATE_OTHER_STATUSES')
    expect(codeOf({ statuses: statuses.slice(1) })).toBe('CERTIFICATE_OTHER_STATUSES')
  })

  it('§8.9 does not hold with another decision than follows from the statuses', () => {
    const { decision, headers } = certificate
    const fewer = { ...decision, updates: decision.updates.slice(1) }
    expect(codeOf({ decision: fewer, headers: headers.slice(1) })).toBe('CERTIFICATE_OTHER_DECISION')
    expect(codeOf({ decision: { ...decision, excluded: [] } })).toBe('CERTIFICATE_OTHER_DECISION')
    expect(codeOf({ headers: headers.slice(1) })).toBe('CERTIFICATE_OTHER_HEADERS')
    const minUpdates = 4
    expect(checkCertificate(certificate, { ...trust, charter: { ...trust.charter, minUpdates } })?.code).toBe(
      'CERTIFICATE_UNDECIDED',
    )
  })

  it('§8.9 does not hold with values that have no canonical form', () => {
    const decision = { ...certificate.decision, cut: 0.5 }
    expect(codeOf({ decision })).toBe('CERTIFICATE_NOT_CANONICAL')
  })

  it('§8.10 does not hold without the evidence against whom it excludes', () => {
    expect(codeOf({ evidence: [] })).toBe('CERTIFICATE_NO_QUORUM')
    const [one] = first(certificate.evidence)
    expect(codeOf({ evidence: [[one, one]] })).toBe('CERTIFICATE_EVIDENCE_UNPROVEN')
  })

  it('§8.11 does not hold with fewer than q equal attestations, or a rule that is not the charter’s', () => {
    const { attestations } = certificate
    expect(codeOf({ attestations: attestations.slice(1) })).toBe('CERTIFICATE_NO_QUORUM')
    expect(codeOf({ aggregate: sha256(new Uint8Array()) })).toBe('CERTIFICATE_OBJECT_INVALID')
    expect(codeOf({ rule: { id: 'gift', version: 1 } })).toBe('CERTIFICATE_RULE_UNKNOWN')
    const strange = resigned(first(attestations), 'attestation', { rule: { id: 'gift', version: 1 } })
    expect(codeOf({ attestations: [strange, ...attestations.slice(1)] })).toBe('CERTIFICATE_OBJECT_INVALID')
    const forged = resigned(first(attestations), 'attestation', {}, 1)
    expect(codeOf({ attestations: [forged, ...attestations.slice(1)] })).toBe('CERTIFICATE_OBJECT_INVALID')
  })

  it('§8.6 travels: every envelope decodes to itself', () => {
    for (const envelope of [...certificate.finalizes, ...certificate.statuses, ...certificate.attestations]) {
      const decoded = decodeEnvelope(encodeEnvelope(envelope))
      expect(decoded.ok && decoded.value).toEqual(envelope)
    }
  })
})
