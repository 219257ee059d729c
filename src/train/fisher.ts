/**
 * How sure a site's data are of what was trained: the trace of the empirical Fisher diagonal at the trained parameters, the
 * mean over samples of the squared norm of a sample's gradient. A large trace says that the loss rises steeply around here.
 * Merging by Fisher information weighs parameter j of member i by its diagonal entry Fᵢⱼ (Matena and Raffel 2022,
 * arXiv:2111.09832, equation 4). Factors of different members have no coordinates in common, so here each diagonal is taken
 * as even, Fᵢ = (trace / d)·I, and what is left of the equation is one weight a member: its trace.
 */
import { SeededRng } from '../core/seeded-rng.ts'
import type { OnProgress } from '../core/ports.ts'
import type { Dataset } from './dataset.ts'
import { type Objective, withNoise } from './loop.ts'

/** Samples that are looked at, at most: one backward pass each. */
export const FISHER_SAMPLE_COUNT_MAX = 256

export interface FisherTrace {
  /** How many samples the mean is over. */
  readonly samples: number
  /** Of the diagonal, over all trained parameters; nats². */
  readonly trace: number
}

/** @param seed — chooses the samples where there are more than are looked at */
export async function measureFisher(
  objective: Pick<Objective, 'lossAndGradient' | 'noise'>,
  parameters: Float32Array,
  dataset: Dataset,
  { seed, onProgress }: { readonly seed: string; readonly onProgress: OnProgress },
): Promise<FisherTrace> {
  const numbers = chooseSamples(dataset.size, `${seed}/fisher`)
  let sum = 0
  for (const [done, number] of numbers.entries()) {
    const batch = withNoise(objective, dataset.collate([number]), `${seed}/fisher/${number}`)
    const { gradient } = await objective.lossAndGradient(parameters, batch)
    sum += gradient.reduce((total, value) => total + value * value, 0)
    onProgress({ unit: 'sample', done: done + 1, total: numbers.length, note: 'fisher' })
  }
  return { samples: numbers.length, trace: numbers.length === 0 ? 0 : sum / numbers.length }
}

/** Each at most once, in ascending order. */
function chooseSamples(size: number, seed: string): readonly number[] {
  const all = Array.from({ length: size }, (_, i) => i)
  if (size <= FISHER_SAMPLE_COUNT_MAX) return all
  const rng = new SeededRng(seed)
  for (let i = 0; i < FISHER_SAMPLE_COUNT_MAX; i++) {
    const j = i + rng.below(size - i)
    const taken = all[i] ?? 0
    all[i] = all[j] ?? 0
    all[j] = taken
  }
  return all.slice(0, FISHER_SAMPLE_COUNT_MAX).sort((x, y) => x - y)
}
