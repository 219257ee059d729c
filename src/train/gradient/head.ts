/**
 * The product that ends a language model, found so that only the rows that have a label go through it: with prompts
 * masked or sequences padded, most of a big vocabulary's logits would be made only to be multiplied by zero.
 *
 * Structure decides: the output is a product with a constant right operand, behind nothing but changes of leading axes.
 * A head that is trained, or has an adapter, is none: its gradient needs the walk.
 */
import { floatOf, intOf } from '../../model/attributes.ts'
import type { Graph, GraphNode } from '../../model/graph.ts'
import type { GraphShapes } from './graph-shapes.ts'

export interface Head {
  /** A `MatMul` or `Gemm` of rows by a constant. */
  readonly node: GraphNode
  /** What goes in, [..., width]. */
  readonly input: string
  readonly inputRank: number
  readonly width: number
}

const CONSTANT_STEPS: ReadonlySet<string> = new Set([
  'Cast',
  'Identity',
  'Transpose',
  'DequantizeLinear',
  'Constant',
])

/** The head of a graph, or null where it has another form. */
export function findHead(graph: Graph, shapes: GraphShapes, output: string): Head | null {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])))
  const isConstant = (name: string): boolean => {
    if (graph.initializers.has(name)) return true
    const node = producers.get(name)
    return node !== undefined && CONSTANT_STEPS.has(node.op) && node.inputs.every(isConstant)
  }
  let node = producers.get(output)
  while (node !== undefined && isRowwise(node, shapes)) node = producers.get(node.inputs[0] ?? '')
  if (node === undefined || !isProduct(node) || !node.inputs.slice(1).every(isConstant)) return null
  const input = node.inputs[0] ?? ''
  const dims = shapes.typeOf(input)?.dims ?? []
  const width = dims.at(-1)?.constant ?? null
  const isMatrix = shapes.typeOf(node.inputs[1] ?? '')?.dims.length === 2
  const bias = node.inputs[2] === undefined ? 1 : (shapes.typeOf(node.inputs[2])?.dims.length ?? 2)
  if (width === null || dims.length < 2 || !isMatrix || bias > 1) return null
  return { node, input, inputRank: dims.length, width }
}

/** Leaves the last axis as it is. */
function isRowwise(node: GraphNode, shapes: GraphShapes): boolean {
  if (node.op === 'Identity') return true
  if (node.op !== 'Reshape') return false
  const before = shapes.typeOf(node.inputs[0] ?? '')?.dims.at(-1)?.key
  return before !== undefined && before === shapes.typeOf(node.outputs[0] ?? '')?.dims.at(-1)?.key
}

function isProduct(node: GraphNode): boolean {
  if (node.domain !== '') return false
  if (node.op === 'MatMul') return true
  return node.op === 'Gemm' && intOf(node, 'transA', 0) === 0 && floatOf(node, 'alpha', 1) === 1
}
