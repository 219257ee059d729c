/**
 * Rows of ΔW tile by tile: formed from factors in f64, rounded to f32, mixed by the steps. Memory: the factors of one module
 * of all inputs, and one tile of each. Tiles divide rows of the matrix, and no coordinate's value depends on another's, so
 * their size is part of no definition.
 */
import type { JobModule } from '../job.ts'
import { diagonalsOf, type Run, withFactors } from './arrays.ts'
import type { Address } from './exports.ts'
import { ENTRY_BYTES } from './factors.ts'
import { divideDown, divideUp } from './integers.ts'
import type { Rows } from './rows.ts'
import { metricOf } from './shared-a.ts'
import { isOnB, replaceA, tileModule } from './tile-modules.ts'

/** Coordinates of one tile, all members: rows are grouped up to this many. */
const TILE_COORDINATE_COUNT = 1 << 16

/** One tile of every update and of every row that takes part. */
export interface Tile {
  readonly inputs: Address
  /** The rows: the inputs' own tiles where nothing was done to them. */
  readonly rows: Address
  readonly stride: number
  readonly count: number
  /** Place of the first coordinate in the module. */
  readonly first: number
  readonly moduleIndex: number
  readonly module: JobModule
  /** Where coordinates are those of s·B: what makes inner products those of ΔW (shared-a.ts). */
  readonly metric: Address | null
  /** The updates' Fisher diagonals of this module, where the rule weighs by them. */
  readonly diagonals: Address | null
}

/** What is done with each tile, and in which memory. */
export interface TilePlan {
  readonly rows: Rows
  /** Rows that the rule chose, in order. */
  readonly chosen: readonly number[]
  /** Whether rows are something else than the updates as they are. */
  readonly isMixed: boolean
  /** Whether tiles come with Fisher diagonals. */
  readonly usesFisher: boolean
}

/** Rows of one module's matrix: whole tiles, the unit of work that a thread takes. */
export interface Span {
  readonly moduleIndex: number
  readonly firstRow: number
  readonly endRow: number
}

/** Tiles of a span at most: the factors are loaded once for so many, and as much of the result waits to be written. */
const SPAN_TILE_COUNT = 32

const rowsOfTile = (module: JobModule): number => Math.max(1, divideDown(TILE_COORDINATE_COUNT, module.in))

/** All tiles in order. @param isWhole — one span a module, for a single thread */
export function spansOf(modules: readonly JobModule[], isWhole: boolean): readonly Span[] {
  return modules.flatMap((module, moduleIndex) => {
    const rowCount = isWhole ? module.out : SPAN_TILE_COUNT * rowsOfTile(module)
    const spans: Span[] = []
    for (let firstRow = 0; firstRow < module.out; firstRow += rowCount)
      spans.push({ moduleIndex, firstRow, endRow: Math.min(module.out, firstRow + rowCount) })
    return spans
  })
}

/** Makes the tiles of a span one after the other. */
export async function eachTile(
  run: Run,
  { rows, chosen, isMixed, usesFisher }: TilePlan,
  { moduleIndex, firstRow, endRow }: Span,
  visit: (tile: Tile, reserve: (sizeBytes: number) => Address) => Promise<void>,
): Promise<void> {
  const { exports, arena } = run.kernel
  const m = run.job.inputs.length
  await withFactors(run, moduleIndex, async (table, whole) => {
    const module = tileModule(run.job, whole, moduleIndex)
    const rank = module.in
    const metric = isOnB(run.job, whole) ? metricOf(run.kernel, table, { rank, width: whole.in }) : null
    if (metric !== null) replaceA(run.kernel, table, m, rank)
    const diagonals = usesFisher ? await diagonalsOf(run, moduleIndex, module) : null
    const rowCountMax = rowsOfTile(module)
    const stride = 16 * divideUp(4 * rowCountMax * module.in, 16)
    const inputs = arena.reserve(stride * m + 16)
    const own = isMixed ? arena.reserve(stride * chosen.length + 16) : inputs
    const row = arena.reserve(8 * module.in)
    for (let first = firstRow; first < endRow; first += rowCountMax) {
      const rowCount = Math.min(rowCountMax, endRow - first)
      for (let input = 0; input < m; input++) {
        const entry = table + ENTRY_BYTES * input
        exports.denseTile(entry, first, rowCount, module.in, module.out, row, inputs + stride * input)
      }
      const count = rowCount * module.in
      for (const [place, source] of isMixed ? chosen.entries() : []) {
        const to = own + stride * place
        if (rows.matrix === null) {
          arena.bytes(to, 4 * count).set(arena.bytes(inputs + stride * source, 4 * count))
        } else exports.mixTile(inputs, stride, m, rows.matrix + 8 * m * source, count, to)
      }
      const mark = arena.mark()
      const place = { first: first * module.in, moduleIndex, module }
      const tile = { inputs, rows: own, stride, count, ...place, metric, diagonals }
      await visit(tile, (sizeBytes) => arena.reserve(sizeBytes))
      arena.release(mark)
    }
  })
}
