/** Means with intervals, and rank correlation, over few numbers. Pure: resampling is seeded. */
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { mean } from './vectors.ts'

export interface Estimate {
  readonly mean: number
  /** 95 %; both ends are the mean where there is one number only. */
  readonly interval: readonly [low: number, high: number]
  readonly count: number
}

const RESAMPLE_COUNT = 2000

/** The percentile bootstrap (Efron and Tibshirani 1993, ch. 13). */
function bootstrap(
  count: number,
  statistic: (places: readonly number[]) => number,
): readonly [number, number] {
  const rng = new SeededRng('oneround/experiments/bootstrap')
  const all = Array.from({ length: RESAMPLE_COUNT }, () =>
    statistic(Array.from({ length: count }, () => rng.below(count))),
  ).sort((x, y) => x - y)
  const at = (share: number): number =>
    all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? Number.NaN
  return [at(0.025), at(0.975)]
}

export function estimate(values: readonly number[]): Estimate {
  const interval = bootstrap(values.length, (places) => mean(places.map((place) => values[place] ?? 0)))
  return { mean: mean(values), interval, count: values.length }
}

/** Spearman's ρ with its bootstrap interval; ties share the mean of their ranks. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): Estimate {
  const correlation = (places: readonly number[]): number => {
    const chosen = places.flatMap((place) => pairs.slice(place, place + 1))
    return pearson(ranksOf(chosen.map(([x]) => x)), ranksOf(chosen.map(([, y]) => y)))
  }
  const whole = correlation(pairs.map((_, place) => place))
  return { mean: whole, interval: bootstrap(pairs.length, correlation), count: pairs.length }
}

function ranksOf(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((x, y) => x - y)
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  for (const [place, value] of sorted.entries()) {
    if (!first.has(value)) first.set(value, place)
    last.set(value, place)
  }
  return values.map((value) => ((first.get(value) ?? 0) + (last.get(value) ?? 0)) / 2)
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)]
  const sum = (term: (i: number) => number): number => x.reduce((total, _, i) => total + term(i), 0)
  const spread = Math.sqrt(sum((i) => ((x[i] ?? 0) - mx) ** 2) * sum((i) => ((y[i] ?? 0) - my) ** 2))
  return spread === 0 ? 0 : sum((i) => ((x[i] ?? 0) - mx) * ((y[i] ?? 0) - my)) / spread
}
