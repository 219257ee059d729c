/**
 * Agreed updates → the aggregate, and one update → admitted or not: the stage's two questions, put to the kernel process.
 * Inputs are put in roster order here, so the order in which they arrived is forgotten before any arithmetic.
 */
import type { Charter, Layout } from '../charter/schema.ts'
import { fromHex, toHex } from '../core/bytes.ts'
import { assert } from '../core/errors.ts'
import { asDigest, type Digest } from '../core/ids.ts'
import { inRosterOrder, type MemberIndex } from '../core/order.ts'
import type { OnProgress } from '../core/ports.ts'
import type { NamedRule } from '../charter/rule-book.ts'
import { removeFile } from '../files/index.ts'
import { locateFactors } from './inputs.ts'
import type { AdmissionAnswer, InputFigures, JobInput } from './job.ts'
import { type KernelClient, openKernelClient } from './kernel-client.ts'
import { keptShareOf, recompress } from './recompress.ts'
import { firstValidRule } from './rule-book.ts'
import { capWeights } from './weights.ts'

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
}

export interface AggregateMember extends InputFigures {
  readonly member: MemberIndex
  /** Rank of the score, from 1 for the smallest; null for rules without scores. */
  readonly scoreRank: number | null
  /** Score and norm over the median of all updates: how far out this one is. */
  readonly scoreToMedian: number | null
  readonly normToMedian: number | null
}

export interface AggregateOutcome {
  /** SHA-256 of the canonical file: what members attest. */
  readonly digest: Digest
  readonly sizeBytes: number
  readonly rule: NamedRule
  readonly form: 'stacked' | 'dense'
  readonly members: readonly AggregateMember[]
  /** ‖result‖ over all modules. */
  readonly norm: number
  /** The cap on claimed weights, where it bites. */
  readonly weightCap: number | null
  /** Where the charter asks for a rank: how much of ‖ΔW‖² the result keeps, 0 to 1. */
  readonly recompression: { readonly rank: number; readonly keptShare: number } | null
}

export interface AggregateOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: OnProgress
  /** A running kernel process; by default one is started and stopped. */
  readonly kernel?: KernelClient
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
  const rule = firstValidRule(aggregation.rules, inputs.length, aggregation.b)
  const { weights, cap } =
    aggregation.weights === 'uniform'
      ? { weights: inputs.map(() => 1), cap: null }
      : capWeights(
          inputs.map(({ claim }) => claim),
          aggregation.b,
          aggregation.samplesRange,
        )
  const jobInputs: JobInput[] = []
  for (const [index, { path }] of inputs.entries()) {
    jobInputs.push({ path, claim: weights[index] ?? 1, factors: await locateFactors(path, layout) })
  }
  const { resultRank } = aggregation
  // The whole result is a step on the way to one of a given rank, and stays beside it only meanwhile.
  const wholePath = resultRank === undefined ? outputPath : `${outputPath}.whole`
  const { figures, shrunk } = await withKernel(options, async (kernel) => {
    const figures = await kernel.aggregate(
      {
        kind: 'aggregate',
        kernelDigest: toHex(aggregation.kernelDigest),
        rule: rule.id,
        b: aggregation.b,
        lambda: aggregation.lambda,
        modules: layout.modules,
        inputs: jobInputs,
        outputPath: wholePath,
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
    rule: { id: rule.id, version: rule.version },
    form: rule.family === 'combination' || shrunk !== null ? 'stacked' : 'dense',
    members: describeMembers(
      inputs.map(({ member }) => member),
      figures.inputs,
    ),
    norm: figures.norm,
    weightCap: cap,
    recompression:
      shrunk === null || resultRank === undefined
        ? null
        : { rank: resultRank, keptShare: keptShareOf(shrunk) },
  }
}

/** Figures of a report for inputs, by whatever number they go. */
export function describeMembers(
  members: readonly MemberIndex[],
  figures: readonly InputFigures[],
): readonly AggregateMember[] {
  const scores = figures.flatMap(({ score }) => (score === null ? [] : [score]))
  const scoreMedian = medianOf(scores)
  const normMedian = medianOf(figures.map(({ norm }) => norm))
  return figures.map((each, index) => ({
    member: members[index] ?? index,
    ...each,
    scoreRank: each.score === null ? null : 1 + scores.filter((other) => other < (each.score ?? 0)).length,
    scoreToMedian: each.score === null || scoreMedian === 0 ? null : each.score / scoreMedian,
    normToMedian: normMedian === 0 ? null : each.norm / normMedian,
  }))
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2
}

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
        modules: layout.modules,
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
