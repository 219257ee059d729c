/** The order of nodes: which of them some outputs need, sorted so that everything is made before it is read. */
import { equalBytes } from '../core/bytes.ts'
import { assert } from '../core/errors.ts'
import type { Graph, GraphNode, TensorValue } from './graph.ts'

/** Every name in a graph and its subgraphs. */
export function namesOf(graph: Graph): Set<string> {
  const names = new Set<string>()
  const visit = (part: Graph): void => {
    for (const { name } of [...part.inputs, ...part.outputs]) names.add(name)
    for (const name of part.initializers.keys()) names.add(name)
    for (const node of part.nodes) {
      names.add(node.name)
      for (const output of node.outputs) names.add(output)
      for (const attribute of node.attributes.values()) if (attribute.kind === 'graph') visit(attribute.value)
    }
  }
  visit(graph)
  names.delete('')
  return names
}

/** What a node reads: its inputs, and what its subgraphs take from outside. Omitted inputs are left out. */
export function readsOf(node: GraphNode): readonly string[] {
  const reads = node.inputs.filter((input) => input !== '')
  for (const attribute of node.attributes.values()) {
    if (attribute.kind === 'graph') reads.push(...freeNamesOf(attribute.value))
  }
  return reads
}

function freeNamesOf(graph: Graph): readonly string[] {
  const own = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()])
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output)
  const reads = [...graph.nodes.flatMap(readsOf), ...graph.outputs.map((output) => output.name)]
  return reads.filter((name) => !own.has(name))
}

export interface LiveNodes {
  /** Sorted; nodes that depend on one another in no way keep their order. */
  readonly nodes: readonly GraphNode[]
  /** Every name that is read by them or is wanted. */
  readonly read: ReadonlySet<string>
}

/** @param given — values that no node makes: inputs and initializers */
export function liveNodes(
  nodes: readonly GraphNode[],
  wanted: readonly string[],
  given: ReadonlySet<string>,
): LiveNodes {
  const producers = new Map<string, GraphNode>()
  for (const node of nodes) for (const output of node.outputs) if (output !== '') producers.set(output, node)
  const read = new Set<string>(wanted)
  const live = new Set<GraphNode>()
  const pending = [...wanted]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const node = producers.get(value)
    assert(node !== undefined || given.has(value), `nothing makes ${value}`)
    if (node === undefined || live.has(node)) continue
    live.add(node)
    for (const name of readsOf(node)) {
      read.add(name)
      pending.push(name)
    }
  }
  return {
    nodes: sorted(
      nodes.filter((node) => live.has(node)),
      producers,
    ),
    read,
  }
}

/** Depth first from each node in turn, with a stack of its own: graphs are deeper than the call stack. */
function sorted(
  nodes: readonly GraphNode[],
  producers: ReadonlyMap<string, GraphNode>,
): readonly GraphNode[] {
  const order: GraphNode[] = []
  const state = new Map<GraphNode, 'open' | 'done'>()
  for (const root of nodes) {
    const stack = [root]
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (state.get(node) === 'open' || state.get(node) === 'done') {
        stack.pop()
        if (state.get(node) === 'open') order.push(node)
        state.set(node, 'done')
        continue
      }
      state.set(node, 'open')
      for (const name of [...readsOf(node)].reverse()) {
        const before = producers.get(name)
        if (before === undefined || state.get(before) === 'done') continue
        assert(state.get(before) !== 'open', `a cycle through ${name}`)
        stack.push(before)
      }
    }
  }
  return order
}

export function isSameTensor(a: TensorValue, b: TensorValue): boolean {
  if (a.dataType !== b.dataType || a.dims.join() !== b.dims.join()) return false
  if (a.external !== undefined || b.external !== undefined) {
    return (
      a.external?.location === b.external?.location &&
      a.external?.offset === b.external?.offset &&
      a.external?.length === b.external?.length
    )
  }
  return a.data !== undefined && b.data !== undefined && equalBytes(a.data, b.data)
}
