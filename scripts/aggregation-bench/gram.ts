/**
 * Inner products and distances of low-rank updates of one large module, as every rule's first pass takes them: ours from
 * the factors, numpy's from the dense ΔW, by its two ways: one product of all with all, and the difference of each pair.
 * numpy works in f64 in memory that it has already touched, with one thread as we do; making ΔW counts, for it must.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadKernel } from '../../src/aggregate/kernel/kernel.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'

const ENTRY_BYTES = 32
const SCALE = 2
/** The kernel's first run compiles; of the others the middle one counts. */
const RUN_COUNT = 5

export interface GramRequest {
  readonly n: number
  readonly rank: number
  /** The module is [side, side]. */
  readonly side: number
}

export interface GramDocument extends GramRequest {
  readonly threads: 1
  readonly seconds: number
  readonly numpy: null | {
    readonly denseSeconds: number
    readonly productSeconds: number
    readonly pairsSeconds: number
  }
  /** numpy's time over ours, ΔW made and one product of all; ΔW made and each pair's difference. */
  readonly ratioOfProduct?: number
  readonly ratioOfPairs?: number
  /** Largest relative difference of a squared distance. */
  readonly difference?: number
}

const PROGRAM = `
import json, sys, time
import numpy as np
q = json.loads(sys.argv[1])
n, r, side = q['n'], q['rank'], q['side']
f = np.fromfile(q['file'], dtype=np.float32).reshape(n, 2, r * side)
A = [x[0].reshape(r, side).astype(np.float64) for x in f]
B = [q['scale'] * x[1].reshape(r, side).T.astype(np.float64) for x in f]
D = np.zeros((n, side * side))
best = [1e9] * 3
for run in range(q['runs']):
    t0 = time.process_time()
    for i in range(n): np.matmul(B[i], A[i], out=D[i].reshape(side, side))
    t1 = time.process_time()
    G = D @ D.T
    t2 = time.process_time()
    square = []
    for i in range(n):
        for j in range(i + 1, n):
            e = D[i] - D[j]
            square.append(float(np.dot(e, e)))
    t3 = time.process_time()
    best = [min(a, b) for a, b in zip(best, [t1 - t0, t2 - t1, t3 - t2])]
print(json.dumps({'denseSeconds': best[0], 'productSeconds': best[1], 'pairsSeconds': best[2], 'square': square}))
`

interface NumpyAnswer {
  readonly denseSeconds: number
  readonly productSeconds: number
  readonly pairsSeconds: number
  /** Of pairs i < j, in order. */
  readonly square: readonly number[]
}

/** Processor seconds on both sides: other work on the machine then counts for neither. */
export async function measureGram({ n, rank, side }: GramRequest): Promise<GramDocument> {
  const { exports, arena } = await loadKernel()
  const rng = new SeededRng('bench-gram')
  const values = Float32Array.from(
    { length: n * 2 * rank * side },
    () => (rng.below(2 ** 24) - 2 ** 23) / 2 ** 24,
  )
  const [table, gram, square] = [ENTRY_BYTES * n, 8 * n * n, 8 * n * n].map((size) => arena.reserve(size))
  const factors = arena.reserve(values.byteLength)
  if (table === undefined || gram === undefined || square === undefined) throw new Error('three places')
  new Float32Array(exports.memory.buffer, factors, values.length).set(values)
  const entries = new DataView(exports.memory.buffer, table, ENTRY_BYTES * n)
  const sizeBytes = 4 * rank * side
  for (let i = 0; i < n; i++) {
    entries.setUint32(ENTRY_BYTES * i, factors + 2 * i * sizeBytes, true)
    entries.setUint32(ENTRY_BYTES * i + 4, factors + (2 * i + 1) * sizeBytes, true)
    entries.setInt32(ENTRY_BYTES * i + 8, rank, true)
    entries.setFloat64(ENTRY_BYTES * i + 16, SCALE, true)
    entries.setFloat64(ENTRY_BYTES * i + 24, 1, true)
  }
  const seconds: number[] = []
  for (let run = 0; run <= RUN_COUNT; run++) {
    arena.bytes(gram, 8 * n * n).fill(0)
    const before = process.cpuUsage()
    exports.addGram(table, n, side, side, gram)
    exports.distances(gram, n, square)
    const { user, system } = process.cpuUsage(before)
    if (run > 0) seconds.push((user + system) / 1e6)
  }
  const own = seconds.toSorted((x, y) => x - y)[Math.floor(seconds.length / 2)] ?? 0
  const numpy = askNumpy({ n, rank, side }, values)
  const document = { n, rank, side, threads: 1 as const, seconds: own }
  if (numpy === null) return { ...document, numpy }
  const distances = [...arena.doubles(square, n * n)]
  const pairs = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n - i - 1 }, (_, k) => [i, i + k + 1] as const),
  )
  const difference = Math.max(
    ...pairs.flat().map(([i, j], place) => {
      const expected = numpy.square[place] ?? Number.NaN
      return Math.abs((distances[i * n + j] ?? Number.NaN) - expected) / expected
    }),
  )
  const { denseSeconds, productSeconds, pairsSeconds } = numpy
  return {
    ...document,
    numpy: { denseSeconds, productSeconds, pairsSeconds },
    ratioOfProduct: (denseSeconds + productSeconds) / own,
    ratioOfPairs: (denseSeconds + pairsSeconds) / own,
    difference,
  }
}

function askNumpy(request: GramRequest, values: Float32Array): NumpyAnswer | null {
  const folder = mkdtempSync(join(tmpdir(), 'oneround-gram-'))
  try {
    const file = join(folder, 'factors')
    writeFileSync(file, values)
    const question = JSON.stringify({ ...request, file, scale: SCALE, runs: 2 })
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }
    const { status, stdout } = spawnSync('python3', ['-c', PROGRAM, question], { encoding: 'utf8', env })
    // Our own program wrote it.
    return status === 0 ? (JSON.parse(stdout) as NumpyAnswer) : null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
