/**
 * Rules of normalisations over channels, groups and windows of channels, and of whole vectors. The formula stands above
 * each rule; `normalGradient` is the one of x̂ = (x−μ)/σ, shared with the layer norm.
 */
import { int, ints } from '../../../model/attributes.ts'
import type { GradContext, GradRule, RuleCheck } from '../context.ts'
import { add, div, gradientOf, inputOf, mul, neg, outputOf, positiveAxes, range } from '../emit.ts'
import { reduceKept, reduceSum, sub } from '../emit.ts'
import { extentOf, extentsOf, listOf } from '../extents.ts'
import { normalGradient } from './normalization.ts'
import { nonZero } from './reductions.ts'

/** [C] → [C, 1, …, 1], to stand against [N, C, …]. */
const beside = (c: GradContext, value: string, rank: number): string =>
  rank === 2 ? value : c.emit('Unsqueeze', [value, c.int64s(...range(1, rank - 1))])

const inverseRoot = (c: GradContext, value: string, epsilon: number): string =>
  c.emit('Reciprocal', [c.emit('Sqrt', [add(c, value, c.scalar(epsilon))])])

/**
 * In inference y = γ·(x−μ)·s + β, s = 1/√(v+ε), where μ and v are inputs: dx = dy·γ·s, dγ = Σdy·(x−μ)·s, dβ = Σdy,
 * dμ = −γ·s·Σdy, dv = −½·γ·s³·Σdy·(x−μ), sums over all but the channels. Source: Ioffe & Szegedy 2015 (arXiv:1502.03167).
 */
