// Protects the learning-rate finder: what it suggests on objectives whose best rate is known, and that it is repeatable.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as v from 'valibot'
import { FIND_STEP_COUNT, rateAt, searchRate, suggestRate } from '../../../src/train/find-rate.ts'
import { findLearningRate } from '../../../src/train/index.ts'
import type { Objective } from '../../../src/train/loop.ts'
import { recipeSchema } from '../../../src/train/options.ts'
import { sequenceData } from '../../../src/train/tasks/causal-lm.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

const training = sequenceData(
  [1, 2, 3, 4, 5].map((value) => ({
    ids: Int32Array.of(0, value),
    labels: Int32Array.of(-100, value),
    targetCount: 1,
  })),
)

/** ½·curvature·x² a target: gradient descent is stable below a rate of 2/curvature. */
const bowl = (curvature: number): Objective => ({
  parameterCount: 1,
  lossAndGradient: ([x = 0], { targetCount }) =>
    Promise.resolve({
      lossSum: targetCount * 0.5 * curvature * x * x,
      gradient: Float32Array.of(targetCount * curvature * x),
    }),
  lossSum: () => Promise.reject(new Error('the finder never measures')),
})

const search = (objective: Objective, fields: v.InferInput<typeof recipeSchema> = {}) =>
  searchRate({
    objective,
    initial: Float32Array.of(1),
    training,
    recipe: v.parse(recipeSchema, {
      batchSize: 2,
      optimizer: 'sgd',
      momentum: 0,
      gradientNormMax: 0,
      ...fields,
    }),
    onProgress: () => undefined,
  })

test('rates grow by one factor, from the least to the largest', () => {
  expect(rateAt(0)).toBeCloseTo(1e-7, 12)
  expect(rateAt(FIND_STEP_COUNT - 1)).toBeCloseTo(10, 8)
  expect(rateAt(50) / rateAt(49)).toBeCloseTo(rateAt(1) / rateAt(0), 10)
})

test.each([4, 400, 40_000])(
  'on a bowl of curvature %d it ends where the loss explodes, and suggests a rate that learns',
  async (curvature) => {
    const { rates, losses, suggestion } = await search(bowl(curvature))
    expect(losses).toHaveLength(rates.length)
    expect(losses[0]).toBeCloseTo(curvature / 2, 3)
    // 2/curvature is where it turns unstable; the suggestion is below and by less than a hundredfold.
    expect(suggestion).toBeLessThan(2 / curvature)
    expect(suggestion).toBeGreaterThan(0.02 / curvature)
    expect(await search(bowl(curvature))).toEqual({ rates, losses, suggestion })
  },
)

test('leaves the parameters alone, and counts accumulated batches as one step', async () => {
  const initial = Float32Array.of(1)
  const recipe = v.parse(recipeSchema, { batchSize: 1, accumulation: 3, optimizer: 'lion' })
  let calls = 0
  const objective: Objective = {
    ...bowl(1),
    lossAndGradient: (parameters, batch) => {
      calls++
      return bowl(1).lossAndGradient(parameters, batch)
    },
  }
  const { rates } = await searchRate({ objective, initial, training, recipe, onProgress: () => undefined })
  expect(initial[0]).toBe(1)
  expect(calls).toBeGreaterThanOrEqual(rates.length * 3)
})

test('suggests nothing where the loss never falls', async () => {
  const flat: Objective = {
    ...bowl(1),
    lossAndGradient: (_, { targetCount }) =>
      Promise.resolve({ lossSum: 2 * targetCount, gradient: Float32Array.of(0) }),
  }
  const { rates, suggestion } = await search(flat)
  expect(rates).toHaveLength(FIND_STEP_COUNT)
  expect(suggestion).toBeNull()
  expect(suggestRate([], [])).toBeNull()
  // Too few steps to tell; and a fall from the fifth step to the eleventh, whose middle is the eighth.
  expect(suggestRate([1e-3, 1e-2, 1e-1], [4, 3, 5])).toBeNull()
  const steps = [...Array(20).keys()]
  const curve = steps.map((step) => (step <= 4 ? 5 : step >= 10 ? 2 : 5 - (step - 4) / 2))
  expect(suggestRate(steps, curve)).toBe(7)
})

test('on a model: repeatable by seed, useful, and nothing is left behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oneround-find-'))
  try {
    const model = await makeTinyBase(join(folder, 'base'))
    const data = join(folder, 'data.jsonl')
    await writeFile(data, ruleLines(26))
    const options = { model, data: [data], threads: 1, recipe: { batchSize: 13 } }
    const first = await findLearningRate(options)
    expect(first).toEqual(await findLearningRate(options))
    expect(first.schema).toBe('oneround/find-lr@1')
    expect(first.suggestion).toBeGreaterThan(1e-4)
    expect(first.suggestion).toBeLessThan(1)
    expect((await readdir(folder)).sort()).toEqual(['base', 'data.jsonl'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
