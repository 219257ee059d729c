/**
 * What any thread does with tiles: the rows chosen, then spans of tiles prepared, combined, or counted. In: a run whose
 * inner products and distances are known. Out: coordinates of the result and the figures of each tile. A tile's
 * coordinates depend on no other's, so who makes it is no part of the definition.
 */
import type { CoordinateRule, FisherTile } from '../rules/rule.ts'
import type { Resolved, ResolvedRule } from '../rule-choice.ts'
import type { Run } from './arrays.ts'
import { eachTile, type Span, type Tile, type TilePlan } from './each-tile.ts'
import type { Address } from './exports.ts'
import { areClaimsUneven, type DenseSums, denseSumsOf } from './figures.ts'
import { divideDown } from './integers.ts'
import type { Rows } from './rows.ts'
import { throughMetric } from './shared-a.ts'

export type TileRule = ResolvedRule & Resolved<CoordinateRule>

/** Upper 15 and lower 16 bits of a size. */
export type Threshold = readonly [upper: number, lower: number]

/** The threshold of rows that are not trimmed. */
const WHOLE: Threshold = [0, 0]
const UPPER_BINS = 1 << 15
const LOWER_BINS = 1 << 16

/** What is the same for all tiles of a job. */
export interface TileWork {
  readonly rule: TileRule
  readonly plan: TilePlan
  /** Of the chosen rows, side by side. */
  readonly claims: Address
  /** Whether the report says what equal weights would have given. */
  readonly isCompared: boolean
}

/** One tile of the result, and what the report sums up of it. */
export interface CombinedTile {
  readonly moduleIndex: number
  /** Place of the first coordinate in the module. */
  readonly first: number
  /** f32, little-endian; the kernel's own memory, or a buffer that comes back: gone when `onTile` settles. */
  readonly bytes: Uint8Array
  readonly sums: DenseSums
}

export function planTiles(run: Run, rule: TileRule, rows: Rows): TileWork {
  const chosen = chooseRows(run, rule, rows)
  const isMixed = rows.matrix !== null || chosen.length < rows.count || rule.facts.prepareRow !== undefined
  return {
    rule,
    plan: { rows, chosen, isMixed, usesFisher: rule.facts.usesFisher === true },
    claims: gatherClaims(run, rows, chosen),
    isCompared: rule.facts.usesFisher === true || areClaimsUneven(run, rows, rule.facts.usesClaims),
  }
}

/** @param thresholds — of each chosen row; null where the rule trims none */
export async function combineSpan(
  run: Run,
  { rule: { facts, parameter }, plan, claims, isCompared }: TileWork,
  span: Span,
  thresholds: readonly Threshold[] | null,
  onTile: (tile: CombinedTile) => Promise<void> | void,
): Promise<void> {
  const { kernel, job, arrays } = run
  const { exports, arena } = kernel
  const { chosen } = plan
  const { moduleIndex } = span
  const [numerator, denominator] = job.lambda
  await eachTile(run, plan, span, async (tile, reserve) => {
    const { stride, count, first } = tile
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
    const keys = reserve(exports.keysBytes() * chosen.length)
    const to = reserve(stride)
    const shared = { kernel: exports, m: chosen.length, b: job.b, tiles: tile.rows, stride, count, keys }
    const fisher = fisherOf(tile, reserve(8 * (chosen.length + 1)))
    facts.combineTile({ ...shared, numerator, denominator, claims, fisher, to })
    const uniform = isCompared ? reserve(stride) : null
    if (uniform !== null)
      facts.combineTile({ ...shared, numerator, denominator, claims: arrays.ones, fisher: null, to: uniform })
    const { metric, inputs, module } = tile
    const seen = (at: Address): Address =>
      metric === null ? at : throughMetric(kernel, at, metric, { rank: module.in, count })
    const shares = fisher?.sums ?? null
    const sums = denseSumsOf(run, { inputs, stride, to, uniform, seen, shares }, count)
    await onTile({ moduleIndex, first, bytes: arena.bytes(to, 4 * count), sums })
  })
}

/** What weighs a tile's coordinates; null where nothing but claims does. @param sums — f64 [m + 1], all 0 */
function fisherOf({ diagonals, first, module }: Tile, sums: Address): FisherTile | null {
  if (diagonals === null) return null
  return { table: diagonals, firstRow: divideDown(first, module.in), width: module.in, sums }
}

/** @param uppers — of each chosen row, where the upper bits are known and the lower are counted */
export function reserveBins(
  run: Run,
  { chosen }: TilePlan,
  uppers: readonly number[] | null,
): readonly Address[] {
  return chosen.map(() => run.kernel.arena.reserve(binsSizeBytes(uppers)))
}

export const binsSizeBytes = (uppers: readonly number[] | null): number =>
  8 * (uppers === null ? UPPER_BINS : LOWER_BINS)

/** Counts the sizes of a span's coordinates into the bins of each chosen row. */
export async function countSpan(
  run: Run,
  plan: TilePlan,
  span: Span,
  { uppers, bins }: { readonly uppers: readonly number[] | null; readonly bins: readonly Address[] },
): Promise<void> {
  const { exports } = run.kernel
  await eachTile(run, plan, span, async ({ rows, stride, count }) => {
    for (const [place, to] of bins.entries()) {
      const tile = rows + stride * place
      if (uppers === null) exports.countUpper(tile, count, to)
      else exports.countLower(tile, count, uppers[place] ?? 0, to)
    }
  })
}

function chooseRows(
  { kernel, job, arrays }: Run,
  { facts, parameter }: TileRule,
  rows: Rows,
): readonly number[] {
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
