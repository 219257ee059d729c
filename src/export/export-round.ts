/**
 * `export` of a finished round: the aggregate of a certificate, in the form that is wanted. The aggregate must be the
 * attested one; whether the certificate proves anything is for `verify` to say.
 */
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { equalBytes, toHex } from '../core/bytes.ts'
import { messageOf, RoundError } from '../core/errors.ts'
import { kernelDigest, keptShareOf, openKernelClient, recompress } from '../aggregate/index.ts'
import { ensureFolder, fileDigest, hasFile, readText, removeFile } from '../files/index.ts'
import { checkBaseModel } from '../model/base-digest.ts'
import {
  CERTIFICATE_FILE_SIZE_BYTES_MAX,
  type CertificateFile,
  parseCertificateFile,
} from './certificate-file.ts'
import { basisAggregates } from './basis.ts'
import { type ExportFormat, exportResult, type ResultExport } from './export-result.ts'
import { locateCertificate } from './locate-certificate.ts'
import type { CardFacts } from './model-card.ts'
import { type CertificateClaims, claimsOf } from './verify.ts'

export interface RoundExportOptions {
  /** The folder to write. */
  readonly folder: string
  readonly format: ExportFormat
  /** Which round of a node's folder; by default the last with a certificate. */
  readonly round?: number
  /** Which cut of the round; by default the last with a certificate. */
  readonly cut?: number
  /** Folder of the base model. Needed for `merged`; it must be the charter's. */
  readonly baseModel?: string
  /** Recompresses the result to this rank: derived from the aggregate, not what members attest. */
  readonly rank?: number
  /** What `evaluate --json` printed: goes into the model card. */
  readonly evaluation?: string
}

export type RoundExportFault =
  | {
      readonly code: 'AGGREGATE_DIFFERS'
      readonly file: string
      readonly expected: string
      readonly found: string
    }
  | { readonly code: 'RANK_OF_SUM'; readonly round: number }
  | { readonly code: 'NO_ADAPTER_IN_ROUND'; readonly file: string }
  | { readonly code: 'BASE_MODEL_NEEDED' }
  | { readonly code: 'EVALUATION_INVALID'; readonly file: string }

const SMALL_FILE_SIZE_BYTES_MAX = 16 << 20

/**
 * @param path — a certificate, the folder of a round, or a node's folder
 * @throws CERTIFICATE_MISSING | CERTIFICATE_MALFORMED | AGGREGATE_DIFFERS | BASIS_MISSING |
 *   BASIS_DIFFERS | RANK_OF_SUM | BASE_MODEL_MISMATCH | BASE_MODEL_NEEDED |
 *   EVALUATION_INVALID | NO_SPACE
 */
export async function exportRound(path: string, options: RoundExportOptions): Promise<CertificateClaims> {
  const { baseModel, format } = options
  if (format === 'merged' && baseModel === undefined) {
    throw new RoundError<RoundExportFault>(
      { code: 'BASE_MODEL_NEEDED' },
      'a merged model needs the base model',
      {
        hint: 'Name its folder with --model.',
      },
    )
  }
  const certificatePath = await locateCertificate(path, options)
  const text = await readText(certificatePath, CERTIFICATE_FILE_SIZE_BYTES_MAX)
  const certificate = parseCertificateFile(text, certificatePath)
  const aggregatePath = join(dirname(certificatePath), 'aggregate.safetensors')
  await checkAggregate(aggregatePath, certificate)
  if (baseModel !== undefined) await checkBaseModel(baseModel, certificate.signedCharter.charter.baseModel)
  const basis = await basisAggregates(certificatePath, certificate)
  if (basis.length > 0 && options.rank !== undefined) throw rankOfSum(certificate.roundNumber)
  const exported = {
    basis,
    folder: options.folder,
    format,
    certificatePath,
    certificate,
    report: await readReport(join(dirname(certificatePath), 'report.json')),
    baseModel: baseModel ?? null,
    evaluation: options.evaluation === undefined ? null : await readEvaluation(options.evaluation),
  }
  if (format === 'adapter' && certificate.signedCharter.charter.layout.modules.length === 0)
    throw noAdapter(path)
  if (options.rank === undefined) await exportResult({ ...exported, aggregatePath })
  else await exportRecompressed({ ...exported, aggregatePath }, options.rank)
  return claimsOf(certificate)
}

function noAdapter(file: string): RoundError<RoundExportFault> {
  return new RoundError<RoundExportFault>(
    { code: 'NO_ADAPTER_IN_ROUND', file },
    `${file}: the whole model was trained in this round, and no adapter can hold that`,
    { hint: 'Ask for --format merged with --model <base>, or for --format delta.' },
  )
}

function rankOfSum(round: number): RoundError<RoundExportFault> {
  return new RoundError<RoundExportFault>(
    { code: 'RANK_OF_SUM', round },
    `--rank: round ${round} builds on earlier rounds, and only the result of a single round is recompressed`,
    {
      hint: 'Leave --rank out: the exact adapter has the ranks of all rounds. Or let the charter say --result-rank.',
    },
  )
}

async function exportRecompressed(result: ResultExport, rank: number): Promise<void> {
  const outputPath = join(result.folder, '.recompressed.safetensors')
  await ensureFolder(result.folder)
  const kernel = openKernelClient()
  try {
    const request = { path: result.aggregatePath, rank, kernelDigest: await kernelDigest(), outputPath }
    const keptShare = keptShareOf(await recompress(request, kernel))
    await exportResult({
      ...result,
      aggregatePath: outputPath,
      recompression: { rank, keptShare, isAttested: false },
    })
  } finally {
    await kernel.stop()
    await removeFile(outputPath)
  }
}

async function checkAggregate(file: string, { certificate }: CertificateFile): Promise<void> {
  const digest = await fileDigest(file)
  if (equalBytes(digest, certificate.aggregate)) return
  const [expected, found] = [toHex(certificate.aggregate), toHex(digest)]
  throw new RoundError<RoundExportFault>(
    { code: 'AGGREGATE_DIFFERS', file, expected, found },
    `${file}: SHA-256 ${found}, but members attest ${expected}`,
    { hint: 'The disk changed it, or it is another round’s. Compute it again: oneround verify --recompute.' },
  )
}

/** The rule's report is for the card only: a round without one is exported all the same. */
async function readReport(file: string): Promise<unknown> {
  if (!(await hasFile(file))) return null
  try {
    return JSON.parse(await readText(file, SMALL_FILE_SIZE_BYTES_MAX))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const evaluationSchema = v.looseObject({
  schema: v.literal('oneround/evaluation@1'),
  results: v.array(v.looseObject({ name: v.string(), loss: v.number() })),
})

async function readEvaluation(file: string): Promise<CardFacts['evaluation']> {
  const bad = (reason: string): RoundError<RoundExportFault> =>
    new RoundError<RoundExportFault>({ code: 'EVALUATION_INVALID', file }, `${file}: ${reason}`, {
      hint: 'Name a file with what `oneround evaluate --json` printed.',
    })
  const text = await readText(file, SMALL_FILE_SIZE_BYTES_MAX)
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw bad(`no JSON (${messageOf(error)})`)
  }
  const checked = v.safeParse(evaluationSchema, value, { abortEarly: true })
  if (!checked.success) throw bad(`${v.getDotPath(checked.issues[0]) ?? ''}: ${checked.issues[0].message}`)
  return checked.output.results.map(({ name, loss }) => ({ name, loss }))
}
