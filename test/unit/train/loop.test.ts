// Protects the training loop on an objective whose every gradient is known: steps, accumulation, stopping, resuming.
import { expect, test } from 'vitest'
import { sequenceData } from '../../../src/train/tasks/causal-lm.ts'
import type { Batch, Dataset } from '../../../src/train/dataset.ts'
import type { Checkpoint, CheckpointStore } from '../../../src/train/checkpoint.ts'
import { runLoop, type LoopInput, type LoopState, type Objective } from '../../../src/train/loop.ts'
import { recipeSchema, type TrainingRecipe } from '../../../src/train/options.ts'
import * as v from 'valibot'

const recipeOf = (fields: v.InferInput<typeof recipeSchema>): TrainingRecipe => v.parse(recipeSchema, fields)

/** Sequences of one target each; its id is the target's value. */
const sequencesOf = (...values: readonly number[]): Dataset =>
  sequenceData(
    values.map((value) => ({
      ids: Int32Array.of(0, value),
      labels: Int32Array.of(-100, value),
      targetCount: 1,
    })),
  )

const valuesOf = (batch: Batch): number[] =>
  [...(batch.feeds['input_ids']?.data ?? [])].flatMap((id, i) => (i % 2 === 1 ? [Number(id)] : []))

/** Sum over targets t of ½(x − t)², whose least point is the mean of the targets. */
const quadratic = (): Objective => ({
  parameterCount: 1,
  lossAndGradient: async ([x = 0], batch) => {
    const differences = valuesOf(batch).map((value) => x - value)
    return {
      lossSum: differences.reduce((sum, d) => sum + d * d * 0.5, 0),
      gradient: Float32Array.of(differences.reduce((sum, d) => sum + d, 0)),
    }
  },
  lossSum: async ([x = 0], batch) => valuesOf(batch).reduce((sum, value) => sum + (x - value) ** 2 * 0.5, 0),
})

const inputOf = (fields: Partial<LoopInput>, recipe: v.InferInput<typeof recipeSchema> = {}): LoopInput => ({
  objective: quadratic(),
  initial: Float32Array.of(0),
  training: sequencesOf(1, 2, 3, 4, 5, 6),
  validation: sequencesOf(3, 4),
  recipe: recipeOf({
    epochs: 60,
    batchSize: 2,
    learningRate: 0.2,
    gradientNormMax: 0,
    patience: 0,
    ...recipe,
  }),
  checkpoints: null,
  checkpointEverySteps: 0,
  onProgress: () => undefined,
  ...fields,
})

/** Checkpoints in memory, as JSON and copies, so that nothing is shared with the run that wrote them. */
function memoryStore(): CheckpointStore<LoopState> & { readonly written: Checkpoint<LoopState>[] } {
  const written: Checkpoint<LoopState>[] = []
  const copy = ({ state, vectors }: Checkpoint<LoopState>): Checkpoint<LoopState> => ({
    state: JSON.parse(JSON.stringify(state)),
    vectors: {
      parameters: vectors.parameters.slice(),
      optimizer: Object.fromEntries(
        Object.entries(vectors.optimizer).map(([name, vector]) => [name, vector.slice()]),
      ),
      best: vectors.best.slice(),
    },
  })
  return {
    written,
    read: async () => {
      const last = written.at(-1)
      return last === undefined ? null : copy(last)
    },
    write: async (checkpoint) => void written.push(copy(checkpoint)),
    remove: async () => undefined,
  }
}

test('finds the least point, and counts steps and epochs', async () => {
  const result = await runLoop(inputOf({}))
  expect(result.parameters[0]).toBeCloseTo(3.5, 1)
  expect(result.stepCount).toBe(180)
  expect(result.history).toHaveLength(61)
  expect(result.history[0]).toMatchObject({ step: 0, epoch: 0, trainLoss: null, validationLoss: 6.25 })
  expect(result.history.at(-1)).toMatchObject({ step: 180, epoch: 60 })
  expect(result.bestValidationLoss).toBeCloseTo(0.125, 2)
})

