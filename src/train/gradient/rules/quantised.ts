/**
 * Products with a quantised weight, Y = X·Wᵀ (+ b): dX = dY·W, with W made anew from the same bytes for this one product. The
 * weight itself is frozen. Source: Dettmers et al. 2023 (QLoRA, arXiv:2305.14314), §3.
 * W exists only while its product runs (frozen.ts).
 */
import { int } from '../../../model/attributes.ts'
import { DataType } from '../../../model/graph.ts'
import { tensorOf, tensorSizeBytes } from '../../../model/onnx-tensor.ts'
import {
  BLOCKED_OPSET,
  elementType,
  layoutOf,
  middleOf,
  refusalOf,
  type NBitsLayout,
} from '../../../model/quantise/nbits.ts'
import type { GradContext, GradRule, InputGradient, RuleCheck } from '../context.ts'
import { zeroAfter } from './frozen.ts'
import { gradientOf, mul, range, reduceSum, sub } from '../emit.ts'

type NodeContext = Pick<GradContext, 'inputs' | 'attributes' | 'initializerOf'>

const nodeOf = (c: NodeContext) => ({ inputs: c.inputs, attributes: new Map(Object.entries(c.attributes)) })

export const matMulNBitsCheck: RuleCheck = (c) => refusalOf(nodeOf(c), c.initializerOf)

export const matMulNBitsRule: GradRule = (c) => {
  const layout = layoutOf(nodeOf(c))
  const g = gradientOf(c)
  const gradients: InputGradient[] = c.inputs.map(() => null)
  if (c.wants(0)) {
    const type = c.opset >= BLOCKED_OPSET ? elementType(layout.bits) : null
    const whole = type === null ? unpacked(c, layout, g) : dequantised(c, layout, type, g)
    const { inSize, blockCount, blockSize } = layout
    const isPadded = inSize < blockCount * blockSize
    const weight = isPadded ? c.emit('Slice', [whole, c.int64s(0), c.int64s(inSize), c.int64s(1)]) : whole
    gradients[0] = c.emit('MatMul', [g, weight])
  }
  if (layout.bias !== '' && c.wants(5)) {
    gradients[5] = reduceSum(c, g, range(0, c.typeOf(c.outputs[0] ?? '').dims.length - 1), false)
  }
  return gradients
}

/** f32 [out, blocks·size] by one DequantizeLinear over the weight's own bytes. */
function dequantised(c: GradContext, layout: NBitsLayout, type: DataType, g: string): string {
  const { outSize, blockCount, blockSize, weight } = layout
  const elements = sameBytes(c, weight, type, [outSize, blockCount * blockSize])
  const scales = c.emit('Add', [perBlock(c, layout.scales, layout), zeroAfter(c, g, c.dataType)])
  const attributes = { axis: int(1), block_size: int(blockSize) }
  const stored = storedZeroPoints(c, layout, type)
  if (stored !== null) return c.emit('DequantizeLinear', [elements, scales, stored], attributes)
  const shifted = c.emit('DequantizeLinear', [elements, scales], attributes)
  const shift = mul(c, zeroPointValues(c, layout), scales)
  const blocks = c.emit('Reshape', [shifted, c.int64s(outSize, blockCount, blockSize)])
  const centred = sub(c, blocks, c.emit('Unsqueeze', [shift, c.int64s(2)]))
  return c.emit('Reshape', [centred, c.int64s(outSize, blockCount * blockSize)])
}

/** The same bytes under another type. External data stays where it lies. */
function sameBytes(c: GradContext, name: string, dataType: DataType, dims: readonly number[]): string {
  const tensor = c.initializerOf(name)
  if (tensor === null) return name
  const viewed = { ...tensor, name: `${name}:${dims.join('x')}`, dataType, dims }
  const length = tensorSizeBytes(dataType, dims)
  // Bytes that only round up a file's block are no elements.
  const data = tensor.data === undefined ? {} : { data: tensor.data.subarray(0, length) }
  const external = tensor.external === undefined ? {} : { external: { ...tensor.external, length } }
  return c.initializer({ ...viewed, ...data, ...external })
}

