/**
 * Verify, with files: a certificate or a site's whole folder, wherever it was moved, and on request the updates, from
 * which the aggregate is computed again and compared byte for byte.
 *
 * In: paths. Out: the report of verify.ts with more checks. Never: the network, or anything written outside a temporary
 * folder. Whatever is found wrong is a failed check; only what cannot be read at all is thrown.
 */
import { weightClaim } from '../agree/claim.ts'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Header } from '../agree/index.ts'
import { aggregate, type AggregateInput, type AggregateOptions, readRoundSeed } from '../aggregate/index.ts'
import { CHARTER_FILE_SIZE_BYTES_MAX, parseCharterFile } from '../charter/index.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { isRoundError } from '../core/errors.ts'
import type { Digest } from '../core/ids.ts'
import { fileDigest, hasFile, isFolder, makeTemporaryFolder, readText, removeFolder } from '../files/index.ts'
import {
  CERTIFICATE_FILE_SIZE_BYTES_MAX,
  type CertificateFile,
  parseCertificateFile,
} from './certificate-file.ts'
import { basisAggregates, basisOf, certificateBelow } from './basis.ts'
import { exportResult } from './export-result.ts'
import { successionChain, successionsFolder } from './succession-file.ts'
import { CERTIFICATE_NAME, locateCertificate } from './locate-certificate.ts'
import { checkDecidedUpdate } from './check-update.ts'
import {
  certificateChecks,
  type Check,
  claimsOf,
  decidedHeaders,
  reportOf,
  type VerifyReport,
} from './verify.ts'

export interface VerifyOptions extends AggregateOptions {
  /** The charter that one means: its file. */
  readonly charter?: string
  /** The same, by digest. */
  readonly charterDigest?: Digest
  /** Folder with proofs of succession, as `charter approve` writes them; by default `successions/` of a node's folder. */
  readonly successions?: string
  /** Which round of a node folder; by default the last with a certificate. */
  readonly round?: number
  /** Which cut of the round; by default the last with a certificate. */
  readonly cut?: number
  /** The aggregate's file; by default `aggregate.safetensors` beside the certificate, when it is there. */
  readonly aggregate?: string
  /** Folder of the decided updates: the aggregate is then computed again. `true`: `updates/` beside the certificate. */
  readonly updates?: string | true
}

export interface FileVerifyReport extends VerifyReport {
  /** The certificate that was checked. */
  readonly file: string
}

/**
 * @param path — a certificate, the folder of a round, or a node's folder
 * @throws CERTIFICATE_MISSING | CERTIFICATE_MALFORMED | CHARTER_MALFORMED | FILE_MISSING, and faults of this machine
 */
export async function verify(path: string, options: VerifyOptions = {}): Promise<FileVerifyReport> {
  const file = await locateCertificate(path, options)
  const certificate = parseCertificateFile(await readText(file, CERTIFICATE_FILE_SIZE_BYTES_MAX), file)
  const trusted = await trustedDigest(path, options)
  const succession = trusted === undefined ? null : await successionCheck(path, options, trusted, certificate)
  // A charter that follows from the trusted one is trusted as it is.
  const charterDigest = succession === null ? trusted : certificate.signedCharter.digest
  const checks: Check[] = [
    ...(succession === null ? [] : [succession]),
    ...certificateChecks(certificate, charterDigest === undefined ? {} : { charterDigest }),
  ]
  // What follows trusts the certificate: with a broken one there is nothing to compare with.
  if (checks.every(({ holds }) => holds)) {
    checks.push(...(await basisChecks(file, certificate)))
    checks.push(...(await fileChecks(file, certificate, options)))
  }
  return { ...reportOf(checks, claimsOf(certificate)), file }
}

