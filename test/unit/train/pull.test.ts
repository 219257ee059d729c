// Protects the pull towards the base: its penalty against ΔW made whole, its gradient by differences, its place in a step.
import { expect, test } from 'vitest'
import * as v from 'valibot'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { factorsOf, type LinearModule } from '../../../src/model/lora.ts'
import { layOut } from '../../../src/train/gradient/parameters.ts'
import type { LoraSite } from '../../../src/train/gradient/training-graph.ts'
import { runLoop, type Objective } from '../../../src/train/loop.ts'
import { recipeSchema } from '../../../src/train/options.ts'
import { createPull, type Pull } from '../../../src/train/pull.ts'
import { sequenceData } from '../../../src/train/tasks/causal-lm.ts'

const rng = new SeededRng('pull')
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => rng.normal())

const moduleOf = (name: string, inSize: number, outSize: number): LinearModule => ({
  name,
  kind: 'linear',
  inSize,
  outSize,
  kernel: [],
  placement: {},
  input: '',
  inputRank: 3,
  output: '',
  isHead: false,
})
const sites: readonly LoraSite[] = [
  { module: moduleOf('first', 5, 4), rank: 2, scale: 0.5 },
  { module: moduleOf('second', 3, 6), rank: 3, scale: 2 },
  { module: moduleOf('frozen', 4, 3), rank: 2, scale: 1.5, frozenA: normals(8) },
  // The same module a second time in the graph.
  { module: moduleOf('first', 5, 4), rank: 2, scale: 0.5 },
]
const slots = layOut([
  factorsOf(moduleOf('first', 5, 4), 2).a,
  factorsOf(moduleOf('first', 5, 4), 2).b,
  factorsOf(moduleOf('second', 3, 6), 3).a,
  factorsOf(moduleOf('second', 3, 6), 3).b,
  factorsOf(moduleOf('frozen', 4, 3), 2).b,
])
const parameterCount = slots.reduce((sum, { size }) => sum + size, 0)

/** ‖s·B·A‖² with ΔW made whole. */
function squareOf({ module, rank, scale, frozenA }: LoraSite, flat: Float32Array): number {
  const valuesOf = (name: string): Float32Array => {
    const slot = slots.find((one) => one.name === name)
    return slot === undefined
      ? (frozenA ?? new Float32Array())
      : flat.slice(slot.offset, slot.offset + slot.size)
  }
  const { a, b } = factorsOf(module, rank)
  const [A, B] = [valuesOf(a.name), valuesOf(b.name)]
  let square = 0
  for (let row = 0; row < module.outSize; row++) {
    for (let column = 0; column < module.inSize; column++) {
      let entry = 0
      for (let k = 0; k < rank; k++) entry += (B[row * rank + k] ?? 0) * (A[k * module.inSize + column] ?? 0)
      square += (scale * entry) ** 2
    }
  }
  return square
}

function expectGradient(pull: Pull, parameters: Float32Array): void {
  const gradient = new Float32Array(parameters.length).fill(1)
  pull.addGradient(parameters, gradient, 3)
  for (const i of parameters.keys()) {
    const moved = (by: number): Float32Array => parameters.map((value, at) => (at === i ? value + by : value))
    // Powers of two: what is added is what is divided by, but for the rounding of the sum.
    const step = 2 ** -7
    const slope = (pull.penalty(moved(step)) - pull.penalty(moved(-step))) / (2 * step)
    expect(gradient[i]).toBeCloseTo(1 + 3 * slope, 3)
  }
}

test('of adapters: the square of ΔW, each module once, and its gradient', () => {
  const parameters = normals(parameterCount)
  const trainable = { kind: 'lora', sites } as const
  const pull = createPull({ trainable, slots, initial: parameters, strength: 0.7 })
  const square = sites.slice(0, 3).reduce((sum, site) => sum + squareOf(site, parameters), 0)
  expect(pull.penalty(parameters)).toBeCloseTo(0.35 * square, 4)
  expectGradient(pull, parameters)
})

test('of whole weights: the square of their distance from the start, and its gradient', () => {
  const [initial, parameters] = [normals(9), normals(9)]
  const pull = createPull({ trainable: { kind: 'full' }, slots: [], initial, strength: 0.7 })
  const square = parameters.reduce((sum, value, i) => sum + (value - (initial[i] ?? 0)) ** 2, 0)
  expect(pull.penalty(parameters)).toBeCloseTo(0.35 * square, 5)
  expect(pull.penalty(initial)).toBe(0)
  expectGradient(pull, parameters)
})

test('in a run it stands beside the mean loss, whatever the number of targets', async () => {
  // ½(x − 3)² a target with (λ/2)·x²: the least point is 3/(1 + λ).
  const objective: Objective = {
    parameterCount: 1,
    lossAndGradient: ([x = 0], { targetCount }) =>
      Promise.resolve({
        lossSum: (targetCount * (x - 3) ** 2) / 2,
        gradient: Float32Array.of(targetCount * (x - 3)),
      }),
    lossSum: ([x = 0], { targetCount }) => Promise.resolve((targetCount * (x - 3) ** 2) / 2),
  }
  const sample = { ids: Int32Array.of(0, 1), labels: Int32Array.of(-100, 1), targetCount: 1 }
  const initial = Float32Array.of(0)
  const { parameters } = await runLoop({
    objective,
    initial,
    training: sequenceData([sample, sample, sample, sample]),
    validation: null,
    recipe: v.parse(recipeSchema, {
      epochs: 200,
      batchSize: 4,
      learningRate: 0.1,
      optimizer: 'sgd',
      gradientNormMax: 0,
    }),
    pull: createPull({ trainable: { kind: 'full' }, slots: [], initial, strength: 0.5 }),
    checkpoints: null,
    checkpointEverySteps: 0,
    onProgress: () => undefined,
  })
  expect(parameters[0]).toBeCloseTo(2, 3)
})
