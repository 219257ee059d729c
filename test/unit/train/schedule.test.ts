// Protects the learning rate of every step and the moment of stopping.
import { expect, test } from 'vitest'
import { FULL_PATIENCE, learningRateAt, observeLoss } from '../../../src/train/schedule.ts'

const schedule = {
  schedule: 'cosine',
  learningRate: 2,
  warmupStepCount: 4,
  stepCount: 104,
  finalShare: 0.1,
} as const

test('warm-up rises in equal steps to the peak, the cosine falls to its share', () => {
  const rates = Array.from({ length: 105 }, (_, step) => learningRateAt(schedule, step))
  expect(rates.slice(0, 5)).toEqual([0.5, 1, 1.5, 2, 2])
  expect(rates[54]).toBeCloseTo(2 * (0.1 + 0.9 * 0.5), 12)
  expect(rates[104]).toBeCloseTo(0.2, 12)
  for (let step = 5; step < 105; step++) expect(rates[step]).toBeLessThan(rates[step - 1] ?? 0)
})

test('linear falls in equal steps to its share, constant stays at the peak', () => {
  const linear = { ...schedule, schedule: 'linear' } as const
  const rates = Array.from({ length: 105 }, (_, step) => learningRateAt(linear, step))
  expect(rates[4]).toBe(2)
  expect(rates[54]).toBeCloseTo(2 * (1 - 0.9 * 0.5), 12)
  expect(rates[104]).toBeCloseTo(0.2, 12)
  for (let step = 6; step < 105; step++) {
    expect((rates[step - 1] ?? 0) - (rates[step] ?? 0)).toBeCloseTo(0.018, 10)
  }
  const constant = { ...schedule, schedule: 'constant' } as const
  expect([1, 3, 50, 104].map((step) => learningRateAt(constant, step))).toEqual([1, 2, 2, 2])
})

test('without warm-up the first step has the peak rate, and steps beyond the last stay at the end', () => {
  const sudden = { ...schedule, warmupStepCount: 0 }
  expect(learningRateAt(sudden, 0)).toBe(2)
  expect(learningRateAt(sudden, 1000)).toBeCloseTo(0.2, 12)
})

test('patience counts validations without a gain that matters; the best loss is kept all the same', () => {
  let patience = FULL_PATIENCE
  const seen: (readonly [number, boolean])[] = []
  for (const loss of [3, 2, 1.9995, 2.5, 1.5, 1.6]) {
    const next = observeLoss(patience, loss, 0.001)
    patience = next.patience
    seen.push([patience.waited, next.isBest])
  }
  expect(seen).toEqual([
    [0, true],
    [0, true],
    [1, true],
    [2, false],
    [0, true],
    [1, false],
  ])
  expect(patience.bestLoss).toBe(1.5)
})
