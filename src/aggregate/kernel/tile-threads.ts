/**
 * Who makes the tiles: the thread that runs the job, or several. Spans of whole tiles are handed out in order to whoever
 * is free; each tile is written where it belongs, and what is summed is summed in the order of the tiles, so one, two or
 * more threads give the same bytes and the same figures.
 */
import { availableParallelism } from 'node:os'
import { toHex } from '../../core/bytes.ts'
import { assert } from '../../core/errors.ts'
import type { AggregateJob } from '../job.ts'
import type { Run } from './arrays.ts'
import { type Span, spansOf } from './each-tile.ts'
import type { Address } from './exports.ts'
import type { DenseSums } from './figures.ts'
import { divideDown } from './integers.ts'
import { openTileWorker, type TileWorker } from './tile-worker.ts'
import { binsSizeBytes, type CombinedTile, combineSpan, countSpan, reserveBins } from './tile-work.ts'
import { tileModules } from './tile-modules.ts'
import type { Threshold, TileWork } from './tile-work.ts'

export interface TileEvents {
  /** In any order. */
  readonly onTile: (tile: CombinedTile) => Promise<void>
  /** In the order of the tiles. */
  readonly onSums: (sums: DenseSums) => void
  /** So many modules are done. */
  readonly onModule: (done: number) => void
}

export interface TileThreads {
  /**
   * Counts all tiles, then hands over the bins of one chosen row after the other.
   * @param uppers — null while the upper bits are counted
   * @param onBins — the bins are in the kernel's memory, and gone when it returns
   */
  readonly count: (
    uppers: readonly number[] | null,
    onBins: (bins: Address, place: number) => void,
  ) => Promise<void>
  readonly combine: (thresholds: readonly Threshold[] | null, events: TileEvents) => Promise<void>
  /** The known answers, asked of every thread after its last tile. @throws KERNEL_ARITHMETIC */
  readonly finish: () => Promise<void>
  /** Idempotent; ends the threads, whatever they are at. */
  readonly close: () => Promise<void>
}

const WORKER_COUNT_MAX = 64
const WORKER_COUNT_DEFAULT_MAX = 4
/** Entries of ΔW of all updates below which starting a thread takes longer than the work that it saves. */
const ENTRY_COUNT_MIN = 1 << 25
/** What all threads' copies of one module's factors may need together, so that memory stays bounded by default. */
const FACTOR_BYTES_MAX = 96 * 1024 * 1024

/** How many threads make a job's tiles. */
export function workerCountOf({ workers, modules, inputs }: AggregateJob): number {
  if (workers !== undefined) {
    assert(Number.isSafeInteger(workers) && workers >= 1 && workers <= WORKER_COUNT_MAX, '1 to 64 workers')
    return workers
  }
  const coordinates = modules.reduce((sum, module) => sum + module.in * module.out, 0)
  if (coordinates * inputs.length < ENTRY_COUNT_MIN) return 1
  const sizes = modules.map(({ in: width, out }, index) =>
    inputs.reduce((sum, { factors }) => sum + 4 * (factors[index]?.rank ?? 0) * (width + out), 0),
  )
  const fitting = divideDown(FACTOR_BYTES_MAX, Math.max(1, ...sizes))
  return Math.max(1, Math.min(availableParallelism(), WORKER_COUNT_DEFAULT_MAX, fitting))
}

export function openTileThreads(run: Run, work: TileWork): TileThreads {
  const count = workerCountOf(run.job)
  return count === 1 ? ownThread(run, work) : severalThreads(run, work, count)
}

function ownThread(run: Run, work: TileWork): TileThreads {
  return {
    count: async (uppers, onBins) => {
      const { arena } = run.kernel
      const mark = arena.mark()
      const bins = reserveBins(run, work.plan, uppers)
      for (const span of spansOf(tileModules(run.job), true))
        await countSpan(run, work.plan, span, { uppers, bins })
      for (const [place, at] of bins.entries()) onBins(at, place)
      arena.release(mark)
    },
    combine: async (thresholds, { onTile, onSums, onModule }) => {
      for (const span of spansOf(tileModules(run.job), true)) {
        await combineSpan(run, work, span, thresholds, async (tile) => {
          onSums(tile.sums)
          await onTile(tile)
        })
        onModule(span.moduleIndex + 1)
      }
    },
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

function severalThreads(run: Run, work: TileWork, count: number): TileThreads {
  const { kernel, job, arrays } = run
  const { arena } = kernel
  const m = job.inputs.length
  const copy = (at: Address, size: number): Uint8Array => arena.bytes(at, 8 * size).slice()
  const seat = {
    job,
    kernelDigest: toHex(kernel.digest),
    gram: copy(arrays.gram, m * m),
    square: copy(arrays.square, m * m),
    norms: copy(arrays.norms, m),
    claims: copy(arrays.claims, m),
  }
  const spans = spansOf(tileModules(job), false)
  const workers = Array.from({ length: Math.min(count, Math.max(1, spans.length)) }, () =>
    openTileWorker(seat),
  )

  /** Hands out the spans in order to whoever is free. */
  const share = async (
    take: (worker: TileWorker, span: Span, index: number) => Promise<void>,
  ): Promise<void> => {
    const left = spans.entries()
    await Promise.all(
      workers.map(async (worker) => {
        for (const [index, span] of left) await take(worker, span, index)
      }),
    )
  }

  return {
    count: async (uppers, onBins) => {
      await share(async (worker, span) => void (await worker.ask({ kind: 'count', span, uppers })))
      // One row at a time: the bins of all rows of all threads together would be most of the memory of a job.
      const mark = arena.mark()
      const sizeBytes = binsSizeBytes(uppers)
      const at = arena.reserve(sizeBytes)
      let buffer = new ArrayBuffer(sizeBytes)
      for (const place of work.plan.chosen.keys()) {
        arena.bytes(at, sizeBytes).fill(0)
        for (const worker of workers) {
          const bins = await worker.ask({ kind: 'collect', place, uppers, buffer })
          // Counts are whole numbers, so their sums do not depend on who counted.
          if (bins !== null) arena.addWhole(at, bins)
          buffer = bins?.buffer ?? new ArrayBuffer(sizeBytes)
        }
        onBins(at, place)
      }
      arena.release(mark)
    },
    combine: async (thresholds, { onTile, onSums, onModule }) => {
      const ready = new Map<number, readonly DenseSums[]>()
      let next = 0
      await share(async (worker, span, index) => {
        const sums: DenseSums[] = []
        await worker.ask({ kind: 'combine', span, thresholds }, async (tile) => {
          sums.push(tile.sums)
          await onTile(tile)
        })
        ready.set(index, sums)
        for (let found = ready.get(next); found !== undefined; found = ready.get(next)) {
          for (const each of found) onSums(each)
          ready.delete(next)
          const moduleIndex = spans[next]?.moduleIndex ?? 0
          next += 1
          if (spans[next]?.moduleIndex !== moduleIndex) onModule(moduleIndex + 1)
        }
      })
    },
    finish: async () => {
      await Promise.all(workers.map((worker) => worker.ask({ kind: 'finish' })))
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()))
    },
  }
}
