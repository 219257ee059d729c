/**
 * Rules of convolutions and transposed convolutions, of any number of axes, groups, strides and dilations, with image sizes
 * known in advance or not; kernels are known. For y = x ⋆ w: dx is the transposed convolution of dy with w; dw is the
 * convolution of x with dy where batch and channels change places and strides and dilations change roles.
 * Source: Dumoulin & Visin 2016 (arXiv:1603.07285), §4.
 */
import { assert } from '../../../core/errors.ts'
import { int, ints } from '../../../model/attributes.ts'
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { gradientOf, inputOf, outputOf, range, reduceSum, transpose } from '../emit.ts'
import { isKnown, listOf } from '../extents.ts'
import { isStatic, type Looking, reached, spreadBack, type Windows, windowsOf } from './windows.ts'

/** Sizes of the weight beyond its two channel axes; null unless all of its sizes but the first are known. */
function kernelOf(c: Looking): readonly number[] | null {
  const [, inner, ...kernel] = c.typeOf(inputOf(c, 1)).dims.map((dim) => dim.constant)
  return inner !== null && kernel.every((size) => size !== null) ? kernel : null
}

const kernelKnown = (c: Looking): readonly number[] => {
  const kernel = kernelOf(c)
  assert(kernel !== null, 'the check comes before the rule')
  return kernel
}

export const convCheck: RuleCheck = (c) =>
  kernelOf(c) === null ? 'the sizes of its weight are not known in advance' : null

export const convRule: GradRule = (c) => {
  const [x, w, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const windows = windowsOf(c, kernelKnown(c), { whole: x, slid: outputOf(c) })
  const group = c.int('group', 1)
  return [
    c.wants(0) ? spreadBack(c, windows, { gradient: g, weight: w, group }) : null,
    c.wants(1) ? kernelGradient(c, windows, { over: x, slopes: g }) : null,
    ...biasGradient(c, g),
  ]
}

/** y spreads x back over windows: dx slides over dy, and the roles of x and dy in dw are exchanged. */
export const convTransposeRule: GradRule = (c) => {
  const [x, w, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const windows = windowsOf(c, kernelKnown(c), { whole: outputOf(c), slid: x, isTransposed: true })
  const group = int(c.int('group', 1))
  const { before, after, strides, dilations } = windows
  const slide = (): string => {
    const steps = { strides: ints(strides), dilations: ints(dilations), group }
    const isPadded = isKnown(before) && isKnown(after) && after.every((extent) => extent >= 0)
    return isPadded
      ? c.emit('Conv', [g, w], { ...steps, pads: ints([...before, ...after]) })
      : c.emit('Conv', [reached(c, g, windows), w], steps)
  }
  return [
    c.wants(0) ? slide() : null,
    c.wants(1) ? kernelGradient(c, windows, { over: g, slopes: x }) : null,
    ...biasGradient(c, g),
  ]
}

function biasGradient(c: GradContext, g: string): readonly InputGradient[] {
  if (c.inputs.length <= 2) return []
  const axes = [0, ...range(2, c.typeOf(outputOf(c)).dims.length)]
  return [c.wants(2) ? reduceSum(c, g, axes, false) : null]
}

interface Correlated {
  /** What windows run over, [N, G·I, …]. */
  readonly over: string
  /** One element a window, [N, G·O, …]. */
  readonly slopes: string
}

/**
 * dw [G·O, I, …kernel] by a convolution of [I, G·N, …] with [G·O, N, …] in G groups: channels of a group become the batch,
 * and examples the channels that are summed.
 */
function kernelGradient(c: GradContext, windows: Windows, correlated: Correlated): string {
  const { kernel, strides, dilations, before, after } = windows
  const rank = kernel.length + 2
  const group = c.int('group', 1)
  const swap = [1, 0, ...range(2, rank)]
  const isPadded = isKnown(before) && isKnown(after)
  const widened = isPadded ? correlated.over : reached(c, correlated.over, windows)
  const images = group === 1 ? transpose(c, widened, swap) : regrouped(c, widened, group)
  const slopes = transpose(c, correlated.slopes, swap)
  const pads = isPadded ? { pads: ints([...before, ...after.map((extent) => Math.max(0, extent))]) } : {}
  const product = c.emit('Conv', [images, slopes], {
    strides: ints(dilations),
    dilations: ints(strides),
    group: int(group),
    ...pads,
  })
  const full = transpose(c, product, swap)
  const isExact = !isStatic(windows) || (isKnown(after) && after.every((extent) => extent >= 0))
  if (isExact) return full
  // What no window touched at the end widened the result.
  const axes = range(2, rank)
  return c.emit('Slice', [full, c.int64s(...axes.map(() => 0)), c.int64s(...kernel), c.int64s(...axes)])
}

/** [N, G·I, …] → [I, G·N, …]: space is flattened meanwhile, so that its sizes need not be known. */
function regrouped(c: GradContext, value: string, group: number): string {
  const weight = c.typeOf(inputOf(c, 1)).dims
  const inner = weight[1]?.constant
  assert(typeof inner === 'number', 'the check comes before the rule')
  const space = c.emit('Slice', [c.emit('Shape', [value]), c.int64s(2), c.int64s(weight.length)])
  const parted = c.emit('Reshape', [value, c.int64s(0, group, inner, -1)])
  return c.emit('Reshape', [transpose(c, parted, [2, 1, 0, 3]), listOf(c, [inner, -1, space])])
}
