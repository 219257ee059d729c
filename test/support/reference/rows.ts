/** Updates, their inner products and distances, and the steps before a rule. Slow and obvious. */
import { cell, dot, type Matrix, at, median, orderOf, range, rounded, sum } from './numbers.ts'
import { below } from './random.ts'
import { type InputSet, singlesOf } from './vector.ts'

const CANCELLED = 2 ** -20

/** One member's factors of one module, widened: rows of A, columns of B. */
export interface Factors {
  readonly a: Matrix
  readonly b: Matrix
  readonly scale: number
}

/** Coordinates of a block of a dense part. */
const BLOCK_LENGTH = 65_536

/** [member][module], then [member][block] of the dense parts: ΔW is the one row of A. */
export function factorsOf(set: InputSet): readonly (readonly Factors[])[] {
  const ofModules = moduleFactors(set)
  return set.inputs.map(({ dense = [] }, member) => [
    ...at(ofModules, member),
    ...dense.flatMap((hex) => blocksOf(singlesOf(hex))),
  ])
}

const blocksOf = (values: readonly number[]): readonly Factors[] =>
  range(Math.ceil(values.length / BLOCK_LENGTH)).map((block) => ({
    a: [values.slice(block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH)],
    b: [[1]],
    scale: 1,
  }))

function moduleFactors({ inputs, modules, scale }: InputSet): readonly (readonly Factors[])[] {
  return inputs.map(({ factors }) =>
    factors.map(({ rank, a, b }, k): Factors => {
      const { in: width, out } = at(modules, k)
      const [allA, allB] = [singlesOf(a), singlesOf(b)]
      return {
        a: range(rank).map((r) => allA.slice(r * width, (r + 1) * width)),
        b: range(rank).map((r) => range(out).map((o) => at(allB, o * rank + r))),
        scale: scale[0] / scale[1],
      }
    }),
  )
}

/** ΔW [out][in] in f64, before any rounding. */
export function exactDelta({ a, b, scale }: Factors): Matrix {
  const [width, out] = [at(a, 0).length, at(b, 0).length]
  return range(out).map((o) =>
    range(width).map((i) => scale * sum(range(a.length).map((k) => cell(b, k, o) * cell(a, k, i)))),
  )
}

function innerProduct(x: Factors, y: Factors): number {
  const products = x.a.flatMap((rowX, k) =>
    y.a.map((rowY, l) => dot(at(x.b, k), at(y.b, l)) * dot(rowX, rowY)),
  )
  return x.scale * y.scale * sum(products)
}

export function gramOf(updates: readonly (readonly Factors[])[]): Matrix {
  const entry = (i: number, j: number): number =>
    sum(at(updates, i).map((module, k) => innerProduct(module, at(at(updates, j), k))))
  return updates.map((_, i) => updates.map((_, j) => entry(Math.min(i, j), Math.max(i, j))))
}

/** Squared distances; where the Gram form has cancelled, from the difference itself. */
export function distancesOf(updates: readonly (readonly Factors[])[], gram: Matrix): Matrix {
  const entry = (i: number, j: number): number => {
    const norms = cell(gram, i, i) + cell(gram, j, j)
    const square = Math.max(0, norms - 2 * cell(gram, i, j))
    if (square >= CANCELLED * norms) return square
    return sum(at(updates, i).map((module, k) => squaredDifference(module, at(at(updates, j), k))))
  }
  return gram.map((_, i) => gram.map((_, j) => (i === j ? 0 : entry(Math.min(i, j), Math.max(i, j)))))
}

function squaredDifference(x: Factors, y: Factors): number {
  const [dx, dy] = [exactDelta(x), exactDelta(y)]
  return sum(
    dx.map((row, o) =>
      sum(
        row.map((value, i) => {
          const difference = value - cell(dy, o, i)
          return difference * difference
        }),
      ),
    ),
  )
}

/** Σₖ uₖ Σₗ vₗ Mₖₗ */
const form = (matrix: Matrix, u: readonly number[], v: readonly number[]): number =>
  sum(u.map((uk, k) => uk * sum(v.map((vl, l) => vl * cell(matrix, k, l)))))

