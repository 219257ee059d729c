/**
 * The result of a round in the form that is wanted: reads the aggregate and its certificate, writes a folder with a model
 * card. What members attest is the aggregate; every form is derived from it, and the same form is always the same bytes.
 */
import * as v from 'valibot'
import { dirname, relative } from 'node:path'
import { resolveRule, ruleText } from '../aggregate/rule-choice.ts'
import { toHex } from '../core/bytes.ts'
import { AssertionError } from '../core/errors.ts'
import { toNumber } from '../core/rational.ts'
import { listFiles } from '../files/index.ts'
import { findOnnxFile } from '../model/open-model.ts'
import { taskTypeOf } from '../model/task-type.ts'
import { type AggregateFile, openAggregateFile } from './aggregate-file.ts'
import type { CertificateFile } from './certificate-file.ts'
import { exportAdapter } from './export-adapter.ts'
import { exportDelta } from './export-delta.ts'
import { exportMerged } from './export-merged.ts'
import { exportMergedOnnx } from './export-merged-onnx.ts'
import { type MergedUpdate, sumOf, withKernels } from './merged-module.ts'
import { type CardFacts, type CardMember, modelCard } from './model-card.ts'
import { claimsOf } from './verify.ts'

export const EXPORT_FORMATS = ['adapter', 'delta', 'merged'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface UpdateExport {
  readonly folder: string
  readonly format: ExportFormat
  /** Folder or hub name of the base model, for the card; the folder is needed for `merged`. */
  readonly baseModel: string | null
  /** Where the base model lies, if the card shall not say it: for parameters that were trained whole. */
  readonly baseFolder?: string | null
  readonly card: Omit<CardFacts, 'format' | 'baseModel'>
}

/** A merged update of any origin as a folder. @throws NO_SPACE, and for `merged` what reading the base throws */
export async function exportUpdate(update: MergedUpdate, options: UpdateExport): Promise<void> {
  const { folder, format, baseModel } = options
  const card = modelCard({ ...options.card, format, baseModel })
  switch (format) {
    case 'adapter': {
      const baseFolder = options.baseFolder ?? baseModel
      const names = update.dense.map(({ name }) => name)
      const taskType = await taskTypeOf(baseFolder, names)
      return exportAdapter(folder, update, { card, baseModel, baseFolder, taskType })
    }
    case 'delta':
      return exportDelta(folder, update, card)
    case 'merged':
      if (baseModel === null) throw new AssertionError('merging needs the base model')
      return exportIntoBase(folder, update, { baseModel, card })
  }
}

/** Into a folder's safetensors, and into the ONNX file that the path names or the folder holds: into both where both are there. */
async function exportIntoBase(
  folder: string,
  update: MergedUpdate,
  base: { readonly baseModel: string; readonly card: string },
): Promise<void> {
  const file = await findOnnxFile(base.baseModel)
  if ((await graphOfBase(base.baseModel)) === null) await exportMerged(folder, update, base)
  if (file !== null) await exportMergedOnnx(folder, update, { file, card: base.card })
}

/** The ONNX file that alone is the base: the one that the path names, or a folder's that holds no safetensors; else null. */
export async function graphOfBase(base: string): Promise<string | null> {
  const names = base.endsWith('.onnx') ? [] : await listFiles(base)
  return names.some((name) => name.endsWith('.safetensors')) ? null : findOnnxFile(base)
}

/** What a report must say for a card; a node's report says more (src/node/describe-use.ts). */
const reportSchema = v.looseObject({
  members: v.array(v.looseObject({ name: v.string(), weight: v.nullable(v.number()), norm: v.number() })),
  leftOut: v.array(v.looseObject({ member: v.string(), by: v.string(), reason: v.string() })),
  recompression: v.optional(v.nullable(v.object({ rank: v.number(), keptShare: v.number() }))),
})

export interface ResultExport {
  readonly folder: string
  readonly format: ExportFormat
  readonly aggregatePath: string
  /** Aggregates of the rounds that this one builds on: what is written is the change from the base model, all of them summed. */
  readonly basis?: readonly string[]
  readonly certificatePath: string
  readonly certificate: CertificateFile
  /** `report.json` of the round; null when it is lost: the card then has no figures. */
  readonly report: unknown
  readonly baseModel: string | null
  readonly evaluation?: CardFacts['evaluation']
  /** Where `aggregatePath` is a recompression of what members attest. */
  readonly recompression?: CardFacts['recompression']
}

/** @throws FILE_MISSING | AGGREGATE_INVALID | NO_SPACE, and for `merged` what reading the base throws */
export async function exportResult(options: ResultExport): Promise<void> {
  const opened: AggregateFile[] = []
  try {
    for (const path of [...(options.basis ?? []), options.aggregatePath])
      opened.push(await openAggregateFile(path))
    const { folder, format, baseModel } = options
    const { layout } = options.certificate.signedCharter.charter
    const update = withKernels(sumOf(opened), layout.modules)
    await exportUpdate(update, { folder, format, baseModel, card: cardOf(options) })
  } finally {
    for (const file of opened) await file.close()
  }
}

/** The attested rule with the steps and parameters that the charter gives it. */
function ruleOf({ signedCharter, certificate: { rule } }: CertificateFile): string {
  const { rules } = signedCharter.charter.aggregation
  const chosen = rules.find(({ id, version }) => id === rule.id && version === rule.version)
  return ruleText(resolveRule(chosen ?? rule))
}

function cardOf({
  certificate,
  report,
  certificatePath,
  folder,
  evaluation,
  recompression,
}: ResultExport): UpdateExport['card'] {
  const { charter } = certificate.signedCharter
  const claims = claimsOf(certificate)
  return {
    baseFiles: charter.baseModel.map(({ name, sha256 }) => ({ name, sha256: toHex(sha256) })),
    rule: ruleOf(certificate),
    lambda: toNumber(charter.aggregation.lambda),
    aggregate: claims.aggregate,
    members: cardMembers(claims, report),
    round: {
      charter: claims.charter,
      roundNumber: claims.roundNumber,
      // The folder may be moved with what is around it.
      certificate: dirname(certificatePath) === folder ? certificatePath : relative(folder, certificatePath),
    },
    evaluation: evaluation ?? null,
    recompression: recompression ?? recompressionOf(report),
  }
}

/** Where the charter asked for a rank, what the members attest is recompressed already. */
function recompressionOf(report: unknown): Required<CardFacts>['recompression'] {
  const checked = v.safeParse(reportSchema, report)
  const found = checked.success ? checked.output.recompression : null
  return found ? { ...found, isAttested: true } : null
}

function cardMembers(
  { members, received, excluded }: ReturnType<typeof claimsOf>,
  report: unknown,
): readonly CardMember[] {
  const checked = v.safeParse(reportSchema, report)
  const figures = checked.success ? checked.output : { members: [], leftOut: [] }
  return members.map((name) => {
    if (excluded.includes(name)) {
      const leftOut = 'excluded by evidence: signed two statements where one is allowed'
      return { name, weight: null, norm: null, leftOut }
    }
    if (!received.includes(name))
      return { name, weight: null, norm: null, leftOut: 'no update was decided on' }
    const own = figures.members.find((each) => each.name === name)
    const left = figures.leftOut.find((each) => each.member === name)
    return {
      name,
      weight: own?.weight ?? null,
      norm: own?.norm ?? null,
      leftOut: left === undefined ? null : `left out by ${left.by}: ${left.reason}`,
    }
  })
}
