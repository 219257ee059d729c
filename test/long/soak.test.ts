// Protects: rounds of real processes under random faults end with one digest, one after the other, in a process that lives on.
import { expect, test } from 'vitest'
import { growthOf, slopeOf, soak } from '../../scripts/soak/soak.ts'

/** The short form of `npm run soak`: whether anything grows shows over many rounds only. */
test('two rounds under faults end with one digest each', { timeout: 600_000 }, async () => {
  const { rounds, kills, freezes, differing } = await soak(
    'short',
    (count) => count >= 2,
    () => undefined,
  )
  expect(rounds).toHaveLength(2)
  expect(differing).toBe(0)
  expect(kills + freezes).toBeGreaterThanOrEqual(2)
  // The second round leaves no more files open than the first.
  expect(rounds[1]?.state.files).toBeLessThanOrEqual((rounds[0]?.state.files ?? 0) + 1)
})

test('growth is the slope of a line through the points', () => {
  expect(slopeOf([1, 3, 5, 7])).toBe(2)
  expect(slopeOf([4, 4, 4])).toBe(0)
  expect(slopeOf([0, 1, 0, 1, 0])).toBe(0)
  expect(slopeOf([5])).toBe(0)
})

test('growth has the interval of Student’s t', () => {
  // By hand: slope 0.6, squares left 2.4 over 3 degrees of freedom, spread 10; t(3, 0.975) = 3.1824.
  const { slope, interval } = growthOf([2, 4, 5, 4, 5])
  expect(slope).toBeCloseTo(0.6, 12)
  expect(interval[0]).toBeCloseTo(0.6 - 3.1824 * Math.sqrt(0.08), 2)
  expect(interval[1]).toBeCloseTo(0.6 + 3.1824 * Math.sqrt(0.08), 2)
  expect(growthOf([1, 2, 3]).interval).toEqual([1, 1])
  expect(growthOf([1, 2]).interval).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
})
