/**
 * Builds a graph, or grows one that exists: used by the Hugging Face builder, LoRA injection and the gradient walk.
 *
 * Values are named by strings, as in ONNX. `add` returns the name of the node's output, so building reads as arithmetic:
 * `const y = b.add('Add', [b.add('MatMul', [x, w]), bias])`. Names made here collide with nothing in the base.
 * Attributes are made by `int`, `float`, `ints`, … of `attributes.ts`, never guessed from a number.
 *
 * To put something behind a value without touching its readers, `detach` it and make the name anew:
 * `const inner = b.detach(y); b.add('Add', [inner, delta], {}, { output: y })`.
 *
 * The base is never changed. `build` sorts topologically, keeps only what the outputs need, and asserts that every
 * value that is read is made: a hole is a programmer's error, since files were checked when they were decoded.
 */
import { toBase64Url } from '../core/bytes.ts'
import { assert } from '../core/errors.ts'
import { DataType, type Attribute, type Dimension, type ExternalData, type Graph } from './graph.ts'
import type { GraphNode, OnnxModel, TensorValue, ValueInfo } from './graph.ts'
import { isSameTensor, liveNodes, namesOf } from './graph-order.ts'
import { tensorOf } from './onnx-tensor.ts'

/** The newest IR that ONNX Runtime 1.30 and the opsets we emit agree on; opset 20 belongs to IR 9. */
const IR_VERSION = 9
/** Bigger constants are not looked up among the others. */
const DEDUP_SIZE_BYTES_MAX = 4096

export interface NewModel {
  /** Version of the standard operator set. */
  readonly opset: number
  readonly name: string
  readonly irVersion?: number
}

export interface NodeOptions {
  /** '' is the standard domain. */
  readonly domain?: string
  /** Name of the node; its outputs are named after it too, unless `output` says otherwise. */
  readonly name?: string
  readonly metadata?: Iterable<readonly [string, string]>
  /** Exact name of the (first) output: free, or detached before. */
  readonly output?: string
}

export type Attributes = Readonly<Record<string, Attribute>>

export class GraphBuilder {
  readonly #base: OnnxModel
  readonly #prefix: string
  readonly #taken: Set<string>
  readonly #counts = new Map<string, number>()
  readonly #nodes: GraphNode[]
  readonly #producers = new Map<string, number>()
  readonly #initializers: Map<string, TensorValue>
  readonly #constants = new Map<string, string>()
  readonly #opsets: Map<string, number>
  #inputs: ValueInfo[]
  #outputs: ValueInfo[]

  /** @param options.prefix — put before every fresh name, so that a dumped graph reads */
  constructor(base: OnnxModel | NewModel, options: { readonly prefix?: string } = {}) {
    this.#base = 'graph' in base ? base : emptyModel(base)
    const { graph, opsets } = this.#base
    this.#prefix = options.prefix ?? ''
    this.#taken = namesOf(graph)
    this.#nodes = [...graph.nodes]
    this.#nodes.forEach((node, index) => this.#claim(node, index))
    this.#initializers = new Map(graph.initializers)
    this.#inputs = [...graph.inputs]
    this.#outputs = [...graph.outputs]
    this.#opsets = new Map(opsets)
  }

  get opset(): number {
    return this.#opsets.get('') ?? 0
  }

  get inputs(): readonly ValueInfo[] {
    return this.#inputs
  }

  get outputs(): readonly ValueInfo[] {
    return this.#outputs
  }

