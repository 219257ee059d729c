/**
 * How a `MatMulNBits` node stores its weight: [out, in] in blocks along the input features, `bits` an element, one scale and
 * one zero point a block; W = (q − zero point)·scale. Fewer than eight bits share bytes, the first in the lowest bits.
 * Source: ONNX Runtime's contributed operators, com.microsoft.MatMulNBits.
 */
import { intOf } from '../attributes.ts'
import { BLOCK_SIZES } from './blocks.ts'
import { DataType, type GraphNode, type OnnxModel, type TensorValue } from '../graph.ts'
import { elementCount, tensorSizeBytes } from '../onnx-tensor.ts'

export interface NBitsLayout {
  /** Elements a row and rows. */
  readonly inSize: number
  readonly outSize: number
  readonly bits: number
  readonly blockSize: number
  /** Blocks a row; the last may hold fewer elements than it has room for. */
  readonly blockCount: number
  readonly weight: string
  readonly scales: string
  /** '' where the zero point is in the middle: 8 of four bits. */
  readonly zeroPoints: string
  readonly bias: string
}

const INPUT = { weight: 1, scales: 2, zeroPoints: 3, groups: 4, bias: 5 } as const

export function layoutOf(node: Pick<GraphNode, 'inputs' | 'attributes'>): NBitsLayout {
  const attribute = (name: string, otherwise: number): number => {
    const found = node.attributes.get(name)
    return found?.kind === 'int' ? found.value : otherwise
  }
  const [inSize, blockSize] = [attribute('K', 0), attribute('block_size', 32)]
  return {
    inSize,
    outSize: attribute('N', 0),
    bits: attribute('bits', 4),
    blockSize,
    blockCount: Math.ceil(inSize / blockSize),
    weight: node.inputs[INPUT.weight] ?? '',
    scales: node.inputs[INPUT.scales] ?? '',
    zeroPoints: node.inputs[INPUT.zeroPoints] ?? '',
    bias: node.inputs[INPUT.bias] ?? '',
  }
}

/** Why a node cannot be differentiated or read, or null. @param weightOf — the initializer of a name */
export function refusalOf(
  node: Pick<GraphNode, 'inputs' | 'attributes'>,
  weightOf: (name: string) => TensorValue | null,
): string | null {
  const layout = layoutOf(node)
  const { bits, weight, scales, zeroPoints } = layout
  if (![2, 4, 8].includes(bits)) return `it stores ${bits} bits an element, expected 2, 4 or 8`
  if ((node.inputs[INPUT.groups] ?? '') !== '') return 'its columns are reordered (g_idx)'
  const moving = [weight, scales, zeroPoints].filter((name) => name !== '' && weightOf(name) === null)
  if (moving.length > 0) return `its ${moving.join(', ')} are computed instead of stored`
  return hasItsSizes(layout, weightOf)
    ? null
    : 'its weight, scales or zero points are not as large as K, N and block_size say'
}

function hasItsSizes(layout: NBitsLayout, weightOf: (name: string) => TensorValue | null): boolean {
  const { inSize, outSize, bits, blockSize, blockCount, weight, scales, zeroPoints } = layout
  if (![inSize, outSize].every((size) => size >= 1) || !BLOCK_SIZES.some((size) => size === blockSize))
    return false
  const blocks = outSize * blockCount
  const stored = (name: string): TensorValue =>
    weightOf(name) ?? { name, dataType: DataType.uint8, dims: [0] }
  const packed = stored(weight)
  const isWhole = tensorSizeBytes(packed.dataType, packed.dims) === (blocks * blockSize * bits) / 8
  if (!isWhole || elementCount(stored(scales).dims) !== blocks) return false
  if (zeroPoints === '') return true
  const { dataType, dims } = stored(zeroPoints)
  const isPacked = dataType === DataType.uint8
  return elementCount(dims) === (isPacked ? outSize * Math.ceil((blockCount * bits) / 8) : blocks)
}

/** The first operator set whose DequantizeLinear takes blocks and four-bit elements. */
export const BLOCKED_OPSET = 21
/** The IR version that four-bit types came with. */
const FOUR_BIT_IR = 10

/**
 * A model with quantised products, made ready to be differentiated: the operator set of blocked dequantisation where no
 * node changes its meaning by that (only GroupNormalization does), and products in f32 instead of the eight-bit activations
 * that `accuracy_level` 4 asks for, whose rounding has no gradient.
 */
export function readyToDifferentiate(model: OnnxModel): OnnxModel {
  const { nodes } = model.graph
  if (!nodes.some(isQuantised)) return model
  const opset = model.opsets.get('') ?? 0
  const isBound =
    opset >= BLOCKED_OPSET || nodes.some(({ op, domain }) => op === 'GroupNormalization' && domain === '')
  return {
    ...model,
    irVersion: Math.max(model.irVersion, FOUR_BIT_IR),
    opsets: isBound ? model.opsets : new Map([...model.opsets, ['', BLOCKED_OPSET]]),
    graph: {
      ...model.graph,
      nodes: nodes.map((node) => (isQuantised(node) ? inSinglePrecision(node) : node)),
    },
  }
}

export const isQuantised = ({ op, domain }: Pick<GraphNode, 'op' | 'domain'>): boolean =>
  op === 'MatMulNBits' && domain === 'com.microsoft'

function inSinglePrecision(node: GraphNode): GraphNode {
  if (intOf(node, 'accuracy_level', 0) <= 1) return node
  return { ...node, attributes: new Map([...node.attributes].filter(([name]) => name !== 'accuracy_level')) }
}

/** The zero point of a node that has none. */
export const middleOf = (bits: number): number => 2 ** (bits - 1)

/** The data type of elements that DequantizeLinear reads, null where it has none. */
export const elementType = (bits: number): DataType | null =>
  bits === 4 ? DataType.uint4 : bits === 8 ? DataType.uint8 : null
