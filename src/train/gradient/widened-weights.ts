/**
 * Half-precision weights are widened where they are used. The forward and the backward pass use the same ones, and without
 * care the widened copy of every weight would live from the one to the other: the whole model in f32. Here the backward
 * pass gets a widening of its own for each use, which cannot run before the gradient that it is multiplied with is there.
 *
 * In: the joint graph, its forward part. Out: the same function with one widened weight at a time in memory.
 */
import { DataType, type GraphNode, type OnnxModel } from '../../model/graph.ts'
import { GraphBuilder } from '../../model/graph-builder.ts'
import { forwardNodesOf } from './checkpointing.ts'

export function widenAgain(joint: OnnxModel, forward: OnnxModel): OnnxModel {
  const forwardNodes = forwardNodesOf(joint, forward)
  const widened = new Map(
    [...forwardNodes]
      .filter((node) => isWidening(node, joint))
      .map((node) => [node.outputs[0] ?? '', node] as const),
  )
  const builder = new GraphBuilder(joint, { prefix: 'widen/' })
  for (const node of joint.graph.nodes) {
    if (forwardNodes.has(node)) continue
    const weights = node.inputs.filter((input) => widened.has(input))
    const waited = node.inputs.find(
      (input) => input !== '' && !widened.has(input) && isComputed(input, joint),
    )
    if (weights.length === 0 || waited === undefined) continue
    const copies = weights.map((weight) => {
      return [weight, copyOf(builder, joint, widened.get(weight), waited)] as const
    })
    builder.replaceInputs(node, new Map(copies))
  }
  return builder.build()
}

/** A Cast of a stored matrix to f32. */
function isWidening({ op, inputs }: GraphNode, { graph }: OnnxModel): boolean {
  const weight = graph.initializers.get(inputs[0] ?? '')
  return op === 'Cast' && weight !== undefined && weight.dims.length > 1 && weight.dataType !== DataType.float
}

const isComputed = (input: string, { graph }: OnnxModel): boolean => !graph.initializers.has(input)

/** The weight in its own shape, to which a zero made of the gradient's shape was added: the same bytes, later. */
function copyOf(
  builder: GraphBuilder,
  { graph }: OnnxModel,
  node: GraphNode | undefined,
  waited: string,
): string {
  const [weight = ''] = node?.inputs ?? []
  const extent = builder.add('Gather', [builder.add('Shape', [waited]), builder.int64s(0)])
  const zero = builder.add('Sub', [extent, extent])
  const dims = graph.initializers.get(weight)?.dims ?? []
  const shape = builder.add('Add', [builder.int64s(...dims), zero])
  return builder.add(
    'Cast',
    [builder.add('Reshape', [weight, shape])],
    Object.fromEntries(node?.attributes ?? []),
  )
}
