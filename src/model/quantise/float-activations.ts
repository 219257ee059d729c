/**
 * Dynamically quantised products, with their activations as floats again: what a quantised export (`model_quantized.onnx`)
 * computes by `DynamicQuantizeLinear`, `MatMulInteger` or `ConvInteger`, a cast and a product with both scales becomes one
 * MatMul or Conv of the plain activations with `DequantizeLinear` of the same stored weight. In: a model. Out: the model
 * without the rounding of its activations, which has no derivative; module names and outputs as they were.
 *
 * Only this form is rewritten, and only where nothing else reads the integers in between; any other stays, and is reported
 * as what it is. The function changes by that rounding: about half a step, (max(x, 0) − min(x, 0))/510, of each activation.
 * Source: ONNX operators DynamicQuantizeLinear-11, MatMulInteger-10, ConvInteger-10; ONNX Runtime's dynamic quantisation.
 */
import { int } from '../attributes.ts'
import type { Graph, GraphNode, OnnxModel, TensorValue } from '../graph.ts'
import { readsOf } from '../graph-order.ts'

export interface FloatActivations {
  readonly model: OnnxModel
  /** Products that were rewritten, in the order of the graph. */
  readonly nodes: readonly GraphNode[]
}

/** A model without such products is returned as it is. */
export function withFloatActivations(model: OnnxModel): FloatActivations {
  const products = findProducts(model.graph)
  if (products.length === 0) return { model, nodes: [] }
  const replaced = new Map(products.flatMap((product) => replacementsOf(product, model.graph)))
  const gone = new Set(products.flatMap(({ product, cast, rescale }) => [product, cast, rescale]))
  const nodes = model.graph.nodes.flatMap((node) => replaced.get(node) ?? (gone.has(node) ? [] : [node]))
  const published = new Set(model.graph.outputs.map(({ name }) => name))
  const kept = withoutUnread(nodes, published)
  const made = new Set(kept.flatMap(({ outputs }) => outputs))
  const valueInfo = new Map([...model.graph.valueInfo].filter(([name]) => made.has(name)))
  const graph: Graph = { ...model.graph, nodes: kept, valueInfo }
  return { model: { ...model, graph }, nodes: products.map(({ product }) => product) }
}

interface Product {
  /** Makes integers of the activations. */
  readonly quantise: GraphNode
  readonly product: GraphNode
  readonly cast: GraphNode
  /** × the scale of the activations and that of the weight. */
  readonly rescale: GraphNode
  readonly weight: TensorValue
  readonly weightScale: TensorValue
  readonly weightZero: TensorValue | null
}

const PRODUCTS: ReadonlySet<string> = new Set(['MatMulInteger', 'ConvInteger'])
/** What goes where they are rewritten. */
export const QUANTISED_ACTIVATIONS: ReadonlySet<string> = new Set(['DynamicQuantizeLinear', ...PRODUCTS])

function findProducts({ nodes, initializers, outputs }: Graph): readonly Product[] {
  if (!nodes.some(({ op }) => op === 'DynamicQuantizeLinear')) return []
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
  const readers = new Map<string, GraphNode[]>()
  for (const node of nodes)
    for (const name of readsOf(node)) readers.set(name, [...(readers.get(name) ?? []), node])
  const published = new Set(outputs.map(({ name }) => name))
  const onlyReader = (name: string): GraphNode | null => {
    const [reader, ...others] = readers.get(name) ?? []
    return reader === undefined || others.length > 0 || published.has(name) ? null : reader
  }
  return nodes.flatMap((product): readonly Product[] => {
    if (product.domain !== '' || !PRODUCTS.has(product.op)) return []
    const [x = '', w = '', xZero = '', wZero = ''] = product.inputs
    const quantise = makers.get(x)
    const weight = initializers.get(w)
    if (quantise?.op !== 'DynamicQuantizeLinear' || x !== quantise.outputs[0] || weight === undefined)
      return []
    if (xZero !== quantise.outputs[2]) return []
    const cast = onlyReader(product.outputs[0] ?? '')
    const rescale = cast?.op === 'Cast' ? onlyReader(cast.outputs[0] ?? '') : null
    if (cast === null || rescale?.op !== 'Mul') return []
    const scales = makers.get(rescale.inputs.find((name) => name !== cast.outputs[0]) ?? '')
    const others = scales?.inputs.filter((name) => name !== quantise.outputs[1]) ?? []
    const weightScale = initializers.get(others[0] ?? '')
    if (scales?.op !== 'Mul' || others.length !== 1 || weightScale === undefined) return []
    const weightZero = wZero === '' ? null : (initializers.get(wZero) ?? undefined)
    if (weightZero === undefined || !isScaleOf(product, weight, weightScale)) return []
    return [{ quantise, product, cast, rescale, weight, weightScale, weightZero }]
  })
}

