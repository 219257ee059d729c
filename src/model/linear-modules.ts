/**
 * The linear modules of a graph: every product with a constant weight, by module name. Found by structure (a MatMul, Gemm,
 * Conv or quantised product whose right operand comes from an initializer), named by `module-names.ts`.
 *
 * A module that runs twice appears twice, once a node, under one name. Different weights used by one module are told
 * apart by a number behind the name (`attn`, `attn:2`): PEFT cannot adapt them one by one either.
 */
import { isRoundError } from '../core/errors.ts'
import { floatOf, intOf, intsOf } from './attributes.ts'
import type { GraphNode, OnnxModel } from './graph.ts'
import type { LinearModule } from './lora.ts'
import { moduleNames, type NamingOptions } from './module-names.ts'
import { inferShapes, type InferredGraph } from './shapes.ts'

export type { LinearModule } from './lora.ts'

/** Products with a weight of few bits, of the attributes K and N. */
const QUANTISED_OPS = ['MatMulNBits', 'MatMulBnb4'] as const
type QuantisedOp = (typeof QUANTISED_OPS)[number]

export const isQuantisedOp = (op: string): op is QuantisedOp => QUANTISED_OPS.some((each) => each === op)

/** A linear module, and where its weight lies. */
export interface LocatedModule extends LinearModule {
  readonly op: 'MatMul' | 'Gemm' | 'Conv' | QuantisedOp
  /** Index among the graph's nodes. */
  readonly nodeIndex: number
  /** The initializer, which a Transpose, Cast or dequantisation may stand behind. */
  readonly weight: string
  /** How the initializer lies: `in-out` is [in, out], `out-in` what PyTorch's Linear stores. */
  readonly weightLayout: 'in-out' | 'out-in'
  /** The initializer that is added to the product, where there is one. */
  readonly bias: string | null
}

type Product = Pick<
  LocatedModule,
  'op' | 'kind' | 'inSize' | 'outSize' | 'kernel' | 'placement' | 'weight' | 'weightLayout'
>
/** Of a product that is no convolution. */
const NO_WINDOW = { kernel: [], placement: {} } as const

/**
 * The linear modules of a graph, in the order of its nodes.
 * @param inferred — shapes of this very graph, if they are there already
 */
export function findLinearModules(
  model: OnnxModel,
  inferred: InferredGraph = inferShapes(model),
  naming: NamingOptions = {},
): readonly LocatedModule[] {
  const graph = new ConstantView(model)
  const nameOf = moduleNames(model, naming)
  const labels = new Labels()
  const weights = new Set(model.graph.nodes.flatMap((node) => graph.productOf(node)?.weight ?? []))
  return model.graph.nodes.flatMap((node, nodeIndex) => {
    const product = graph.productOf(node, weights)
    const [input = ''] = node.inputs
    const [output = ''] = node.outputs
    if (product === null) return []
    const { weight } = product
    const found = nameOf(node) || weight.replace(/\.(?:weight|qweight)(?:_\w+)?$/, '')
    return [
      {
        ...product,
        name: labels.nameFor(found, weight),
        nodeIndex,
        input,
        inputRank: rankOf(inferred, input, product.op),
        output,
        isHead: graph.isHead(output),
        bias: graph.biasOf(node, product.outSize),
      },
    ]
  })
}

/** Behind an operator that is not understood, what is usual: the list of such operators tells more than the first of them. */
function rankOf(inferred: InferredGraph, value: string, op: LocatedModule['op']): number {
  try {
    return inferred.typeOf(value).dims.length
  } catch (error) {
    if (!isRoundError(error, 'SHAPE_UNKNOWN')) throw error
    return op === 'Gemm' ? 2 : op === 'Conv' ? 4 : 3
  }
}

/** Names for pairs of module and weight: the first weight of a module has its name alone. */
class Labels {
  readonly #weights = new Map<string, string[]>()
  readonly #modules = new Map<string, string>()

  nameFor(found: string, weight: string): string {
    const first = this.#modules.get(weight) ?? found
    this.#modules.set(weight, first)
    const module = isRepeat(found, first) ? first : found
    const weights = this.#weights.get(module) ?? []
    if (!weights.includes(weight)) weights.push(weight)
    this.#weights.set(module, weights)
    const place = weights.indexOf(weight)
    return place === 0 ? module : `${module}:${place + 1}`
  }
}