test('a step of three batches is one step on their targets together, each target alike', async () => {
  const gradients: number[] = []
  const seen = (objective: Objective): Objective => ({
    ...objective,
    lossAndGradient: async (parameters, batch) => {
      const part = await objective.lossAndGradient(parameters, batch)
      gradients.push(part.gradient[0] ?? 0)
      return part
    },
  })
  const recipe = { epochs: 1, batchSize: 2, accumulation: 3, warmupShare: 0 }
  const joined = await runLoop(inputOf({ objective: seen(quadratic()) }, recipe))
  expect(joined.stepCount).toBe(1)
  expect(gradients).toHaveLength(3)
  const whole = await runLoop(inputOf({}, { ...recipe, batchSize: 6, accumulation: 1 }))
  expect(joined.history.at(-1)?.trainLoss).toBeCloseTo(whole.history.at(-1)?.trainLoss ?? 0, 6)
  expect(joined.parameters[0]).toBeCloseTo(whole.parameters[0] ?? 0, 6)
})

test('an uneven last step divides by its own number of targets', async () => {
  const inputs: number[] = []
  const objective = quadratic()
  const spied: Objective = {
    ...objective,
    lossAndGradient: (parameters, batch) => {
      inputs.push(batch.targetCount)
      return objective.lossAndGradient(parameters, batch)
    },
  }
  const result = await runLoop(inputOf({ objective: spied }, { epochs: 1, batchSize: 4, accumulation: 1 }))
  expect(inputs.toSorted((a, b) => a - b)).toEqual([2, 4])
  // Six targets at x = 0 would give Σ½t²/6; the mean over both steps is over all six, whatever their sizes.
  expect(result.history.at(-1)?.trainLoss).toBeLessThan(91 / 12)
})

test('early stopping ends the run and keeps the best parameters, not the last', async () => {
  // Validation pulls to 1, training to 6: the validation loss falls, then rises again.
  const recipe = { epochs: 100, patience: 3, learningRate: 0.3 }
  const result = await runLoop(inputOf({ training: sequencesOf(6, 6), validation: sequencesOf(1) }, recipe))
  const losses = result.history.map(({ validationLoss }) => validationLoss ?? Number.NaN)
  expect(result.stoppedEarly).toBe(true)
  expect(result.stepCount).toBeLessThan(100)
  expect(result.bestValidationLoss).toBe(Math.min(...losses))
  const [x = 0] = result.parameters
  expect((x - 1) ** 2 / 2).toBeCloseTo(result.bestValidationLoss ?? 0, 5)
  expect(losses.at(-1)).toBeGreaterThan(result.bestValidationLoss ?? 0)
})

test('without validation the last parameters are the result', async () => {
  const result = await runLoop(inputOf({ validation: null }))
  expect(result.bestValidationLoss).toBeNull()
  expect(result.bestStep).toBe(result.stepCount)
  expect(result.parameters[0]).toBeCloseTo(3.5, 1)
})

test('a run resumed from any checkpoint ends with the same bits', async () => {
  const recipe = { epochs: 4, batchSize: 1, accumulation: 2, validateEverySteps: 5 }
  const store = memoryStore()
  const whole = await runLoop(inputOf({ checkpoints: store, checkpointEverySteps: 1 }, recipe))
  expect(store.written.length).toBeGreaterThan(12)
  for (const checkpoint of store.written) {
    const from = memoryStore()
    from.written.push(checkpoint)
    const { resumedFromStep, ...resumed } = await runLoop(inputOf({ checkpoints: from }, recipe))
    expect(resumedFromStep).toBe(checkpoint.state.step)
    expect(resumed).toEqual({ ...whole, resumedFromStep: undefined, parameters: whole.parameters })
  }
})

test.each([
  [0, 3.5],
  [0.5, 0.5],
  [5, 3.5],
])('a gradient of norm 3.5 with the bound %d moves as one of norm %d', async (gradientNormMax, norm) => {
  // Without means and with an epsilon far above the gradient, a step is rate · g / (|g| + ε).
  const recipe = { epochs: 1, batchSize: 6, betas: [0, 0] as [number, number], warmupShare: 0, epsilon: 100 }
  const result = await runLoop(inputOf({ validation: null }, { ...recipe, gradientNormMax }))
  expect(result.parameters[0]).toBeCloseTo((0.2 * norm) / (norm + 100), 7)
})

test.each([
  ['a gradient of NaN', Number.NaN, 1],
  ['an infinite loss', 1, Number.POSITIVE_INFINITY],
])('%s is TRAINING_DIVERGED at its step', async (_, gradient, lossSum) => {
  const objective = {
    ...quadratic(),
    lossAndGradient: async () => ({ lossSum, gradient: Float32Array.of(gradient) }),
  }
  await expect(runLoop(inputOf({ objective }))).rejects.toMatchObject({
    info: { code: 'TRAINING_DIVERGED', step: 0 },
  })
})
