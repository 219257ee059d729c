/**
 * `If` nodes whose condition follows from the graph, in whatever batch and length, are replaced by the branch they take: an
 * exporter writes them where the rank of a value was unclear to it.
 *
 * In: a graph. Out: the same function; values inside of the branch have the node's name in front, so that none is made
 * twice. An `If` that depends on the input stays, and is refused by name where a gradient would have to pass.
 */
import type { Attribute, Graph, GraphNode, OnnxModel, TensorValue } from '../../model/graph.ts'
import { namesOf } from '../../model/graph-order.ts'
import { inferShapes } from '../../model/shapes.ts'

/** Branches inside of branches; what is nested deeper stays and is refused. */
const DEPTH_MAX = 16

export function inlineBranches(model: OnnxModel): OnnxModel {
  let current = model
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const next = inlineOnce(current)
    if (next === null) return current
    current = next
  }
  return current
}

/** null where nothing is left to inline. */
function inlineOnce(model: OnnxModel): OnnxModel | null {
  const { graph } = model
  if (!graph.nodes.some(isIf)) return null
  const { valueOf } = inferShapes(model)
  const taken = namesOf(graph)
  const initializers = new Map(graph.initializers)
  let isChanged = false
  const nodes = graph.nodes.flatMap((node) => {
    const condition = isIf(node) ? valueOf(node.inputs[0] ?? '')?.elements[0] : undefined
    const branch = typeof condition === 'number' ? branchOf(node, condition !== 0) : null
    if (branch === null) return [node]
    isChanged = true
    const opened = opening(node, branch, taken)
    for (const tensor of opened.initializers) initializers.set(tensor.name, tensor)
    return opened.nodes
  })
  return isChanged ? { ...model, graph: { ...graph, nodes, initializers } } : null
}

const isIf = (node: GraphNode): boolean => node.op === 'If' && node.domain === ''

function branchOf(node: GraphNode, isTaken: boolean): Graph | null {
  const branch = node.attributes.get(isTaken ? 'then_branch' : 'else_branch')
  return branch?.kind === 'graph' ? branch.value : null
}

interface Opened {
  readonly nodes: readonly GraphNode[]
  readonly initializers: readonly TensorValue[]
}

/** A branch's nodes and constants under names of their own, and its outputs under the names that the node gave them. */
function opening(node: GraphNode, branch: Graph, taken: Set<string>): Opened {
  const names = new Map<string, string>()
  const fresh = (name: string): string => {
    let unique = `${node.name}/${name}`
    for (let count = 1; taken.has(unique); count++) unique = `${node.name}/${name}_${count}`
    taken.add(unique)
    return unique
  }
  const own = [...branch.initializers.keys(), ...branch.nodes.flatMap(({ outputs }) => outputs)]
  for (const name of own) if (name !== '') names.set(name, fresh(name))
  const nodes = branch.nodes.map((inner) => ({ ...renamed(inner, names), name: fresh(inner.name) }))
  const results = node.outputs.flatMap((output, i): GraphNode[] => {
    const source = branch.outputs[i]?.name ?? ''
    if (output === '') return []
    return [
      {
        ...node,
        name: fresh('result'),
        op: 'Identity',
        inputs: [names.get(source) ?? source],
        outputs: [output],
        attributes: new Map(),
      },
    ]
  })
  const initializers = [...branch.initializers.values()].map((tensor) => ({
    ...tensor,
    name: names.get(tensor.name) ?? tensor.name,
  }))
  return { nodes: [...nodes, ...results], initializers }
}

/** Names that the branch made, wherever they are read: graphs inside of the node too, unless they make the name anew. */
function renamed(node: GraphNode, names: ReadonlyMap<string, string>): GraphNode {
  const nameOf = (name: string): string => names.get(name) ?? name
  const attributes = new Map<string, Attribute>(
    [...node.attributes].map(([key, attribute]) => {
      if (attribute.kind !== 'graph') return [key, attribute]
      return [key, { kind: 'graph', value: renamedGraph(attribute.value, names) }]
    }),
  )
  return { ...node, attributes, inputs: node.inputs.map(nameOf), outputs: node.outputs.map(nameOf) }
}

function renamedGraph(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ])
  const outer = new Map([...names].filter(([name]) => !own.has(name)))
  return {
    ...graph,
    nodes: graph.nodes.map((node) => renamed(node, outer)),
    outputs: graph.outputs.map((output) => ({ ...output, name: outer.get(output.name) ?? output.name })),
  }
}
