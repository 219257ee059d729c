/** Every rule there is, in the order in which they are listed to people. No registration by import. */
import { bucketing } from './bucketing.ts'
import { bulyan } from './bulyan.ts'
import { centeredClipping } from './centered-clipping.ts'
import { clip } from './clip.ts'
import { clippedMean } from './clipped-mean.ts'
import { dareLinear } from './dare-linear.ts'
import { dareTies } from './dare-ties.ts'
import { fisherMean } from './fisher-mean.ts'
import { geometricMedian } from './geometric-median.ts'
import { krum } from './krum.ts'
import { mean } from './mean.ts'
import { meamed } from './meamed.ts'
import { median } from './median.ts'
import { minimumDiameter } from './minimum-diameter.ts'
import { multiKrum } from './multi-krum.ts'
import { nnm } from './nnm.ts'
import type { AggregationRule, AggregationStep } from './rule.ts'
import { signMajority } from './sign-majority.ts'
import { smea } from './smea.ts'
import { taskArithmetic } from './task-arithmetic.ts'
import { ties } from './ties.ts'
import { trimmedMean } from './trimmed-mean.ts'
import { weightedMean } from './weighted-mean.ts'
import { weightedMedian } from './weighted-median.ts'

export const RULES: readonly AggregationRule[] = Object.freeze([
  mean,
  weightedMean,
  clippedMean,
  krum,
  multiKrum,
  geometricMedian,
  centeredClipping,
  minimumDiameter,
  smea,
  taskArithmetic,
  median,
  weightedMedian,
  trimmedMean,
  meamed,
  bulyan,
  signMajority,
  ties,
  dareLinear,
  dareTies,
  fisherMean,
])

/** What may come before a rule. */
export const STEPS: readonly AggregationStep[] = Object.freeze([nnm, bucketing, clip])
