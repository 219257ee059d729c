/**
 * What a report says of a result. Read by people and not agreed on, so the host may compute here; nothing that is written
 * to the aggregate comes from this file.
 */
import type { InputFigures, UniformFigures } from '../job.ts'
import type { CombinationRule } from '../rules/rule.ts'
import type { Resolved } from '../rule-choice.ts'
import type { Run } from './arrays.ts'
import type { Address } from './exports.ts'
import type { Rows } from './rows.ts'
import { weighRows } from './weigh-rows.ts'

export interface ReportFigures {
  readonly inputs: readonly InputFigures[]
  readonly norm: number
  readonly uniform: UniformFigures | null
}

/** Whether claims say anything: the rule knows them, and they are not all alike. */
export function areClaimsUneven({ kernel }: Run, rows: Rows, usesClaims: boolean): boolean {
  const [first, ...others] = kernel.arena.doubles(rows.claims, rows.count)
  return usesClaims && others.some((claim) => claim !== first)
}

/** The weights of the updates if all claims were equal; null when they are. Leaves the arrays to the run that counts. */
export function uniformWeights(
  run: Run,
  rule: Resolved<CombinationRule>,
  rows: Rows,
): readonly number[] | null {
  if (!areClaimsUneven(run, rows, rule.facts.usesClaims)) return null
  weighRows(run, rule, rows, run.arrays.ones, () => undefined)
  return [...run.kernel.arena.doubles(run.arrays.weights, run.job.inputs.length)]
}

const productOf = (gram: Float64Array, x: readonly number[], y: readonly number[]): number =>
  x.reduce(
    (sum, weight, i) =>
      sum + weight * y.reduce((inner, other, j) => inner + other * (gram[i * y.length + j] ?? 0), 0),
    0,
  )

const rootOf = (square: number): number => Math.sqrt(Math.max(0, square))

/** 0 where there is no direction; rounding must not take it beyond ±1. */
function cosineOf(product: number, one: number, other: number): number {
  return one === 0 || other === 0 ? 0 : Math.min(1, Math.max(-1, product / (one * other)))
}

export function figuresOfWeights(
  { kernel: { arena }, job, arrays }: Run,
  { facts }: Resolved<CombinationRule>,
  rows: Rows,
  uniform: readonly number[] | null,
): ReportFigures {
  const m = job.inputs.length
  const gram = arena.doubles(arrays.gram, m * m)
  const weights = [...arena.doubles(arrays.weights, m)]
  const norms = [...arena.doubles(arrays.norms, m)]
  const scores = [...arena.doubles(arrays.scores, m)]
  const clipped = [...arena.integers(arrays.clipped, m)]
  const toResult = norms.map((_, i) =>
    weights.reduce((sum, weight, j) => sum + weight * (gram[i * m + j] ?? 0), 0),
  )
  const resultNorm = rootOf(weights.reduce((sum, weight, i) => sum + weight * (toResult[i] ?? 0), 0))
  const isScored = facts.scoreName !== undefined && rows.areMembers
  const [numerator, denominator] = job.lambda
  return {
    norm: (resultNorm * numerator) / denominator,
    uniform: uniform === null ? null : compareUniform(gram, weights, uniform, numerator / denominator),
    inputs: norms.map((norm, i) => ({
      weight: weights[i] ?? 0,
      norm,
      cosine: cosineOf(toResult[i] ?? 0, norm, resultNorm),
      score: isScored ? (scores[i] ?? 0) : null,
      clipped: rows.isClipped[i] === true || (rows.areMembers && clipped[i] === 1),
      leftOut: weights[i] === 0,
    })),
  }
}

/** Exact up to rounding: both results are combinations of the updates, and their inner products are known. */
function compareUniform(
  gram: Float64Array,
  weights: readonly number[],
  uniform: readonly number[],
  lambda: number,
): UniformFigures {
  const difference = weights.map((weight, i) => weight - (uniform[i] ?? 0))
  const [own, other] = [productOf(gram, weights, weights), productOf(gram, uniform, uniform)]
  return {
    differenceNorm: lambda * rootOf(productOf(gram, difference, difference)),
    cosine: cosineOf(productOf(gram, weights, uniform), rootOf(own), rootOf(other)),
  }
}

