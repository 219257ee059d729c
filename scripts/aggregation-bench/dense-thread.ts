/**
 * A thread of the benchmark on dense tiles: holds its share of the coordinates of all updates in the memory of a kernel of
 * its own, and runs one rule over them when told.
 */
import '../../src/compat.ts'
import { parentPort, workerData } from 'node:worker_threads'
import { loadKernel } from '../../src/aggregate/kernel/kernel.ts'
import { RULES } from '../../src/aggregate/index.ts'
import { assert } from '../../src/core/errors.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'

export interface DenseShare {
  readonly n: number
  readonly b: number
  /** Coordinates of this thread. */
  readonly count: number
  readonly seed: string
}

/** Random values made once and repeated from another place for each row: no rule is helped by that. */
const BLOCK_COUNT = 1 << 20
/** Between rows, so that the same coordinate of all updates does not fall into one set of the processor's caches. */
const PAD_BYTES = 4096 + 256

const port = parentPort
assert(port !== null, 'this file is a worker thread')
// Our own program of the same version wrote it.
const { n, b, count, seed } = workerData as DenseShare
const { exports, arena } = await loadKernel()
const stride = 4 * count + PAD_BYTES
const tiles = arena.reserve(stride * n + 16)
const [keys, to, claims] = [
  arena.reserve(exports.keysBytes() * n),
  arena.reserve(4 * count + 64),
  arena.reserve(8 * n),
]
arena.doubles(claims, n).fill(1)
const rng = new SeededRng(seed)
const block = Float32Array.from({ length: BLOCK_COUNT }, () => (rng.below(2 ** 24) - 2 ** 23) / 2 ** 23)
for (let i = 0; i < n; i++) {
  const row = new Float32Array(exports.memory.buffer, tiles + stride * i, count)
  for (let at = 0; at < count; at += BLOCK_COUNT) {
    const turned = (at / BLOCK_COUNT + i * 65_537) % BLOCK_COUNT
    const head = block.subarray(turned)
    const length = Math.min(BLOCK_COUNT, count - at)
    row.set(head.subarray(0, length), at)
    if (length > head.length) row.set(block.subarray(0, length - head.length), at + head.length)
  }
}

port.on('message', (ruleId: string) => {
  const shared = {
    kernel: exports,
    m: n,
    b,
    tiles,
    stride,
    count,
    numerator: 1,
    denominator: 1,
    claims,
    keys,
    fisher: null,
    to,
  }
  const rule = RULES.find(({ id }) => id === ruleId)
  if (rule?.family === 'coordinate') {
    assert(rule.usesFisher !== true, 'a rule that reads Fisher diagonals is measured from files')
    rule.combineTile(shared)
  } else {
    assert(ruleId === 'mean', 'tiles are of coordinate rules and the mean')
    exports.meanTile(tiles, stride, n, count, 1, 1, to)
  }
  port.postMessage('done')
})
port.postMessage('ready')
