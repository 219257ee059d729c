/**
 * How much a forward pass leaves in memory for the backward pass: sizes of values for a batch of a given size, from
 * symbolic shapes. An estimate: the arena of the runtime, its rounding and what single operators need come on top.
 * In: the joint graph, its forward part. Out: bytes.
 */
import { isRoundError } from '../../core/errors.ts'
import type { GraphNode, OnnxModel } from '../../model/graph.ts'
import { type Dim, inferShapes } from '../../model/shapes.ts'
import { itemSizeBits } from '../../model/onnx-tensor.ts'
import { forwardNodesOf } from './checkpointing.ts'

/** Size of a batch: what the first axis of an input counts, and every other axis whose extent is not fixed. */
export interface Extents {
  readonly batch: number
  readonly length: number
}

export interface ActivationSizes {
  /** Bytes of a value; 0 where its shape is not known before a run. */
  readonly sizeBytesOf: (value: string) => number
  /** Forward values that the backward pass reads, in the graph's order. */
  readonly kept: readonly string[]
}

export function activationSizes(joint: OnnxModel, forward: OnnxModel, extents: Extents): ActivationSizes {
  const forwardNodes = forwardNodesOf(joint, forward)
  const read = new Set(
    joint.graph.nodes.filter((node: GraphNode) => !forwardNodes.has(node)).flatMap((node) => node.inputs),
  )
  const inferred = inferShapes(forward)
  const batchSymbols = new Set(forward.graph.inputs.flatMap(({ dims }) => String(dims?.[0] ?? '')))
  const extentOf = (symbol: string): number => (batchSymbols.has(symbol) ? extents.batch : extents.length)
  const sizeBytesOf = (value: string): number => {
    try {
      const { dims, dataType } = inferred.typeOf(value)
      const count = dims.reduce((product, dim) => product * evaluate(dim, extentOf), 1)
      return (count * itemSizeBits(dataType)) / 8
    } catch (error) {
      if (isRoundError(error, 'SHAPE_UNKNOWN')) return 0
      throw error
    }
  }
  const made = [...forwardNodes].flatMap((node) => node.outputs)
  return { sizeBytesOf, kept: made.filter((value) => read.has(value)) }
}

function evaluate(dim: Dim, extentOf: (symbol: string) => number): number {
  return dim.evaluate(Object.fromEntries(symbolsOf(dim).map((symbol) => [symbol, extentOf(symbol)])))
}

function symbolsOf({ terms }: Dim): readonly string[] {
  return terms.flatMap(({ factors }) =>
    factors.flatMap((factor) =>
      factor.kind === 'symbol' ? [factor.key] : [...symbolsOf(factor.a), ...symbolsOf(factor.b)],
    ),
  )
}
