/**
 * Symbolic inference over a whole graph, in its order: the type of every value, and the elements of those that shape
 * arithmetic is made of. Shapes stated in the file (`valueInfo`) are only compared, never believed.
 * In: a decoded model. Out: types by value name, and every node that could not be understood with the reason.
 */
import { RoundError } from '../../core/errors.ts'
import { DataType, type GraphNode, type OnnxModel } from '../graph.ts'
import { type Dim, dimOf, dimSymbol, dimUnknown, integerUnknown, isUnknown, Unresolved } from './dim.ts'
import { ELEMENTWISE } from './elementwise.ts'
import { FUSED } from './fused.ts'
import { GATHER } from './gather.ts'
import { LINEAR } from './linear.ts'
import { MOVEMENT } from './movement.ts'
import { REDUCE } from './reduce.ts'
import type { Result, Rule, RuleContext, RuleTable, TensorType } from './rule.ts'
import { concreteDims, valueOfTensor, type ConstantValue } from './value.ts'

/** One table, one row an operator; where domains share a name, its rule tells them apart. */
const RULES: RuleTable = { ...ELEMENTWISE, ...MOVEMENT, ...GATHER, ...REDUCE, ...LINEAR, ...FUSED }
const DOMAINS: readonly string[] = ['', 'com.microsoft']

/** A node whose outputs are not known. */
export interface ShapeProblem {
  readonly op: string
  readonly node: string
  readonly reason: string
}

export type ShapeFault = { readonly code: 'SHAPE_UNKNOWN'; readonly value: string } & ShapeProblem

export interface InferredGraph {
  /** @throws SHAPE_UNKNOWN naming the operator and the node that stand in the way */
  readonly typeOf: (value: string) => TensorType
  /** The elements, where they follow from the graph; null otherwise, also for large constants. */
  readonly valueOf: (value: string) => ConstantValue | null
  /** Nodes that could not be understood, not counting those that only read from them. */
  readonly problems: readonly ShapeProblem[]
  /** Pairs of dimensions taken to be equal, since no run would succeed otherwise: `a = b`. */
  readonly assumptions: readonly string[]
  /** Values for which the file states a known size that differs from what follows from the graph. */
  readonly contradictions: readonly string[]
}

export interface InferOptions {
  /** Symbols with a known value: an empty cache is `{ past_sequence_length: 0 }`. */
  readonly symbols?: Readonly<Record<string, number>>
}

export function inferShapes(model: OnnxModel, options: InferOptions = {}): InferredGraph {
  const inference = new Inference(model, options.symbols ?? {})
  inference.run()
  return inference
}

class Inference implements InferredGraph {
  readonly problems: ShapeProblem[] = []
  readonly contradictions: string[] = []
  readonly #model: OnnxModel
  readonly #symbols: Readonly<Record<string, number>>
  readonly #types = new Map<string, TensorType>()
  /** undefined: not looked at yet (initializers). */
  readonly #values = new Map<string, ConstantValue | null>()
  readonly #unknown = new Map<string, ShapeProblem>()
  readonly #assumptions = new Set<string>()

  constructor(model: OnnxModel, symbols: Readonly<Record<string, number>>) {
    this.#model = model
    this.#symbols = symbols
  }

  get assumptions(): readonly string[] {
    return [...this.#assumptions].sort()
  }

  run(): void {
    const { graph } = this.#model
    for (const { name, dims } of graph.initializers.values()) {
      const { dataType } = graph.initializers.get(name) ?? { dataType: 1 as const }
      this.#types.set(name, { dataType, dims: dims.map(dimOf) })
    }
    for (const input of graph.inputs) {
      if (input.dims === null) {
        this.#unknown.set(input.name, {
          op: 'input',
          node: input.name,
          reason: 'the file states no rank for it',
        })
        continue
      }
      const dims = input.dims.map((dim, axis) => this.#inputDim(dim ?? `${input.name}[${axis}]`))
      const type = { dataType: input.dataType, dims }
      this.#types.set(input.name, type)
      this.#values.set(input.name, openValue(input.name, type))
    }
    for (const node of graph.nodes) this.#infer(node)
    this.#compare()
  }

  typeOf = (value: string): TensorType => {
    const type = this.#types.get(value)
    if (type !== undefined) return type
    const problem = this.#unknown.get(value) ?? { op: 'none', node: '', reason: 'nothing makes it' }
    const { op, node, reason } = problem
    throw new RoundError<ShapeFault>(
      { code: 'SHAPE_UNKNOWN', value, ...problem },
      `the shape of ${JSON.stringify(value)} is not known: ${op} node ${JSON.stringify(node)}: ${reason}`,
      { hint: 'Export the model again with fewer dynamic parts, or report the operator that is missing.' },
    )
  }

  valueOf = (value: string): ConstantValue | null => {
    const known = this.#valueOf(value)
    const isOpen = known?.elements.some((element) => typeof element !== 'number' && isUnknown(element))
    return isOpen === true ? null : known
  }

