// Protects: SGD and Lion take the steps that PyTorch and their papers say, and go on from a checkpoint as if never stopped.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  createOptimizer,
  OPTIMIZERS,
  type OptimizerOptions,
} from '../../../../src/train/optimizer/optimizer.ts'

interface Vectors {
  readonly start: readonly number[]
  readonly gradients: readonly (readonly number[])[]
  readonly rates: readonly number[]
  readonly cases: readonly {
    readonly setting: Partial<OptimizerOptions>
    readonly parameters: readonly number[]
  }[]
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/optimizers.json', import.meta.url), 'utf8'),
) as Vectors

const optionsOf = (setting: Partial<OptimizerOptions>): OptimizerOptions => ({
  optimizer: 'adamw',
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  momentum: 0.9,
  nesterov: false,
  weightDecay: 0,
  ...setting,
})

/** Parameters after all steps; a new optimiser with the old one's vectors is made at `resumeAt`. */
function run(setting: Partial<OptimizerOptions>, resumeAt = -1): Float32Array {
  const parameters = Float32Array.from(vectors.start)
  let optimizer = createOptimizer(parameters.length, optionsOf(setting))
  vectors.gradients.forEach((gradient, i) => {
    if (i === resumeAt) {
      const next = createOptimizer(parameters.length, optionsOf(setting))
      for (const [name, vector] of Object.entries(next.vectors))
        vector.set(optimizer.vectors[name] ?? new Float32Array())
      optimizer = next
    }
    optimizer.step(parameters, Float32Array.from(gradient), {
      learningRate: vectors.rates[i] ?? 0,
      step: i + 1,
    })
  })
  return parameters
}

const distance = (x: Float32Array, y: readonly number[]): number =>
  Math.max(...[...x].map((value, i) => Math.abs(value - (y[i] ?? 0))))

describe('optimisers', () => {
  it.each(vectors.cases.map((each) => [JSON.stringify(each.setting), each] as const))(
    '%s ends where the oracle ends after 50 steps',
    (_, { setting, parameters }) => {
      expect(distance(run(setting), parameters)).toBeLessThan(3e-6)
      // No other setting ends there.
      for (const other of vectors.cases) {
        if (other.setting !== setting) expect(distance(run(other.setting), parameters)).toBeGreaterThan(1e-4)
      }
    },
  )

  it.each(OPTIMIZERS)('%s goes on from its vectors to the same bits', (optimizer) => {
    const setting = { optimizer, weightDecay: 0.05, nesterov: true }
    expect([...run(setting, 17)]).toEqual([...run(setting)])
  })

  it.each(OPTIMIZERS)('%s decays only what it is told to', (optimizer) => {
    const parameters = Float32Array.of(1, 1)
    createOptimizer(2, optionsOf({ optimizer, weightDecay: 0.5 })).step(parameters, new Float32Array(2), {
      learningRate: 0.1,
      step: 1,
      decays: Uint8Array.of(1, 0),
    })
    expect([...parameters]).toEqual([Math.fround(0.95), 1])
  })
})