/** The TorchScript exporter counts the runs of a module behind its name, or behind that of a module around it. */
function isRepeat(found: string, first: string): boolean {
  const [parts, others] = [found.split('.'), first.split('.')]
  return (
    parts.length === others.length &&
    parts.every((part, i) => part === others[i] || part.replace(/_\d+$/, '') === others[i])
  )
}

interface Source {
  readonly initializer: string
  readonly dims: readonly number[]
  /** Whether an odd number of transpositions stands between. */
  readonly isTransposed: boolean
}

/** Operators behind which a weight is still itself. */
const KEEPERS: ReadonlySet<string> = new Set(['Identity', 'Cast', 'DequantizeLinear'])
/** Multiplications by constants: of logits, or inside of their soft cap. */
const SCALINGS: ReadonlySet<string> = new Set(['Mul', 'Div'])
/** Operators after which a result is still the model's output, beside sums with constants: what a head's trimming needs. */
const HEAD_STEPS: ReadonlySet<string> = new Set([
  'Cast',
  'Identity',
  'Reshape',
  'Slice',
  'Squeeze',
  'Unsqueeze',
])

/** Attributes of a Conv that say where its window lies; the others say what it is. */
const PLACEMENT: ReadonlySet<string> = new Set(['strides', 'pads', 'auto_pad'])

const NO_WEIGHTS: ReadonlySet<string> = new Set()

/** Questions to a graph about its constants and who reads what. */
class ConstantView {
  readonly #model: OnnxModel
  readonly #producers = new Map<string, GraphNode>()
  readonly #readers = new Map<string, GraphNode[]>()
  readonly #outputs: ReadonlySet<string>

  constructor(model: OnnxModel) {
    this.#model = model
    this.#outputs = new Set(model.graph.outputs.map((output) => output.name))
    for (const node of model.graph.nodes) {
      for (const output of node.outputs) this.#producers.set(output, node)
      for (const input of node.inputs) {
        const readers = this.#readers.get(input)
        if (readers === undefined) this.#readers.set(input, [node])
        else readers.push(node)
      }
    }
  }

  /** @param weights — of other products: with one of these, a product of two constants is a module's too */
  productOf(node: GraphNode, weights: ReadonlySet<string> = NO_WEIGHTS): Product | null {
    const isStandard = node.domain === ''
    if (node.op === 'MatMul' && isStandard) return this.#matMul(node, weights)
    if (node.op === 'Gemm' && isStandard) return this.#gemm(node, weights)
    if (node.op === 'Conv' && isStandard) return this.#convolution(node)
    if (isQuantisedOp(node.op)) return this.#quantised(node, node.op)
    return null
  }

  /** The constant that is added: a Gemm's or Conv's third operand, or what the only reader, an Add, adds. */
  biasOf(node: GraphNode, outSize: number): string | null {
    const own = node.op === 'MatMulBnb4' ? undefined : node.inputs[node.op === 'MatMulNBits' ? 5 : 2]
    if (own !== undefined && own !== '') return this.#vector(own, outSize)
    const readers = this.#readers.get(node.outputs[0] ?? '') ?? []
    const [reader] = readers
    if (reader === undefined || readers.length > 1 || reader.op !== 'Add') return null
    const other = reader.inputs.find((input) => input !== node.outputs[0])
    return other === undefined ? null : this.#vector(other, outSize)
  }

  /** Whether a value is an output of the graph, or becomes one by an added bias and changes of shape alone. */
  isHead(value: string): boolean {
    const pending = [value]
    const seen = new Set<string>()
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#outputs.has(next)) return true
      if (seen.has(next)) continue
      seen.add(next)
      for (const reader of this.#readers.get(next) ?? []) {
        if (this.#isHeadStep(reader, next)) pending.push(...reader.outputs)
      }
    }
    return false
  }

