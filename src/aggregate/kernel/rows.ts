/**
 * Rows: what a rule works on. Without steps, the updates themselves; each step makes new rows out of the rows before, so
 * that all steps together are one matrix P [rows, m] on the updates.
 */
import type { AggregationStep } from '../rules/rule.ts'
import type { Resolved, ResolvedRule } from '../rule-choice.ts'
import type { Run } from './arrays.ts'
import type { Address } from './exports.ts'

export interface Rows {
  readonly count: number
  /** P, f64 [count, m]; null when the rows are the updates. */
  readonly matrix: Address | null
  /** f64 [count, count] */
  readonly gram: Address
  readonly square: Address
  /** f64 [count] */
  readonly norms: Address
  readonly claims: Address
  /** Whether row i is member i's. */
  readonly areMembers: boolean
  /** Which rows a step clipped. */
  readonly isClipped: readonly boolean[]
}

export function prepareRows(run: Run, steps: ResolvedRule['steps']): Rows {
  const m = run.job.inputs.length
  const { gram, square, norms, claims } = run.arrays
  let rows: Rows = {
    count: m,
    matrix: null,
    gram,
    square,
    norms,
    claims,
    areMembers: true,
    isClipped: run.job.inputs.map(() => false),
  }
  let areMeans = true
  for (const [index, step] of steps.entries()) {
    areMeans &&= step.facts.makesMeans
    rows = mixRows(run, rows, step, { index, areMeans })
  }
  return rows
}

function mixRows(
  { kernel, job, arrays }: Run,
  before: Rows,
  { facts, parameter }: Resolved<AggregationStep>,
  { index, areMeans }: { readonly index: number; readonly areMeans: boolean },
): Rows {
  const { exports, arena } = kernel
  const m = job.inputs.length
  const doubles = (size: number) => arena.reserve(8 * size)
  const count = facts.countAfter(before.count, parameter)
  const step = doubles(count * before.count)
  const clipped = arena.reserve(4 * before.count)
  facts.mix({
    kernel: exports,
    m: before.count,
    b: job.b,
    square: before.square,
    norms: before.norms,
    scratch: arrays.scratch,
    order: arrays.order,
    clipped,
    seed: arrays.seed,
    index,
    parameter,
    to: step,
  })
  let previous = before.matrix
  if (previous === null) {
    previous = doubles(m * m)
    exports.identityRows(m, previous)
  }
  const matrix = doubles(count * m)
  exports.composeRows(step, count, before.count, previous, m, matrix)
  const [gram, square, norms] = [doubles(count * count), doubles(count * count), doubles(count)]
  exports.mixGram(arrays.gram, m, matrix, count, gram)
  exports.mixDistances(arrays.gram, arrays.square, m, matrix, count, areMeans ? 1 : 0, arrays.scratch, square)
  exports.norms(gram, count, norms)
  const flags = [...arena.integers(clipped, before.count)]
  return {
    count,
    matrix,
    gram,
    square,
    norms,
    // A bucket is nobody's: claims end there, and buckets count alike.
    claims: facts.keepsMembers ? before.claims : arrays.ones,
    areMembers: before.areMembers && facts.keepsMembers,
    isClipped: before.isClipped.map((was, i) => was || (before.areMembers && flags[i] === 1)),
  }
}
