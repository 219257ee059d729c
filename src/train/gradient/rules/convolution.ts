/**
 * Rules of convolutions and of nearest-neighbour resizing, for images and sequences with known kernels.
 * For y = x ⋆ w: dx is the transposed convolution of dy with w; dw is the convolution of x with dy where batch and
 * channels change places and strides and dilations change roles. Source: Dumoulin & Visin 2016 (arXiv:1603.07285), §4.
 */
import { int, ints } from '../../../model/attributes.ts'
import { assert } from '../../../core/errors.ts'
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { gradientOf, inputOf, outputOf, range, reduceSum, transpose } from '../emit.ts'

interface Geometry {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Begins of all axes, then ends. */
  readonly pads: readonly number[]
  /** What of the input's end no kernel touches, per axis. */
  readonly rest: readonly number[]
  readonly group: number
}

type Looking = Omit<GradContext, 'emit'>

function geometryOf(c: Looking): Geometry | null {
  const kernel = c
    .typeOf(inputOf(c, 1))
    .dims.slice(2)
    .map((dim) => dim.constant)
  const inSize = c
    .typeOf(inputOf(c, 0))
    .dims.slice(2)
    .map((dim) => dim.constant)
  const outSize = c
    .typeOf(outputOf(c))
    .dims.slice(2)
    .map((dim) => dim.constant)
  const isKnown = (size: number | null): size is number => size !== null
  if (!kernel.every(isKnown) || !inSize.every(isKnown) || !outSize.every(isKnown)) return null
  const strides = c.ints('strides') ?? kernel.map(() => 1)
  const dilations = c.ints('dilations') ?? kernel.map(() => 1)
  const pads = c.ints('pads') ?? [...kernel, ...kernel].map(() => 0)
  const rest = kernel.map((size, i) => {
    const reach = ((outSize[i] ?? 1) - 1) * (strides[i] ?? 1) + (dilations[i] ?? 1) * (size - 1) + 1
    return (inSize[i] ?? 0) + (pads[i] ?? 0) + (pads[i + kernel.length] ?? 0) - reach
  })
  return { kernel, strides, dilations, pads, rest, group: c.int('group', 1) }
}

export const convCheck: RuleCheck = (c) => {
  if (!['NOTSET', 'VALID', ''].includes(c.text('auto_pad', 'NOTSET'))) return 'automatic padding has no rule'
  const geometry = geometryOf(c)
  if (geometry === null) return 'its kernel or image size is not known in advance'
  return geometry.group > 1 && c.wants(1) ? 'the weight of a grouped convolution has no rule' : null
}

export const convRule: GradRule = (c) => {
  const geometry = geometryOf(c)
  assert(geometry !== null, 'the check comes before the rule')
  const g = gradientOf(c)
  const rank = geometry.kernel.length + 2
  const gradients: InputGradient[] = [
    c.wants(0) ? imageGradient(c, geometry) : null,
    c.wants(1) ? kernelGradient(c, geometry) : null,
  ]
  if (c.inputs.length > 2) {
    const axes = [0, ...range(2, rank)]
    gradients.push(c.wants(2) ? reduceSum(c, g, axes, false) : null)
  }
  return gradients
}

function imageGradient(c: GradContext, { strides, dilations, pads, rest, group }: Geometry): string {
  return c.emit('ConvTranspose', [gradientOf(c), inputOf(c, 1)], {
    strides: ints(strides),
    dilations: ints(dilations),
    pads: ints(pads),
    output_padding: ints(rest),
    group: int(group),
  })
}

function kernelGradient(c: GradContext, geometry: Geometry): string {
  const { kernel, strides, dilations, pads, rest } = geometry
  const swap = [1, 0, ...range(2, kernel.length + 2)]
  const images = transpose(c, inputOf(c, 0), swap)
  const slopes = transpose(c, gradientOf(c), swap)
  // What no kernel touched would widen the result: the padding at the end is shortened by it.
  const trimmed = pads.map((pad, i) => (i < kernel.length ? pad : pad - (rest[i - kernel.length] ?? 0)))
  const isTrimmable = trimmed.every((pad) => pad >= 0)
  const product = c.emit('Conv', [images, slopes], {
    strides: ints(dilations),
    dilations: ints(strides),
    pads: ints(isTrimmable ? trimmed : pads),
  })
  const full = transpose(c, product, swap)
  if (isTrimmable) return full
  const axes = range(2, kernel.length + 2)
  return c.emit('Slice', [full, c.int64s(...axes.map(() => 0)), c.int64s(...kernel), c.int64s(...axes)])
}

/** Nearest neighbour by whole factors: every pixel became a block, and the block's gradients add up. */
export const resizeRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const dims = c.typeOf(x).dims
  const factors = factorsOf(c)
  assert(factors !== null, 'the check comes before the rule')
  const parts = dims.flatMap((dim, i) =>
    factors[i] === 1 ? [dim.constant ?? -1] : [dim.constant ?? -1, factors[i] ?? 1],
  )
  const blocks = dims.flatMap((_, i) => (factors[i] === 1 ? [false] : [false, true]))
  const axes = blocks.flatMap((isBlock, i) => (isBlock ? [i] : []))
  const parted = c.emit('Reshape', [gradientOf(c), c.int64s(...parts)])
  return [reduceSum(c, parted, axes, false), ...c.inputs.slice(1).map(() => null)]
}

function factorsOf(c: Looking): readonly number[] | null {
  const before = c.typeOf(inputOf(c, 0)).dims
  const after = c.typeOf(outputOf(c)).dims
  const factors = before.map((dim, i) => {
    if (dim.key === after[i]?.key) return 1
    return (after[i]?.constant ?? Number.NaN) / (dim.constant ?? Number.NaN)
  })
  return factors.every((factor) => Number.isInteger(factor)) ? factors : null
}

export const resizeCheck: RuleCheck = (c) => {
  const rounding = c.text('nearest_mode', 'round_prefer_floor')
  const frame = c.text('coordinate_transformation_mode', 'half_pixel')
  const isBlockwise =
    (frame === 'asymmetric' && rounding === 'floor') ||
    (frame === 'half_pixel' && rounding.startsWith('round'))
  if (c.text('mode', 'nearest') !== 'nearest' || !isBlockwise) return 'only nearest neighbour has a rule'
  if (c.typeOf(inputOf(c, 0)).dims.filter((dim) => dim.constant === null).length > 1)
    return 'two sizes are open'
  return factorsOf(c) === null ? 'its factors are no whole numbers known in advance' : null
}

/** Means over the whole image. */
export const globalAveragePoolRule: GradRule = (c) => {
  const x = inputOf(c, 0)
  const sizes = c
    .typeOf(x)
    .dims.slice(2)
    .map((dim) => dim.constant ?? Number.NaN)
  const count = sizes.reduce((product, size) => product * size, 1)
  const share = c.emit('Mul', [gradientOf(c), c.scalar(1 / count)])
  return [c.emit('Expand', [share, c.shapeOf(x)])]
}

export const globalAveragePoolCheck: RuleCheck = (c) =>
  c
    .typeOf(inputOf(c, 0))
    .dims.slice(2)
    .every((dim) => dim.constant !== null)
    ? null
    : 'its image size is not known in advance'