  #isHeadStep(reader: GraphNode, value: string): boolean {
    const hasConstants = (): boolean =>
      reader.inputs.every((input) => input === value || input === '' || this.#source(input) !== null)
    if (reader.op === 'Add' || SCALINGS.has(reader.op)) return hasConstants()
    // A soft cap, c·tanh(x/c): a tanh alone is an activation.
    if (reader.op === 'Tanh') return SCALINGS.has(this.#producers.get(value)?.op ?? '')
    return HEAD_STEPS.has(reader.op)
  }

  #matMul(node: GraphNode, weights: ReadonlySet<string>): Product | null {
    const source = this.#source(node.inputs[1] ?? '')
    if (source === null || !this.#isRun(node, source, weights)) return null
    return this.#matrix('MatMul', source, source.isTransposed)
  }

  /** A weight meets what is computed, or a table that the same module is run over, as relative places are. */
  #isRun(node: GraphNode, { initializer }: Source, weights: ReadonlySet<string>): boolean {
    return weights.has(initializer) || this.#source(node.inputs[0] ?? '') === null
  }

  #gemm(node: GraphNode, weights: ReadonlySet<string>): Product | null {
    const source = this.#source(node.inputs[1] ?? '')
    const isPlain = intOf(node, 'transA', 0) === 0 && floatOf(node, 'alpha', 1) === 1
    if (source === null || !isPlain || !this.#isRun(node, source, weights)) return null
    return this.#matrix('Gemm', source, source.isTransposed !== (intOf(node, 'transB', 0) === 1))
  }

  #matrix(op: 'MatMul' | 'Gemm', { initializer, dims }: Source, isOutFirst: boolean): Product | null {
    const [rows, columns] = dims
    if (rows === undefined || columns === undefined || dims.length !== 2) return null
    const [inSize, outSize] = isOutFirst ? [columns, rows] : [rows, columns]
    return {
      op,
      kind: 'linear',
      ...NO_WINDOW,
      inSize,
      outSize,
      weight: initializer,
      weightLayout: isOutFirst ? 'out-in' : 'in-out',
    }
  }

  /** A convolution in two dimensions, of all channels together and without holes: what PEFT adapts by another of its window. */
  #convolution(node: GraphNode): Product | null {
    const source = this.#source(node.inputs[1] ?? '')
    const [outSize, channels, ...kernel] = source?.dims ?? []
    const isDense = (intsOf(node, 'dilations') ?? []).every((step) => step === 1)
    if (source === null || outSize === undefined || channels === undefined) return null
    if (kernel.length !== 2 || !isDense || intOf(node, 'group', 1) !== 1) return null
    const inSize = kernel.reduce((size, extent) => size * extent, channels)
    const placement = Object.fromEntries([...node.attributes].filter(([name]) => PLACEMENT.has(name)))
    const weight = source.initializer
    return { op: 'Conv', kind: 'conv', kernel, placement, inSize, outSize, weight, weightLayout: 'out-in' }
  }

  #quantised(node: GraphNode, op: QuantisedOp): Product | null {
    const weight = node.inputs[1] ?? ''
    if (!this.#model.graph.initializers.has(weight)) return null
    const [inSize, outSize] = [intOf(node, 'K', 0), intOf(node, 'N', 0)]
    return {
      op,
      kind: 'linear',
      ...NO_WINDOW,
      inSize,
      outSize,
      weight,
      weightLayout: 'out-in',
    }
  }

  /** The initializer behind a value, through casts and transpositions; null if it is computed from inputs. */
  #source(value: string): Source | null {
    let name = value
    let isTransposed = false
    for (;;) {
      const tensor = this.#model.graph.initializers.get(name)
      if (tensor !== undefined) return { initializer: name, dims: tensor.dims, isTransposed }
      const node = this.#producers.get(name)
      if (node === undefined) return null
      if (node.op === 'Transpose') {
        const order = intsOf(node, 'perm')
        if (order !== null && order.join() !== '1,0') return null
        isTransposed = !isTransposed
      } else if (!KEEPERS.has(node.op)) return null
      name = node.inputs[0] ?? ''
    }
  }

  #vector(value: string, size: number): string | null {
    const source = this.#source(value)
    return source !== null && source.dims.length === 1 && source.dims[0] === size ? source.initializer : null
  }
}
