/**
 * Older operator sets → the newest form of each operator that the rules know, so that there is one rule an operator and the
 * backward pass may use what came later (scattering that adds came with 16, axes as inputs with 13 and 18).
 *
 * In: a model of operator set 11 or newer. Out: the same function at 18 or, where the model is newer, the model itself.
 * Values keep their names, weights stay where they lie. Source: the operators' change log in the ONNX specification.
 */
import { RoundError } from '../../core/errors.ts'
import { int, intOf, intsOf } from '../../model/attributes.ts'
import { DataType, type Attribute, type Graph, type GraphNode, type OnnxModel } from '../../model/graph.ts'
import type { TensorValue } from '../../model/graph.ts'
import { namesOf } from '../../model/graph-order.ts'
import { tensorOf } from '../../model/onnx-tensor.ts'
import type { GradientFault } from './errors.ts'

/** Below 11, Slice, Pad, Clip and Resize take as attributes what newer ones take as inputs. Exporters write 11 to 23. */
export const OPSET_MIN = 11
/** The newest operator set whose definitions were read against the table's rows. */
export const OPSET_MAX = 24
/** What the rules themselves expect and emit. */
export const OPSET_OF_RULES = 18
/** The first IR version that operator set 18 was released with. Source: ONNX versioning table. */
const IR_VERSION_MIN = 8

const AXES_AS_INPUT: ReadonlyMap<string, number> = new Map([
  ['Squeeze', 13],
  ['Unsqueeze', 13],
  ['ReduceSum', 13],
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin'].map(
    (op): [string, number] => [op, 18],
  ),
  ['ReduceProd', 18],
  ['ReduceSumSquare', 18],
])
const FLATTENING: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Hardmax'])

/** @throws GRADIENT_OPSET */
export function raiseOpset(model: OnnxModel): OnnxModel {
  const opset = model.opsets.get('') ?? 0
  if (opset < OPSET_MIN || opset > OPSET_MAX) throw opsetError(opset)
  if (opset >= OPSET_OF_RULES) return model
  const raising = new Raising(model.graph, opset)
  const nodes = raising.nodesOf(model.graph)
  const initializers = new Map([...model.graph.initializers, ...raising.added])
  return {
    ...model,
    irVersion: Math.max(model.irVersion, IR_VERSION_MIN),
    opsets: new Map([...model.opsets, ['', OPSET_OF_RULES]]),
    graph: { ...model.graph, nodes, initializers },
  }
}

function opsetError(opset: number): RoundError<GradientFault> {
  return new RoundError(
    { code: 'GRADIENT_OPSET', opset },
    `the model's operator set is version ${opset}, expected ${OPSET_MIN} to ${OPSET_MAX}`,
    { hint: 'Export the model again with another operator set, such as 17 or 20.' },
  )
}

class Raising {
  /** Constants for what were attributes; subgraphs read them from the outer graph. */
  readonly added = new Map<string, TensorValue>()
  readonly #opset: number
  readonly #taken: Set<string>

  constructor(graph: Graph, opset: number) {
    this.#opset = opset
    this.#taken = namesOf(graph)
  }

  nodesOf(graph: Graph): readonly GraphNode[] {
    return graph.nodes.flatMap((node) => (node.domain === '' ? this.#raise(node) : [this.#inside(node)]))
  }

  #raise(node: GraphNode): readonly GraphNode[] {
    const raised = this.#inside(node)
    if (this.#opset < (AXES_AS_INPUT.get(node.op) ?? 0)) return [this.#attributeToInput(raised, 'axes')]
    if (node.op === 'Split') return [this.#split(raised)]
    if (this.#opset < 13 && FLATTENING.has(node.op)) return this.#flattened(raised)
    // Before 12 the ratio was an attribute, and nodes were always of the inference form.
    if (this.#opset < 12 && node.op === 'Dropout') return [without(raised, 'ratio')]
    return [raised]
  }

  /** Graphs inside of `If`, `Loop` and `Scan` follow. */
  #inside(node: GraphNode): GraphNode {
    if (![...node.attributes.values()].some(({ kind }) => kind === 'graph')) return node
    const attributes = new Map<string, Attribute>(
      [...node.attributes].map(([name, attribute]) => {
        if (attribute.kind !== 'graph') return [name, attribute]
        return [name, { kind: 'graph', value: { ...attribute.value, nodes: this.nodesOf(attribute.value) } }]
      }),
    )
    return { ...node, attributes }
  }

  #attributeToInput(node: GraphNode, name: string): GraphNode {
    const values = intsOf(node, name)
    if (values === null) return node
    const [first = ''] = node.inputs
    return { ...without(node, name), inputs: [first, this.#int64s(values)] }
  }

  #split(node: GraphNode): GraphNode {
    if (intsOf(node, 'split') !== null) return this.#attributeToInput(node, 'split')
    if ((node.inputs[1] ?? '') !== '') return node
    return withAttribute(node, 'num_outputs', int(node.outputs.length))
  }

  /** Up to 12, softmax ran over all axes from `axis` (1 if not given) on, taken as one. */
  #flattened(node: GraphNode): readonly GraphNode[] {
    const axis = intOf(node, 'axis', 1)
    if (axis === -1) return [node]
    const [input = ''] = node.inputs
    const [flat, rows, shape] = ['flat', 'rows', 'shape'].map((part) => this.#fresh(`${node.name}/${part}`))
    if (flat === undefined || rows === undefined || shape === undefined) return [node]
    const plain = (op: string, inputs: readonly string[], output: string): GraphNode => ({
      ...node,
      name: output,
      op,
      inputs,
      outputs: [output],
      attributes: new Map(),
    })
    return [
      withAttribute(plain('Flatten', [input], flat), 'axis', int(axis)),
      withAttribute(plain(node.op, [flat], rows), 'axis', int(-1)),
      plain('Shape', [input], shape),
      { ...plain('Reshape', [rows, shape], ''), name: node.name, outputs: node.outputs },
    ]
  }

  #int64s(values: readonly number[]): string {
    const name = this.#fresh(`axes/${values.join('_')}`)
    this.added.set(name, tensorOf(name, DataType.int64, [values.length], values))
    return name
  }

  #fresh(stem: string): string {
    let name = stem
    for (let count = 1; this.#taken.has(name); count++) name = `${stem}_${count}`
    this.#taken.add(name)
    return name
  }
}

function without(node: GraphNode, name: string): GraphNode {
  return { ...node, attributes: new Map([...node.attributes].filter(([key]) => key !== name)) }
}

function withAttribute(node: GraphNode, name: string, value: Attribute): GraphNode {
  return { ...node, attributes: new Map([...node.attributes, [name, value]]) }
}