  #valueOf(value: string): ConstantValue | null {
    const known = this.#values.get(value)
    if (known !== undefined) return known
    const tensor = this.#model.graph.initializers.get(value)
    const read = tensor === undefined ? null : valueOfTensor(tensor)
    this.#values.set(value, read)
    return read
  }

  /** A symbol of an input; a symbol that has a known value counts as that number. */
  #inputDim(dim: number | string): Dim {
    if (typeof dim === 'number') return dimOf(dim)
    const symbolic = dimSymbol(dim)
    const bound = this.#symbols[dim]
    if (bound !== undefined) return dimOf(bound)
    return symbolic.terms.length > 1 || symbolic.key !== dim ? this.#bind(dim) : symbolic
  }

  /** A sum of names, some of which may have known values. */
  #bind(text: string): Dim {
    const bound = text.replaceAll(/[A-Za-z_][\w.]*/g, (name) => String(this.#symbols[name] ?? name))
    return dimSymbol(bound)
  }

  #infer(node: GraphNode): void {
    let results: readonly Result[]
    try {
      results = this.#apply(node)
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error
      this.#giveUp(node, error.message)
      return
    }
    node.outputs.forEach((output, i) => {
      const result = results[i]
      if (output === '') return
      if (result === undefined) {
        const problem = problemOf(node, `output ${i} has no shape rule`)
        this.problems.push(problem)
        this.#unknown.set(output, problem)
      } else {
        this.#types.set(output, { dataType: result.dataType, dims: result.dims })
        this.#values.set(output, result.value ?? openValue(output, result))
      }
    })
  }

  #apply(node: GraphNode): readonly Result[] {
    const rule: Rule | undefined = Object.hasOwn(RULES, node.op) ? RULES[node.op] : undefined
    if (rule === undefined || !DOMAINS.includes(node.domain)) {
      throw new Unresolved(
        `operator ${node.domain === '' ? '' : `${node.domain}.`}${node.op} has no shape rule`,
      )
    }
    return rule(this.#contextOf(node))
  }

  #contextOf(node: GraphNode): RuleContext {
    const name = (input: number): string => node.inputs[input] ?? ''
    const value = (input: number): ConstantValue | null =>
      name(input) === '' ? null : this.#valueOf(name(input))
    return {
      node,
      opset: this.#model.opsets.get(node.domain) ?? 0,
      outputCount: node.outputs.length,
      unknown: (axis) => dimUnknown(`${node.outputs.find((output) => output !== '') ?? ''}[${axis}]`),
      has: (input) => name(input) !== '',
      attribute: (key) => node.attributes.get(key),
      type: (input) => {
        const type = this.#types.get(name(input))
        if (type === undefined)
          throw new Unresolved(`input ${input} ${JSON.stringify(name(input))} is not known`)
        return type
      },
      value,
      needValue: (input, what) => {
        const known = value(input)
        if (known === null) {
          throw new Unresolved(`${what} (${JSON.stringify(name(input))}) cannot be computed from the graph`)
        }
        return known
      },
      assume: (a, b) => this.#assumptions.add([a.key, b.key].sort().join(' = ')),
    }
  }

  /** Reports the first node of a chain; those behind it inherit its problem. */
  #giveUp(node: GraphNode, reason: string): void {
    const inherited = node.inputs
      .map((input) => this.#unknown.get(input))
      .find((cause) => cause !== undefined)
    const problem = inherited ?? problemOf(node, reason)
    if (inherited === undefined) this.problems.push(problem)
    for (const output of node.outputs) this.#unknown.set(output, problem)
  }

  #compare(): void {
    const { valueInfo, outputs } = this.#model.graph
    for (const { name, dataType, dims } of [...valueInfo.values(), ...outputs]) {
      const type = this.#types.get(name)
      if (type === undefined || dims === null) continue
      const isSame =
        type.dataType === dataType &&
        type.dims.length === dims.length &&
        type.dims.every((dim, axis) => {
          const stated = dims[axis]
          return typeof stated !== 'number' || dim.constant === null || dim.constant === stated
        })
      if (!isSame) this.contradictions.push(name)
    }
  }
}

/** As many whole numbers as shape arithmetic handles. */
const OPEN_VALUE_COUNT_MAX = 16

/**
 * Whole numbers that do not follow from the graph, each under a symbol of its own: a size that is computed from data leaves
 * the sizes beside it known.
 */
function openValue(name: string, { dataType, dims }: TensorType): ConstantValue | null {
  if (dataType !== DataType.int64 && dataType !== DataType.int32) return null
  const concrete = dims.length <= 1 ? concreteDims(dims) : null
  const count = concrete?.[0] ?? 1
  if (concrete === null || count > OPEN_VALUE_COUNT_MAX) return null
  const elements = Array.from({ length: count }, (_, i) => integerUnknown(`${name}[${i}]`))
  return { dataType, dims: concrete, elements }
}

const problemOf = (node: GraphNode, reason: string): ShapeProblem => ({
  op: node.op,
  node: node.name,
  reason,
})
