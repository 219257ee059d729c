/**
 * How the demo's sites train: the same recipe for all, as a consortium would agree on it. Demo data only.
 * The rate is high and the run short, since the base is tiny and the demo has two minutes; every site starts from the
 * same A (one seed), so that the updates of sites with like data point the same way.
 */
import type { TrainingOptions } from '../train/index.ts'

/** Modules to adapt, their rank and alpha: what the demo's charter says too. */
export const SITE_LORA = {
  kind: 'lora',
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  rank: 8,
  alpha: 16,
} as const

export const SITE_TRAINING = {
  mode: { ...SITE_LORA, targets: [...SITE_LORA.targets] },
  epochs: 8,
  batchSize: 16,
  learningRate: 2e-3,
  warmupShare: 0.05,
  finalShare: 0.05,
  patience: 2,
  minGain: 2e-3,
  seed: 'oneround/demo',
} satisfies TrainingOptions['recipe']
