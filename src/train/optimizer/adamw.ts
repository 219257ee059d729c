/**
 * AdamW on flat vectors: Adam with decoupled weight decay, as PyTorch computes it. In place, in f32 storage with each
 * element's arithmetic in f64; the order of elements does not matter, so the result is the same everywhere.
 *
 * θ ← θ·(1 − lr·λ); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; θ ← θ − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
 *
 * Source: Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2; Kingma & Ba 2015 (arXiv:1412.6980).
 */
import { assert } from '../../core/errors.ts'
import type { Optimizer } from './optimizer.ts'

export interface AdamWOptions {
  /** Decay rate of the mean of gradients, [0, 1). */
  readonly beta1: number
  /** Decay rate of the mean of squares, [0, 1). */
  readonly beta2: number
  /** Added to the root, > 0. */
  readonly epsilon: number
  /** Share of a parameter taken off a step at learning rate 1, ≥ 0. */
  readonly weightDecay: number
}

export const ADAMW_DEFAULTS: AdamWOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }

/** An optimiser for `parameterCount` elements, its means zero. */
export function createAdamW(parameterCount: number, options: Partial<AdamWOptions> = {}): Optimizer {
  const { beta1, beta2, epsilon, weightDecay } = { ...ADAMW_DEFAULTS, ...options }
  assert(
    beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0,
    'rates in [0, 1), epsilon above 0',
  )
  const first = new Float32Array(parameterCount)
  const second = new Float32Array(parameterCount)
  return {
    vectors: { first, second },
    step: (parameters, gradient, { learningRate, step, decays }) => {
      assert(parameters.length === parameterCount, 'the vector that the optimiser was made for')
      assert(gradient.length === parameterCount, 'a gradient element for each parameter')
      assert(Number.isInteger(step) && step >= 1, 'steps count from 1')
      const rate = learningRate / (1 - beta1 ** step)
      const rootCorrection = Math.sqrt(1 - beta2 ** step)
      const kept = 1 - learningRate * weightDecay
      for (let i = 0; i < parameterCount; i++) {
        // The index is in range of all vectors, checked above.
        const g = gradient[i]!
        const m = Math.fround(beta1 * first[i]! + (1 - beta1) * g)
        const v = Math.fround(beta2 * second[i]! + (1 - beta2) * g * g)
        first[i] = m
        second[i] = v
        const decayed = parameters[i]! * (decays?.[i] === 0 ? 1 : kept)
        parameters[i] = decayed - (rate * m) / (Math.sqrt(v) / rootCorrection + epsilon)
      }
    },
  }
}
