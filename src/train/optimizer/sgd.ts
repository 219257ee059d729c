/**
 * Stochastic gradient descent with momentum, as PyTorch computes it, but with decoupled weight decay like the others here.
 *
 * θ ← θ·(1 − lr·λ); u ← μu + g (the first step: u = g); θ ← θ − lr·u, or θ − lr·(g + μu) with Nesterov's look ahead.
 *
 * Source: Polyak 1964; Sutskever et al. 2013 ("On the importance of initialization and momentum in deep learning").
 */
import { assert } from '../../core/errors.ts'
import type { Optimizer } from './optimizer.ts'

export interface SgdOptions {
  /** [0, 1); 0: plain gradient descent, without any state that matters. */
  readonly momentum: number
  readonly nesterov: boolean
  /** Share of a parameter taken off a step at learning rate 1, ≥ 0. */
  readonly weightDecay: number
}

export function createSgd(
  parameterCount: number,
  { momentum, nesterov, weightDecay }: SgdOptions,
): Optimizer {
  assert(momentum >= 0 && momentum < 1, 'a momentum in [0, 1)')
  const velocity = new Float32Array(parameterCount)
  return {
    vectors: { velocity },
    step: (parameters, gradient, { learningRate, decays }) => {
      assert(parameters.length === parameterCount, 'the vector that the optimiser was made for')
      assert(gradient.length === parameterCount, 'a gradient element for each parameter')
      const kept = 1 - learningRate * weightDecay
      for (let i = 0; i < parameterCount; i++) {
        // The index is in range of all vectors, checked above. The velocity starts at 0: then μ·0 + g is g.
        const g = gradient[i]!
        const u = Math.fround(momentum * velocity[i]! + g)
        velocity[i] = u
        const decayed = parameters[i]! * (decays?.[i] === 0 ? 1 : kept)
        parameters[i] = decayed - learningRate * (nesterov ? g + momentum * u : u)
      }
    },
  }
}
