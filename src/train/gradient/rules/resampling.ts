/**
 * Rules of resizing and of blocks of pixels. Resizing is linear and goes axis by axis: along one axis y = W·x, and W is what
 * the operator makes of the unit vectors. So W is made by the operator itself, with its own modes and rounding, whatever
 * they are, and dx = Wᵀ·dy along each axis. Source: ONNX operators Resize-18 and Col2Im-18.
 */
import { assert } from '../../../core/errors.ts'
import { int, ints } from '../../../model/attributes.ts'
import type { Attribute } from '../../../model/graph.ts'
import type { GradContext, GradRule, RuleCheck } from '../context.ts'
import {
  gradientOf,
  indicator,
  inputOf,
  outputOf,
  positiveAxes,
  range,
  reduceSum,
  transpose,
} from '../emit.ts'
import { emitted, extentOf, extentsOf, listOf, over, times, type Extent } from '../extents.ts'
import type { Looking } from './windows.ts'

const isGiven = (c: Looking, i: number): boolean => {
  const input = c.inputs[i] ?? ''
  return input !== '' && c.typeOf(input).dims[0]?.constant !== 0
}

export const resizeRule: GradRule = (c) => {
  const none = c.inputs.slice(1).map(() => null)
  const factors = blockFactors(c)
  return [factors === null ? byUnitVectors(c) : byBlocks(c, factors), ...none]
}

/** Nearest neighbour by whole factors: every pixel became a block, and the block's gradients add up. */
function byBlocks(c: GradContext, factors: readonly number[]): string {
  const x = inputOf(c, 0)
  const sizes = extentsOf(c, x)
  const parts = sizes.flatMap((extent, i): Extent[] =>
    factors[i] === 1 ? [extent] : [extent, factors[i] ?? 1],
  )
  const blocks = factors.flatMap((factor) => (factor === 1 ? [false] : [false, true]))
  const parted = c.emit('Reshape', [gradientOf(c), listOf(c, parts)])
  const axes = blocks.flatMap((isBlock, i) => (isBlock ? [i] : []))
  return reduceSum(c, parted, axes, false)
}

/** How often each pixel is repeated along each axis; null if it is more than that. */
function blockFactors(c: Looking): readonly number[] | null {
  const rounding = c.text('nearest_mode', 'round_prefer_floor')
  const frame = c.text('coordinate_transformation_mode', 'half_pixel')
  const isBlockwise =
    (frame === 'asymmetric' && rounding === 'floor') ||
    (frame === 'half_pixel' && rounding.startsWith('round'))
  if (c.text('mode', 'nearest') !== 'nearest' || !isBlockwise) return null
  const before = c.typeOf(inputOf(c, 0)).dims
  const after = c.typeOf(outputOf(c)).dims
  const scales = isGiven(c, 3) ? null : scalesByAxis(c)
  const factors = before.map((dim, i) => {
    if (dim.key === after[i]?.key) return 1
    return scales?.[i] ?? (after[i]?.constant ?? Number.NaN) / (dim.constant ?? Number.NaN)
  })
  return factors.every((factor) => Number.isInteger(factor) && factor > 0) ? factors : null
}

/** Known scales, one an axis of the input. */
function scalesByAxis(c: Looking): readonly number[] | null {
  const scales = c.inputs[2] === undefined ? null : c.constantOf(c.inputs[2])
  const rank = c.typeOf(inputOf(c, 0)).dims.length
  const axes = axesOf(c)
  if (scales === null || scales.length !== axes.length) return null
  return range(0, rank).map((axis) => (axes.includes(axis) ? (scales[axes.indexOf(axis)] ?? 1) : 1))
}

function axesOf(c: Looking): readonly number[] {
  const rank = c.typeOf(inputOf(c, 0)).dims.length
  return positiveAxes(c.ints('axes') ?? range(0, rank), rank)
}

function byUnitVectors(c: GradContext): string {
  const [before, after] = [c.typeOf(inputOf(c, 0)).dims, c.typeOf(outputOf(c)).dims]
  const axes = axesOf(c)
  let gradient = gradientOf(c)
  axes.forEach((axis, i) => {
    if (before[axis]?.key === after[axis]?.key) return
    gradient = contracted(c, { gradient, axis, rank: before.length, matrix: matrixOf(c, axis, i) })
  })
  return gradient
}

