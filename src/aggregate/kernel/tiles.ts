/**
 * Coordinate rules: rows chosen, trimmed, prepared and combined one coordinate at a time, and the dense result written.
 * In: rows (rows.ts) and their tiles (each-tile.ts). Out: the aggregate's file and what a report says of it.
 */
import type { TensorLayout } from '../../core/safetensors.ts'
import type { AtomicWriter } from '../../files/index.ts'
import type { CoordinateRule } from '../rules/rule.ts'
import type { Resolved, ResolvedRule } from '../rule-choice.ts'
import type { Run } from './arrays.ts'
import type { Written } from './combine.ts'
import { eachTile } from './each-tile.ts'
import type { Address } from './exports.ts'
import { addDenseSums, areClaimsUneven, type DenseSums, figuresOfDense } from './figures.ts'
import { openOutput } from './output.ts'
import type { Rows } from './rows.ts'
import { findThresholds, type Threshold } from './thresholds.ts'

/** The threshold of rows that are not trimmed. */
const WHOLE: Threshold = [0, 0]

type Rule = ResolvedRule & Resolved<CoordinateRule>

export async function combineTiles(
  run: Run,
  rule: Rule,
  {
    rows,
    writer,
    onStep,
  }: { readonly rows: Rows; readonly writer: AtomicWriter; readonly onStep: (done: number) => void },
): Promise<Written> {
  const { kernel, job, arrays } = run
  const { exports, arena } = kernel
  const { facts, parameter } = rule
  const tensors = job.modules.map(({ name, in: inCount, out }): TensorLayout => {
    return { name: `${name}.delta`, dtype: 'F32', shape: [out, inCount] }
  })
  const chosen = chooseRows(run, rule, rows)
  const isMixed = rows.matrix !== null || chosen.length < rows.count || facts.prepareRow !== undefined
  const plan = { rows, chosen, isMixed }
  const claims = gatherClaims(run, rows, chosen)
  const thresholds =
    facts.trimsTo === undefined ? null : await findThresholds(run, plan, parameter(facts.trimsTo))
  const isCompared = areClaimsUneven(run, rows, facts.usesClaims)
  const sums: DenseSums = {
    toResult: job.inputs.map(() => 0),
    square: 0,
    uniformProduct: 0,
    uniformSquare: 0,
  }
  const output = await openOutput(writer, rule, tensors)
  for (const moduleIndex of job.modules.keys()) {
    await eachTile(run, plan, moduleIndex, async (tile, reserve) => {
      const { stride, count, first, module } = tile
      for (const [place, row] of chosen.entries()) {
        facts.prepareRow?.({
          kernel: exports,
          tile: tile.rows + stride * place,
          count,
          first,
          module: moduleIndex,
          row,
          seed: arrays.seed,
          parameter,
          threshold: thresholds?.[place] ?? WHOLE,
        })
      }
      const keys = reserve(32 * chosen.length)
      const to = reserve(stride)
      const [numerator, denominator] = job.lambda
      const shared = { kernel: exports, m: chosen.length, b: job.b, tiles: tile.rows, stride, count, keys }
      facts.combineTile({ ...shared, numerator, denominator, claims, to })
      const uniform = isCompared ? reserve(stride) : null
      if (uniform !== null)
        facts.combineTile({ ...shared, numerator, denominator, claims: arrays.ones, to: uniform })
      addDenseSums(run, sums, { inputs: tile.inputs, stride, to, uniform }, count)
      await output.writeTensor(`${module.name}.delta`, arena.bytes(to, 4 * count).slice(), 4 * first)
    })
    onStep(moduleIndex + 1)
  }
  const isUsed = usedInputs(run, rows, chosen)
  const figures = figuresOfDense(run, rows, sums, { isUsed, isCompared })
  return { sizeBytes: output.header.fileSizeBytes, ...figures, notes: {} }
}

function chooseRows({ kernel, job, arrays }: Run, { facts, parameter }: Rule, rows: Rows): readonly number[] {
  const { exports, arena } = kernel
  const places = Array.from({ length: rows.count }, (_, row) => row)
  if (facts.choose === undefined) return places
  arena.integers(arrays.keep, rows.count).fill(1)
  facts.choose({
    kernel: exports,
    m: rows.count,
    b: job.b,
    gram: rows.gram,
    square: rows.square,
    norms: rows.norms,
    claims: rows.claims,
    ones: arrays.ones,
    keep: arrays.keep,
    clipped: arrays.clipped,
    scores: arrays.scores,
    scratch: arrays.scratch,
    wide: arrays.wide,
    weights: arrays.shares,
    parameter,
    note: () => undefined,
  })
  const keep = [...arena.integers(arrays.keep, rows.count)]
  return places.filter((row) => keep[row] === 1)
}

/** Claims of the chosen rows, side by side. */
function gatherClaims({ kernel: { arena } }: Run, rows: Rows, chosen: readonly number[]): Address {
  if (chosen.length === rows.count) return rows.claims
  const claims = arena.reserve(8 * chosen.length)
  for (const [place, row] of chosen.entries()) {
    arena.bytes(claims + 8 * place, 8).set(arena.bytes(rows.claims + 8 * row, 8))
  }
  return claims
}

/** Which updates any chosen row holds some of. */
function usedInputs(
  { kernel, job, arrays }: Run,
  { matrix }: Rows,
  chosen: readonly number[],
): readonly boolean[] {
  const { exports, arena } = kernel
  const m = job.inputs.length
  if (matrix === null) return job.inputs.map((_, input) => chosen.includes(input))
  const found = new Set<number>()
  for (const row of chosen) {
    exports.markUsed(matrix + 8 * m * row, m, arrays.used)
    for (const [input, flag] of arena.integers(arrays.used, m).entries()) if (flag === 1) found.add(input)
  }
  return job.inputs.map((_, input) => found.has(input))
}
