/** Every rule there is, in the order in which they are listed to people. No registration by import. */
import { clippedMean } from './clipped-mean.ts'
import { krum } from './krum.ts'
import { mean } from './mean.ts'
import { median } from './median.ts'
import { multiKrum } from './multi-krum.ts'
import type { AggregationRule } from './rule.ts'
import { trimmedMean } from './trimmed-mean.ts'
import { weightedMean } from './weighted-mean.ts'

export const RULES: readonly AggregationRule[] = Object.freeze([
  mean,
  weightedMean,
  clippedMean,
  krum,
  multiKrum,
  median,
  trimmedMean,
])
