/**
 * One aggregation, from files to a file, inside the kernel process.
 *
 * Pass 1: inner products, module by module. Then distances, of which those that have cancelled are recomputed from the
 * differences in a second pass. Then the steps and the rule. The last pass writes the aggregate: stacked factors for
 * combination rules, dense rows for coordinate rules. Memory: the factors of one module of all inputs, and one tile.
 * Everything is in the job's order (modules by name, inputs by roster), so the result is a function of the job alone.
 */
import { toHex } from '../../core/bytes.ts'
import { fileDigest, openAtomicWriter, openReader, type Reader } from '../../files/index.ts'
import type { AggregateFigures, AggregateJob } from '../job.ts'
import { resolveRule } from '../rule-choice.ts'
import { capWeights } from '../weights.ts'
import { reserveArrays, type Run } from './arrays.ts'
import { combine } from './combine.ts'
import { addInnerProducts, findDistances } from './distances.ts'
import { checkKnownAnswers, type Kernel } from './kernel.ts'
import { prepareRows } from './rows.ts'
import { combineTiles } from './tiles.ts'

/** The largest claim that the kernel makes from a norm. */
const CLAIM_MAX = 2 ** 32

export type OnStep = (done: number, total: number) => void

export async function runAggregate(
  kernel: Kernel,
  job: AggregateJob,
  onStep: OnStep,
): Promise<AggregateFigures> {
  const rule = resolveRule(job.rule)
  // The process lives long and answers many jobs: what held when it was loaded need not hold now.
  checkKnownAnswers(kernel)
  const start = kernel.arena.mark()
  const readers: Reader[] = []
  const writer = await openAtomicWriter(job.outputPath)
  try {
    for (const { path } of job.inputs) readers.push(await openReader(path))
    const run: Run = { kernel, job, readers, arrays: reserveArrays(kernel, job) }
    const total = 2 * job.modules.length
    await addInnerProducts(run, (done) => onStep(done, total))
    await findDistances(run)
    kernel.exports.norms(run.arrays.gram, job.inputs.length, run.arrays.norms)
    const weightCap = claimByNorm(run)
    const rows = prepareRows(run, rule.steps)
    const means = { rows, writer, onStep: (done: number) => onStep(job.modules.length + done, total) }
    const { facts } = rule
    const written =
      facts.family === 'combination'
        ? await combine(run, { ...rule, facts }, means)
        : await combineTiles(run, { ...rule, facts }, means)
    checkKnownAnswers(kernel)
    await writer.commit()
    return { ...written, digest: toHex(await fileDigest(job.outputPath)), weightCap }
  } finally {
    kernel.arena.release(start)
    await writer.abort()
    for (const reader of readers) await reader.close()
  }
}

/** Replaces the claims by whole numbers in proportion to 1/norm where the charter says so, capped. @returns the cap */
function claimByNorm({ kernel, job, arrays }: Run): number | null {
  if (job.claims === 'given') return null
  const { exports, arena } = kernel
  const m = job.inputs.length
  exports.inverseNormClaims(arrays.norms, m, arrays.scratch, arrays.claims)
  const { weights, cap } = capWeights(arena.readWhole(arrays.claims, m), job.b, [1, CLAIM_MAX])
  arena.write(arrays.claims, weights)
  return cap
}