/** [out, blocks] of integers as DequantizeLinear takes them, or null where rows end within a byte or they are floats. */
function storedZeroPoints(c: GradContext, layout: NBitsLayout, type: DataType): string | null {
  const { zeroPoints, outSize, blockCount, bits } = layout
  const dims = [outSize, blockCount]
  if (zeroPoints === '') {
    const name = `zero-points/${bits}:${dims.join('x')}`
    const values = new Uint8Array(outSize * blockCount).fill(middleOf(bits))
    return c.initializer(c.initializerOf(name) ?? tensorOf(name, type, dims, values))
  }
  const isPacked = c.typeOf(zeroPoints).dataType === DataType.uint8
  return isPacked && (bits === 8 || blockCount % 2 === 0) ? sameBytes(c, zeroPoints, type, dims) : null
}

/** Zero points as numbers of dY's type, [out, blocks]. */
function zeroPointValues(c: GradContext, layout: NBitsLayout): string {
  const { zeroPoints, outSize, blockCount, bits } = layout
  if (zeroPoints === '') return c.scalar(middleOf(bits))
  if (c.typeOf(zeroPoints).dataType !== DataType.uint8) return perBlock(c, zeroPoints, layout)
  const rowSizeBytes = Math.ceil((blockCount * bits) / 8)
  const rows = c.emit('Reshape', [zeroPoints, c.int64s(outSize, rowSizeBytes)])
  const values = parts(c, rows, bits, [outSize, (rowSizeBytes * 8) / bits])
  const cut = c.emit('Slice', [values, c.int64s(0), c.int64s(blockCount), c.int64s(1)])
  return c.emit('Cast', [cut], { to: int(c.dataType) })
}

const perBlock = (c: GradContext, name: string, { outSize, blockCount }: NBitsLayout): string =>
  c.typeOf(name).dims.length === 2 ? name : c.emit('Reshape', [name, c.int64s(outSize, blockCount)])

/** f32 [out, blocks·size] by integer operators, for element types or operator sets without blocks. */
function unpacked(c: GradContext, layout: NBitsLayout, g: string): string {
  const { outSize, blockCount, blockSize, bits, weight } = layout
  const blobSize = (blockSize * bits) / 8
  const later = zeroAfter(c, g, DataType.int64)
  const shape = c.emit('Add', [c.int64s(outSize, blockCount, blobSize), later])
  const stored = c.emit('Reshape', [weight, shape])
  const elements = parts(c, stored, bits, [outSize, blockCount, blockSize])
  const numbers = c.emit('Cast', [elements], { to: int(c.dataType) })
  const shift = zeroPointValues(c, layout)
  const wide = (value: string): string => c.emit('Unsqueeze', [value, c.int64s(2)])
  const centred = sub(c, numbers, layout.zeroPoints === '' ? shift : wide(shift))
  const scaled = mul(c, centred, wide(perBlock(c, layout.scales, layout)))
  return c.emit('Reshape', [scaled, c.int64s(outSize, blockCount * blockSize)])
}

/** Bytes → the numbers of `bits` bits in them, the lowest first, as uint8 of shape `dims`. */
function parts(c: GradContext, bytes: string, bits: number, dims: readonly number[]): string {
  if (bits === 8) return bytes
  const name = (value: number): string =>
    c.initializer(tensorOf(`byte/${value}`, DataType.uint8, [], [value]))
  const axis = dims.length
  const cut = range(0, 8 / bits).map((i) => {
    const shifted =
      i === 0
        ? bytes
        : c.emit('BitShift', [bytes, name(i * bits)], { direction: { kind: 'string', value: 'RIGHT' } })
    return c.emit('Unsqueeze', [c.emit('Mod', [shifted, name(2 ** bits)]), c.int64s(axis)])
  })
  return c.emit('Reshape', [c.emit('Concat', cut, { axis: int(axis) }), c.int64s(...dims)])
}
