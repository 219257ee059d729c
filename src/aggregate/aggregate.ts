/**
 * Agreed updates → the aggregate, and one update → admitted or not: the stage's two questions, put to the kernel process.
 * Inputs are put in roster order here, so the order in which they arrived is forgotten before any arithmetic.
 */
import type { ChosenRule, NamedRule } from '../charter/rule-book.ts'
import type { Charter, Layout } from '../charter/schema.ts'
import { fromHex, toHex } from '../core/bytes.ts'
import { assert } from '../core/errors.ts'
import { asDigest, type Digest } from '../core/ids.ts'
import { inRosterOrder, type MemberIndex } from '../core/order.ts'
import type { OnProgress } from '../core/ports.ts'
import { removeFile } from '../files/index.ts'
import { jobModules } from './dense-parts.ts'
import { locateFactors } from './inputs.ts'
import { aggregateError } from './errors.ts'
import type { AdmissionAnswer, FactorPlaces, JobInput, UniformFigures } from './job.ts'
import { type KernelClient, openKernelClient } from './kernel-client.ts'
import { keptShareOf, recompress } from './recompress.ts'
import { type AggregateMember, describeMembers } from './report.ts'
import { firstValidRule, usesFisher } from './rule-book.ts'
import { isSeeded, resolveRule, ruleText } from './rule-choice.ts'
import { type CappedWeights, capWeights } from './weights.ts'

export interface AggregateInput {
  readonly member: MemberIndex
  /** Canonical update file. */
  readonly path: string
  /** The member's weight in the charter, or its claimed sample count: a whole number. Unused when weights are uniform. */
  readonly claim: number
}

export interface AggregateRequest {
  readonly layout: Layout
  readonly aggregation: Charter['aggregation']
  readonly inputs: readonly AggregateInput[]
  readonly outputPath: string
  /** What rules that draw lots draw from: seed.ts makes a round's. */
  readonly seed?: Digest
}

export interface AggregateOutcome {
  /** SHA-256 of the canonical file: what members attest. */
  readonly digest: Digest
  readonly sizeBytes: number
  readonly rule: NamedRule
  /** The rule with its steps and parameters in force, as in the file's header. */
  readonly ruleText: string
  readonly form: 'stacked' | 'dense'
  readonly members: readonly AggregateMember[]
  /** ‖result‖ over all modules. */
  readonly norm: number
  /** The cap on claimed weights, where it bites. */
  readonly weightCap: number | null
  /** What equal weights would have given; null where they are equal or the rule knows none. */
  readonly uniform: UniformFigures | null
  /** Figures of the rule's own, such as the length of the last step. */
  readonly notes: Readonly<Record<string, number>>
  /** Where the charter asks for a rank: how much of ‖ΔW‖² the result keeps, 0 to 1. */
  readonly recompression: { readonly rank: number; readonly keptShare: number } | null
}

export interface AggregateOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: OnProgress
  /** A running kernel process; by default one is started and stopped. */
  readonly kernel?: KernelClient
  /** Threads of a coordinate rule; changes how long it takes, and not a bit of the result. */
  readonly workers?: number
}

/**
 * Runs the charter's first rule that holds for the number of inputs.
 * @throws RULE_PRECONDITION | WEIGHTS_UNCAPPABLE | INPUT_MISMATCH | INPUT_NOT_FINITE — the inputs'
 * @throws KERNEL_MISMATCH | KERNEL_ARITHMETIC | KERNEL_LOST | KERNEL_MEMORY | NO_SPACE — this machine's
 */
export async function aggregate(
  request: AggregateRequest,
  options: AggregateOptions = {},
): Promise<AggregateOutcome> {
  const { layout, aggregation, outputPath } = request
  const inputs = inRosterOrder(request.inputs)
  const choice = firstValidRule(aggregation.rules, inputs.length, aggregation.b)
  const rule = resolveRule(choice)
  const seed = request.seed === undefined ? null : toHex(request.seed)
  if (isSeeded(rule) && seed === null) throw seedMissing(choice)
  if (usesFisher(choice) && layout.fisher === undefined) throw diagonalsMissing(choice.id, null)
  const located: (readonly FactorPlaces[])[] = []
  for (const { path } of inputs) located.push(await locateFactors(path, layout))
  const { weights, cap } = claimsOf(inputs, located, aggregation)
  const jobInputs = inputs.map(({ path }, index): JobInput => {
    return { path, claim: weights[index] ?? 1, factors: located[index] ?? [] }
  })
  const { resultRank } = aggregation
  // The whole result is a step on the way to one of a given rank, and stays beside it only meanwhile.
  const wholePath = resultRank === undefined ? outputPath : `${outputPath}.whole`
  const { figures, shrunk } = await withKernel(options, async (kernel) => {
    const figures = await kernel.aggregate(
      {
        kind: 'aggregate',
        kernelDigest: toHex(aggregation.kernelDigest),
        rule: choice,
        b: aggregation.b,
        seed,
        claims: aggregation.weights === 'inverse-norm' ? 'inverse-norm' : 'given',
        lambda: aggregation.lambda,
        modules: jobModules(layout),
        ...(layout.sharedA === undefined ? {} : { sharedA: true }),
        inputs: jobInputs,
        outputPath: wholePath,
        ...(options.workers === undefined ? {} : { workers: options.workers }),
      },
      clientOptions(options),
    )
    if (resultRank === undefined) return { figures, shrunk: null }
    try {
      const { kernelDigest } = aggregation
      const request = { path: wholePath, rank: resultRank, kernelDigest, outputPath }
      const shrunk = await recompress(request, kernel, clientOptions(options))
      return { figures, shrunk }
    } finally {
      await removeFile(wholePath)
    }
  })
  const digest = fromHex((shrunk ?? figures).digest)
  assert(digest !== null, 'the kernel process answers in hex')
  return {
    digest: asDigest(digest),
    sizeBytes: (shrunk ?? figures).sizeBytes,
    rule: { id: choice.id, version: choice.version },
    ruleText: ruleText(rule),
    form: isStacked(rule.facts.family, layout) || shrunk !== null ? 'stacked' : 'dense',
    members: describeMembers(
      inputs.map(({ member }) => member),
      figures.inputs,
    ),
    norm: figures.norm,
    weightCap: figures.weightCap ?? cap,
    recompression:
      shrunk === null || resultRank === undefined
        ? null
        : { rank: resultRank, keptShare: keptShareOf(shrunk) },
    uniform: figures.uniform,
    notes: figures.notes,
  }
}