export const batchNormalizationRule: GradRule = (c) => {
  const [x, gamma, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const rank = c.typeOf(x).dims.length
  const scale = inverseRoot(c, inputOf(c, 4), c.float('epsilon', 1e-5))
  const perChannel = (value: string): string => reduceSum(c, value, [0, ...range(2, rank)], false)
  const centred = (): string => sub(c, x, beside(c, inputOf(c, 3), rank))
  const along = c.wants(1) || c.wants(4) ? perChannel(mul(c, g, centred())) : ''
  const total = c.wants(2) || c.wants(3) ? perChannel(g) : ''
  const steep = mul(c, gamma, scale)
  const variance = (): string => mul(c, mul(c, mul(c, steep, mul(c, scale, scale)), c.scalar(-0.5)), along)
  return [
    c.wants(0) ? mul(c, g, beside(c, steep, rank)) : null,
    c.wants(1) ? mul(c, along, scale) : null,
    c.wants(2) ? total : null,
    c.wants(3) ? neg(c, mul(c, steep, total)) : null,
    c.wants(4) ? variance() : null,
  ]
}

export const batchNormalizationCheck: RuleCheck = (c) =>
  c.int('training_mode', 0) === 1 || c.outputs.filter((output) => output !== '').length > 1
    ? 'the training form has no rule; export the model in evaluation mode'
    : null

/**
 * Each group of channels of an example is normalised over its elements [N, G, …]; γ and β are one a channel, or one a group
 * before operator set 21. Source: Wu & He 2018 (arXiv:1803.08494).
 */
export const groupNormalizationRule =
  (isPerGroup: boolean): GradRule =>
  (c) => {
    const [x, gamma, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
    const rank = c.typeOf(x).dims.length
    const groups = c.int('num_groups', 1)
    const grouped = (value: string): string => c.emit('Reshape', [value, c.int64s(0, groups, -1)])
    const original = (value: string): string => c.emit('Reshape', [value, c.shapeOf(x)])
    const axes = [2]
    const parts = grouped(x)
    const centred = sub(c, parts, reduceKept(c, 'ReduceMean', parts, axes))
    const variance = reduceKept(c, 'ReduceMean', mul(c, centred, centred), axes)
    const deviation = inverseRoot(c, variance, c.float('epsilon', 1e-5))
    const normal = mul(c, centred, deviation)
    // γ per group stands against [N, G, …], γ per channel against [N, C, …].
    const weighted = (): string =>
      isPerGroup ? mul(c, grouped(g), beside(c, gamma, 3)) : grouped(mul(c, g, beside(c, gamma, rank)))
    const perChannel = (value: string): string =>
      isPerGroup
        ? reduceSum(c, grouped(value), [0, 2], false)
        : reduceSum(c, value, [0, ...range(2, rank)], false)
    return [
      c.wants(0) ? original(normalGradient(c, { gradient: weighted(), normal, deviation, axes })) : null,
      c.wants(1) ? perChannel(mul(c, g, original(normal))) : null,
      c.wants(2) ? perChannel(g) : null,
    ]
  }

/** y = (x−μ)/σ over axes, [0, 2, 3] if not given */
export const meanVarianceRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const axes = positiveAxes(c.ints('axes') ?? [0, 2, 3], c.typeOf(x).dims.length)
  const centred = sub(c, x, reduceKept(c, 'ReduceMean', x, axes))
  const variance = reduceKept(c, 'ReduceMean', mul(c, centred, centred), axes)
  const deviation = inverseRoot(c, variance, MEAN_VARIANCE_EPSILON)
  return [normalGradient(c, { gradient: gradientOf(c), normal: outputOf(c), deviation, axes })]
}

/** Source: the function body of MeanVarianceNormalization-13. */
const MEAN_VARIANCE_EPSILON = 1e-9

/** y = x/‖x‖ₚ along an axis: (dy − ∇‖x‖·Σ dy·y)/‖x‖, where ∇‖x‖ is y for p = 2 and the sign of x for p = 1 */
export const lpNormalizationRule: GradRule = (c) => {
  const [x, y, g] = [inputOf(c, 0), outputOf(c), gradientOf(c)]
  const axes = positiveAxes([c.int('axis', -1)], c.typeOf(x).dims.length)
  const isFirst = c.int('p', 2) === 1
  const norm = c.emit(isFirst ? 'ReduceL1' : 'ReduceL2', [x, c.int64s(...axes)], { keepdims: int(1) })
  const along = reduceSum(c, mul(c, g, y), axes, true)
  const slope = isFirst ? c.emit('Sign', [x]) : y
  return [div(c, sub(c, g, mul(c, slope, along)), nonZero(c, norm))]
}

/**
 * y = x·d^(−β), d = k + α/n·Σ x² over a window of n channels: dy·d^(−β) − 2αβ/n·x·Σ dy·x·d^(−β−1), where the sum runs over
 * the windows that hold the channel. Source: Krizhevsky et al. 2012, §3.3.
 */
export const lrnRule: GradRule = (c) => {
  const [x, g, size] = [inputOf(c, 0), gradientOf(c), c.int('size', 1)]
  const [alpha, beta] = [c.float('alpha', 0.0001), c.float('beta', 0.75)]
  const before = Math.floor((size - 1) / 2)
  const windowSum = (value: string, pads: readonly [number, number]): string => {
    const rows = [extentOf(c, x, 0), 1, extentOf(c, x, 1), -1]
    const flat = c.emit('Reshape', [value, listOf(c, rows)])
    const ones = c.emit('Expand', [c.scalar(1), c.int64s(1, 1, size, 1)])
    const summed = c.emit('Conv', [flat, ones], { pads: ints([pads[0], 0, pads[1], 0]) })
    return c.emit('Reshape', [summed, listOf(c, extentsOf(c, x))])
  }
  const after = size - 1 - before
  const squares = windowSum(mul(c, x, x), [before, after])
  const d = add(c, mul(c, squares, c.scalar(alpha / size)), c.scalar(c.float('bias', 1)))
  const direct = mul(c, g, c.emit('Pow', [d, c.scalar(-beta)]))
  const around = windowSum(div(c, mul(c, direct, x), d), [after, before])
  return [sub(c, direct, mul(c, mul(c, x, c.scalar((2 * alpha * beta) / size)), around))]
}
