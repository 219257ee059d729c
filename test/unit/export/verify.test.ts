// Protects: a certificate file proves what it says to anybody, offline, and nothing that was changed in it passes.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/core/hash.ts'
import {
  type CertificateFile,
  formatCertificateFile,
  parseCertificateFile,
  verifyCertificate,
} from '../../../src/export/verify.ts'
import { testCertificate } from '../../support/certificate.ts'
import { testConsortium } from '../../support/charter.ts'

const whole = testCertificate()
const text = formatCertificateFile(whole)
const failedCodes = (changed: string): readonly (string | undefined)[] =>
  verifyCertificate(changed, 'c.json')
    .checks.filter(({ holds }) => !holds)
    .map(({ code }) => code)

describe('a certificate file', () => {
  it('survives writing and reading', () => {
    const read = parseCertificateFile(text, 'c.json')
    expect(read.signedCharter.charter).toEqual(whole.signedCharter.charter)
    expect(read.certificate.decision).toEqual(whole.certificate.decision)
    expect(formatCertificateFile(read)).toBe(text)
  })

  it('holds, and says in words what it proves', () => {
    const report = verifyCertificate(text, 'c.json', { charterDigest: whole.signedCharter.digest })
    expect(report.holds).toBe(true)
    const words = report.checks.map((check) => check.text).join('\n')
    expect(words).toMatch(/signed by all of its 4 members/)
    expect(words).toMatch(/4 of 4 members finalized one decision; a quorum is 3/)
    expect(words).toMatch(/updates of 4 members count: site-a, site-b, site-c, site-d/)
    expect(words).toMatch(/Nobody is excluded/)
    expect(words).toMatch(/trimmed-mean \(version 1\) gave the aggregate [0-9a-f]{64}/)
    expect(report.claims).toMatchObject({
      roundNumber: 1,
      cut: 0,
      attestedBy: ['site-a', 'site-b', 'site-c', 'site-d'],
    })
  })

  it('names who is excluded by evidence, and never calls it more than that', () => {
    const report = verifyCertificate(formatCertificateFile(testCertificate({ excluded: 2 })), 'c.json')
    expect(report.holds).toBe(true)
    expect(report.claims).toMatchObject({ excluded: ['site-c'], received: ['site-a', 'site-b', 'site-d'] })
    const words = report.checks.map((check) => check.text).join('\n')
    expect(words).toMatch(/site-c is excluded by evidence: it signed two different statements/)
    expect(words).not.toMatch(/attack|malicious/i)
  })

  it('of another charter than the one that is meant fails', () => {
    const report = verifyCertificate(text, 'c.json', { charterDigest: sha256() })
    expect(report.holds).toBe(false)
    expect(report.checks[0]).toMatchObject({ id: 'charter-trusted', holds: false, code: 'CHARTERS_DIFFER' })
  })
})

describe('a changed certificate', () => {
  const other = testCertificate({ aggregate: sha256(new Uint8Array([7])) })
  const { certificate, signedCharter } = whole
  const changedTo = (change: Partial<CertificateFile['certificate']>) =>
    formatCertificateFile({ ...whole, certificate: { ...certificate, ...change } })
  const rows: readonly (readonly [string, string, string])[] = [
    [
      'another aggregate',
      changedTo({ aggregate: other.certificate.aggregate }),
      'CERTIFICATE_OBJECT_INVALID',
    ],
    [
      'too few attestations',
      changedTo({ attestations: certificate.attestations.slice(0, 2) }),
      'CERTIFICATE_NO_QUORUM',
    ],
    [
      'too few finalizes',
      changedTo({ finalizes: certificate.finalizes.slice(0, 2) }),
      'CERTIFICATE_NO_QUORUM',
    ],
    [
      'one member twice',
      changedTo({
        finalizes: certificate.finalizes.map(
          () => certificate.finalizes[0] ?? { type: '', body: sha256(), signature: sha256() },
        ),
      }),
      'CERTIFICATE_OBJECT_INVALID',
    ],
    [
      'an update left out',
      changedTo({ decision: { ...certificate.decision, updates: certificate.decision.updates.slice(1) } }),
      'CERTIFICATE_OTHER_HEADERS',
    ],
    [
      'a member excluded without evidence',
      changedTo({ decision: { ...certificate.decision, excluded: [3] } }),
      'CERTIFICATE_OTHER_DECISION',
    ],
    [
      'a rule that the charter lacks',
      changedTo({ rule: { id: 'mean', version: 1 } }),
      'CERTIFICATE_RULE_UNKNOWN',
    ],
    ['another round', formatCertificateFile({ ...whole, roundNumber: 2 }), 'ROUND_UNKNOWN'],
    [
      'a charter that one member did not sign',
      formatCertificateFile({
        ...whole,
        signedCharter: { ...signedCharter, signatures: new Map([...signedCharter.signatures].slice(1)) },
      }),
      'CHARTER_UNSIGNED',
    ],
    [
      'another charter',
      formatCertificateFile({
        ...whole,
        signedCharter: testCertificate({
          consortium: testConsortium(4, {
            f: 1,
            b: 1,
            rules: [{ id: 'trimmed-mean', version: 1 }],
            minUpdates: 2,
          }),
        }).signedCharter,
      }),
      'CERTIFICATE_OTHER_CHARTER',
    ],
  ]
  it.each(rows)('with %s fails', (_, changed, code) => {
    expect(changed).not.toBe(text)
    expect(failedCodes(changed)).toContain(code)
  })

  it('with any one hex digit of its proof changed fails', () => {
    const start = text.indexOf('"proof"')
    const digits = [...text.slice(start).matchAll(/"[0-9a-f]{64,}"/g)]
    expect(digits.length).toBeGreaterThan(40)
    for (const [i, match] of digits.entries()) {
      const at = start + match.index + 1 + ((i * 7) % (match[0].length - 2))
      const changed = `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`
      expect(failedCodes(changed).length, `digit ${at} of ${match[0].slice(0, 20)}…`).toBeGreaterThan(0)
    }
  })
})

