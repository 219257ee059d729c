/**
 * The certificate as a file: `certificate.json`, one document that anybody can check offline (`verify.ts`).
 *
 * `{schema, roundNumber, charter, proof}`. `charter` is the signed charter file as it is, so that the certificate needs
 * nothing beside it; whoever checks it must know by other means that this is the charter it cares about, and its digest
 * is what to compare. `proof` is the agreement's certificate (src/agree/certificate.ts), byte strings as lower-case hex.
 * certificate.schema.json describes the form for other programs.
 *
 * In: text from anybody. Out: a charter and a proof of the right shape, every value in them still hostile.
 */
import * as v from 'valibot'
import type { Certificate, Decision, Envelope } from '../agree/index.ts'
import { parseCharterFile, formatCharterFile, type SignedCharter } from '../charter/index.ts'
import { fromHex, toHex } from '../core/bytes.ts'
import { messageOf, RoundError } from '../core/errors.ts'
import { asDigest, asRoundId, DIGEST_BYTES } from '../core/ids.ts'

export const CERTIFICATE_SCHEMA = 'oneround/certificate@1'
/** 64 statuses of 16 KiB, as hex, and a charter of 4 MiB leave room to spare. */
export const CERTIFICATE_FILE_SIZE_BYTES_MAX: number = 32 << 20

export type CertificateFileFault =
  /** No JSON, another kind of document, an unknown or missing field, a value out of range. */
  { readonly code: 'CERTIFICATE_MALFORMED'; readonly file: string; readonly field: string }

export interface CertificateFile {
  readonly signedCharter: SignedCharter
  /** From 1. */
  readonly roundNumber: number
  readonly certificate: Certificate
}

const hexSchema = (length?: number): v.GenericSchema<string, Uint8Array> =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const bytes = fromHex(dataset.value)
      if (bytes !== null && (length === undefined || bytes.length === length)) return bytes
      addIssue({
        message:
          length === undefined ? 'expected lower-case hex' : `expected ${2 * length} lower-case hex digits`,
      })
      return NEVER
    }),
  )
const digest = v.pipe(hexSchema(DIGEST_BYTES), v.transform(asDigest))
const round = v.pipe(hexSchema(DIGEST_BYTES), v.transform(asRoundId))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const envelope = v.strictObject({ type: v.string(), body: hexSchema(), signature: hexSchema() })
const named = v.strictObject({ member: count, digest })
const LIST_LENGTH_MAX = 1024
const listOf = <S extends v.GenericSchema>(schema: S) => v.pipe(v.array(schema), v.maxLength(LIST_LENGTH_MAX))

const decisionSchema = v.strictObject({
  round,
  cut: count,
  updates: listOf(v.strictObject({ member: count, header: digest, update: digest })),
  excluded: listOf(count),
  late: v.optional(listOf(count)),
})
const proofSchema = v.strictObject({
  round,
  charter: digest,
  cut: count,
  previous: v.optional(decisionSchema),
  decision: decisionSchema,
  aggregate: digest,
  rule: v.strictObject({ id: v.string(), version: count }),
  value: v.strictObject({ round, cut: count, statuses: listOf(named), previous: v.optional(digest) }),
  finalizes: listOf(envelope),
  statuses: listOf(envelope),
  headers: listOf(envelope),
  evidence: listOf(v.strictTuple([envelope, envelope])),
  attestations: listOf(envelope),
})
const fileSchema = v.strictObject({
  schema: v.literal(CERTIFICATE_SCHEMA),
  roundNumber: v.pipe(count, v.minValue(1)),
  charter: v.looseObject({}),
  proof: proofSchema,
})

export function formatCertificateFile({ signedCharter, roundNumber, certificate }: CertificateFile): string {
  const { round, charter, cut, decision, aggregate, rule, value, evidence } = certificate
  const list = (envelopes: readonly Envelope[]) => envelopes.map(envelopeJson)
  const document = {
    schema: CERTIFICATE_SCHEMA,
    roundNumber,
    charter: JSON.parse(formatCharterFile(signedCharter)) as unknown,
    proof: {
      round: toHex(round),
      charter: toHex(charter),
      cut,
      ...(certificate.previous === undefined ? {} : { previous: decisionJson(certificate.previous) }),
      decision: decisionJson(decision),
      aggregate: toHex(aggregate),
      rule: { id: rule.id, version: rule.version },
      value: {
        round: toHex(value.round),
        cut: value.cut,
        statuses: value.statuses.map(({ member, digest }) => ({ member, digest: toHex(digest) })),
        ...(value.previous === undefined ? {} : { previous: toHex(value.previous) }),
      },
      finalizes: list(certificate.finalizes),
      statuses: list(certificate.statuses),
      headers: list(certificate.headers),
      evidence: evidence.map(([first, second]) => [envelopeJson(first), envelopeJson(second)]),
      attestations: list(certificate.attestations),
    },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function decisionJson({ round, cut, updates, excluded, late }: Decision) {
  return {
    round: toHex(round),
    cut,
    updates: updates.map(({ member, header, update }) => ({
      member,
      header: toHex(header),
      update: toHex(update),
    })),
    excluded,
    ...(late === undefined ? {} : { late }),
  }
}

/** A decision as it was read: what is absent stays absent, so that its digest is the one it was. */
function decisionFrom({ late, ...decision }: v.InferOutput<typeof decisionSchema>): Decision {
  return late === undefined ? decision : { ...decision, late }
}

function envelopeJson({ type, body, signature }: Envelope) {
  return { type, body: toHex(body), signature: toHex(signature) }
}

/**
 * Reads a certificate file. It proves nothing yet.
 * @param file — its path, for messages
 * @throws CERTIFICATE_MALFORMED | CHARTER_MALFORMED
 */
export function parseCertificateFile(text: string, file: string): CertificateFile {
  const checked = v.safeParse(fileSchema, parseJson(text, file), { abortEarly: true })
  if (!checked.success) {
    const issue = checked.issues[0]
    throw malformed(file, v.getDotPath(issue) ?? '', issue.message)
  }
  const { roundNumber, charter, proof } = checked.output
  const { previous: named, ...value } = proof.value
  const { previous, ...rest } = proof
  return {
    signedCharter: parseCharterFile(JSON.stringify(charter), `${file} (charter)`),
    roundNumber,
    certificate: {
      ...rest,
      decision: decisionFrom(proof.decision),
      ...(previous === undefined ? {} : { previous: decisionFrom(previous) }),
      value: named === undefined ? value : { ...value, previous: named },
    },
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed(file, '', `no JSON (${messageOf(error)})`)
  }
}

function malformed(file: string, field: string, reason: string): RoundError<CertificateFileFault> {
  return new RoundError<CertificateFileFault>(
    { code: 'CERTIFICATE_MALFORMED', file, field },
    `${file}: ${field === '' ? '' : `${field}: `}${reason}`,
    { hint: 'This is no whole certificate of this program’s version; copy the file again.' },
  )
}