  /** A name for a value or node that nothing has: the hint itself, or the hint and a number. */
  fresh(hint: string): string {
    const stem = `${this.#prefix}${hint}`
    let count = this.#counts.get(stem) ?? 0
    let name = count === 0 ? stem : `${stem}_${count}`
    while (this.#taken.has(name)) name = `${stem}_${++count}`
    this.#counts.set(stem, count + 1)
    this.#taken.add(name)
    return name
  }

  /** Appends a node with one output. @returns the output's name */
  add(op: string, inputs: readonly string[], attributes: Attributes = {}, options: NodeOptions = {}): string {
    const [output] = this.addMulti(op, inputs, 1, attributes, options)
    assert(output !== undefined, 'one output was asked for')
    return output
  }

  /** Appends a node with several outputs. */
  addMulti(
    op: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): string[] {
    const name = this.fresh(options.name ?? op)
    const { output } = options
    assert(output === undefined || !this.#taken.has(output), `the name ${output} is taken`)
    const outputs = Array.from({ length: outputCount }, (_, i) => {
      if (i === 0 && output !== undefined) return output
      return this.fresh(outputCount === 1 ? `${options.name ?? op}:out` : `${options.name ?? op}:out${i}`)
    })
    const node: GraphNode = {
      name,
      op,
      domain: options.domain ?? '',
      inputs,
      outputs,
      attributes: new Map(Object.entries(attributes)),
      metadata: new Map(options.metadata ?? []),
    }
    this.#claim(node, this.#nodes.length)
    this.#nodes.push(node)
    return outputs
  }

  /** A constant; equal ones are one. @param values — booleans as 0 and 1 */
  constant(dataType: DataType, dims: readonly number[], values: ArrayLike<number>): string {
    const value = tensorOf('', dataType, dims, values)
    const data = value.data ?? new Uint8Array(0)
    const isSmall = data.length <= DEDUP_SIZE_BYTES_MAX
    const key = isSmall ? `${dataType}|${dims.join(',')}|${toBase64Url(data)}` : ''
    const known = isSmall ? this.#constants.get(key) : undefined
    if (known !== undefined) return known
    const name = this.fresh('constant')
    this.#initializers.set(name, { ...value, name })
    if (isSmall) this.#constants.set(key, name)
    return name
  }

  /** A one-dimensional int64 constant: shapes, axes, bounds. */
  int64s(...values: readonly number[]): string {
    return this.constant(DataType.int64, [values.length], values)
  }

  /** A constant without dimensions. */
  scalar(value: number, dataType: DataType = DataType.float): string {
    return this.constant(dataType, [], [value])
  }

  /** A weight under its own name, which must be free unless the same weight has it already. @returns the name */
  initializer(value: TensorValue): string {
    const known = this.#initializers.get(value.name)
    if (known !== undefined) {
      assert(isSameTensor(known, value), `two different initializers are named ${value.name}`)
      return value.name
    }
    assert(!this.#taken.has(value.name), `the name ${value.name} is taken`)
    this.#taken.add(value.name)
    this.#initializers.set(value.name, value)
    return value.name
  }

  /** A weight whose bytes stay in a file. @returns its name, exactly as given */
  external(name: string, dataType: DataType, dims: readonly number[], external: ExternalData): string {
    return this.initializer({ name, dataType, dims, external })
  }

  initializerOf(name: string): TensorValue | null {
    return this.#initializers.get(name) ?? null
  }

  /** Takes a weight out of the file: its name is free for an input or a node of the same type. */
  dropInitializer(name: string): TensorValue {
    const value = this.#initializers.get(name)
    assert(value !== undefined, `no initializer ${name}`)
    this.#initializers.delete(name)
    this.#taken.delete(name)
    for (const [key, constant] of this.#constants) if (constant === name) this.#constants.delete(key)
    return value
  }

  /** Declares an input of the graph. @returns its name, exactly as given */
  input(name: string, dataType: DataType, dims: readonly Dimension[] | null): string {
    assert(!this.#taken.has(name), `the name ${name} is taken`)
    this.#taken.add(name)
    this.#inputs.push({ name, dataType, dims })
    return name
  }

  dropInput(name: string): void {
    this.#inputs = this.#inputs.filter((input) => input.name !== name)
    this.#taken.delete(name)
  }

  /** Makes a value an output of the graph. */
  output(name: string, dataType: DataType, dims: readonly Dimension[] | null = null): string {
    assert(!this.#outputs.some((output) => output.name === name), `${name} is an output already`)
    this.#outputs.push({ name, dataType, dims })
    return name
  }

  /** As `output`, under a name of one's choice. */
  outputAs(
    name: string,
    value: string,
    dataType: DataType,
    dims: readonly Dimension[] | null = null,
  ): string {
    this.add('Identity', [value], {}, { output: name })
    return this.output(name, dataType, dims)
  }

  dropOutput(name: string): void {
    this.#outputs = this.#outputs.filter((output) => output.name !== name)
  }

  /** The node that makes a value; null for inputs and initializers. */
  producerOf(value: string): GraphNode | null {
    const index = this.#producers.get(value)
    return index === undefined ? null : (this.#nodes[index] ?? null)
  }

  /** Nodes that read a value, not counting reads from inside subgraphs. */
  readersOf(value: string): readonly GraphNode[] {
    return this.#nodes.filter((node) => node.inputs.includes(value))
  }

  /** Changes a node in place. @param output — any of its outputs */
  rewrite(output: string, change: Partial<Omit<GraphNode, 'outputs'>>): void {
    const index = this.#producers.get(output)
    const node = index === undefined ? undefined : this.#nodes[index]
    assert(index !== undefined && node !== undefined, `no node makes ${output}`)
    this.#nodes[index] = { ...node, ...change }
  }

  /**
   * Renames a node's output, leaving the name for something else to make.
   * @returns the new name of what the node makes
   */
  detach(value: string): string {
    const index = this.#producers.get(value)
    const node = index === undefined ? undefined : this.#nodes[index]
    assert(index !== undefined && node !== undefined, `no node makes ${value}`)
    const renamed = this.fresh(`${value}:inner`)
    const outputs = node.outputs.map((output) => (output === value ? renamed : output))
    this.#nodes[index] = { ...node, outputs }
    this.#producers.delete(value)
    this.#producers.set(renamed, index)
    this.#taken.delete(value)
    return renamed
  }

  /** Lets every node that reads `from` read `to` instead, but for those that make a value in `except`. */
  redirect(from: string, to: string, except: readonly string[] = []): void {
    this.#nodes.forEach((node, index) => {
      if (!node.inputs.includes(from) || node.outputs.some((output) => except.includes(output))) return
      this.#nodes[index] = { ...node, inputs: node.inputs.map((input) => (input === from ? to : input)) }
    })
  }

  /** Declares an operator set of another domain. */
  useDomain(domain: string, version: number): void {
    this.#opsets.set(domain, version)
  }

  /** Raises the standard operator set's version. Never lowers it: nodes of the base may need what they have. */
  raiseOpset(version: number): void {
    assert(version >= this.opset, 'an operator set is never lowered')
    this.#opsets.set('', version)
  }

  /** The model: sorted, without dead nodes and unused initializers. Inputs stay, used or not. */
  /** Lets a node of the base read other values. @param copies — what it read → what it reads */
  replaceInputs(node: GraphNode, copies: ReadonlyMap<string, string>): void {
    const index = this.#nodes.indexOf(node)
    assert(index >= 0, `${node.name} is a node of the base, as it was`)
    this.#nodes[index] = { ...node, inputs: node.inputs.map((input) => copies.get(input) ?? input) }
  }

  build(): OnnxModel {
    const outputNames = this.#outputs.map((output) => output.name)
    const given = new Set([...this.#inputs.map((input) => input.name), ...this.#initializers.keys()])
    const { nodes, read } = liveNodes(this.#nodes, outputNames, given)
    const made = new Set(nodes.flatMap((node) => node.outputs))
    const { graph } = this.#base
    const built: Graph = {
      name: graph.name,
      nodes,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      initializers: new Map([...this.#initializers].filter(([name]) => read.has(name))),
      valueInfo: new Map([...graph.valueInfo].filter(([name]) => made.has(name))),
    }
    return { ...this.#base, opsets: new Map(this.#opsets), graph: built }
  }

  #claim(node: GraphNode, index: number): void {
    for (const output of node.outputs) {
      if (output === '') continue
      assert(!this.#producers.has(output), `two nodes make ${output}`)
      this.#producers.set(output, index)
      this.#taken.add(output)
    }
  }
}

function emptyModel(model: NewModel): OnnxModel {
  return {
    irVersion: model.irVersion ?? IR_VERSION,
    producer: 'oneround',
    opsets: new Map([['', model.opset]]),
    metadata: new Map(),
    graph: {
      name: model.name,
      nodes: [],
      inputs: [],
      outputs: [],
      initializers: new Map(),
      valueInfo: new Map(),
    },
  }
}
