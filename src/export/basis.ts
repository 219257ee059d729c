/**
 * What a round builds on: where the charter says `basis: previous`, its updates start from the base model plus the
 * results of the rounds below it, and the model of the round is the base plus all of those.
 *
 * In: a round's certificate in a node's folder (`rounds/<number>/certificate.json`). Out: the aggregates below it, lowest
 * first, each compared with what the round above it names. Whether the certificates below prove anything is `verify`'s.
 * Source: docs/PROTOCOL.md §4.8.
 */
import { dirname, join } from 'node:path'
import type { Charter } from '../charter/index.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { isRoundError, RoundError } from '../core/errors.ts'
import type { Digest } from '../core/ids.ts'
import { fileDigest, readText } from '../files/index.ts'
import {
  CERTIFICATE_FILE_SIZE_BYTES_MAX,
  type CertificateFile,
  parseCertificateFile,
} from './certificate-file.ts'
import { CERTIFICATE_NAME } from './locate-certificate.ts'
import { decidedHeaders } from './verify.ts'

export type BasisFault =
  | { readonly code: 'BASIS_MISSING'; readonly round: number; readonly file: string }
  | {
      readonly code: 'BASIS_DIFFERS'
      readonly file: string
      readonly expected: string
      readonly found: string
    }

/** Whether a round of the charter builds on the one before it. @param roundNumber — from 1 */
export function buildsOnPrevious(charter: Charter, roundNumber: number): boolean {
  return charter.rounds[roundNumber - 1]?.basis === 'previous'
}

/** The aggregate that the decided updates start from, or null for the base model. Of a certificate that was checked. */
export function basisOf({ certificate }: CertificateFile): Digest | null {
  return decidedHeaders(certificate)[0]?.basis ?? null
}

/** Where the certificate of the round below one lies, in a node's folder. */
export function certificateBelow(
  certificatePath: string,
  { roundNumber, certificate: { cut } }: CertificateFile,
): string {
  const folder = dirname(certificatePath)
  const round = cut === 0 ? folder : dirname(folder)
  return join(dirname(round), String(roundNumber - 1), CERTIFICATE_NAME)
}

/**
 * The aggregate files of the rounds that this one builds on, lowest first; none where it starts from the base model.
 * @throws BASIS_MISSING | BASIS_DIFFERS | CERTIFICATE_MALFORMED
 */
export async function basisAggregates(
  certificatePath: string,
  certificate: CertificateFile,
): Promise<readonly string[]> {
  const basis = basisOf(certificate)
  if (basis === null) return []
  const file = certificateBelow(certificatePath, certificate)
  const below = await readCertificateBelow(file, certificate.roundNumber)
  const aggregate = join(dirname(file), 'aggregate.safetensors')
  const found = await fileDigest(aggregate)
  if (!equalBytes(found, basis)) throw differs(aggregate, basis, found)
  return [...(await basisAggregates(file, below)), aggregate]
}

async function readCertificateBelow(file: string, roundNumber: number): Promise<CertificateFile> {
  try {
    return parseCertificateFile(await readText(file, CERTIFICATE_FILE_SIZE_BYTES_MAX), file)
  } catch (error) {
    if (isRoundError(error, 'FILE_MISSING')) throw basisMissing(roundNumber, file)
    throw error
  }
}

/** @param roundNumber — of the round that builds on what is missing */
export function basisMissing(roundNumber: number, file: string): RoundError<BasisFault> {
  return new RoundError<BasisFault>(
    { code: 'BASIS_MISSING', round: roundNumber, file },
    `${file}: round ${roundNumber} builds on round ${roundNumber - 1}, whose certificate is not here`,
    {
      hint: `Take part in round ${roundNumber - 1} first (oneround run --round ${roundNumber - 1}): members that have its result serve it. A round that ended undecided has no result to build on.`,
    },
  )
}

function differs(file: string, expected: Uint8Array, found: Uint8Array): RoundError<BasisFault> {
  return new RoundError<BasisFault>(
    { code: 'BASIS_DIFFERS', file, expected: toHex(expected), found: toHex(found) },
    `${file}: SHA-256 ${toHex(found)}, but the round above builds on ${toHex(expected)}`,
    { hint: 'Put the results of both rounds of one charter side by side, as a node’s folder has them.' },
  )
}
