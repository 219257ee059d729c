/**
 * Logits → a token. In: the logits of one position, what was there before, a generator. Out: an id. Pure.
 * In this order: repetition penalty, temperature, top-k, top-p, min-p, draw. Probabilities are computed in f64. Equal
 * probabilities are ordered by id, so that greedy decoding takes the lowest id among equals.
 * Source: Keskar et al. 2019 (arXiv:1909.05858, §4.1) for the penalty; Fan et al. 2018 (arXiv:1805.04833) for top-k; Holtzman
 * et al. 2020 (arXiv:1904.09751) for top-p; Nguyen et al. 2024 (arXiv:2407.01082) for min-p.
 */
import { assert } from '../core/errors.ts'
import type { SeededRng } from '../core/seeded-rng.ts'
import type { Sampling } from './options.ts'

/** @param seen — ids of the prompt and of the answer so far @param logits — changed by the penalty */
export function sampleToken(
  logits: Float32Array,
  sampling: Sampling,
  seen: ReadonlySet<number>,
  rng: SeededRng,
): number {
  penalise(logits, sampling.repetitionPenalty, seen)
  if (sampling.temperature === 0) return greedy(logits)
  const candidates = distribution(logits, sampling)
  const total = candidates.reduce((sum, { probability }) => sum + probability, 0)
  let rest = rng.float() * total
  for (const { id, probability } of candidates) {
    rest -= probability
    if (rest < 0) return id
  }
  // Rounding can leave a crumb behind the last one.
  const last = candidates.at(-1)
  assert(last !== undefined, 'the likeliest token is always a candidate')
  return last.id
}

/** The lowest id of the largest logit. NaN is never chosen before a number. */
export function greedy(logits: Float32Array): number {
  let best = 0
  let largest = Number.NEGATIVE_INFINITY
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? Number.NEGATIVE_INFINITY
    if (logit > largest) {
      largest = logit
      best = id
    }
  }
  return best
}

export interface Candidate {
  readonly id: number
  /** Before the cuts; those that are left are weighed against each other. */
  readonly probability: number
}

/** The tokens that may be drawn, the likeliest first. */
export function distribution(
  logits: Float32Array,
  { temperature, topK, topP, minP }: Omit<Sampling, 'repetitionPenalty' | 'seed'>,
): readonly Candidate[] {
  const largest = logits[greedy(logits)] ?? 0
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature))
  const ranked = rank(weights, topK, topP)
  const mass = topK > 0 ? ranked.reduce((sum, id) => sum + (weights[id] ?? 0), 0) : weightSum(weights)
  const kept: Candidate[] = []
  let sum = 0
  for (const id of ranked) {
    const probability = (weights[id] ?? 0) / mass
    if (kept.length > 0 && (sum >= topP || (weights[id] ?? 0) < minP)) break
    kept.push({ id, probability })
    sum += probability
  }
  return kept
}

/** Ids by falling weight; those that neither top-k nor top-p can reach are left out before the sort. */
function rank(weights: Float64Array, topK: number, topP: number): readonly number[] {
  // All weights below this have less than 1 − topP together.
  const floor = ((1 - topP) * weightSum(weights)) / weights.length
  const ids: number[] = []
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id] ?? 0
    if (weight > 0 && (topK > 0 || weight >= floor)) ids.push(id)
  }
  ids.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b)
  return topK > 0 ? ids.slice(0, topK) : ids
}

function weightSum(weights: Float64Array): number {
  let sum = 0
  for (const weight of weights) sum += Number.isNaN(weight) ? 0 : weight
  return sum
}

function penalise(logits: Float32Array, penalty: number, seen: ReadonlySet<number>): void {
  if (penalty === 1) return
  for (const id of seen) {
    const logit = logits[id]
    if (logit !== undefined) logits[id] = logit > 0 ? logit / penalty : logit * penalty
  }
}
