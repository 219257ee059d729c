/** One call of a combination rule: rows in, weights of the updates out. All of it in the kernel's memory. */
import type { CombinationRule } from '../rules/rule.ts'
import type { Resolved } from '../rule-choice.ts'
import type { Run } from './arrays.ts'
import type { Address } from './exports.ts'
import type { Rows } from './rows.ts'

/** Runs the rule on the rows; `shares` of the rows and, through P, `weights` of the updates. */
export function weighRows(
  { kernel, job, arrays }: Run,
  { facts, parameter }: Resolved<CombinationRule>,
  rows: Rows,
  claims: Address,
  note: (name: string, value: number) => void,
): void {
  const { exports, arena } = kernel
  const m = job.inputs.length
  arena.integers(arrays.keep, rows.count).fill(1)
  arena.integers(arrays.clipped, rows.count).fill(0)
  facts.weigh({
    kernel: exports,
    m: rows.count,
    b: job.b,
    gram: rows.gram,
    square: rows.square,
    norms: rows.norms,
    claims,
    ones: arrays.ones,
    keep: arrays.keep,
    clipped: arrays.clipped,
    scores: arrays.scores,
    scratch: arrays.scratch,
    wide: arrays.wide,
    weights: rows.matrix === null ? arrays.weights : arrays.shares,
    parameter,
    note,
  })
  if (rows.matrix !== null) exports.unmixWeights(arrays.shares, rows.count, rows.matrix, m, arrays.weights)
}