/** W [out, in] of one axis, from the unit vectors as the rows of an image [1, 1, in, in]. */
function matrixOf(c: GradContext, axis: number, place: number): string {
  const size = extentOf(c, inputOf(c, 0), axis)
  const image = c.emit('Reshape', [identity(c, size), listOf(c, [1, 1, size, size])])
  const pick = (i: number): string => c.emit('Slice', [inputOf(c, i), c.int64s(place), c.int64s(place + 1)])
  const attributes = Object.entries(c.attributes).filter(([name]) => name !== 'axes')
  const kept: Readonly<Record<string, Attribute>> = Object.fromEntries(attributes)
  const one = c.emit('Cast', [c.int64s(1)], { to: int(FLOAT) })
  const resized = isGiven(c, 3)
    ? c.emit('Resize', [image, '', '', listOf(c, [1, 1, pick(3), size])], kept)
    : c.emit('Resize', [image, '', c.emit('Concat', [one, one, pick(2), one], { axis: int(0) })], kept)
  return c.emit('Squeeze', [resized, c.int64s(0, 1)])
}

/** Scales are f32 whatever the image is. */
const FLOAT = 1

/** The unit matrix. */
function identity(c: GradContext, size: Extent): string {
  const scalar = (extent: Extent): string => c.emit('Squeeze', [emitted(c, extent), c.int64s(0)])
  const places = c.emit('Range', [scalar(0), scalar(size), scalar(1)])
  const equal = c.emit('Equal', [
    c.emit('Unsqueeze', [places, c.int64s(0)]),
    c.emit('Unsqueeze', [places, c.int64s(1)]),
  ])
  return indicator(c, equal)
}

interface Contraction {
  readonly gradient: string
  readonly axis: number
  readonly rank: number
  readonly matrix: string
}

/** Wᵀ·dy along an axis. */
function contracted(c: GradContext, { gradient, axis, rank, matrix }: Contraction): string {
  if (axis === rank - 1) return c.emit('MatMul', [gradient, matrix])
  if (axis === rank - 2) return c.emit('MatMul', [transpose(c, matrix, [1, 0]), gradient])
  const swap = range(0, rank).map((at) => (at === axis ? rank - 1 : at === rank - 1 ? axis : at))
  return transpose(c, c.emit('MatMul', [transpose(c, gradient, swap), matrix]), swap)
}

export const resizeCheck: RuleCheck = (c) => {
  if (c.text('coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize') {
    return 'cropping while resizing has no rule'
  }
  if (c.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch') return 'a kept aspect ratio has no rule'
  return isGiven(c, 3) || isGiven(c, 2) ? null : 'it has neither scales nor sizes'
}

/** Depth to space and back are permutations of pixels, each the other's inverse. Column-row order has only one name. */
export const depthToSpaceRule: GradRule = (c) => {
  const block = c.int('blocksize', 1)
  if (c.text('mode', 'DCR') === 'DCR')
    return [c.emit('SpaceToDepth', [gradientOf(c)], { blocksize: int(block) })]
  const [n, channels, height, width] = extentsOf(c, inputOf(c, 0))
  const sizes = [n ?? 0, over(c, channels ?? 0, block * block), height ?? 0, block, width ?? 0, block]
  const parted = c.emit('Reshape', [gradientOf(c), listOf(c, sizes)])
  return [c.emit('Reshape', [transpose(c, parted, [0, 1, 3, 5, 2, 4]), c.shapeOf(inputOf(c, 0))])]
}

export const spaceToDepthRule: GradRule = (c) => [
  c.emit('DepthToSpace', [gradientOf(c)], { blocksize: int(c.int('blocksize', 1)) }),
]

/** Columns [N, C·K, L] were added into an image; each takes back the K pixels of its block: a convolution that picks. */
export const col2ImRule: GradRule = (c) => {
  const block = c.constantOf(inputOf(c, 2))
  assert(block !== null, 'the check comes before the rule')
  const size = block.reduce((product, extent) => product * extent, 1)
  const channels = extentOf(c, outputOf(c), 1)
  const picks = c.emit('Tile', [identity(c, size), listOf(c, [channels, 1])])
  const weight = c.emit('Reshape', [picks, c.int64s(-1, 1, ...block)])
  const ones = block.map(() => 1)
  const columns = c.emit('Conv', [gradientOf(c), weight], {
    strides: ints(c.ints('strides') ?? ones),
    dilations: ints(c.ints('dilations') ?? ones),
    pads: ints(c.ints('pads') ?? [...ones, ...ones].map(() => 0)),
    group: int(typeof channels === 'number' ? channels : 1),
  })
  const rows = times(c, channels, size)
  return [c.emit('Reshape', [columns, listOf(c, [0, rows, -1])]), null, null]
}

export const col2ImCheck: RuleCheck = (c) =>
  c.constantOf(inputOf(c, 2)) === null || typeof c.typeOf(outputOf(c)).dims[1]?.constant !== 'number'
    ? 'its block or channels are not known in advance'
    : null
