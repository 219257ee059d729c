/**
 * Adapters from anywhere, merged offline by any rule: the aggregation alone, without members, network or certificate.
 *
 * In: PEFT folders of any ranks and scales over the same modules. Out: a PEFT folder, ΔW, or the base model with ΔW in
 * it. The same kernel, rules and files as in a round; only the weights are the caller's own and not capped.
 */
import { join } from 'node:path'
import {
  describeMembers,
  type AggregateMember,
  type KernelClient,
  kernelDigest,
  keptShareOf,
  openKernelClient,
  recompress,
  RULES,
  type UniformFigures,
} from '../aggregate/index.ts'
import type { ChosenRule } from '../charter/rule-book.ts'
import { diagonalsMissing, totalRank } from '../aggregate/aggregate.ts'
import { checkPrecondition, usesFisher } from '../aggregate/rule-book.ts'
import { parseRuleChoice, resolveRule, ruleText } from '../aggregate/rule-choice.ts'
import { capWeights } from '../aggregate/weights.ts'
import type { AggregateJob, JobInput } from '../aggregate/job.ts'
import { toHex, utf8 } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'
import { sha256 } from '../core/hash.ts'
import type { OnProgress } from '../core/ports.ts'
import { parseRational, toNumber } from '../core/rational.ts'
import { ensureFolder, folderDigest, removeFile } from '../files/index.ts'
import { digestOnnxBase } from '../model/base-digest.ts'
import { locateDiagonalFile } from '../model/diagonal-file.ts'
import { openModel } from '../model/open-model.ts'
import { type AdapterFile, locateAdapter } from '../model/peft.ts'
import type { StoredTensors } from '../model/weights.ts'
import { openAggregateFile } from './aggregate-file.ts'
import { withKernels } from './merged-module.ts'
import { EXPORT_FORMATS, type ExportFormat, exportUpdate, graphOfBase } from './export-result.ts'
import {
  checkSharedA,
  commonModules,
  inputOf,
  joinedPath,
  type MergeInputFault,
  writeJoined,
} from './merge-inputs.ts'
import type { CardFacts } from './model-card.ts'

export { EXPORT_FORMATS }

/** What weights can be taken from, offline. */
export const WEIGHT_SOURCES = ['inverse-norm', 'rank'] as const
export type WeightSource = (typeof WEIGHT_SOURCES)[number]

export interface MergeOptions {
  /** Threads of a coordinate rule, 1 to 64; default: what the job is worth, at most 4. The result is the same. */
  readonly workers?: number
  /** PEFT folders, at least one. Their order is the roster: it decides ties. */
  readonly adapters: readonly string[]
  /** Id, with steps before it and parameters: `nnm+multi-krum`, `ties:density=0.3`. */
  readonly rule: string
  /** b: how many poisoned adapters the rule must bear. Default 0. */
  readonly b?: number
  /** One positive number for each adapter, or what to take them from (capped then); default all 1. Used by weighted rules. */
  readonly weights?: readonly number[] | WeightSource
  /** Any text: what rules that draw lots draw from. Default `oneround`. */
  readonly seed?: string
  /** λ, a decimal: multiplies the result. Default 1. */
  readonly lambda?: string
  readonly out: string
  readonly format?: ExportFormat
  /** All adapters have one A, which is checked: the rule works on B, and the result has their rank. */
  readonly sharedA?: boolean
  /** Recompresses the result to this rank. */
  readonly rank?: number
  /** Hugging Face folder of the base model: for `merged`, and for adapters with parameters trained whole. */
  readonly baseModel?: string
}

export interface MergeMember extends Omit<AggregateMember, 'member'> {
  readonly adapter: string
}

export interface MergeResult {
  readonly rule: { readonly id: string; readonly version: number }
  /** The rule with its steps and parameters in force. */
  readonly ruleText: string
  readonly b: number
  readonly format: ExportFormat
  readonly out: string
  readonly members: readonly MergeMember[]
  /** ‖ΔW‖ of the result. */
  readonly norm: number
  /** The cap on weights taken from norms or ranks, where it bites. */
  readonly weightCap: number | null
  /** What equal weights would have given. */
  readonly uniform: UniformFigures | null
  /** Figures of the rule's own. */
  readonly notes: Readonly<Record<string, number>>
  /** SHA-256 of the aggregate, hex: equal inputs in equal order give equal digests on every machine. */
  readonly digest: string
  /** Where a rank was asked for: how much of ‖ΔW‖² it keeps, 0 to 1. */
  readonly recompression: { readonly rank: number; readonly keptShare: number } | null
}

