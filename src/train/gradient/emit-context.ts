/** The one implementation of `GradContext`: a builder, the forward graph's types, and caches of what was asked before. */
import { floatOf, intOf, intsOf, textOf } from '../../model/attributes.ts'
import { RoundError } from '../../core/errors.ts'
import type { Attribute, DataType, Graph, GraphNode } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import type { GraphShapes, ValueType } from './graph-shapes.ts'
import type { Accumulating } from './accumulate.ts'
import type { GradContext } from './context.ts'
import type { GradientFault } from './errors.ts'

export interface NodeAsking {
  readonly gradients: readonly (string | null)[]
  readonly wants: (i: number) => boolean
}

export class EmitContext implements Accumulating {
  readonly #builder: GraphBuilder
  readonly #shapes: GraphShapes
  readonly #producers: ReadonlyMap<string, GraphNode>
  readonly #shapeNames = new Map<string, string>()
  readonly #withoutNan: ReadonlyMap<string, string>
  readonly #furtherOutputs = new Map<GraphNode, readonly string[]>()

  constructor(builder: GraphBuilder, graph: Graph, shapes: GraphShapes) {
    this.#builder = builder
    this.#shapes = shapes
    this.#producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])))
    this.#withoutNan = new Map(graph.nodes.flatMap((node) => this.#guardOf(node)))
  }

  get opset(): number {
    return this.#builder.opset
  }

  readonly int64s = (...values: readonly number[]): string => this.#builder.int64s(...values)

  readonly emit = (
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string => this.#builder.add(op, inputs, attributes)

  readonly typeOf = (name: string): ValueType => {
    const type = this.#shapes.typeOf(name)
    if (type === null) throw this.#unknownShape(name)
    return type
  }

  readonly zeroFor = (name: string): string => this.#builder.scalar(0, this.typeOf(name).dataType)

  readonly shapeOf = (name: string): string => {
    const dims = this.typeOf(name).dims.map((dim) => dim.constant)
    if (dims.every((dim) => dim !== null)) return this.int64s(...dims)
    const known = this.#shapeNames.get(name)
    if (known !== undefined) return known
    const shape = this.emit('Shape', [name])
    this.#shapeNames.set(name, shape)
    return shape
  }

  readonly reshapeTarget = (name: string): string => {
    const dims = this.typeOf(name).dims.map((dim) => dim.constant)
    if (dims.filter((dim) => dim === null).length !== 1 || dims.includes(0)) return this.shapeOf(name)
    return this.int64s(...dims.map((dim) => dim ?? -1))
  }

  /** The context of one node's rule. */
  forNode(node: GraphNode, { gradients, wants }: NodeAsking): GradContext {
    const [first = ''] = node.outputs
    const dataType = (): DataType => this.typeOf(first).dataType
    return {
      opset: this.opset,
      inputs: node.inputs,
      outputs: node.outputs,
      gradients,
      get dataType() {
        return dataType()
      },
      wants,
      int: (name, otherwise) => intOf(node, name, otherwise),
      float: (name, otherwise) => floatOf(node, name, otherwise),
      text: (name, otherwise) => textOf(node, name, otherwise),
      ints: (name) => intsOf(node, name),
      attributes: Object.fromEntries(node.attributes),
      typeOf: this.typeOf,
      constantOf: (name) => this.#shapes.valueOf(name),
      producerOf: (name) => this.#producers.get(name) ?? null,
      initializerOf: (name) => this.#builder.initializerOf(name),
      initializer: (value) => this.#builder.initializer(value),
      withoutNan: (name) => this.#withoutNan.get(name) ?? name,
      furtherOutput: (index, count) => this.#furtherOutput(node, index, count),
      reshapeTarget: this.reshapeTarget,
      shapeOf: this.shapeOf,
      emit: this.emit,
      scalar: (value) => this.#builder.scalar(value, dataType()),
      int64s: this.int64s,
    }
  }

  /** [x, y] of a node y = Where(IsNaN(x), 0, x). */
  #guardOf({ op, inputs, outputs }: GraphNode): [string, string][] {
    const [condition = '', zero = '', value = ''] = inputs
    if (op !== 'Where') return []
    const test = this.#producers.get(condition)
    const isGuard = test?.op === 'IsNaN' && test.inputs[0] === value
    const isZero = isGuard && (this.#shapes.valueOf(zero)?.every((element) => element === 0) ?? false)
    return isZero ? [[value, outputs[0] ?? value]] : []
  }

  /** The node is made anew with more outputs; the first keeps its name, and the old node is dead. */
  #furtherOutput(node: GraphNode, index: number, count: number): string {
    const own = node.outputs[index] ?? ''
    if (own !== '') return own
    const known = this.#furtherOutputs.get(node) ?? this.#remake(node, count)
    return known[index] ?? ''
  }

  #remake(node: GraphNode, count: number): readonly string[] {
    const [first = ''] = node.outputs
    this.#builder.detach(first)
    const outputs = this.#builder.addMulti(node.op, node.inputs, count, Object.fromEntries(node.attributes), {
      domain: node.domain,
      metadata: node.metadata,
      output: first,
    })
    this.#furtherOutputs.set(node, outputs)
    return outputs
  }

  #unknownShape(value: string): RoundError<GradientFault> {
    const node = this.#producers.get(value)
    const [op, name] = [node?.op ?? 'input', node?.name ?? value]
    return new RoundError(
      { code: 'GRADIENT_SHAPE_UNKNOWN', op, node: name, value },
      `differentiating ${op} (node ${name}) needs a shape: ${this.#shapes.reasonOf(value)}`,
      { hint: 'Export the model with fixed or named dimensions.' },
    )
  }
}
