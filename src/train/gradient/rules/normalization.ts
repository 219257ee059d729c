/**
 * Rules of normalisations. With x̂ = (x−μ)·s, s = 1/σ, y = x̂·γ + β and u = dy·γ:
 * dx = s·(u − mean(u) − x̂·mean(u·x̂)), dγ = Σ dy·x̂, dβ = Σ dy; means over the normalised axes.
 * Source: Ba, Kiros & Hinton 2016 (arXiv:1607.06450), differentiated.
 */
import { int } from '../../../model/attributes.ts'
import { DataType } from '../../../model/graph.ts'
import type { GradContext, GradRule, InputGradient } from '../context.ts'
import {
  add,
  broadcast,
  gradientOf,
  inputOf,
  mul,
  outputOf,
  positiveAxes,
  range,
  reduceKept,
  sub,
} from '../emit.ts'

/** The forward node is asked for its mean and inverse deviation, so that neither is computed twice. */
export const layerNormalizationRule: GradRule = (c) => {
  const [x, g] = [inputOf(c, 0), gradientOf(c)]
  const dims = c.typeOf(x).dims
  const [axis] = positiveAxes([c.int('axis', -1)], dims.length)
  const axes = range(axis ?? 0, dims.length)
  // Mean and inverse deviation come in the node's stash type, which is float.
  const stashed = (output: number): string => {
    const value = c.furtherOutput(output, 3)
    return c.dataType === DataType.float ? value : c.emit('Cast', [value], { to: int(c.dataType) })
  }
  const deviation = stashed(2)
  const normal = mul(c, sub(c, x, stashed(1)), deviation)
  const gradients: InputGradient[] = [null, null]
  if (c.wants(0))
    gradients[0] = normalGradient(c, { gradient: mul(c, g, inputOf(c, 1)), normal, deviation, axes })
  if (c.wants(1)) gradients[1] = broadcast(mul(c, g, normal), dims)
  if (c.inputs.length > 2) gradients.push(c.wants(2) ? broadcast(g, dims) : null)
  return gradients
}

export interface Normalized {
  /** With respect to x̂. */
  readonly gradient: string
  /** x̂ */
  readonly normal: string
  /** s, broadcast against x */
  readonly deviation: string
  readonly axes: readonly number[]
}

export function normalGradient(c: GradContext, { gradient, normal, deviation, axes }: Normalized): string {
  const mean = reduceKept(c, 'ReduceMean', gradient, axes)
  const along = reduceKept(c, 'ReduceMean', mul(c, gradient, normal), axes)
  return mul(c, deviation, sub(c, gradient, add(c, mean, mul(c, normal, along))))
}

/** One mean for each example and channel, over the space axes; γ and β for each channel. */
export const instanceNormalizationRule: GradRule = (c) => {
  const [x, g] = [inputOf(c, 0), gradientOf(c)]
  const dims = c.typeOf(x).dims
  const axes = range(2, dims.length)
  const centred = sub(c, x, reduceKept(c, 'ReduceMean', x, axes))
  const variance = reduceKept(c, 'ReduceMean', mul(c, centred, centred), axes)
  const shifted = add(c, variance, c.scalar(c.float('epsilon', 1e-5)))
  const deviation = c.emit('Reciprocal', [c.emit('Sqrt', [shifted])])
  const normal = mul(c, centred, deviation)
  // [C] → [C, 1, …, 1] to stand against [N, C, …].
  const gamma = c.emit('Unsqueeze', [inputOf(c, 1), c.int64s(...range(1, dims.length - 1))])
  const perChannel = (value: string): string =>
    c.emit('ReduceSum', [value, c.int64s(0, ...axes)], { keepdims: { kind: 'int', value: 0 } })
  return [
    c.wants(0) ? normalGradient(c, { gradient: mul(c, g, gamma), normal, deviation, axes }) : null,
    c.wants(1) ? perChannel(mul(c, g, normal)) : null,
    c.wants(2) ? perChannel(g) : null,
  ]
}

/** y = x·s·γ with s = 1/√(mean(x²)+ε): no mean is taken off. Source: Zhang & Sennrich 2019 (arXiv:1910.07467). */
export const rmsNormalizationRule: GradRule = (c) => {
  const [x, g] = [inputOf(c, 0), gradientOf(c)]
  const dims = c.typeOf(outputOf(c)).dims
  const [axis] = positiveAxes([c.int('axis', -1)], dims.length)
  const axes = range(axis ?? 0, dims.length)
  const square = reduceKept(c, 'ReduceMean', mul(c, x, x), axes)
  const shifted = add(c, square, c.scalar(c.float('epsilon', 1e-5)))
  const deviation = c.emit('Reciprocal', [c.emit('Sqrt', [shifted])])
  const normal = mul(c, x, deviation)
  const u = mul(c, g, inputOf(c, 1))
  const along = reduceKept(c, 'ReduceMean', mul(c, u, normal), axes)
  return [
    c.wants(0) ? mul(c, deviation, sub(c, u, mul(c, normal, along))) : null,
    c.wants(1) ? broadcast(mul(c, g, normal), dims) : null,
  ]
}
