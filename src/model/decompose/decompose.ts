/**
 * Fused operators → standard ones, so that the gradient table needs to know the standard domain only.
 *
 * In: a model as exporters write it. Out: the same function, outputs under their names; nodes in the places of those they
 * stand for, with the module's name in theirs, so that linear modules are found as before. Operators that the table of
 * decompositions does not know, or in a form that it turns down, stay as they are: the gradient table then reports them,
 * with the reason from here, before anything is opened. Never: a changed weight.
 */
import { floatOf, intOf, intsOf, textOf } from '../attributes.ts'
import { DataType, type Graph, type GraphNode, type OnnxModel, type TensorValue } from '../graph.ts'
import { namesOf, readsOf } from '../graph-order.ts'
import { tensorOf } from '../onnx-tensor.ts'
import { inferShapes, type InferredGraph, type TensorType } from '../shapes.ts'
import { isRoundError } from '../../core/errors.ts'
import type { Attributes, FusedContext } from './context.ts'
import { decompositionOf } from './table.ts'

/** Where a node's metadata says why it stays fused. */
export const KEPT_REASON = 'oneround.kept_since'

/** A fused node that stays, and why. */
export interface KeptNode {
  readonly node: GraphNode
  readonly reason: string
}

export interface Decomposed {
  readonly model: OnnxModel
  /** Operators that were rewritten, with their domain where it is not the standard one, and how often. */
  readonly rewritten: ReadonlyMap<string, number>
  /** Fused nodes of a form that is turned down. */
  readonly kept: readonly KeptNode[]
}

/** Rewrites every fused operator. A model without any is returned as it is. */
export function decompose(model: OnnxModel): OnnxModel {
  return decomposeWithReport(model).model
}

/** As `decompose`, with what was done. */
export function decomposeWithReport(model: OnnxModel): Decomposed {
  const { nodes } = model.graph
  if (!nodes.some((node) => decompositionOf(node, model.opsets) !== null)) {
    return { model, rewritten: new Map(), kept: [] }
  }
  const pass = new Pass(model)
  for (const node of nodes) pass.visit(node)
  return pass.finish()
}

/** Operator with its domain, as reports name it. */
export const operatorName = ({ op, domain }: Pick<GraphNode, 'op' | 'domain'>): string =>
  domain === '' ? op : `${domain}.${op}`

class Pass {
  readonly #model: OnnxModel
  readonly #types: InferredGraph
  readonly #taken: Set<string>
  readonly #counts = new Map<string, number>()
  readonly #nodes: GraphNode[] = []
  readonly #added: Map<string, TensorValue>
  readonly #constants = new Map<string, string>()
  readonly #sharedValues = new Map<string, string>()
  readonly #producers: ReadonlyMap<string, GraphNode>
  readonly #read: ReadonlySet<string>
  readonly #rewritten = new Map<string, number>()
  readonly #kept: KeptNode[] = []

  constructor(model: OnnxModel) {
    const { graph } = model
    this.#model = model
    this.#types = inferShapes(model)
    this.#taken = namesOf(graph)
    this.#added = new Map(graph.initializers)
    this.#producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])))
    this.#read = new Set([...graph.nodes.flatMap(readsOf), ...graph.outputs.map(({ name }) => name)])
  }

  visit(node: GraphNode): void {
    const entry = decompositionOf(node, this.#model.opsets)
    if (entry === null) {
      this.#nodes.push(node)
      return
    }
    const emitted: GraphNode[] = []
    const context = this.#contextOf(node, emitted)
    const reason = entry.refuses?.(context) ?? null
    const results = reason === null ? entry.decompose(context) : []
    const missing = reason ?? this.#missingOutput(context, results)
    if (missing !== null) {
      this.#keep(node, missing, emitted)
      return
    }
    this.#nodes.push(...this.#named(node, emitted, results))
    const name = operatorName(node)
    this.#rewritten.set(name, (this.#rewritten.get(name) ?? 0) + 1)
  }

  /** An output that something reads and that no standard operators make. */
  #missingOutput({ node, isRead }: FusedContext, results: readonly (string | null)[]): string | null {
    const i = node.outputs.findIndex((_, output) => isRead(output) && (results[output] ?? null) === null)
    return i < 0 ? null : `its output ${i} is read`
  }

  /** The node stays; what was made for it is dropped, also where others might have shared it. */
  #keep(node: GraphNode, reason: string, emitted: readonly GraphNode[]): void {
    const dropped = new Set(emitted.flatMap(({ outputs }) => outputs))
    for (const [key, value] of this.#sharedValues) if (dropped.has(value)) this.#sharedValues.delete(key)
    this.#kept.push({ node, reason })
    this.#nodes.push({ ...node, metadata: new Map([...node.metadata, [KEPT_REASON, reason]]) })
  }

