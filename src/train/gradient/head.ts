/**
 * The product that ends a language model, found so that only the rows that have a label go through it: with prompts
 * masked or sequences padded, most of a big vocabulary's logits would be made only to be multiplied by zero.
 *
 * Structure decides: the output is a product with a constant right operand, behind nothing but changes of leading axes
 * and a soft cap, c·tanh(x/c) (Gemma team 2024, §2).
 * A head that is trained, or has an adapter, is none: its gradient needs the walk.
 */
import { floatOf, intOf } from '../../model/attributes.ts'
import type { Graph, GraphNode } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import type { GraphShapes } from './graph-shapes.ts'

export interface Head {
  /** A `MatMul` or `Gemm` of rows by a constant. */
  readonly node: GraphNode
  /** What goes in, [..., width]. */
  readonly input: string
  readonly inputRank: number
  readonly width: number
  /** Of the logits: outer·tanh(inner·x). */
  readonly cap: HeadCap | null
}

export interface HeadCap {
  readonly inner: number
  readonly outer: number
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
  const behindRowwise = (value: string): GraphNode | undefined => {
    let node = producers.get(value)
    while (node !== undefined && isRowwise(node, shapes)) node = producers.get(node.inputs[0] ?? '')
    return node
  }
  const last = behindRowwise(output)
  const capped = last === undefined ? null : capOf(last, producers, shapes)
  const node = capped === null ? last : behindRowwise(capped.input)
  if (node === undefined || !isProduct(node) || !node.inputs.slice(1).every(isConstant)) return null
  const input = node.inputs[0] ?? ''
  const dims = shapes.typeOf(input)?.dims ?? []
  const width = dims.at(-1)?.constant ?? null
  const isMatrix = shapes.typeOf(node.inputs[1] ?? '')?.dims.length === 2
  const bias = node.inputs[2] === undefined ? 1 : (shapes.typeOf(node.inputs[2])?.dims.length ?? 2)
  if (width === null || dims.length < 2 || !isMatrix || bias > 1) return null
  return { node, input, inputRank: dims.length, width, cap: capped?.cap ?? null }
}

/** The soft cap that ends in a node, and what goes into it. */
function capOf(
  last: GraphNode,
  producers: ReadonlyMap<string, GraphNode>,
  shapes: GraphShapes,
): { readonly cap: HeadCap; readonly input: string } | null {
  const outer = scalingOf(last, shapes)
  const tanh = producers.get(outer?.value ?? '')
  const inside = tanh?.op === 'Tanh' ? producers.get(tanh.inputs[0] ?? '') : undefined
  const inner = inside === undefined ? null : scalingOf(inside, shapes)
  if (outer === null || inner === null) return null
  return { cap: { inner: inner.factor, outer: outer.factor }, input: inner.value }
}

/** A value times a constant number. */
function scalingOf(
  { op, inputs }: GraphNode,
  shapes: GraphShapes,
): { readonly value: string; readonly factor: number } | null {
  const [a = '', b = ''] = inputs
  const numberOf = (name: string): number | null => {
    const values = shapes.valueOf(name)
    return values?.length === 1 ? (values[0] ?? null) : null
  }
  const [left, right] = [numberOf(a), numberOf(b)]
  if (op === 'Div' && right !== null && right !== 0) return { value: a, factor: 1 / right }
  if (op !== 'Mul') return null
  if (right !== null) return { value: a, factor: right }
  return left === null ? null : { value: b, factor: left }
}

export interface HeadRun {
  readonly logits: string
  /** From the gradient of the logits to that of the product. */
  readonly back: (gradient: string) => string
}

/** The head over rows, [n, width] or with more axes before. */
export function runHead(b: GraphBuilder, { node, cap }: Head, rows: string): HeadRun {
  const product = b.add(node.op, [rows, ...node.inputs.slice(1)], Object.fromEntries(node.attributes))
  if (cap === null) return { logits: product, back: (gradient) => gradient }
  const tanh = b.add('Tanh', [b.add('Mul', [product, b.scalar(cap.inner)])])
  return {
    logits: b.add('Mul', [tanh, b.scalar(cap.outer)]),
    back: (gradient) => {
      const slope = b.add('Sub', [b.scalar(1), b.add('Mul', [tanh, tanh])])
      return b.add('Mul', [gradient, b.add('Mul', [slope, b.scalar(cap.inner * cap.outer)])])
    },
  }
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