/** Inner products of a dense result: of one tile, or of all. */
export interface DenseSums {
  /** Of each update with the result. */
  readonly toResult: readonly number[]
  readonly square: number
  /** Of the result with the one under equal weights, and of that with itself. */
  readonly uniformProduct: number
  readonly uniformSquare: number
  /** Of rules that weigh each coordinate: each update's shares added up, then how many coordinates were capped; else empty. */
  readonly shares: readonly number[]
}

export const noDenseSums = (m: number): DenseSums => ({
  toResult: Array.from({ length: m }, () => 0),
  square: 0,
  uniformProduct: 0,
  uniformSquare: 0,
  shares: [],
})

/** Of one tile. */
export function denseSumsOf(
  { kernel: { exports, arena }, job }: Run,
  tiles: {
    readonly inputs: Address
    readonly stride: number
    readonly to: Address
    readonly uniform: Address | null
    /** A tile as inner products need it (shared-a.ts). */
    readonly seen: (tile: Address) => Address
    /** f64 [m + 1] that a rule which weighs each coordinate left. */
    readonly shares: Address | null
  },
  count: number,
): DenseSums {
  const { inputs, stride, to, uniform, seen, shares } = tiles
  const result = seen(to)
  const other = uniform === null ? null : seen(uniform)
  return {
    toResult: job.inputs.map((_, i) => exports.dot(inputs + stride * i, result, count)),
    square: exports.dot(to, result, count),
    uniformProduct: other === null ? 0 : exports.dot(to, other, count),
    uniformSquare: uniform === null || other === null ? 0 : exports.dot(uniform, other, count),
    shares: shares === null ? [] : [...arena.doubles(shares, job.inputs.length + 1)],
  }
}

/** Called in the order of the tiles, whoever made them: figures are the same for any number of threads. */
export const addDenseSums = (sums: DenseSums, tile: DenseSums): DenseSums => ({
  toResult: sums.toResult.map((sum, i) => sum + (tile.toResult[i] ?? 0)),
  square: sums.square + tile.square,
  uniformProduct: sums.uniformProduct + tile.uniformProduct,
  uniformSquare: sums.uniformSquare + tile.uniformSquare,
  shares: tile.shares.map((share, i) => (sums.shares[i] ?? 0) + share),
})

/** Of rules that weigh each coordinate: at which share of the coordinates claims were capped. */
export function notesOfShares({ shares }: DenseSums): Readonly<Record<string, number>> {
  const capped = shares.at(-1)
  if (capped === undefined) return {}
  return { cappedShare: capped / coordinateCountOf(shares) }
}

/** The shares of a coordinate add up to 1, but for their rounding. */
const coordinateCountOf = (shares: readonly number[]): number =>
  Math.round(shares.slice(0, -1).reduce((sum, share) => sum + share, 0))

/** @param isUsed — of each update: whether any row that the rule combined holds some of it */
export function figuresOfDense(
  { kernel: { arena }, job, arrays }: Run,
  rows: Rows,
  { toResult, square, uniformProduct, uniformSquare, shares }: DenseSums,
  { isUsed, isCompared }: { readonly isUsed: readonly boolean[]; readonly isCompared: boolean },
): ReportFigures {
  const norm = Math.sqrt(square)
  const norms = [...arena.doubles(arrays.norms, job.inputs.length)]
  const coordinateCount = coordinateCountOf(shares)
  const inputs = norms.map((own, i): InputFigures => {
    return {
      weight: coordinateCount === 0 ? null : (shares[i] ?? 0) / coordinateCount,
      norm: own,
      cosine: cosineOf(toResult[i] ?? 0, own, norm),
      score: null,
      clipped: rows.isClipped[i] === true,
      leftOut: isUsed[i] === false,
    }
  })
  const uniform = {
    differenceNorm: rootOf(square - 2 * uniformProduct + uniformSquare),
    cosine: cosineOf(uniformProduct, norm, Math.sqrt(uniformSquare)),
  }
  return { norm, inputs, uniform: isCompared ? uniform : null }
}
