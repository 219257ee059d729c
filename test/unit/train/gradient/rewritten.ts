/** Puts a graph into another form that means the same: every value and node renamed, independent nodes shuffled. */
import type { GraphNode, OnnxModel } from '../../../../src/model/graph.ts'

/** @param random — numbers in [0, 1) */
export function rewritten(
  model: OnnxModel,
  random: () => number,
): { readonly model: OnnxModel; readonly nameOf: (value: string) => string } {
  const { graph } = model
  const kept = new Set(['', ...[...graph.inputs, ...graph.outputs].map((info) => info.name)])
  const names = new Map<string, string>()
  const nameOf = (value: string): string => {
    if (kept.has(value)) return value
    const known = names.get(value) ?? `v${Math.floor(random() * 1e9)}_${names.size}`
    names.set(value, known)
    return known
  }
  const nodes = shuffled(graph.nodes, random).map((node, i) => ({
    ...node,
    name: `n${i}`,
    inputs: node.inputs.map(nameOf),
    outputs: node.outputs.map(nameOf),
    metadata: new Map<string, string>(),
  }))
  const initializers = [...graph.initializers.values()]
    .sort(() => random() - 0.5)
    .map((tensor) => [nameOf(tensor.name), { ...tensor, name: nameOf(tensor.name) }] as const)
  return {
    model: {
      ...model,
      graph: { ...graph, nodes, initializers: new Map(initializers), valueInfo: new Map() },
    },
    nameOf,
  }
}

/** A random order in which everything is still made before it is read. */
function shuffled(nodes: readonly GraphNode[], random: () => number): readonly GraphNode[] {
  const made = new Set(nodes.flatMap((node) => node.outputs))
  const ready = new Set<string>()
  const waiting = [...nodes]
  const order: GraphNode[] = []
  while (waiting.length > 0) {
    const possible = waiting.filter((node) =>
      node.inputs.every((input) => !made.has(input) || ready.has(input)),
    )
    const chosen = possible[Math.floor(random() * possible.length)]
    if (chosen === undefined) throw new Error('the graph has a cycle')
    waiting.splice(waiting.indexOf(chosen), 1)
    order.push(chosen)
    for (const output of chosen.outputs) ready.add(output)
  }
  return order
}
