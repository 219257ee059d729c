/**
 * Products with a weight of bitsandbytes' four-bit floats, Y = X·Wᵀ: dX = dY·W, with W made anew from the same bytes for this one
 * product (frozen.ts). The weight [N, K] lies flat, two elements a byte, the first in the upper half; a block of
 * `block_size` elements in a row has one largest size, which its levels are multiplied by. The weight itself is frozen.
 * Source: com.microsoft.MatMulBnb4; Dettmers et al. 2023 (QLoRA, arXiv:2305.14314), §3 and appendix E for NF4.
 */
import { int } from '../../../model/attributes.ts'
import { DataType } from '../../../model/graph.ts'
import { tensorOf } from '../../../model/onnx-tensor.ts'
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { gradientOf, mul } from '../emit.ts'
import { zeroAfter } from './frozen.ts'

/** Sign, then 0, 1/192 and six more levels: the order of bitsandbytes' FP4. */
const FP4_SIZES = [0, 1 / 192, 2 / 3, 1, 1 / 3, 1 / 2, 1 / 6, 1 / 4] as const
const FP4 = [...FP4_SIZES, ...FP4_SIZES.map((size) => -size)]
/** Quantiles of the normal distribution, with an exact 0. */
const NF4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
] as const
/** `quant_type` → levels. */
const LEVELS: readonly (readonly number[])[] = [FP4, NF4]

interface Layout {
  readonly inSize: number
  readonly outSize: number
  readonly blockSize: number
  readonly levels: readonly number[] | undefined
  readonly isTransposed: boolean
}

function layoutOf({ attributes }: Pick<GradContext, 'attributes'>): Layout {
  const whole = (name: string, otherwise: number): number => {
    const found = attributes[name]
    return found?.kind === 'int' ? found.value : otherwise
  }
  return {
    inSize: whole('K', 0),
    outSize: whole('N', 0),
    blockSize: whole('block_size', 0),
    levels: LEVELS[whole('quant_type', 1)],
    isTransposed: whole('transB', 1) === 1,
  }
}

export const matMulBnb4Check: RuleCheck = (c) => {
  const { inSize, outSize, blockSize, levels, isTransposed } = layoutOf(c)
  const [, weight = '', sizes = ''] = c.inputs
  if (c.initializerOf(weight) === null || c.initializerOf(sizes) === null) return 'its weight is no constant'
  if (levels === undefined) return 'its quant_type is neither FP4 (0) nor NF4 (1)'
  if (!isTransposed) return 'its weight is not [out, in] (transB 0)'
  const count = inSize * outSize
  if (count < 1 || blockSize < 1 || count % 2 !== 0 || count % blockSize !== 0)
    return `${outSize}×${inSize} elements are no whole number of bytes and of blocks of ${blockSize}`
  return null
}

export const matMulBnb4Rule: GradRule = (c) => {
  const gradients: InputGradient[] = c.inputs.map(() => null)
  if (c.wants(0)) gradients[0] = c.emit('MatMul', [gradientOf(c), weightOf(c)])
  return gradients
}

/** W [out, in], in dY's type, not before dY is known. */
function weightOf(c: GradContext): string {
  const { inSize, outSize, blockSize, levels = [] } = layoutOf(c)
  const [, weight = '', sizes = ''] = c.inputs
  const count = inSize * outSize
  const later = zeroAfter(c, gradientOf(c), DataType.int64)
  const bytes = c.emit('Reshape', [weight, c.emit('Add', [c.int64s(count / 2), later])])
  const upper = c.emit('BitShift', [bytes, byteOf(c, 4)], { direction: { kind: 'string', value: 'RIGHT' } })
  const lower = c.emit('Mod', [bytes, byteOf(c, 16)])
  const halves = [upper, lower].map((half) => c.emit('Unsqueeze', [half, c.int64s(1)]))
  const places = c.emit('Cast', [c.emit('Concat', halves, { axis: int(1) })], { to: int(DataType.int32) })
  const name = `four-bit-levels/${c.dataType}/${levels[1] ?? 0}`
  const book = c.initializer(c.initializerOf(name) ?? tensorOf(name, c.dataType, [levels.length], levels))
  const values = c.emit('Reshape', [c.emit('Gather', [book, places]), c.int64s(count / blockSize, blockSize)])
  const scaled = mul(c, values, c.emit('Reshape', [sizes, c.int64s(count / blockSize, 1)]))
  return c.emit('Reshape', [scaled, c.int64s(outSize, inSize)])
}

const byteOf = (c: GradContext, value: number): string =>
  c.initializer(tensorOf(`byte/${value}`, DataType.uint8, [], [value]))
