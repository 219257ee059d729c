/**
 * Verify. In: a certificate file's text, and by other means the digest of the charter that one trusts. Out: every check
 * in plain words, and whether all held. Never: the file system, the network, a signature that is taken on trust.
 *
 * The part of verification that needs no files: it runs in a browser as it is. Comparing the aggregate's bytes and
 * computing them again from the updates is verify-files.ts.
 * Source: docs/PROTOCOL.md §8.
 */
import {
  type Certificate,
  type CertificateFault,
  checkCertificate,
  type Header,
  openEnvelope,
} from '../agree/index.ts'
import { readSignatures, roundIdOf, type SignedCharter } from '../charter/index.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { assertNever } from '../core/errors.ts'
import type { Digest } from '../core/ids.ts'
import { verifySignature } from '../core/signature.ts'
import { type CertificateFile, parseCertificateFile } from './certificate-file.ts'

export {
  CERTIFICATE_FILE_SIZE_BYTES_MAX,
  CERTIFICATE_SCHEMA,
  type CertificateFile,
  type CertificateFileFault,
  formatCertificateFile,
  parseCertificateFile,
} from './certificate-file.ts'

/** One thing that was checked. */
export interface Check {
  /** Stable name: `charter-signed`, `certificate`, … */
  readonly id: CheckId
  readonly holds: boolean
  /** A sentence that says what was checked and what was found. */
  readonly text: string
  /** The fault's code where a check failed. */
  readonly code?: string
}

export type CheckId =
  | 'charter-trusted'
  | 'succession'
  | 'charter-signed'
  | 'round'
  | 'certificate'
  | 'basis'
  | 'aggregate'
  | 'updates'
  | 'recomputed'
  | 'adapter'

export interface VerifyReport {
  readonly schema: 'oneround/verify@1'
  readonly holds: boolean
  readonly checks: readonly Check[]
  /** What the certificate says; to be believed only when `holds`. */
  readonly claims: CertificateClaims
}

/** A certificate in terms of names. */
export interface CertificateClaims {
  /** Hex. */
  readonly charter: string
  readonly roundNumber: number
  readonly cut: number
  readonly rule: string
  /** SHA-256 of the aggregate file, hex. */
  readonly aggregate: string
  /** SHA-256 of the aggregate that the updates start from, in a round that builds on the one before; null: the base model. */
  readonly basis: string | null
  readonly members: readonly string[]
  /** Whose updates were decided on. */
  readonly received: readonly string[]
  /** Excluded by evidence: they signed two things where one may be signed. */
  readonly excluded: readonly string[]
  /** Whose update was added by a late cut. */
  readonly late: readonly string[]
  /** Who attests the aggregate. */
  readonly attestedBy: readonly string[]
}

export interface CertificateTrust {
  /** The digest of the charter that one means, known by other means. Without it, the report says which one it is. */
  readonly charterDigest?: Digest
}

/** Checks the text of a certificate file. @throws CERTIFICATE_MALFORMED | CHARTER_MALFORMED when it is none */
export function verifyCertificate(text: string, file: string, trust: CertificateTrust = {}): VerifyReport {
  const parsed = parseCertificateFile(text, file)
  return reportOf(certificateChecks(parsed, trust), claimsOf(parsed))
}

export function reportOf(checks: readonly Check[], claims: CertificateClaims): VerifyReport {
  return { schema: 'oneround/verify@1', holds: checks.every(({ holds }) => holds), checks, claims }
}

/** The checks that need the certificate alone. */
export function certificateChecks(file: CertificateFile, trust: CertificateTrust): readonly Check[] {
  const { signedCharter } = file
  return [...trustChecks(signedCharter, trust), signatureCheck(signedCharter), ...proofChecks(file)]
}

