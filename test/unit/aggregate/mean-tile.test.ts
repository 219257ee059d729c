// Protects: the mean of dense tiles has the bits of the weighted mean with equal claims, whatever the count.
import { expect, it } from 'vitest'
import { loadKernel } from '../../../src/aggregate/kernel/kernel.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'

const COUNT_MAX = 53
const STRIDE = 4 * 64
const LAMBDA = [5, 3] as const

it.each([1, 2, 3, 7, 16, 33])('of %i updates', async (m) => {
  const { exports, arena } = await loadKernel()
  const rng = new SeededRng(`mean-tile/${m}`)
  const tiles = arena.reserve(STRIDE * m)
  const claims = arena.reserve(8 * m)
  const [to, expected] = [arena.reserve(STRIDE), arena.reserve(STRIDE)]
  arena.doubles(claims, m).fill(1)
  const draw = (): number => {
    const value = (rng.below(2 ** 24) - 2 ** 23) * 2 ** (rng.below(60) - 50)
    return rng.below(9) === 0 ? Math.fround(value * 1e-39) + 0 : value
  }
  for (let i = 0; i < m; i++)
    new Float32Array(exports.memory.buffer, tiles + STRIDE * i, COUNT_MAX).set(
      Array.from({ length: COUNT_MAX }, draw),
    )
  for (let count = 1; count <= COUNT_MAX; count++) {
    arena.bytes(to, STRIDE).fill(0)
    arena.bytes(expected, STRIDE).fill(0)
    exports.meanTile(tiles, STRIDE, m, count, ...LAMBDA, to)
    exports.weightedMeanTile(tiles, STRIDE, m, claims, count, ...LAMBDA, expected)
    // All of the stride: nothing is written beyond the coordinates that were asked for.
    expect(arena.bytes(to, STRIDE), `${count} coordinates`).toEqual(arena.bytes(expected, STRIDE))
  }
})