const countOf = ({ dims }: TensorValue): number => dims.reduce((product, dim) => product * dim, 1)

/** One scale for all, or one for each feature of the output. */
function isScaleOf({ op }: GraphNode, { dims }: TensorValue, scale: TensorValue): boolean {
  if (countOf(scale) === 1) return true
  return scale.dims.length === 1 && scale.dims[0] === dims[op === 'ConvInteger' ? 0 : dims.length - 1]
}

/** In the places of the nodes that they stand for. */
function replacementsOf(
  { quantise, product, rescale, weight, weightScale, weightZero }: Product,
  { initializers }: Graph,
): readonly (readonly [GraphNode, readonly GraphNode[]])[] {
  const isConv = product.op === 'ConvInteger'
  const plain = `${product.outputs[0] ?? ''}:dequantised`
  const isScalar = countOf(weightScale) === 1
  const axis = isConv ? 0 : weight.dims.length - 1
  const reshaped = isScalar && weightScale.dims.length > 0
  // DequantizeLinear tells one scale for all from one of an axis by its dimensions; a reshaped copy is made by a node.
  const scalarOf = (name: string): { readonly name: string; readonly nodes: readonly GraphNode[] } => {
    const output = `${plain}:${name}`
    return reshaped && (initializers.get(name)?.dims.length ?? 0) > 0
      ? { name: output, nodes: [nodeLike(product, 'Squeeze', [name], output)] }
      : { name, nodes: [] }
  }
  const scale = scalarOf(weightScale.name)
  const zero = weightZero === null ? null : scalarOf(weightZero.name)
  const dequantise = nodeLike(
    product,
    'DequantizeLinear',
    [weight.name, scale.name, ...(zero === null ? [] : [zero.name])],
    plain,
    isScalar ? [] : [['axis', int(axis)]],
  )
  const rewritten: GraphNode = {
    ...product,
    op: isConv ? 'Conv' : 'MatMul',
    inputs: [quantise.inputs[0] ?? '', plain],
    outputs: rescale.outputs,
  }
  return [[product, [...scale.nodes, ...(zero?.nodes ?? []), dequantise, rewritten]]]
}

/** Of the product's module; called as its output, which no other node is. */
function nodeLike(
  { metadata }: GraphNode,
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly (readonly [string, ReturnType<typeof int>])[] = [],
): GraphNode {
  return {
    name: output,
    op,
    domain: '',
    inputs,
    outputs: [output],
    attributes: new Map(attributes),
    metadata,
  }
}

/** Quantising nodes and products of scales that nothing reads any more. */
function withoutUnread(nodes: readonly GraphNode[], published: ReadonlySet<string>): readonly GraphNode[] {
  const read = new Set([...nodes.flatMap(readsOf), ...published])
  const kept = nodes.filter((node) => node.outputs.some((output) => read.has(output)))
  return kept.length === nodes.length ? kept : withoutUnread(kept, published)
}
