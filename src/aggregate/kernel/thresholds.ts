/**
 * The size that the k-th largest coordinate of each row has, over all modules together: found exactly, in two passes over
 * the tiles, by counting the upper and then the lower half of the sizes' bits. Nothing is sorted or kept.
 */
import type { Rational } from '../../core/rational.ts'
import type { Run } from './arrays.ts'
import type { TileThreads } from './tile-threads.ts'
import { tileModules } from './tile-modules.ts'
import type { Threshold } from './tile-work.ts'

/** @param density — share of the coordinates that each row keeps */
export async function findThresholds(
  run: Run,
  threads: TileThreads,
  density: Rational,
): Promise<readonly Threshold[]> {
  const { exports, arena } = run.kernel
  const total = tileModules(run.job).reduce((sum, module) => sum + module.in * module.out, 0)
  const mark = arena.mark()
  const rest = arena.reserve(8)
  const kept = exports.keptCount(total, ...density)
  const uppers: (readonly [bin: number, left: number])[] = []
  await threads.count(null, (bins) => {
    const bin = exports.findBin(bins, 1, kept, rest)
    const [left = 0] = arena.readWhole(rest, 1)
    uppers.push([bin, left])
  })
  const thresholds: Threshold[] = []
  await threads.count(
    uppers.map(([bin]) => bin),
    (bins, place) => {
      const [upper, left] = uppers[place] ?? [0, 0]
      thresholds.push([upper, exports.findBin(bins, 0, left, rest)])
    },
  )
  arena.release(mark)
  return thresholds
}
