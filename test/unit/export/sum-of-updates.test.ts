// Protects: rounds that build on one another add up exactly: the sum's change is the sum of their changes.
import { expect, test } from 'vitest'
import { deltaOf, type MergedModule, type MergedUpdate, sumOf } from '../../../src/export/merged-module.ts'

const wave = (length: number, step: number) =>
  Float32Array.from({ length }, (_, i) => Math.round(8 * Math.sin(step * (i + 1))) / 4)

const stacked = (rank: number, step: number, scale = 1): MergedModule => ({
  kind: 'stacked',
  name: 'q',
  in: 3,
  out: 4,
  rank,
  scale,
  a: wave(rank * 3, step),
  b: wave(rank * 4, 2 * step),
})
const dense = (step: number): MergedModule => ({
  kind: 'dense',
  name: 'q',
  in: 3,
  out: 4,
  delta: wave(12, step),
})
const updateOf = (module: MergedModule): MergedUpdate => ({
  modules: [{ name: module.name, in: module.in, out: module.out }],
  read: () => Promise.resolve(module),
  dense: [],
  readDense: () => Promise.resolve(new Float32Array()),
})

test.each([
  ['factors', [stacked(1, 1), stacked(3, 2), stacked(2, 5)], 'stacked'],
  ['factors of different scales', [stacked(1, 1, 2), stacked(2, 2, 1)], 'dense'],
  ['factors and a dense change', [stacked(2, 1), dense(3)], 'dense'],
] as const)('the sum of %s', async (_, modules, kind) => {
  const sum = await sumOf(modules.map(updateOf)).read(0)
  expect(sum.kind).toBe(kind)
  // Quarters of small integers: every product and sum is exact, in any order.
  const expected = modules
    .map(deltaOf)
    .reduce((total, delta) => total.map((value, i) => value + (delta[i] ?? 0)))
  expect(deltaOf(sum)).toEqual(expected)
})

test('the sum of one is that one', async () => {
  const only = updateOf(stacked(2, 1))
  expect(sumOf([only])).toBe(only)
})