/** Of a round that builds on the one before: that one's certificate, when it lies beside this one, must be its basis. */
async function basisChecks(file: string, certificate: CertificateFile): Promise<readonly Check[]> {
  const basis = basisOf(certificate)
  const below = certificateBelow(file, certificate)
  if (basis === null || !(await hasFile(below))) return []
  const report = await verify(below, { charterDigest: certificate.signedCharter.digest })
  const { claims } = report
  const isBasis =
    claims.roundNumber === certificate.roundNumber - 1 &&
    claims.cut === 0 &&
    claims.aggregate === toHex(basis)
  const holds = report.holds && isBasis
  const text = holds
    ? `It builds on round ${claims.roundNumber}, whose certificate holds: aggregate ${claims.aggregate}.`
    : isBasis
      ? `It builds on round ${claims.roundNumber}, whose certificate does not hold: ${report.checks.find((check) => !check.holds)?.text ?? ''}`
      : `It builds on aggregate ${toHex(basis)}; beside it lies that of round ${claims.roundNumber}, ${claims.aggregate}.`
  return [{ id: 'basis', holds, text, ...(holds ? {} : { code: 'BASIS_DIFFERS' }) }]
}

/** Where the certificate is of another charter than the trusted one: the successions between them, either way. */
async function successionCheck(
  path: string,
  options: VerifyOptions,
  trusted: Digest,
  { signedCharter: { digest } }: CertificateFile,
): Promise<Check | null> {
  if (equalBytes(trusted, digest)) return null
  // A certificate that is named itself has no node's folder around it.
  const folder = options.successions ?? ((await isFolder(path)) ? successionsFolder(path) : null)
  if (folder === null) return null
  // §11.7 From the charter that one knows to the certificate's, or back.
  const forward = await successionChain(folder, trusted, digest)
  const chain = forward ?? (await successionChain(folder, digest, trusted))
  if (chain === null) return null
  const steps = chain.map(({ old, next, finalizes }) => {
    const q = old.charter.q
    return `epoch ${old.charter.epoch} to ${next.charter.epoch}, decided by ${finalizes.length} of ${old.charter.members.length} members (a quorum is ${q})`
  })
  const way = forward === null ? 'leads to' : 'follows from'
  const text = `Its charter ${way} the one that was named, ${toHex(trusted)}: ${steps.join('; ')}.`
  return { id: 'succession', holds: true, text }
}

/** What the caller named, or the charter that a node's folder was run with. */
async function trustedDigest(path: string, options: VerifyOptions): Promise<Digest | undefined> {
  if (options.charterDigest !== undefined) return options.charterDigest
  const own = join(path, 'charter.json')
  const file = options.charter ?? ((await hasFile(own)) ? own : undefined)
  if (file === undefined) return undefined
  return parseCharterFile(await readText(file, CHARTER_FILE_SIZE_BYTES_MAX), file).digest
}

async function fileChecks(
  file: string,
  certificate: CertificateFile,
  options: VerifyOptions,
): Promise<readonly Check[]> {
  const beside = dirname(file)
  const checks: Check[] = []
  const aggregateFile = options.aggregate ?? join(beside, 'aggregate.safetensors')
  const hasAggregate = options.aggregate !== undefined || (await hasFile(aggregateFile))
  if (hasAggregate) {
    const check = await aggregateCheck(aggregateFile, certificate)
    checks.push(check)
    const adapter = join(beside, 'adapter')
    const isBasisHere = basisOf(certificate) === null || (await hasFile(certificateBelow(file, certificate)))
    // A round's folder on its own cannot show what its adapter adds up from.
    if (check.holds && isBasisHere && (await hasFile(adapter)))
      checks.push(await adapterCheck({ adapter, aggregateFile, file }, certificate))
  }
  if (options.updates !== undefined) {
    const folder = options.updates === true ? updatesBeside(beside, certificate) : options.updates
    checks.push(...(await recompute(folder, certificate, options)))
  }
  return checks
}

/** All cuts of a round share its updates. */
export function updatesBeside(folder: string, { certificate: { cut } }: CertificateFile): string {
  return join(cut === 0 ? folder : dirname(folder), 'updates')
}

async function aggregateCheck(file: string, { certificate }: CertificateFile): Promise<Check> {
  const found = await fileDigest(file)
  const holds = equalBytes(found, certificate.aggregate)
  const text = holds
    ? `${basename(file)} is the attested aggregate.`
    : `${basename(file)} has SHA-256 ${toHex(found)}; attested is ${toHex(certificate.aggregate)}.`
  return { id: 'aggregate', holds, text, ...(holds ? {} : { code: 'AGGREGATE_DIFFERS' }) }
}

const ADAPTER_FILES = ['adapter_config.json', 'adapter_model.safetensors'] as const

