/**
 * The learning-rate finder: a short training at rates that grow from one that does nothing to one that breaks everything.
 * In: an objective, first parameters, data, a recipe. Out: rates, smoothed losses and a suggestion; the parameters given
 * are not touched. Deterministic: the same seed gives the same rates, batches and (on one machine) losses.
 * The suggestion is the rate at which the smoothed loss falls the most steeply. Not one from its lowest point: adapters
 * behind normalised activations often do not explode, and the end of such a curve is noise.
 * Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), §3.3.
 */
import type { OnProgress } from '../core/ports.ts'
import { type BatchNumbers, type Dataset, shuffledBatches } from './dataset.ts'
import { withNoise, type Objective } from './loop.ts'
import { clipByNorm } from './optimizer/clipping.ts'
import { createOptimizer } from './optimizer/optimizer.ts'
import type { TrainingRecipe } from './options.ts'

export const FIND_STEP_COUNT = 100
export const FIND_RATE_MIN = 1e-7
export const FIND_RATE_MAX = 10
/** Weight of the past in the smoothed loss: about ten batches count. */
const SMOOTHING = 0.9
/** A smoothed loss this many times the lowest has exploded; the search ends. */
const EXPLOSION_FACTOR = 4
/** Steps over which a fall is measured: about a factor of three in the rate. */
const FALL_STEPS = 6
/** A fall by less than this share of the first loss is noise, and nothing is suggested. */
const GAIN_SHARE_MIN = 0.01

export interface RateSearch {
  /** Learning rates, rising, one a step. */
  readonly rates: readonly number[]
  /** Smoothed mean loss before the step at each rate, nats a target. */
  readonly losses: readonly number[]
  /** null: the loss fell at no rate. */
  readonly suggestion: number | null
}

export interface RateSearchInput {
  readonly objective: Pick<Objective, 'parameterCount' | 'lossAndGradient' | 'decays' | 'noise'>
  readonly initial: Float32Array
  readonly training: Dataset
  readonly recipe: TrainingRecipe
  readonly onProgress: OnProgress
}

/** The rate of a step. @param step — from 0 to FIND_STEP_COUNT − 1 */
export const rateAt = (step: number): number =>
  FIND_RATE_MIN * (FIND_RATE_MAX / FIND_RATE_MIN) ** (step / (FIND_STEP_COUNT - 1))

export async function searchRate(input: RateSearchInput): Promise<RateSearch> {
  const { objective, training, recipe, onProgress } = input
  const parameters = input.initial.slice()
  const optimizer = createOptimizer(objective.parameterCount, recipe)
  const batches = endlessBatches(training, recipe)
  const rates: number[] = []
  const losses: number[] = []
  let mean = 0
  let lowest = Number.POSITIVE_INFINITY
  for (let step = 0; step < FIND_STEP_COUNT; step++) {
    const { loss, gradient } = await meanGradient(input, parameters, { batches, step })
    if (!Number.isFinite(loss) || !Number.isFinite(clipByNorm(gradient, recipe.gradientNormMax))) break
    mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
    // The mean begins at 0: what it lacks of the first steps is divided out (Kingma & Ba 2015, §3).
    const smoothed = mean / (1 - SMOOTHING ** (step + 1))
    if (smoothed > EXPLOSION_FACTOR * lowest) break
    lowest = Math.min(lowest, smoothed)
    const learningRate = rateAt(step)
    rates.push(learningRate)
    losses.push(smoothed)
    const { decays } = objective
    optimizer.step(parameters, gradient, {
      learningRate,
      step: step + 1,
      ...(decays === undefined ? {} : { decays }),
    })
    const note = `rate ${learningRate.toExponential(1)}, loss ${smoothed.toFixed(3)}`
    onProgress({ unit: 'step', done: step + 1, total: FIND_STEP_COUNT, note })
  }
  return { rates, losses, suggestion: suggestRate(rates, losses) }
}

/** The rate in the middle of the steepest fall; null where no loss is below the first by a hundredth of it. */
export function suggestRate(rates: readonly number[], losses: readonly number[]): number | null {
  const [first] = losses
  // A search that broke in its first steps tells nothing.
  if (first === undefined || losses.length <= FALL_STEPS) return null
  const lowest = losses.reduce((least, loss) => Math.min(least, loss), first)
  if (first - lowest < GAIN_SHARE_MIN * Math.abs(first)) return null
  const falls = losses.slice(FALL_STEPS).map((loss, i) => (losses[i] ?? 0) - loss)
  const steepest = falls.indexOf(falls.reduce((most, fall) => Math.max(most, fall), 0))
  return rates[steepest + FALL_STEPS / 2] ?? null
}

/** The batches of one step as training takes them: `accumulation` of them together. */
async function meanGradient(
  { objective, training, recipe }: RateSearchInput,
  parameters: Float32Array,
  { batches, step }: { readonly batches: Generator<BatchNumbers, never>; readonly step: number },
): Promise<{ readonly loss: number; readonly gradient: Float32Array }> {
  const gradient = new Float32Array(objective.parameterCount)
  let lossSum = 0
  let targetCount = 0
  for (let part = 0; part < recipe.accumulation; part++) {
    const seed = `${recipe.seed}/noise/${step}/${part}`
    const batch = withNoise(objective, training.collate(batches.next().value), seed)
    const result = await objective.lossAndGradient(parameters, batch)
    lossSum += result.lossSum
    targetCount += batch.targetCount
    result.gradient.forEach((value, i) => {
      gradient[i] = (gradient[i] ?? 0) + value
    })
  }
  for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] ?? 0) / targetCount
  return { loss: lossSum / targetCount, gradient }
}

/** Epoch after epoch, in the orders of a training run with this seed. */
function* endlessBatches(
  training: Dataset,
  { batchSize, seed }: TrainingRecipe,
): Generator<BatchNumbers, never> {
  for (let epoch = 0; ; epoch++) yield* shuffledBatches(training, batchSize, `${seed}/epoch/${epoch}`)
}
