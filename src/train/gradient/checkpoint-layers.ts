/**
 * From a joint graph to the same with checkpointing: finds where it can be cut, chooses the segments, computes them again.
 * In: forward and joint graph, what is differentiated. Out: the joint graph; itself where nothing can be cut.
 */
import type { OnnxModel } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import { activationSizes } from './activation-size.ts'
import { checkpoint } from './checkpointing.ts'
import { EmitContext } from './emit-context.ts'
import type { GraphShapes } from './graph-shapes.ts'
import { planOf } from './plan.ts'
import { widenAgain } from './widened-weights.ts'
import { chooseSegments, dependents, findCuts, type Segment } from './segments.ts'

export interface LayerCheckpointing {
  readonly builder: GraphBuilder
  readonly forward: OnnxModel
  readonly joint: OnnxModel
  readonly shapes: GraphShapes
  /** Trained parameters. */
  readonly values: readonly string[]
  /** Where the backward pass begins. */
  readonly sinks: readonly string[]
  readonly gradientOf: ReadonlyMap<string, string>
}

/** Only the proportions of values matter here: a usual batch. */
const EXTENTS = { batch: 4, length: 128 } as const

export function checkpointLayers(task: LayerCheckpointing): OnnxModel {
  const { joint, forward, shapes, gradientOf } = task
  const segments = segmentsOf(task)
  const gradient = (value: string): string | null => gradientOf.get(value) ?? null
  const checkpointed = checkpoint({ joint, forward, shapes, segments, gradientOf: gradient })
  return widenAgain(checkpointed, forward)
}

function segmentsOf({
  builder,
  forward,
  joint,
  shapes,
  values,
  sinks,
}: LayerCheckpointing): readonly Segment[] {
  const { graph } = forward
  const context = new EmitContext(builder, graph, shapes)
  const steps = planOf({ graph, shapes, opset: builder.opset, sinks, wanted: values, context })
  const active = steps.map(({ node, wants }) => ({
    node,
    activeInputs: node.inputs.filter((input, i) => input !== '' && wants(i)),
  }))
  const parameters = new Set(values)
  const dataInputs = graph.inputs.map(({ name }) => name).filter((name) => !parameters.has(name))
  const cuts = findCuts({ graph, active, parameters, dataInputs: dataInputs.filter(isData(forward, values)) })
  if (cuts.length < 2) return []
  const { sizeBytesOf, kept } = activationSizes(joint, forward, EXTENTS)
  const sums = insideSums(forward, cuts, kept, sizeBytesOf)
  return chooseSegments(cuts, sizeBytesOf, (from, to) => (sums[to] ?? 0) - (sums[from] ?? 0))
}

/** Inputs that trained parameters are not cut out of. */
function isData({ graph }: OnnxModel, values: readonly string[]): (input: string) => boolean {
  return (input) => {
    const made = dependents(graph, [input])
    return !values.every((value) => made.has(value))
  }
}

/** For each cut the bytes kept before it, from the first cut on; the cuts themselves are not counted. */
function insideSums(
  { graph }: OnnxModel,
  cuts: readonly string[],
  kept: readonly string[],
  sizeBytesOf: (value: string) => number,
): readonly number[] {
  // A value's place: how many cuts it depends on.
  const places = new Map<string, number>()
  const cutPlaces = new Map(cuts.map((cut, place) => [cut, place + 1]))
  for (const node of graph.nodes) {
    const place = Math.max(0, ...node.inputs.map((input) => cutPlaces.get(input) ?? places.get(input) ?? 0))
    for (const output of node.outputs) places.set(output, place)
  }
  const sizes = cuts.map(() => 0)
  for (const value of kept) {
    if (cutPlaces.has(value)) continue
    const place = places.get(value) ?? 0
    // Place p lies between the cuts p − 1 and p.
    if (place > 0 && place < cuts.length) sizes[place] = (sizes[place] ?? 0) + sizeBytesOf(value)
  }
  let sum = 0
  return sizes.map((size) => (sum += size))
}
