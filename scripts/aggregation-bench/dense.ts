/**
 * Rules alone on dense f32 [n, d] in the kernel's memory, in one or more threads, beside a plain copy of 1 GiB in the same
 * process and numpy on values of the same kind. All rows of a run hold the same input, so the peak is of all of them.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { threadEntry } from '../../src/core/entry.ts'
import type { DenseShare } from './dense-thread.ts'
import { numpySecondsOf } from './numpy.ts'

const COPY_BYTES = 1 << 30
const RUN_COUNT = 7
/** Before: the engine compiles a second time what it has seen run. */
const WARM_UP_COUNT = 2

export interface BenchRow {
  readonly rule: string
  readonly n: number
  readonly d: number
  readonly workers: number
  readonly seconds: number
  /** Of all threads, user and system; of rows that have a process of their own. */
  readonly cpuSeconds?: number
  /** Bytes of input read a second. */
  readonly gigabytesPerSecond: number
  readonly peakMb: number
  readonly numpySeconds?: number
  /** numpy’s time over ours. */
  readonly ratio?: number
  /** gigabytesPerSecond over copyGigabytesPerSecond. */
  readonly copyRatio: number
}

export interface BenchDocument {
  /** Bytes copied a second by a plain copy of 1 GiB in the same process. */
  readonly copyGigabytesPerSecond: number
  readonly rows: readonly BenchRow[]
}

export const peakMb = (): number => (process.resourceUsage().maxRSS * 1024) / 1e6

const middle = (values: readonly number[]): number =>
  values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)] ?? 0

/** Middle of seven. */
async function secondsOf(work: () => Promise<unknown> | void): Promise<number> {
  const seconds: number[] = []
  for (let run = 0; run < RUN_COUNT; run++) {
    const startMs = performance.now()
    await work()
    seconds.push((performance.now() - startMs) / 1000)
  }
  return middle(seconds)
}

export async function copyGigabytesPerSecond(): Promise<number> {
  const from = new Uint8Array(COPY_BYTES).fill(1)
  const to = new Uint8Array(COPY_BYTES).fill(2)
  return COPY_BYTES / 1e9 / (await secondsOf(() => to.set(from)))
}

export interface DenseRequest {
  readonly n: number
  readonly d: number
  readonly b: number
  readonly rules: readonly string[]
  readonly workerCounts: readonly number[]
  readonly onRow: (text: string) => void
}

export async function measureDense({
  n,
  d,
  b,
  rules,
  workerCounts,
  onRow,
}: DenseRequest): Promise<BenchDocument> {
  const measured: Omit<BenchRow, 'copyRatio'>[] = []
  for (const workers of workerCounts) {
    const seconds = await timeThreads(rules, { n, b, d, workers })
    const peak = peakMb()
    const numpy = numpySecondsOf(rules, { n, d, b, threads: workers })
    for (const rule of rules) {
      const own = seconds.get(rule) ?? 0
      const other = numpy.get(rule)
      const compared = other === undefined ? {} : { numpySeconds: other, ratio: other / own }
      const gigabytesPerSecond = (4 * n * d) / 1e9 / own
      measured.push({ rule, n, d, workers, seconds: own, gigabytesPerSecond, peakMb: peak, ...compared })
      onRow(
        `${rule}, ${workers} threads: ${own.toFixed(3)} s, ${gigabytesPerSecond.toFixed(1)} GB/s` +
          (other === undefined ? '' : `, numpy ${other.toFixed(2)} s`),
      )
    }
  }
  // After the peaks were read: the copy needs 2 GiB of its own.
  const copied = await copyGigabytesPerSecond()
  const rows = measured.map((row) => ({ ...row, copyRatio: row.gigabytesPerSecond / copied }))
  return { copyGigabytesPerSecond: copied, rows }
}

async function timeThreads(
  rules: readonly string[],
  {
    n,
    b,
    d,
    workers,
  }: { readonly n: number; readonly b: number; readonly d: number; readonly workers: number },
): Promise<ReadonlyMap<string, number>> {
  const entry = threadEntry(new URL('./dense-thread.ts', import.meta.url))
  const threads = Array.from({ length: workers }, (_, i) => {
    const count = Math.floor((d * (i + 1)) / workers) - Math.floor((d * i) / workers)
    const share: DenseShare = { n, b, count, seed: `aggregation-bench ${i}` }
    return new Worker(entry, { execArgv: [], workerData: share })
  })
  try {
    await Promise.all(threads.map((thread) => once(thread, 'message')))
    const seconds = new Map<string, number>()
    for (const rule of rules) {
      const work = (): Promise<unknown> =>
        Promise.all(
          threads.map((thread) => {
            const done = once(thread, 'message')
            thread.postMessage(rule)
            return done
          }),
        )
      for (let run = 0; run < WARM_UP_COUNT; run++) await work()
      seconds.set(rule, await secondsOf(work))
    }
    return seconds
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
}
