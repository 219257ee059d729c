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
  const x = levelsOf(pairs.map(([value]) => value))
  const y = levelsOf(pairs.map(([, value]) => value))
  const correlation = (places: readonly number[]): number => pearson(ranksAt(x, places), ranksAt(y, places))
  const whole = correlation(pairs.map((_, place) => place))
  return { mean: whole, interval: bootstrap(pairs.length, correlation), count: pairs.length }
}

interface Levels {
  /** By place: the number of smaller values that there are, each counted once. */
  readonly level: Int32Array
  readonly count: number
}

function levelsOf(values: readonly number[]): Levels {
  const sorted = [...new Set(values)].sort((x, y) => x - y)
  const levels = new Map(sorted.map((value, level) => [value, level]))
  return { level: Int32Array.from(values, (value) => levels.get(value) ?? 0), count: sorted.length }
}

/** Ranks within a sample, from 0: by counting, since thousands of samples are drawn. */
function ranksAt({ level, count }: Levels, places: readonly number[]): Float64Array {
  const found = new Int32Array(count)
  for (const place of places) found[level[place] ?? 0] = (found[level[place] ?? 0] ?? 0) + 1
  const rank = new Float64Array(count)
  let before = 0
  for (const [i, own] of found.entries()) {
    rank[i] = before + (own - 1) / 2
    before += own
  }
  return Float64Array.from(places, (place) => rank[level[place] ?? 0] ?? 0)
}

function pearson(x: Float64Array, y: Float64Array): number {
  const middle = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [middle(x), middle(y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [(x[i] ?? 0) - mx, (y[i] ?? 0) - my]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  }
  const spread = Math.sqrt(xx * yy)
  return spread === 0 ? 0 : xy / spread
}
