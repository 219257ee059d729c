// Protects: the coordinate rules sort rightly for every number of inputs, by register networks and in memory alike.
import { expect, it } from 'vitest'
import { loadKernel } from '../../../src/aggregate/kernel/kernel.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'

/** More than are sorted by one call, and no multiple of four. */
const COUNT = 75
const STRIDE = 320
const INPUT_COUNTS = Array.from({ length: 70 }, (_, i) => i + 1)
const LAMBDA = [3, 2] as const

/** Ordinary values, equal ones, subnormals, both ends of the range; never −0, which loading has turned into +0. */
function draw(rng: SeededRng): number {
  const value = (rng.below(2 ** 24) - 2 ** 23) / 2 ** 20
  switch (rng.below(8)) {
    case 0:
      return 0
    case 1:
      return Math.fround(value * 1e-39) + 0
    case 2:
      return Math.fround(value * 1e37)
    case 3:
      return 1.5
    default:
      return Math.fround(value)
  }
}

it.each(INPUT_COUNTS)('of %i updates: median and trimmed mean, to the last bit', async (m) => {
  const { exports, arena } = await loadKernel()
  const rng = new SeededRng(`sorting/${m}`)
  const tiles = arena.reserve(STRIDE * m)
  const keys = arena.reserve(exports.keysBytes() * m)
  const to = arena.reserve(STRIDE)
  const rows = Array.from({ length: m }, () => Array.from({ length: COUNT }, () => draw(rng)))
  rows.forEach((row, i) => new Float32Array(exports.memory.buffer, tiles + STRIDE * i, COUNT).set(row))
  const columns = Array.from({ length: COUNT }, (_, at) =>
    rows.map((row) => row[at] ?? 0).sort((x, y) => x - y),
  )
  const result = () => [...new Float32Array(exports.memory.buffer, to, COUNT)]
  const rounded = (value: number) => Math.fround(value) + 0
  const lambda = LAMBDA[0] / LAMBDA[1]

  exports.medianTile(tiles, STRIDE, m, COUNT, ...LAMBDA, keys, to)
  const medians = columns.map((sorted) => {
    const lower = sorted[(m - 1) >> 1] ?? 0
    const upper = sorted[m >> 1] ?? 0
    return rounded(lambda * (m % 2 === 1 ? upper : (lower + upper) / 2))
  })
  expect(result()).toEqual(medians)

  for (let b = 0; 2 * b < m; b++) {
    exports.trimmedMeanTile(tiles, STRIDE, m, b, COUNT, ...LAMBDA, keys, to)
    const means = columns.map((sorted) => {
      const sum = sorted.slice(b, m - b).reduce((total, value) => total + value, 0)
      return rounded(lambda * (sum / (m - 2 * b)))
    })
    expect(result()).toEqual(means)
  }
  // Nothing is written beyond the coordinates that were asked for.
  expect(new Float32Array(exports.memory.buffer, to, COUNT + 1)[COUNT]).toBe(0)
})