function trustChecks({ digest }: SignedCharter, { charterDigest }: CertificateTrust): readonly Check[] {
  if (charterDigest === undefined) return []
  const holds = equalBytes(digest, charterDigest)
  const text = holds
    ? `The certificate is about the charter that was named, ${toHex(digest)}.`
    : `The certificate is about charter ${toHex(digest)}, not about ${toHex(charterDigest)}.`
  return [{ id: 'charter-trusted', holds, text, ...(holds ? {} : { code: 'CHARTERS_DIFFER' }) }]
}

function signatureCheck(signed: SignedCharter): Check {
  const { signed: names, missing, wrong } = readSignatures(signed)
  const n = signed.charter.members.length
  if (missing.length === 0 && wrong.length === 0) {
    const text = `The charter ${toHex(signed.digest)} is signed by all of its ${n} members.`
    return { id: 'charter-signed', holds: true, text }
  }
  const who = [...missing.map((name) => `${name} (missing)`), ...wrong.map((name) => `${name} (wrong)`)]
  const text = `The charter is signed by ${names.length} of ${n} members; not by ${who.join(', ')}.`
  const code = wrong.length > 0 ? 'CHARTER_SIGNATURE_WRONG' : 'CHARTER_UNSIGNED'
  return { id: 'charter-signed', holds: false, text, code }
}

function proofChecks({ signedCharter, roundNumber, certificate }: CertificateFile): readonly Check[] {
  const { charter, digest } = signedCharter
  const roundCount = charter.rounds.length
  if (roundNumber > roundCount) {
    const text = `The charter has ${roundCount} rounds, and no round ${roundNumber}.`
    return [{ id: 'round', holds: false, text, code: 'ROUND_UNKNOWN' }]
  }
  const fault = checkCertificate(certificate, {
    charter,
    charterDigest: digest,
    round: roundIdOf(digest, roundNumber),
    verify: verifySignature,
  })
  if (fault !== null) {
    return [
      {
        id: 'certificate',
        holds: false,
        text: describeCertificateFault(fault, signedCharter),
        code: fault.code,
      },
    ]
  }
  const basisFault = findBasisFault(certificate, signedCharter.charter, roundNumber)
  if (basisFault !== null)
    return [{ id: 'basis', holds: false, text: basisFault, code: 'CERTIFICATE_OTHER_BASIS' }]
  return provenTexts(certificate, signedCharter).map((text) => ({ id: 'certificate', holds: true, text }))
}

/** §4.8 All decided updates start from one aggregate where the round builds on the one before, and from none elsewhere. */
function findBasisFault(
  certificate: Certificate,
  charter: SignedCharter['charter'],
  roundNumber: number,
): string | null {
  const named = new Set(decidedHeaders(certificate).map(({ basis }) => (basis ? toHex(basis) : null)))
  if (charter.rounds[roundNumber - 1]?.basis === undefined) {
    return named.size === 1 && named.has(null)
      ? null
      : 'The round starts from the base model, but a decided update names an aggregate that it starts from.'
  }
  return named.size === 1 && !named.has(null)
    ? null
    : 'The round builds on the one before, but the decided updates do not name one aggregate that they start from.'
}

/** What a certificate without fault proves, sentence by sentence. */
function provenTexts(certificate: Certificate, { charter }: SignedCharter): readonly string[] {
  const { decision, finalizes, attestations, rule, aggregate } = certificate
  const { q, members } = charter
  const name = nameIn(charter)
  const n = members.length
  const list = decision.updates.map(({ member }) => name(member)).join(', ')
  return [
    `${finalizes.length} of ${n} members finalized one decision; a quorum is ${q}.`,
    `By it the updates of ${decision.updates.length} members count: ${list}.`,
    ...decision.excluded.map(
      (member) =>
        `${name(member)} is excluded by evidence: it signed two different statements where only one is allowed.`,
    ),
    ...(decision.excluded.length === 0 ? ['Nobody is excluded by evidence.'] : []),
    ...lateTexts(certificate, charter),
    `${attestations.length} of ${n} members attest that ${rule.id} (version ${rule.version}) gave the aggregate ${toHex(aggregate)}.`,
  ]
}

