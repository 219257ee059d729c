/** Combination rules: weights of rows. Written from the definitions, one function a rule; no cleverness. */
import { ascending, at, cell, type Matrix, median, orderOf, range, subsets, sum } from './numbers.ts'
import { differenceSquare, normsOf, type Rows } from './rows.ts'

export interface Question {
  readonly rows: Rows
  readonly b: number
  readonly parameter: (name: string) => readonly [number, number]
}

const weighed = (claims: readonly number[], kept: readonly number[]): number[] => {
  const total = sum(claims.filter((_, i) => kept.includes(i)))
  return claims.map((claim, i) => (kept.includes(i) ? claim / total : 0))
}

const everybody = ({ claims }: Rows): readonly number[] => range(claims.length)

function krumScores({ square }: Rows, b: number): number[] {
  return square.map((row, i) => sum(ascending(row.filter((_, j) => j !== i)).slice(0, square.length - b - 2)))
}

const distanceTo = (square: Matrix, weights: readonly number[], i: number): number =>
  Math.sqrt(
    differenceSquare(
      square,
      weights.map((weight, k) => (k === i ? 1 : 0) - weight),
    ),
  )

function geometricMedian({ square, claims }: Rows, iterations: number): number[] {
  const m = claims.length
  const total = sum(claims)
  let weights = claims.map((claim) => claim / total)
  if (m === 1) return weights
  const pairs = range(m).flatMap((i) =>
    range(m)
      .slice(i + 1)
      .map((j) => Math.sqrt(cell(square, i, j))),
  )
  const middle = median(pairs)
  if (middle === 0) {
    const equals = square.map((row, i) => row.filter((d, j) => j !== i && d === 0).length)
    const chosen = equals.indexOf(Math.max(...equals))
    return claims.map((_, i) => (i === chosen ? 1 : 0))
  }
  const smallest = 2 ** -20 * middle
  for (let step = 0; step < iterations; step++) {
    const current = weights
    const shares = claims.map(
      (claim, i) => claim / total / Math.max(distanceTo(square, current, i), smallest),
    )
    const all = sum(shares)
    weights = shares.map((share) => share / all)
  }
  return weights
}

function centeredClipping({ rows, parameter }: Question): number[] {
  const { square, claims } = rows
  const total = sum(claims)
  let weights = geometricMedian(rows, 64)
  const [numerator, denominator] = parameter('tau')
  const radius =
    numerator === 0 ? median(claims.map((_, i) => distanceTo(square, weights, i))) : numerator / denominator
  for (let step = 0; step < parameter('iterations')[0]; step++) {
    const current = weights
    const shares = claims.map((claim, i) => {
      const distance = distanceTo(square, current, i)
      return (claim / total) * (distance > radius ? radius / distance : 1)
    })
    const rest = 1 - sum(shares)
    weights = shares.map((share, i) => rest * at(current, i) + share)
  }
  return weights
}

/** The first subset with the smallest measure. */
function bestSubset(
  m: number,
  size: number,
  measure: (subset: readonly number[]) => number,
): readonly number[] {
  const all = subsets(m, size)
  const measures = all.map(measure)
  let best = 0
  measures.forEach((value, i) => {
    if (value < at(measures, best)) best = i
  })
  return at(all, best)
}

/** Largest eigenvalue of −½HDH/s by ten sweeps of cyclic Jacobi rotations. */
function spread(square: Matrix, subset: readonly number[]): number {
  const s = subset.length
  const d = subset.map((i) => subset.map((j) => cell(square, i, j)))
  const means = d.map((row) => sum(row) / s)
  const whole = sum(means) / s
  const a = d.map((row, i) => row.map((value, j) => -0.5 * (value - at(means, i) - at(means, j) + whole)))
  const get = (i: number, j: number): number => cell(a, i, j)
  const set = (i: number, j: number, value: number): void => {
    at(a, i)[j] = value
  }
  for (let sweep = 0; sweep < 10; sweep++) {
    for (let p = 0; p < s; p++) {
      for (let q = p + 1; q < s; q++) {
        const apq = get(p, q)
        if (apq === 0) continue
        const theta = (get(q, q) - get(p, p)) / (2 * apq)
        const size = theta < 0 ? -theta : theta
        const root = 1 / (size + Math.sqrt(size * size + 1))
        const t = theta < 0 ? -root : root
        const c = 1 / Math.sqrt(t * t + 1)
        const sine = t * c
        set(p, p, get(p, p) - t * apq)
        set(q, q, get(q, q) + t * apq)
        set(p, q, 0)
        set(q, p, 0)
        for (const k of range(s)) {
          if (k === p || k === q) continue
          const [kp, kq] = [get(k, p), get(k, q)]
          const [newP, newQ] = [c * kp - sine * kq, sine * kp + c * kq]
          set(k, p, newP)
          set(p, k, newP)
          set(k, q, newQ)
          set(q, k, newQ)
        }
      }
    }
  }
  return Math.max(0, ...range(s).map((i) => get(i, i))) / s
}

const RULES: Readonly<Record<string, (question: Question) => number[]>> = {
  mean: ({ rows }) =>
    weighed(
      rows.claims.map(() => 1),
      everybody(rows),
    ),
  'weighted-mean': ({ rows }) => weighed(rows.claims, everybody(rows)),
  'clipped-mean': ({ rows }) => {
    const norms = normsOf(rows.gram)
    const bound = median(norms)
    return weighed(rows.claims, everybody(rows)).map((weight, i) => {
      const norm = at(norms, i)
      return norm > bound ? weight * (bound / norm) : weight
    })
  },
  krum: ({ rows, b }) => weighed(rows.claims, orderOf(krumScores(rows, b)).slice(0, 1)),
  'multi-krum': ({ rows, b }) =>
    weighed(rows.claims, orderOf(krumScores(rows, b)).slice(0, rows.claims.length - b)),
  'geometric-median': ({ rows, parameter }) => geometricMedian(rows, parameter('iterations')[0]),
  'centered-clipping': centeredClipping,
  'minimum-diameter': ({ rows, b }) => {
    const widest = (subset: readonly number[]): number =>
      Math.max(0, ...subset.flatMap((i) => subset.map((j) => cell(rows.square, i, j))))
    return weighed(rows.claims, bestSubset(rows.claims.length, rows.claims.length - b, widest))
  },
  smea: ({ rows, b }) =>
    weighed(
      rows.claims,
      bestSubset(rows.claims.length, rows.claims.length - b, (subset) => spread(rows.square, subset)),
    ),
  'task-arithmetic': ({ rows }) => {
    const total = sum(rows.claims)
    return rows.claims.map((claim) => (claim * rows.claims.length) / total)
  },
}

/** Weights of the rows, or null for a rule of the other family. */
export function weightsOf(id: string, question: Question): number[] | null {
  return RULES[id]?.(question) ?? null
}

/** Which rows Bulyan takes over to its second half. */
export function bulyanChoice({ square }: Rows, b: number): readonly number[] {
  const left = new Set(range(square.length))
  const chosen: number[] = []
  while (left.size > 2 * b) {
    const neighbours = Math.max(left.size - b - 2, 1)
    const scores = [...left].map((i) => ({
      i,
      score: sum(
        ascending([...left].filter((j) => j !== i).map((j) => cell(square, i, j))).slice(0, neighbours),
      ),
    }))
    const best = scores.reduce((found, each) => (each.score < found.score ? each : found))
    chosen.push(best.i)
    left.delete(best.i)
  }
  return ascending(chosen)
}