/** ‖Σ uₖΔWₖ‖² for u that sums to 0. */
export const differenceSquare = (square: Matrix, u: readonly number[]): number =>
  Math.max(0, -0.5 * form(square, u, u))

export interface Rows {
  /** P: each row's shares of the updates. */
  readonly shares: Matrix
  readonly gram: Matrix
  readonly square: Matrix
  readonly claims: readonly number[]
}

export const normsOf = (gram: Matrix): number[] => gram.map((row, i) => Math.sqrt(at(row, i)))

export interface StepQuestion {
  readonly id: string
  readonly index: number
  readonly b: number
  readonly seed: Uint8Array
  readonly parameter: (name: string) => readonly [number, number]
  /** Whether all rows so far, this step's included, are means. */
  readonly areMeans: boolean
}

/** Rows after a step. `updates` are the rows before any. */
export function takeStep(updates: Rows, before: Rows, question: StepQuestion): Rows {
  const step = stepShares(before, question)
  const shares = step.map((row) =>
    range(updates.shares.length).map((j) => sum(row.map((share, k) => share * cell(before.shares, k, j)))),
  )
  const gram = shares.map((_, i) =>
    shares.map((_, j) => form(updates.gram, at(shares, Math.min(i, j)), at(shares, Math.max(i, j)))),
  )
  const between = (i: number, j: number): number => {
    const u = at(shares, i).map((share, k) => share - cell(shares, j, k))
    return question.areMeans ? differenceSquare(updates.square, u) : Math.max(0, form(updates.gram, u, u))
  }
  const square = shares.map((_, i) =>
    shares.map((_, j) => (i === j ? 0 : between(Math.min(i, j), Math.max(i, j)))),
  )
  const claims = question.id === 'bucketing' ? shares.map(() => 1) : before.claims
  return { shares, gram, square, claims }
}

function stepShares({ gram, square }: Rows, { id, index, b, seed, parameter }: StepQuestion): Matrix {
  const m = gram.length
  if (id === 'nnm') {
    return square.map((row) => {
      const nearest = new Set(orderOf(row).slice(0, m - b))
      return row.map((_, j) => (nearest.has(j) ? 1 / (m - b) : 0))
    })
  }
  if (id === 'clip') {
    const norms = normsOf(gram)
    const [numerator, denominator] = parameter('norm')
    const bound = numerator === 0 ? median(norms) : numerator / denominator
    return norms.map((norm, i) => norms.map((_, j) => (i !== j ? 0 : norm > bound ? bound / norm : 1)))
  }
  const [size] = parameter('size')
  const order = [...range(m)]
  for (const [drawn, i] of range(m).slice(1).toReversed().entries()) {
    const j = below(seed, index, drawn, i + 1)
    ;[order[i], order[j]] = [at(order, j), at(order, i)]
  }
  return range(Math.ceil(m / size)).map((bucket) => {
    const members = order.slice(bucket * size, (bucket + 1) * size)
    return range(m).map((j) => (members.includes(j) ? 1 / members.length : 0))
  })
}

/** s·B [out][rank] in f64, before any rounding: what ΔW is with the identity for A. */
const scaledB = ({ b, scale }: Factors): Matrix =>
  range(at(b, 0).length).map((o) => b.map((column) => scale * at(column, o)))

/** Dense f32 rows [row][coordinate] of one module: of ΔW, or of s·B. */
export function denseRows(
  updates: readonly (readonly Factors[])[],
  module: number,
  shares: Matrix | null,
  isOnB: boolean,
): Matrix {
  const rowsOf = isOnB ? scaledB : exactDelta
  const deltas = updates.map((factors) => rowsOf(at(factors, module)).flat().map(rounded))
  if (shares === null) return deltas
  return shares.map((row) =>
    at(deltas, 0).map((_, c) => rounded(sum(row.map((share, k) => share * cell(deltas, k, c))))),
  )
}