/** §7.7 What a reader must know of updates that were not in cut 0's set. */
function lateTexts(
  { decision, cut, previous }: Certificate,
  charter: SignedCharter['charter'],
): readonly string[] {
  if (previous === undefined) return []
  const name = nameIn(charter)
  const couldRead = charter.latecomers || charter.reveal === 'immediate'
  const meaning = couldRead
    ? 'it may have been made after reading the others'
    : 'it was fixed before any other could be read, and came in late'
  return [
    `This is late cut ${cut}; it adds to a decision on ${previous.updates.length} updates.`,
    ...(decision.late ?? []).map((member) => `The update of ${name(member)} is a late addition: ${meaning}.`),
  ]
}

const nameIn = (charter: SignedCharter['charter']) => (member: number) =>
  charter.members[member]?.name ?? `member ${member}`

/** One sentence for a fault of a certificate. */
export function describeCertificateFault(fault: CertificateFault, { charter }: SignedCharter): string {
  switch (fault.code) {
    case 'CERTIFICATE_OTHER_CHARTER':
      return 'The proof names another charter than the file holds.'
    case 'CERTIFICATE_OTHER_ROUND':
      return 'The proof is of another round, or its parts are of different rounds.'
    case 'CERTIFICATE_NOT_CANONICAL':
      return 'The decision or the value decided on is not in its one allowed form.'
    case 'CERTIFICATE_OBJECT_INVALID':
      return `Item ${fault.index} of ${fault.part} is damaged, out of place, or not signed by its member.`
    case 'CERTIFICATE_NO_QUORUM':
      return `Only ${fault.count} ${fault.part}, but ${fault.quorum} are needed.`
    case 'CERTIFICATE_OTHER_STATUSES':
      return 'The statuses are not those that were decided on.'
    case 'CERTIFICATE_OTHER_PREVIOUS':
      return 'The decision of the cut before is lacking, or not the one that this cut adds to.'
    case 'CERTIFICATE_OTHER_DECISION':
      return 'The decision does not follow from the statuses that were decided on.'
    case 'CERTIFICATE_OTHER_HEADERS':
      return 'The headers are not those of the decided updates.'
    case 'CERTIFICATE_EVIDENCE_UNPROVEN':
      return `${nameIn(charter)(fault.member)} is excluded, but the evidence does not prove that it signed two statements for one.`
    case 'CERTIFICATE_UNDECIDED':
      return `Only ${fault.updateCount} updates were decided on; the charter asks for ${fault.minUpdates}.`
    case 'CERTIFICATE_RULE_UNKNOWN':
      return `The rule ${fault.rule.id} (version ${fault.rule.version}) is none of the charter’s.`
    default:
      return assertNever(fault)
  }
}

export function claimsOf({ signedCharter, roundNumber, certificate }: CertificateFile): CertificateClaims {
  const { charter, digest } = signedCharter
  const name = nameIn(charter)
  const attesting = certificate.attestations.flatMap((envelope) => {
    const opened = openEnvelope(envelope)
    return opened.ok ? [name(opened.message.member)] : []
  })
  return {
    charter: toHex(digest),
    roundNumber,
    cut: certificate.cut,
    rule: `${certificate.rule.id}@${certificate.rule.version}`,
    aggregate: toHex(certificate.aggregate),
    basis: basisIn(certificate),
    members: charter.members.map((member) => member.name),
    received: certificate.decision.updates.map(({ member }) => name(member)),
    excluded: certificate.decision.excluded.map(name),
    late: (certificate.decision.late ?? []).map(name),
    attestedBy: attesting,
  }
}

function basisIn(certificate: Certificate): string | null {
  const basis = decidedHeaders(certificate)[0]?.basis
  return basis === undefined ? null : toHex(basis)
}

/** The Headers of the decided updates, opened. Only of a certificate that was checked. */
export function decidedHeaders(certificate: Certificate): readonly Header[] {
  return certificate.headers.flatMap((envelope) => {
    const opened = openEnvelope(envelope)
    return opened.ok && opened.message.type === 'header' ? [opened.message.body] : []
  })
}