/** What was merged and with what, while it is still there. */
export interface MergeMaterial {
  readonly job: AggregateJob
  readonly kernel: KernelClient
  readonly result: MergeResult
  /** The aggregate's file. */
  readonly aggregatePath: string
}

export interface MergeRunning {
  readonly signal?: AbortSignal
  readonly onProgress?: OnProgress
  /** For reports: called at the end, before the aggregate's file is removed. */
  readonly inspect?: (material: MergeMaterial) => Promise<void>
}

export type MergeFault =
  | { readonly code: 'MERGE_OPTION'; readonly option: string; readonly reason: string }
  | MergeInputFault

/**
 * @throws MERGE_OPTION | ADAPTERS_DIFFER | RULE_UNKNOWN | RULE_PRECONDITION | INPUT_NOT_FINITE, what reading adapters throws,
 * and faults of this machine
 */
export async function merge(
  options: MergeOptions,
  { signal, onProgress, inspect }: MergeRunning = {},
): Promise<MergeResult> {
  const { out, format = 'adapter', b = 0, lambda = '1', rank } = options
  const rule = parseRuleChoice(options.rule)
  checkOptions(options)
  checkWeights(options, rule)
  checkPrecondition(rule, options.adapters.length, b)
  const files: AdapterFile[] = []
  for (const folder of options.adapters) files.push(await locateAdapter(folder))
  const modules = commonModules(files)
  if (options.sharedA === true) await checkSharedA(files)
  await ensureFolder(out)
  const claims = claimsOf(files, options, b)
  const outputPath = join(out, '.aggregate.safetensors')
  const shrunkPath = join(out, '.recompressed.safetensors')
  const kernel = openKernelClient()
  try {
    const inputs = await inputsOf(files, claims.weights, options)
    const job: AggregateJob = {
      kind: 'aggregate',
      kernelDigest: toHex(await kernelDigest()),
      rule,
      b,
      seed: toHex(sha256(utf8(options.seed ?? 'oneround'))),
      claims: options.weights === 'inverse-norm' ? 'inverse-norm' : 'given',
      lambda: parseRational(lambda, '--lambda'),
      modules,
      inputs,
      ...(options.sharedA === true ? { sharedA: true } : {}),
      outputPath,
      ...(options.workers === undefined ? {} : { workers: options.workers }),
    }
    const figures = await kernel.aggregate(job, {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined
        ? {}
        : { onStep: (done: number, total: number) => onProgress({ unit: 'module', done, total }) }),
    })
    const members = describeMembers([], figures.inputs).map(({ member: _place, ...rest }, index) => ({
      adapter: options.adapters[index] ?? '',
      ...rest,
    }))
    const digest = await kernelDigest()
    const shrunk =
      rank === undefined
        ? null
        : await recompress(
            { path: outputPath, rank, kernelDigest: digest, outputPath: shrunkPath },
            kernel,
            signal === undefined ? {} : { signal },
          )
    const result: MergeResult = {
      rule: { id: rule.id, version: rule.version },
      ruleText: ruleText(resolveRule(rule)),
      b,
      format,
      out,
      members,
      norm: figures.norm,
      weightCap: figures.weightCap ?? claims.cap,
      uniform: figures.uniform,
      notes: figures.notes,
      digest: (shrunk ?? figures).digest,
      recompression: shrunk === null || rank === undefined ? null : { rank, keptShare: keptShareOf(shrunk) },
    }
    const aggregatePath = shrunk === null ? outputPath : shrunkPath
    await writeResult({ path: aggregatePath, modules: files[0]?.modules ?? [] }, options, result)
    await inspect?.({ job, kernel, result, aggregatePath })
    return result
  } finally {
    await kernel.stop()
    await removeFile(outputPath)
    await removeFile(shrunkPath)
    for (const index of files.keys()) await removeFile(joinedPath(out, index))
  }
}

async function inputsOf(
  files: readonly AdapterFile[],
  claims: readonly number[],
  { rule, adapters, out, baseModel, sharedA }: MergeOptions,
): Promise<readonly JobInput[]> {
  const inputs: JobInput[] = []
  const isWeighed = usesFisher(parseRuleChoice(rule))
  for (const [index, file] of files.entries()) {
    const claim = claims[index] ?? 1
    const diagonals = isWeighed ? await diagonalsOf(adapters[index] ?? '', rule) : null
    if (file.whole.length > 0 && baseModel === undefined) throw baseNeeded(file)
    if (file.whole.length === 0 && diagonals === null) inputs.push(inputOf(file, claim))
    else {
      const base = file.whole.length === 0 ? null : (baseModel ?? null)
      const path = joinedPath(out, index)
      inputs.push(await writeJoined(file, claim, { base, diagonals, isSharedA: sharedA === true, path }))
    }
  }
  return inputs
}

