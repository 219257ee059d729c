// Protects the seeded generator: the same numbers on every machine, for ever, and no bias in what is made of them.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { SeededRng } from '../../../src/core/seeded-rng.ts'

test('a seed gives these numbers', () => {
  const rng = new SeededRng('oneround')
  expect(Array.from({ length: 4 }, () => rng.uint32())).toEqual([
    3991117079, 2402096652, 3957081642, 2652627448,
  ])
  expect(new SeededRng('oneround').shuffled([0, 1, 2, 3, 4, 5, 6, 7])).toEqual([5, 6, 1, 2, 3, 0, 4, 7])
  expect(new SeededRng('oneround').normal()).toBeCloseTo(-2.1437687831090964, 12)
})

test('the generator is xoshiro128**, restated here with 64-bit integers', () => {
  const MASK = 0xffffffffn
  const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & MASK
  const digest = createHash('sha256').update('restated').digest()
  let [s0 = 0n, s1 = 0n, s2 = 0n, s3 = 0n] = [0, 4, 8, 12].map((at) => BigInt(digest.readUInt32LE(at)))
  const rng = new SeededRng('restated')
  for (let i = 0; i < 100; i++) {
    expect(rng.uint32()).toBe(Number((rotate((s1 * 5n) & MASK, 7n) * 9n) & MASK))
    const shifted = (s1 << 9n) & MASK
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = rotate(s3, 11n)
  }
})

test('draws below n are uniform', () => {
  const rng = new SeededRng('uniform')
  const counts = Array.from({ length: 7 }, () => 0)
  for (let i = 0; i < 70_000; i++) {
    const draw = rng.below(7)
    counts[draw] = (counts[draw] ?? 0) + 1
  }
  // Six degrees of freedom: 22.5 is exceeded once in a thousand.
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
  expect(chiSquare).toBeLessThan(22.5)
})

test('normals have mean 0 and variance 1', () => {
  const rng = new SeededRng('normal')
  const draws = Array.from({ length: 40_000 }, () => rng.normal())
  const mean = draws.reduce((a, b) => a + b, 0) / draws.length
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length
  expect(Math.abs(mean)).toBeLessThan(0.02)
  expect(Math.abs(variance - 1)).toBeLessThan(0.03)
})
