/**
 * Lion: steps of one size in the direction of the sign of a mean of gradients; half of AdamW's memory.
 *
 * c = β₁m + (1−β₁)g; θ ← θ·(1 − lr·λ) − lr·sign(c); m ← β₂m + (1−β₂)g
 *
 * Its rate is 3 to 10 times smaller than AdamW's, its decay as many times larger (the paper's section 5).
 * Source: Chen et al. 2023, arXiv:2302.06675, algorithm 2.
 */
import { assert } from '../../core/errors.ts'
import type { Optimizer } from './optimizer.ts'

export interface LionOptions {
  /** Of the mean that gives the direction, [0, 1). */
  readonly beta1: number
  /** Of the mean that is kept, [0, 1). */
  readonly beta2: number
  readonly weightDecay: number
}

export function createLion(parameterCount: number, { beta1, beta2, weightDecay }: LionOptions): Optimizer {
  assert(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, 'rates in [0, 1)')
  const mean = new Float32Array(parameterCount)
  return {
    vectors: { mean },
    step: (parameters, gradient, { learningRate, decays }) => {
      assert(parameters.length === parameterCount, 'the vector that the optimiser was made for')
      assert(gradient.length === parameterCount, 'a gradient element for each parameter')
      const kept = 1 - learningRate * weightDecay
      for (let i = 0; i < parameterCount; i++) {
        // The index is in range of all vectors, checked above.
        const g = gradient[i]!
        const m = mean[i]!
        const decayed = parameters[i]! * (decays?.[i] === 0 ? 1 : kept)
        parameters[i] = decayed - learningRate * Math.sign(beta1 * m + (1 - beta1) * g)
        mean[i] = beta2 * m + (1 - beta2) * g
      }
    },
  }
}
