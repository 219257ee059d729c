/**
 * Gradient checkpointing inside the graph: what lies within a segment is not kept from the forward to the backward pass
 * but computed again, when the gradient has come back to the segment's end.
 *
 * In: the joint graph of forward and backward pass, the segments. Out: the same function with less in memory at a time and
 * more arithmetic (to the last bit but where the runtime fuses other neighbours). Each segment's nodes that the backward pass reads from are copied; the copies begin at
 * the segment's start passed through a Reshape to the shape of the gradient at its end. That moves no byte, but the
 * copies cannot run before that gradient is there, and no optimiser can merge them with the originals.
 * Source: Chen et al. 2016, arXiv:1604.06174.
 */
import { assert } from '../../core/errors.ts'
import { DataType, type GraphNode, type OnnxModel } from '../../model/graph.ts'
import { GraphBuilder } from '../../model/graph-builder.ts'
import { readsOf } from '../../model/graph-order.ts'
import { dependents, type Segment } from './segments.ts'
import type { GraphShapes } from './graph-shapes.ts'

export interface Checkpointing {
  /** Forward and backward pass. */
  readonly joint: OnnxModel
  /** The forward pass alone, of which `joint` holds every node that it needs. */
  readonly forward: OnnxModel
  readonly shapes: GraphShapes
  readonly segments: readonly Segment[]
  /** Name of ∂L/∂(value) in `joint`, for the ends of segments. */
  readonly gradientOf: (value: string) => string | null
}

export function checkpoint(task: Checkpointing): OnnxModel {
  const { joint, forward, shapes, segments, gradientOf } = task
  const forwardNodes = forwardNodesOf(joint, forward)
  const producers = new Map(
    [...forwardNodes].flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  )
  const builder = new GraphBuilder(joint, { prefix: 'again/' })
  const readers = new Map<GraphNode, Map<string, string>>()
  for (const segment of segments) {
    const gradient = gradientOf(segment.end)
    if (gradient === null) continue
    const inside = insideOf(forward, segment, producers)
    const start = gate(builder, segment, gradient, shapes)
    const copier = new Copier(builder, producers, (value) =>
      value === segment.start ? start : inside.has(value) ? null : value,
    )
    // What the gradient itself is made of comes before it: the loss, and the backward pass of what lies behind.
    const before = ancestors(joint, gradient)
    for (const node of joint.graph.nodes) {
      if (forwardNodes.has(node) || before.has(node)) continue
      for (const input of node.inputs) {
        if (!inside.has(input) || isSmall(input, shapes)) continue
        const own = readers.get(node) ?? new Map<string, string>()
        readers.set(node, own.set(input, copier.copyOf(input)))
      }
    }
  }
  for (const [node, copies] of readers) builder.replaceInputs(node, copies)
  return builder.build()
}

/** Nodes of the joint graph that are the forward pass: those that make one of its values, with more outputs or without. */
export function forwardNodesOf(joint: OnnxModel, forward: OnnxModel): ReadonlySet<GraphNode> {
  const made = new Set(forward.graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== ''))
  return new Set(joint.graph.nodes.filter((node) => node.outputs.some((output) => made.has(output))))
}

/** Nodes that a value is made of, its own among them. */
function ancestors({ graph }: OnnxModel, value: string): ReadonlySet<GraphNode> {
  const producers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  )
  const found = new Set<GraphNode>()
  const pending = [value]
  for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
    const node = producers.get(top)
    if (node === undefined || found.has(node)) continue
    found.add(node)
    pending.push(...readsOf(node))
  }
  return found
}

/** What is computed from the start and not from the end; the end itself is kept. */
function insideOf(
  { graph }: OnnxModel,
  { start, end }: Segment,
  producers: ReadonlyMap<string, GraphNode>,
): ReadonlySet<string> {
  const behind = dependents(graph, [end])
  const inside = [...dependents(graph, [start])].filter((value) => value !== end && !behind.has(value))
  // Means and deviations that the backward pass asked a node for are further outputs of it.
  return new Set(inside.flatMap((value) => producers.get(value)?.outputs ?? []))
}

/** Shapes and indices of few elements: kept as they are. */
function isSmall(value: string, shapes: GraphShapes): boolean {
  const type = shapes.typeOf(value)
  return type !== null && type.dataType === DataType.int64 && type.dims.length <= 1
}

/** The segment's start, once the gradient of its end is there. */
function gate(builder: GraphBuilder, { start, end }: Segment, gradient: string, shapes: GraphShapes): string {
  const [from, to] = [shapes.typeOf(start), shapes.typeOf(end)]
  const isAlike =
    from !== null &&
    to !== null &&
    from.dims.map((dim) => dim.key).join() === to.dims.map((dim) => dim.key).join()
  const shape = builder.add('Shape', [gradient])
  if (isAlike) return builder.add('Reshape', [start, shape])
  // Another shape: the start's own, to which a zero made of the gradient's is added.
  const first = builder.add('Gather', [shape, builder.int64s(0)])
  const zero = builder.add('Sub', [first, first])
  return builder.add('Reshape', [start, builder.add('Add', [builder.add('Shape', [start]), zero])])
}

/** Copies nodes with everything they need inside a segment, each once. */
class Copier {
  readonly #builder: GraphBuilder
  readonly #producers: ReadonlyMap<string, GraphNode>
  /** The name that stands for a value outside of what is copied; null: copy it. */
  readonly #known: (value: string) => string | null
  readonly #copies = new Map<string, string>()

  constructor(
    builder: GraphBuilder,
    producers: ReadonlyMap<string, GraphNode>,
    known: (value: string) => string | null,
  ) {
    this.#builder = builder
    this.#producers = producers
    this.#known = known
  }

  /** Without recursion: segments of exported graphs are hundreds of nodes deep. */
  copyOf(value: string): string {
    const pending = [value]
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const node = this.#producers.get(top)
      assert(node !== undefined, `a node of the forward pass makes ${top}`)
      const missing = node.inputs.filter((input) => input !== '' && this.#nameOf(input) === null)
      if (missing.length > 0) pending.push(...missing)
      else {
        if (!this.#copies.has(top)) this.#copy(node)
        pending.pop()
      }
    }
    const copy = this.#copies.get(value)
    assert(copy !== undefined, `${value} was copied`)
    return copy
  }

  #nameOf(value: string): string | null {
    return this.#known(value) ?? this.#copies.get(value) ?? null
  }

  #copy(node: GraphNode): void {
    const inputs = node.inputs.map((input) => (input === '' ? '' : (this.#nameOf(input) ?? input)))
    const { op, domain, name, outputs } = node
    const attributes = Object.fromEntries(node.attributes)
    const copies = this.#builder.addMulti(op, inputs, outputs.length, attributes, { domain, name })
    outputs.forEach((output, i) => {
      if (output !== '') this.#copies.set(output, copies[i] ?? '')
    })
  }
}
