/**
 * The size that the k-th largest coordinate of each row has, over all modules together: found exactly, in two passes over
 * the tiles, by counting the upper and then the lower half of the sizes' bits. Nothing is sorted or kept.
 */
import type { Rational } from '../../core/rational.ts'
import type { Run } from './arrays.ts'
import { eachTile, type TilePlan } from './each-tile.ts'

/** Upper 15 and lower 16 bits of a size. */
export type Threshold = readonly [upper: number, lower: number]

const UPPER_BINS = 1 << 15
const LOWER_BINS = 1 << 16

/** @param density — share of the coordinates that each row keeps */
export async function findThresholds(
  run: Run,
  plan: TilePlan,
  density: Rational,
): Promise<readonly Threshold[]> {
  const { exports, arena } = run.kernel
  const total = run.job.modules.reduce((sum, module) => sum + module.in * module.out, 0)
  const mark = arena.mark()
  const rest = arena.reserve(8)
  const kept = exports.keptCount(total, ...density)
  const uppers: (readonly [bin: number, left: number])[] = []
  const upperBins = await countBins(run, plan, UPPER_BINS, (tile, count, _place, bins) =>
    exports.countUpper(tile, count, bins),
  )
  for (const bins of upperBins) {
    const bin = exports.findBin(bins, 1, kept, rest)
    const [left = 0] = arena.readWhole(rest, 1)
    uppers.push([bin, left])
  }
  const lowerBins = await countBins(run, plan, LOWER_BINS, (tile, count, place, bins) =>
    exports.countLower(tile, count, uppers[place]?.[0] ?? 0, bins),
  )
  const thresholds = lowerBins.map((bins, place): Threshold => {
    const [upper, left] = uppers[place] ?? [0, 0]
    return [upper, exports.findBin(bins, 0, left, rest)]
  })
  arena.release(mark)
  return thresholds
}

/** Bins of every row, filled in one pass over all modules. */
async function countBins(
  run: Run,
  plan: TilePlan,
  binCount: number,
  count: (tile: number, count: number, place: number, bins: number) => void,
): Promise<readonly number[]> {
  const bins = plan.chosen.map(() => run.kernel.arena.reserve(8 * binCount))
  for (const moduleIndex of run.job.modules.keys()) {
    await eachTile(run, plan, moduleIndex, async (tile) => {
      for (const [place, to] of bins.entries()) {
        count(tile.rows + tile.stride * place, tile.count, place, to)
      }
    })
  }
  return bins
}
