// The kernel: all arithmetic that members must agree on to the last bit. + − × ÷ √, comparisons and integers only.
// The caller plans the memory: everything above heapBase() is its own, in 16-byte steps.
export { widen, widenTransposed, findAbove } from './load'
export { addGram, dot, factorNorm, isWithin, isRootWithin } from './gram'
export { denseTile, addDifference, keysBytes, medianTile, trimmedMeanTile, stackA, stackB } from './dense'
export { median } from './array'
export { distances, isCancelled, clearDistance, weighClaims, scaleClaims, inverseNormClaims, markUsed, markAboveMedian } from './weigh'
export { norms, clipToMedian, krumScores, keepSmallest, keepRepeatedKrum } from './weigh'
export { geometricMedian } from './geometric-median'
export { centeredClipping } from './centered-clipping'
export { keepNarrowest, keepCalmest } from './subsets'
export { identityRows, nearestRows, bucketRows, clipRows, composeRows } from './mixing'
export { mixGram, mixDistances, unmixWeights } from './mixing'
export { aroundMedianTile } from './around-median'
export { weightedMedianTile } from './weighted-median'
export { disjointMeanTile, signMajorityTile } from './signs'
export { countUpper, countLower, keptCount, findBin, trimTile, dropTile } from './sparse'
export { mixTile, weightedMeanTile, weightedSumTile } from './linear'
export { meanTile } from './mean'
export { setDiagonal, fisherMeanTile } from './fisher'
export { philoxBlock } from './random'
export { factorQr, multiplyTransposed, combineColumns, promote, promoteTransposed } from './orthogonal'
export { jacobi, squaredValues, orderDescending, divideByRoot, multiplyByRoot, isTurned, demote, fillSigns, multiplyRows, multiplyColumns } from './singular'

export function heapBase(): usize {
  return (__heap_base + 15) & ~15
}

/**
 * Known answers of this machine's arithmetic: reads f64 a, b (at 0, 8) and f32 c, d (at 16, 20) and writes a+b, a×b, a÷b,
 * √a (f64), c×d (f32), f32(a) (f32). Whoever knows the bits knows whether subnormals, −0 and ties are as IEEE 754 has them.
 */
export function knownAnswers(from: usize, to: usize): void {
  const a = load<f64>(from)
  const b = load<f64>(from, 8)
  store<f64>(to, a + b)
  store<f64>(to, a * b, 8)
  store<f64>(to, a / b, 16)
  store<f64>(to, Math.sqrt(a), 24)
  store<f32>(to, load<f32>(from, 16) * load<f32>(from, 20), 32)
  store<f32>(to, <f32>a, 36)
}
