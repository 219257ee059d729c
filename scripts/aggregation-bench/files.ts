/**
 * A rule from update files to the aggregate's file, as in a round: n updates of a given rank for four square modules with d
 * entries of ΔW together, or of one parameter with d entries that is trained whole. Bytes of input are those of the files.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  aggregate,
  type KernelClient,
  kernelDigest,
  RULES,
  usesFisher,
  whyInvalid,
} from '../../src/aggregate/index.ts'
import { loadKernel } from '../../src/aggregate/kernel/kernel.ts'
import { runAggregate } from '../../src/aggregate/kernel/run.ts'
import { workerCountOf } from '../../src/aggregate/kernel/tile-threads.ts'
import type { Charter, Layout } from '../../src/charter/schema.ts'
import { assert } from '../../src/core/errors.ts'
import { asDigest } from '../../src/core/ids.ts'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { updateTensors } from '../../src/update/layout.ts'
import { type BenchRow, copyGigabytesPerSecond, peakMb } from './dense.ts'

const MODULE_COUNT = 4
/** What rules that draw lots draw from. */
const SEED = asDigest(new Uint8Array(32))

export interface FilesRequest {
  readonly rule: string
  readonly n: number
  readonly d: number
  /** null: trained whole. */
  readonly rank: number | null
  /** By default what the job is worth. */
  readonly workers?: number
}

/** As many poisoned updates of n as the rule bears, up to what most rules here bear; null where it does not hold at all. */
export function bearableOf(rule: string, n: number): number | null {
  for (let b = Math.max(0, Math.floor((n - 3) / 2)); b >= 0; b--)
    if (whyInvalid({ id: rule, version: 1 }, n, b) === null) return b
  return null
}

/** In this process, whose peak it reads: a process of its own for each row. */
export async function measureFiles({ rule, n, d, rank, workers }: FilesRequest): Promise<BenchRow> {
  const b = bearableOf(rule, n)
  assert(b !== null, `${rule} holds for ${n} updates`)
  const folder = mkdtempSync(join(tmpdir(), 'oneround-bench-'))
  try {
    const fisher = usesFisher({ id: rule, version: 1 }) ? { fisher: true as const } : {}
    const layout = { ...layoutOf(d, rank), ...fisher }
    const inputs = Array.from({ length: n }, (_, member) => ({
      member,
      claim: 1,
      path: writeUpdate(join(folder, `${member}`), layout, member),
    }))
    const aggregation: Charter['aggregation'] = {
      rules: [{ id: rule, version: 1 }],
      b,
      weights: 'uniform',
      samplesRange: [1, 1],
      lambda: [1, 1],
      kernelDigest: await kernelDigest(),
    }
    const loaded = await loadKernel()
    const isCoordinate = RULES.find(({ id }) => id === rule)?.family === 'coordinate'
    let used = 1
    // In this process, so that its memory is the row's; a round has a process for it.
    const kernel: KernelClient = {
      aggregate: (job) => {
        if (isCoordinate) used = workerCountOf(job)
        return runAggregate(loaded, job, () => undefined)
      },
      admit: () => Promise.reject(new Error('nothing is admitted here')),
      recompress: () => Promise.reject(new Error('nothing is recompressed here')),
      stop: () => Promise.resolve(),
    }
    const startMs = performance.now()
    const cpuBefore = process.cpuUsage()
    const request = { layout, aggregation, inputs, outputPath: join(folder, 'out'), seed: SEED }
    await aggregate(request, { kernel, ...(workers === undefined ? {} : { workers }) })
    const seconds = (performance.now() - startMs) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    const cpuSeconds = (user + system) / 1e6
    const inputBytes = inputs.reduce((sum, { path }) => sum + statSync(path).size, 0)
    const peak = peakMb()
    // After the peak was read: the copy needs 2 GiB of its own.
    const copied = await copyGigabytesPerSecond()
    const gigabytesPerSecond = inputBytes / 1e9 / seconds
    const copyRatio = gigabytesPerSecond / copied
    return { rule, n, d, workers: used, seconds, cpuSeconds, gigabytesPerSecond, peakMb: peak, copyRatio }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function layoutOf(d: number, rank: number | null): Layout {
  const shared = { scale: [2, 1], dtype: 'f32' } as const
  if (rank === null)
    return { ...shared, scale: [2, 1], modules: [], dense: [{ name: 'weight', shape: [d] }], rankMax: 1 }
  const side = Math.floor(Math.sqrt(d / MODULE_COUNT))
  const modules = Array.from({ length: MODULE_COUNT }, (_, i) => ({
    name: `layers.${i}.proj`,
    in: side,
    out: side,
  }))
  return { ...shared, scale: [2, 1], modules, rankMax: rank }
}

/** A piece at a time: the row's peak is the rule's, not that of making its input. */
const PIECE_BYTES = 1 << 22

function writeUpdate(path: string, layout: Layout, member: number): string {
  const rng = new SeededRng(`bench-aggregation ${member}`)
  const { prefix, header } = encodeHeader(
    updateTensors(
      layout,
      layout.modules.map(() => layout.rankMax),
    ),
  )
  const file = openSync(path, 'w')
  writeSync(file, prefix)
  for (const { name, sizeBytes } of header.entries) {
    // Fisher diagonals hold squares.
    const lowest = name.includes('.fisher') ? 0 : -(2 ** 23)
    for (let at = 0; at < sizeBytes; at += PIECE_BYTES) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, sizeBytes - at))
      for (let place = 0; place < piece.length; place += 4)
        piece.writeFloatLE((rng.below(2 ** 24) + lowest) / 2 ** 27, place)
      writeSync(file, piece)
    }
  }
  closeSync(file)
  return path
}