/** Exports the adapter again and compares. */
async function adapterCheck(
  {
    adapter,
    aggregateFile: aggregatePath,
    file,
  }: { readonly adapter: string; readonly aggregateFile: string; readonly file: string },
  certificate: CertificateFile,
): Promise<Check> {
  return withTemporaryFolder(async (folder) => {
    const basis = await basisAggregates(file, certificate)
    await exportResult({
      folder,
      format: 'adapter',
      aggregatePath,
      basis,
      certificatePath: join(folder, CERTIFICATE_NAME),
      certificate,
      report: null,
      baseModel: null,
    })
    for (const name of ADAPTER_FILES) {
      const found = (await hasFile(join(adapter, name))) ? await fileDigest(join(adapter, name)) : null
      if (found !== null && equalBytes(found, await fileDigest(join(folder, name)))) continue
      const text = `adapter/${name} is not what the aggregate gives.`
      return { id: 'adapter', holds: false, text, code: 'ADAPTER_DIFFERS' }
    }
    return { id: 'adapter', holds: true, text: 'adapter/ is exactly the aggregate as a PEFT folder.' }
  })
}

async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder(join(tmpdir(), 'oneround-verify-'))
  try {
    return await work(folder)
  } finally {
    await removeFolder(folder)
  }
}

/** Every decided update, then the aggregate from them. */
async function recompute(
  folder: string,
  file: CertificateFile,
  options: VerifyOptions,
): Promise<readonly Check[]> {
  const { charter } = file.signedCharter
  const checks: Check[] = []
  const inputs: AggregateInput[] = []
  for (const header of decidedHeaders(file.certificate)) {
    const { member } = header
    const name = charter.members[member]?.name ?? ''
    const path = join(folder, `${toHex(header.update)}.safetensors`)
    const reason = await checkDecidedUpdate(path, header, charter)
    if (reason === null) {
      const text = `The update of ${name} is, byte for byte, the one that was decided on.`
      checks.push({ id: 'updates', holds: true, text })
      inputs.push({ member, path, claim: claimOf(header, file) })
    } else {
      checks.push({
        id: 'updates',
        holds: false,
        text: `The update of ${name}: ${reason}.`,
        code: 'UPDATE_DIFFERS',
      })
    }
  }
  if (checks.some(({ holds }) => !holds)) return checks
  return [...checks, await recomputedCheck(inputs, file, options)]
}

/** What the charter weighs a member by. */
export function claimOf(header: Header, { signedCharter }: CertificateFile): number {
  return weightClaim(signedCharter.charter, header)
}

async function recomputedCheck(
  inputs: readonly AggregateInput[],
  { signedCharter, certificate }: CertificateFile,
  options: VerifyOptions,
): Promise<Check> {
  const { layout, aggregation } = signedCharter.charter
  return withTemporaryFolder(async (folder) => {
    const outputPath = join(folder, 'aggregate.safetensors')
    try {
      const { round, cut, decision } = certificate
      const { late = [] } = decision
      const seed = await readRoundSeed({ round, cut, updates: inputs, late })
      const outcome = await aggregate({ layout, aggregation, inputs, outputPath, seed }, options)
      const isSameRule =
        outcome.rule.id === certificate.rule.id && outcome.rule.version === certificate.rule.version
      const holds = isSameRule && equalBytes(outcome.digest, certificate.aggregate)
      const text = holds
        ? `Computed again from the ${inputs.length} updates by ${outcome.rule.id}, the aggregate is the attested one, byte for byte.`
        : `Computed again by ${outcome.rule.id}, the aggregate is ${toHex(outcome.digest)}; attested is ${toHex(certificate.aggregate)}.`
      return { id: 'recomputed', holds, text, ...(holds ? {} : { code: 'AGGREGATE_DIFFERS' }) }
    } catch (error) {
      // The rule refuses these inputs: then they did not give the aggregate. Faults of this machine are thrown.
      if (!isRoundError(error) || !REFUSALS.has(error.code)) throw error
      return {
        id: 'recomputed',
        holds: false,
        text: `The rule refuses the updates: ${error.message}.`,
        code: error.code,
      }
    }
  })
}

const REFUSALS: ReadonlySet<string> = new Set([
  'RULE_PRECONDITION',
  'WEIGHTS_UNCAPPABLE',
  'INPUT_MISMATCH',
  'INPUT_NOT_FINITE',
])