/** @throws FISHER_MISSING */
async function diagonalsOf(folder: string, rule: string): Promise<StoredTensors> {
  const found = await locateDiagonalFile(folder)
  if (found === null) throw diagonalsMissing(rule, folder)
  return found
}

function baseNeeded({ path, whole }: AdapterFile): RoundError<MergeFault> {
  const reason = `${path} holds parameters trained whole, such as ${whole[0]?.name ?? ''}: their changes are combined, and those take the base model`
  return new RoundError<MergeFault>({ code: 'MERGE_OPTION', option: '--base', reason }, `--base: ${reason}`, {
    hint: 'Name the Hugging Face folder of the base model with --base.',
  })
}

function checkOptions({ adapters, weights, format, baseModel }: MergeOptions): void {
  const fail = (option: string, reason: string): never => {
    throw new RoundError<MergeFault>({ code: 'MERGE_OPTION', option, reason }, `${option}: ${reason}`)
  }
  if (adapters.length === 0) fail('adapters', 'expected at least one PEFT folder')
  if (typeof weights === 'object' && weights.length !== adapters.length) {
    fail('--weights', `expected ${adapters.length} numbers, one for each adapter, got ${weights.length}`)
  }
  if (typeof weights === 'object' && weights.some((weight) => !(weight > 0 && Number.isFinite(weight))))
    fail('--weights', 'expected positive numbers')
  if (format === 'merged' && baseModel === undefined) fail('--base', 'expected the base model to merge into')
}

/** Weights that would change nothing are a mistake of whoever gave them. */
function checkWeights({ weights }: MergeOptions, rule: ChosenRule): void {
  const { facts } = resolveRule(rule)
  if (weights === undefined || facts.usesClaims) return
  const knowing = RULES.flatMap(({ id, usesClaims }) => (usesClaims ? [id] : []))
  const reason = `${facts.id} takes none; rules that do: ${knowing.join(', ')}`
  throw new RoundError<MergeFault>(
    { code: 'MERGE_OPTION', option: '--weights', reason },
    `--weights: ${reason}`,
  )
}

/** The caller's own numbers as they are; those taken from ranks are capped, as in a round. */
function claimsOf(
  files: readonly AdapterFile[],
  { weights }: MergeOptions,
  b: number,
): { readonly weights: readonly number[]; readonly cap: number | null } {
  if (weights === 'rank') {
    const ranks = files.map((file) => totalRank(inputOf(file, 1).factors))
    return capWeights(ranks, b, [1, Number.MAX_SAFE_INTEGER])
  }
  return { weights: typeof weights === 'object' ? weights : files.map(() => 1), cap: null }
}

async function writeResult(
  aggregate: Pick<AdapterFile, 'path' | 'modules'>,
  options: MergeOptions,
  result: MergeResult,
): Promise<void> {
  const { out, baseModel, lambda = '1' } = options
  const card = {
    baseFiles: await baseFilesOf(baseModel),
    rule: result.ruleText,
    lambda: toNumber(parseRational(lambda, '--lambda')),
    aggregate: result.digest,
    members: result.members.map(({ adapter, weight, norm, leftOut }) => ({
      name: adapter,
      weight,
      norm,
      leftOut: leftOut ? `left out by ${result.rule.id}` : null,
    })),
    round: null,
    evaluation: null,
    recompression: result.recompression === null ? null : { ...result.recompression, isAttested: true },
  }
  const file = await openAggregateFile(aggregate.path)
  try {
    const update = withKernels(file, aggregate.modules)
    await exportUpdate(update, { folder: out, format: result.format, baseModel: baseModel ?? null, card })
  } finally {
    await file.close()
  }
}

async function baseFilesOf(base: string | undefined): Promise<CardFacts['baseFiles']> {
  if (base === undefined) return []
  const graph = await graphOfBase(base)
  const files =
    graph === null
      ? await folderDigest(base, (name) => /\.safetensors$|^config\.json$/.test(name))
      : await digestOnnxBase(graph, (await openModel(graph)).model)
  return files.map(({ name, sha256 }) => ({ name, sha256: toHex(sha256) }))
}