/** Whether the result is factors: of combination rules, and where all updates share A. */
const isStacked = (family: 'combination' | 'coordinate', { sharedA }: Layout): boolean =>
  family === 'combination' || sharedA !== undefined

/** What each update counts for, as whole numbers; norms are known to the kernel only, so those come from there. */
function claimsOf(
  inputs: readonly AggregateInput[],
  located: readonly (readonly FactorPlaces[])[],
  { weights, b, samplesRange }: Charter['aggregation'],
): CappedWeights {
  switch (weights) {
    case 'uniform':
    case 'inverse-norm':
      return { weights: inputs.map(() => 1), cap: null }
    case 'charter':
    case 'samples':
      return capWeights(
        inputs.map(({ claim }) => claim),
        b,
        samplesRange,
      )
    case 'fisher':
      return capWeights(
        inputs.map(({ claim }) => Math.max(1, claim)),
        b,
        [1, FISHER_CLAIM_MAX],
      )
    case 'rank':
      return capWeights(located.map(totalRank), b, [1, Number.MAX_SAFE_INTEGER])
  }
}

/** As headers bound it (src/agree/messages.ts). */
const FISHER_CLAIM_MAX = 2 ** 40

/** A member chooses its own ranks, so this is a claim like any other. Dense parts have none. */
export const totalRank = (factors: readonly FactorPlaces[]): number =>
  factors.reduce((sum, { rank, b }) => sum + (b === null ? 0 : rank), 0)

/** @param file — that has none; null where the layout asks for none */
export const diagonalsMissing = (rule: string, file: string | null) =>
  aggregateError(
    { code: 'FISHER_MISSING', rule, file },
    `rule ${rule} weighs by Fisher diagonals, and ${file ?? 'the layout'} has none`,
    {
      hint: 'Train with --fisher, which writes fisher.safetensors beside the adapter, or choose another rule.',
    },
  )

const seedMissing = ({ id }: ChosenRule) =>
  aggregateError(
    { code: 'SEED_MISSING', rule: id },
    `rule ${id} draws lots, but there is no seed to draw them from`,
    { hint: 'A round has one; offline, give any 32 bytes.' },
  )

export interface AdmissionRequest {
  /** Update file whose header is canonical already (src/update/check-file.ts). */
  readonly path: string
  readonly charter: Pick<Charter, 'layout' | 'limits' | 'aggregation'>
}

/**
 * Whether an update's values are finite and within the charter's bounds: the arithmetic half of admission.
 * @throws INPUT_MISMATCH for a file whose header was not checked first, and faults of this machine
 */
export async function admitUpdate(
  { path, charter }: AdmissionRequest,
  options: AggregateOptions = {},
): Promise<AdmissionAnswer> {
  const { layout, limits, aggregation } = charter
  const factors = await locateFactors(path, layout)
  return withKernel(options, (kernel) =>
    kernel.admit(
      {
        kind: 'admit',
        kernelDigest: toHex(aggregation.kernelDigest),
        modules: jobModules(layout),
        input: { path, claim: 1, factors },
        limits: { entry: limits.entry, moduleNorm: limits.moduleNorm, updateNorm: limits.updateNorm },
      },
      clientOptions(options),
    ),
  )
}

async function withKernel<T>(
  options: AggregateOptions,
  work: (kernel: KernelClient) => Promise<T>,
): Promise<T> {
  if (options.kernel !== undefined) return work(options.kernel)
  const kernel = openKernelClient()
  try {
    return await work(kernel)
  } finally {
    await kernel.stop()
  }
}

function clientOptions({ signal, onProgress }: AggregateOptions): {
  signal?: AbortSignal
  onStep?: (done: number, total: number) => void
} {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined
      ? {}
      : { onStep: (done: number, total: number) => onProgress({ unit: 'module', done, total }) }),
  }
}