describe('what is no certificate file', () => {
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', text.slice(0, -10), /no JSON/],
    ['another document', '{"schema":"oneround/charter-file@1"}', /schema/],
    ['an unknown field', text.replace('"roundNumber"', '"note": 1, "roundNumber"'), /note/],
    ['a short digest', text.replace(/("aggregate": "[0-9a-f]{62})../, '$1'), /proof\.aggregate: expected 64/],
    ['a fraction', text.replace('"cut": 0', '"cut": 0.5'), /proof\.cut/],
  ]
  it.each(rows)('%s is refused by name', (_, changed, message) => {
    expect(() => verifyCertificate(changed, 'c.json')).toThrow(message)
    expect(() => verifyCertificate(changed, 'c.json')).toThrow(/^c\.json: /)
  })
})

describe('certificate.schema.json', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../src/export/certificate.schema.json', import.meta.url), 'utf8'),
  ) as Schema

  it('describes the certificates that are written', () => {
    for (const options of [{}, { excluded: 1 }, { updates: [0, 1, 2] }]) {
      const document: unknown = JSON.parse(formatCertificateFile(testCertificate(options)))
      expect(problemsOf(schema, document, schema, '')).toEqual([])
    }
  })

  it('refuses what is not one', () => {
    const document = JSON.parse(text) as Record<string, Record<string, unknown>>
    const { proof = {} } = document
    const { rule: _, ...withoutRule } = proof
    const changed: readonly unknown[] = [
      { ...document, note: 1 },
      { ...document, proof: withoutRule },
      { ...document, proof: { ...proof, aggregate: 'ff' } },
      { ...document, proof: { ...proof, cut: -1 } },
      { ...document, proof: { ...proof, evidence: [[]] } },
    ]
    for (const each of changed) expect(problemsOf(schema, each, schema, '')).not.toEqual([])
  })
})

/** The keywords of JSON Schema (draft 2020-12) that our schema uses. */
interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly const?: unknown
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly pattern?: string
  readonly minimum?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
}

function problemsOf(schema: Schema, value: unknown, root: Schema, path: string): readonly string[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')]
    return target === undefined ? [`${path}: ${schema.$ref}`] : problemsOf(target, value, root, path)
  }
  if ('const' in schema) return value === schema.const ? [] : [`${path}: const`]
  switch (schema.type) {
    case 'integer':
      return Number.isInteger(value) && (value as number) >= (schema.minimum ?? 0) ? [] : [`${path}: integer`]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path}: boolean`]
    case 'string':
      return typeof value === 'string' && new RegExp(schema.pattern ?? '').test(value)
        ? []
        : [`${path}: string`]
    case 'array': {
      if (!Array.isArray(value)) return [`${path}: array`]
      const isOfLength =
        value.length >= (schema.minItems ?? 0) && value.length <= (schema.maxItems ?? Infinity)
      const items = value.flatMap((item, i) => problemsOf(schema.items ?? {}, item, root, `${path}/${i}`))
      return isOfLength ? items : [`${path}: length`, ...items]
    }
    case 'object':
      return objectProblems(schema, value, root, path)
    default:
      return [`${path}: no type`]
  }
}

function objectProblems(schema: Schema, value: unknown, root: Schema, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: object`]
  const missing = (schema.required ?? [])
    .filter((key) => !(key in value))
    .map((key) => `${path}/${key}: missing`)
  const wrong = Object.entries(value).flatMap(([key, item]) => {
    const own = schema.properties?.[key] ?? schema.additionalProperties
    if (own === true) return []
    return typeof own === 'object'
      ? problemsOf(own, item, root, `${path}/${key}`)
      : [`${path}/${key}: unknown`]
  })
  return [...missing, ...wrong]
}
