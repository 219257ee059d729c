/**
 * What an optimiser is to the training loop: vectors that checkpoints keep, and a step in place. Which one runs is the
 * recipe's; the list is here. All are in f32 storage with each element's arithmetic in f64, element by element, so the
 * result is the same everywhere.
 */
import { createAdamW } from './adamw.ts'
import { createLion } from './lion.ts'
import { createSgd } from './sgd.ts'

export interface StepOptions {
  readonly learningRate: number
  /** Which step this is, counted from 1. */
  readonly step: number
  /** Where given, elements with 0 are not decayed. */
  readonly decays?: Uint8Array
}

export interface Optimizer {
  /** Its state by name, each as long as the parameters; written to checkpoints as it is. */
  readonly vectors: Readonly<Record<string, Float32Array>>
  /**
   * One update of `parameters`, in place.
   * @param gradient — an element for each parameter
   */
  readonly step: (parameters: Float32Array, gradient: Float32Array, at: StepOptions) => void
}

export const OPTIMIZERS = ['adamw', 'sgd', 'lion'] as const
export type OptimizerName = (typeof OPTIMIZERS)[number]

export interface OptimizerOptions {
  readonly optimizer: OptimizerName
  /** Of AdamW and Lion: decay rates of their means. */
  readonly betas: readonly [number, number]
  /** Of AdamW. */
  readonly epsilon: number
  /** Of SGD, [0, 1). */
  readonly momentum: number
  /** Of SGD: whether the step looks ahead along the momentum (Nesterov). */
  readonly nesterov: boolean
  readonly weightDecay: number
}

export function createOptimizer(parameterCount: number, options: OptimizerOptions): Optimizer {
  const { betas, epsilon, momentum, nesterov, weightDecay } = options
  const [beta1, beta2] = betas
  switch (options.optimizer) {
    case 'adamw':
      return createAdamW(parameterCount, { beta1, beta2, epsilon, weightDecay })
    case 'sgd':
      return createSgd(parameterCount, { momentum, nesterov, weightDecay })
    case 'lion':
      return createLion(parameterCount, { beta1, beta2, weightDecay })
  }
}
