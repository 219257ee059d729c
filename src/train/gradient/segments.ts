/**
 * Where a graph can be cut for gradient checkpointing: values that everything passes which leads from the data through a
 * trained parameter to the loss. Between two of them lies a segment that can be computed again from the first alone.
 *
 * Found from the graph itself, not from names: a value is a cut if, when it is made, no other value that the backward pass
 * depends on is still to be read. The residual stream between layers is one, whatever the layers are called; so the
 * answer is the same for exported, renamed and reordered graphs. Pure.
 * Source: Chen et al. 2016, arXiv:1604.06174, section 3 (segments of a computation graph).
 */
import type { Graph, GraphNode } from '../../model/graph.ts'
import { readsOf } from '../../model/graph-order.ts'

/** Forward nodes that are differentiated, in the graph's order, with what of their inputs carries gradients. */
export interface ActiveNode {
  readonly node: GraphNode
  /** Inputs that lead back to a trained parameter. */
  readonly activeInputs: readonly string[]
}

export interface SegmentSearch {
  readonly graph: Graph
  readonly active: readonly ActiveNode[]
  /** Trained parameters: always there, never recomputed. */
  readonly parameters: ReadonlySet<string>
  /** Inputs of the graph that hold data: what depends on none of them is about weights alone. */
  readonly dataInputs: readonly string[]
}

/** Values in the order in which they are made. Cuts beside each other may lie far apart or close together. */
export function findCuts({ graph, active, parameters, dataInputs }: SegmentSearch): readonly string[] {
  const fromData = dependents(graph, dataInputs)
  const isActivation = (value: string): boolean => fromData.has(value) && !parameters.has(value)
  const lastRead = new Map<string, number>()
  active.forEach(({ activeInputs }, place) => {
    for (const input of activeInputs) if (isActivation(input)) lastRead.set(input, place)
  })
  const cuts: string[] = []
  const open = new Set<string>()
  active.forEach(({ node }, place) => {
    for (const value of open) if ((lastRead.get(value) ?? 0) <= place) open.delete(value)
    for (const output of node.outputs) if (lastRead.has(output)) open.add(output)
    const [only] = open
    if (open.size === 1 && only !== undefined && node.outputs.includes(only)) cuts.push(only)
  })
  return cuts
}

/** Everything that is computed from `sources`, without them. */
export function dependents(graph: Graph, sources: readonly string[]): ReadonlySet<string> {
  const reached = new Set(sources)
  const found = new Set<string>()
  for (const node of graph.nodes) {
    if (!readsOf(node).some((input) => reached.has(input))) continue
    for (const output of node.outputs) {
      if (output === '') continue
      reached.add(output)
      found.add(output)
    }
  }
  return found
}

/** A run of nodes that is computed twice: from `start`, which is kept, up to `end`, which is kept too. */
export interface Segment {
  readonly start: string
  readonly end: string
}

/**
 * Segments with little in memory at a time: the kept cuts, and the inside of the largest segment. The part behind the
 * last cut is no segment: the backward pass begins there while everything in it is still there.
 * @param sizeBytesOf — of a value
 * @param insideSizeBytes — between two cuts by their places in `cuts`, what is computed and would be kept otherwise
 */
export function chooseSegments(
  cuts: readonly string[],
  sizeBytesOf: (value: string) => number,
  insideSizeBytes: (from: number, to: number) => number,
): readonly Segment[] {
  let best: { readonly segments: readonly Segment[]; readonly peakBytes: number } | null = null
  const units = cuts.slice(1).map((_, i) => insideSizeBytes(i, i + 1))
  const bounds = new Set(units.filter((unit) => unit > 0))
  const whole = insideSizeBytes(0, cuts.length - 1)
  // Every bound on a segment's inside that could change the choice: multiples of what lies between neighbours.
  for (const unit of bounds) {
    for (let bound = unit; bound <= whole; bound *= 2) {
      const places = greedyPlaces(cuts.length, bound, insideSizeBytes)
      const kept = places.reduce((sum, place) => sum + sizeBytesOf(cuts[place] ?? ''), 0)
      const insides = places.slice(1).map((to, i) => insideSizeBytes(places[i] ?? 0, to))
      const peakBytes = kept + Math.max(0, ...insides)
      if (best !== null && best.peakBytes <= peakBytes) continue
      const segments = places
        .slice(1)
        .map((to, i) => ({ start: cuts[places[i] ?? 0] ?? '', end: cuts[to] ?? '' }))
      best = { segments, peakBytes }
    }
  }
  return best?.segments ?? []
}

/** From the first cut on, each segment as long as its inside stays within the bound. */
function greedyPlaces(
  count: number,
  boundBytes: number,
  insideSizeBytes: (from: number, to: number) => number,
): readonly number[] {
  const places = [0]
  for (let place = 1; place < count; place++) {
    const from = places.at(-1) ?? 0
    const isLast = place === count - 1
    if (isLast || insideSizeBytes(from, place + 1) > boundBytes) places.push(place)
  }
  return places
}