  finish(): Decomposed {
    const { graph } = this.#model
    const made = new Set(this.#nodes.flatMap(({ outputs }) => outputs))
    const read = new Set([...this.#nodes.flatMap(readsOf), ...graph.outputs.map(({ name }) => name)])
    const rewritten: Graph = {
      ...graph,
      nodes: this.#nodes,
      initializers: new Map([...this.#added].filter(([name]) => read.has(name))),
      valueInfo: new Map([...graph.valueInfo].filter(([name]) => made.has(name))),
    }
    return {
      model: { ...this.#model, graph: rewritten },
      rewritten: this.#rewritten,
      kept: this.#kept,
    }
  }

  /** Gives the node's outputs their names: the value itself is renamed where the node made it and nothing else shares it. */
  #named(node: GraphNode, emitted: readonly GraphNode[], results: readonly (string | null)[]): GraphNode[] {
    const own = new Set(emitted.flatMap(({ outputs }) => outputs))
    const shared = new Set(this.#sharedValues.values())
    const renamed = new Map<string, string>()
    const copies: GraphNode[] = []
    node.outputs.forEach((output, i) => {
      const value = results[i] ?? null
      if (output === '' || value === null) return
      if (own.has(value) && !shared.has(value) && !renamed.has(value)) renamed.set(value, output)
      else copies.push(this.#nodeFor(node, 'Identity', [value], {}, output))
    })
    const rename = (name: string): string => renamed.get(name) ?? name
    return [...emitted, ...copies].map((each) => ({
      ...each,
      inputs: each.inputs.map(rename),
      outputs: each.outputs.map(rename),
    }))
  }

  #contextOf(node: GraphNode, emitted: GraphNode[]): FusedContext {
    const input = (i: number): string => node.inputs[i] ?? ''
    const dataType = this.#resultType(node)
    const attribute = (name: string) => node.attributes.get(name)
    return {
      node,
      opset: this.#model.opsets.get('') ?? 0,
      dataType,
      has: (i) => input(i) !== '',
      input,
      isRead: (i) => this.#read.has(node.outputs[i] ?? '') && node.outputs[i] !== '',
      int: (name, otherwise) => intOf(node, name, otherwise),
      float: (name, otherwise) => floatOf(node, name, otherwise),
      text: (name, otherwise) => textOf(node, name, otherwise),
      ints: (name) => intsOf(node, name),
      floats: (name) => {
        const found = attribute(name)
        return found?.kind === 'floats' ? found.value : null
      },
      dimsOf: (value) => this.#typeOf(value)?.dims ?? null,
      dataTypeOf: (value) => this.#typeOf(value)?.dataType ?? null,
      producerOf: (value) => this.#producers.get(value) ?? null,
      emit: (op, inputs, attributes = {}) => {
        const made = this.#nodeFor(node, op, inputs, attributes)
        emitted.push(made)
        return made.outputs[0] ?? ''
      },
      scalar: (value) => this.#constant(dataType, [], [value]),
      whole: (value) => this.#constant(DataType.int64, [], [value]),
      int64s: (...values) => this.#constant(DataType.int64, [values.length], values),
      shared: (key, make) => {
        const known = this.#sharedValues.get(key)
        if (known !== undefined) return known
        const made = make()
        this.#sharedValues.set(key, made)
        return made
      },
    }
  }

  /** Type of the first float input or of the first output; float where neither follows from the graph. */
  #resultType(node: GraphNode): DataType {
    for (const name of [...node.outputs.slice(0, 1), ...node.inputs]) {
      const type = this.#typeOf(name)?.dataType
      if (type === DataType.float || type === DataType.double) return type
      if (type === DataType.float16 || type === DataType.bfloat16) return type
    }
    return DataType.float
  }

  #typeOf(value: string): TensorType | null {
    if (value === '') return null
    try {
      return this.#types.typeOf(value)
    } catch (error) {
      if (!isRoundError(error, 'SHAPE_UNKNOWN')) throw error
      return null
    }
  }

  /** A node of the fused node's module: its path is kept, the operator at the end is new. */
  #nodeFor(
    { name, metadata }: GraphNode,
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    output?: string,
  ): GraphNode {
    const slash = name.lastIndexOf('/')
    const own = this.#fresh(
      slash < 0 ? `${name === '' ? 'fused' : name}/${op}` : `${name.slice(0, slash)}/${op}`,
    )
    const outputs = [output ?? this.#fresh(`${own}:out`)]
    return {
      name: own,
      op,
      domain: '',
      inputs,
      outputs,
      attributes: new Map(Object.entries(attributes)),
      metadata,
    }
  }

  #fresh(hint: string): string {
    let count = this.#counts.get(hint) ?? 0
    let name = count === 0 ? hint : `${hint}_${count}`
    while (this.#taken.has(name)) name = `${hint}_${++count}`
    this.#counts.set(hint, count + 1)
    this.#taken.add(name)
    return name
  }

  #constant(dataType: DataType, dims: readonly number[], values: readonly number[]): string {
    const key = `${dataType}|${dims.join()}|${values.join()}`
    const known = this.#constants.get(key)
    if (known !== undefined) return known
    const name = this.#fresh('fused/constant')
    this.#added.set(name, tensorOf(name, dataType, dims, values))
    this.#constants.set(key, name)
    return name
  }
}
