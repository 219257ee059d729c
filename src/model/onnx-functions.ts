/**
 * Functions that a model defines for itself, put in the place of their calls. Exporters write modules or helpers so.
 *
 * In: a graph, and functions by name. Out: a graph without calls. Inner values and nodes get the call's name in front, so that
 * none is made twice; a node without a module in its own metadata keeps the call's. Bounded: calls inside of calls, and the
 * nodes that come of it, since a small file can describe a huge graph.
 * Source: onnx.proto3, FunctionProto; its attributes are the call's, else their default, else left out.
 */
import type { Attribute, Graph, GraphNode, TensorValue, ValueInfo } from './graph.ts'
import { namesOf } from './graph-order.ts'

export interface LocalFunction {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Defaults of attributes that a call may leave out. */
  readonly defaults: ReadonlyMap<string, Attribute>
  readonly nodes: readonly GraphNode[]
  /** Attributes of its nodes that are attributes of the call: name → the function's name for it. */
  readonly references: References
  /** Of the standard domain; null where it imports none. */
  readonly opset: number | null
}

export type References = ReadonlyMap<GraphNode, ReadonlyMap<string, string>>

/** Calls inside of calls. Modules of real models nest about ten deep. */
const DEPTH_MAX = 32
/** Some ten times the largest exports. */
const NODE_COUNT_MAX = 200_000

/** `domain:op:overload`, what calls and functions are matched by. */
export const functionKey = (domain: string, op: string, overload: string): string =>
  `${domain}:${op}:${overload}`

export interface Inlining {
  readonly functions: ReadonlyMap<string, LocalFunction>
  /** Overloads of nodes that name one. */
  readonly overloads: ReadonlyMap<GraphNode, string>
  /** Makes the error for a reason. */
  readonly fail: (reason: string) => Error
}

export function inlineFunctions(graph: Graph, inlining: Inlining): Graph {
  if (inlining.functions.size === 0) return graph
  return new Inliner(graph, inlining).graph(graph)
}

/** What names mean inside one call. */
interface Scope {
  readonly rename: (name: string) => string
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly function_: LocalFunction | null
  readonly call: GraphNode | null
  readonly prefix: string
  readonly depth: number
}

class Inliner {
  readonly #inlining: Inlining
  readonly #taken: Set<string>
  #nodeCount = 0

  constructor(graph: Graph, inlining: Inlining) {
    this.#inlining = inlining
    this.#taken = namesOf(graph)
  }

  graph(graph: Graph): Graph {
    const plain: Scope = {
      rename: (name) => name,
      attributes: new Map(),
      function_: null,
      call: null,
      prefix: '',
      depth: 0,
    }
    return this.#inside(graph, plain)
  }

  #inside(graph: Graph, scope: Scope): Graph {
    const { rename } = scope
    const info = (value: ValueInfo): ValueInfo => ({ ...value, name: rename(value.name) })
    return {
      ...graph,
      nodes: graph.nodes.flatMap((node) => this.#nodes(node, scope)),
      inputs: graph.inputs.map(info),
      outputs: graph.outputs.map(info),
      initializers: new Map(
        [...graph.initializers.values()].map((tensor): [string, TensorValue] => {
          const name = rename(tensor.name)
          return [name, { ...tensor, name }]
        }),
      ),
      valueInfo: new Map([...graph.valueInfo.values()].map((value) => [rename(value.name), info(value)])),
    }
  }

  /** A node, or what its function makes of it. */
  #nodes(node: GraphNode, scope: Scope): readonly GraphNode[] {
    const overload = this.#inlining.overloads.get(node) ?? ''
    const called = this.#inlining.functions.get(functionKey(node.domain, node.op, overload))
    const own = this.#resolved(node, scope)
    if (called === undefined) {
      this.#nodeCount++
      if (this.#nodeCount > NODE_COUNT_MAX)
        throw this.#inlining.fail('its functions unfold into too many nodes')
      return [own]
    }
    if (scope.depth >= DEPTH_MAX)
      throw this.#inlining.fail(`functions call one another deeper than ${DEPTH_MAX}`)
    const inner = this.#scopeOf(own, called, scope.depth + 1)
    return called.nodes.flatMap((each) => this.#nodes(each, inner))
  }

  #scopeOf(call: GraphNode, called: LocalFunction, depth: number): Scope {
    const prefix = this.#prefixFor(call)
    const names = new Map<string, string>([['', '']])
    called.inputs.forEach((name, i) => names.set(name, call.inputs[i] ?? ''))
    called.outputs.forEach((name, i) => {
      const given = call.outputs[i] ?? ''
      // An input that is an output as well would be renamed twice; no exporter writes one.
      if (names.has(name))
        throw this.#inlining.fail(`function ${call.op} gives back its input ${JSON.stringify(name)}`)
      names.set(name, given === '' ? `${prefix}${name}` : given)
    })
    const rename = (name: string): string => names.get(name) ?? `${prefix}${name}`
    const attributes = new Map([...called.defaults, ...call.attributes])
    return { rename, attributes, function_: called, call, prefix, depth }
  }

  #prefixFor({ name, op }: GraphNode): string {
    const stem = name === '' ? op : name
    let prefix = `${stem}/`
    for (let count = 1; this.#taken.has(prefix); count++) prefix = `${stem}_${count}/`
    this.#taken.add(prefix)
    return prefix
  }

  /** A node with its names and attributes as the call has them. */
  #resolved(node: GraphNode, scope: Scope): GraphNode {
    const { rename, call, function_, prefix } = scope
    const attributes = new Map<string, Attribute>()
    const references = function_?.references.get(node)
    for (const [name, value] of node.attributes) {
      const isGraph = value.kind === 'graph'
      attributes.set(name, isGraph ? { kind: 'graph', value: this.#inside(value.value, scope) } : value)
    }
    for (const [name, wanted] of references ?? []) {
      const given = scope.attributes.get(wanted)
      if (given !== undefined) attributes.set(name, given)
    }
    return {
      ...node,
      name: call === null || node.name === '' ? node.name : `${prefix}${node.name}`,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
      attributes,
      metadata: call === null || node.metadata.size > 0 ? node.metadata : call.metadata,
    }
  }
}
