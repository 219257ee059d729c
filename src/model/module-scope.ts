/**
 * A graph builder that stands in a module: nodes it adds are named by the module's path and the operator,
 * `/model/layers.0/mlp/up_proj/Gemm`, as exporters name them, so that module names are found alike in all graphs.
 */
import { int, ints } from './attributes.ts'
import { DataType, type Attribute, type Dimension, type ExternalData, type OnnxModel } from './graph.ts'
import { GraphBuilder, type Attributes, type NodeOptions } from './graph-builder.ts'

/** Standard operators as of this set are used. */
const OPSET = 20

export class ModuleScope {
  readonly #builder: GraphBuilder
  readonly #path: string

  constructor(builder: GraphBuilder = new GraphBuilder({ opset: OPSET, name: 'main_graph' }), path = '') {
    this.#builder = builder
    this.#path = path
  }

  /** The scope of a child module. */
  within(name: string): ModuleScope {
    return new ModuleScope(this.#builder, `${this.#path}/${name}`)
  }

  /**
   * Appends a node of this module.
   * @param attributes — whole numbers and lists of them as they are, others with their kind @returns its output's name
   */
  op(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, number | readonly number[] | Attribute>> = {},
    output?: string,
  ): string {
    const typed = Object.entries(attributes).map(([key, value]) => {
      return [key, attributeOf(value)] as const
    })
    return this.#add(op, inputs, Object.fromEntries(typed), output)
  }

  cast(value: string, dataType: DataType): string {
    return this.#add('Cast', [value], { to: int(dataType) })
  }

  /** A one-dimensional int64 constant. */
  ints(values: readonly number[]): string {
    return this.#builder.int64s(...values)
  }

  /** An int64 scalar. */
  int(value: number): string {
    return this.#builder.scalar(value, DataType.int64)
  }

  floats(values: readonly number[], dims: readonly number[]): string {
    return this.#builder.constant(DataType.float, dims, values)
  }

  /** A stored weight under its own name. @returns its value as f32: half precision is widened where it is used */
  weight(name: string, dims: readonly number[], dataType: DataType, external: ExternalData): string {
    this.#builder.external(name, dataType, dims, external)
    return dataType === DataType.float ? name : this.cast(name, DataType.float)
  }

  /** Declares an int64 input [batch, sequence]. */
  tokenInput(name: string): string {
    return this.#builder.input(name, DataType.int64, ['batch', 'sequence'])
  }

  /** Declares an input of any kind. @returns its name */
  input(name: string, dataType: DataType, dims: readonly Dimension[]): string {
    return this.#builder.input(name, dataType, dims)
  }

  /** Gives a value out under a name of its own. */
  outputAs(name: string, value: string, dataType: DataType, dims: readonly Dimension[]): void {
    this.#builder.outputAs(name, value, dataType, dims)
  }

  /** Declares `logits` as what comes out. */
  build(vocabSize: number): OnnxModel {
    this.#builder.output('logits', DataType.float, ['batch', 'sequence', vocabSize])
    return this.#builder.build()
  }

  /** What was added so far; its outputs were given by `outputAs`. */
  buildGraph(): OnnxModel {
    return this.#builder.build()
  }

  #add(op: string, inputs: readonly string[], attributes: Attributes, output?: string): string {
    const options: NodeOptions = { name: `${this.#path}/${op}`, ...(output === undefined ? {} : { output }) }
    return this.#builder.add(op, inputs, attributes, options)
  }
}

function attributeOf(value: number | readonly number[] | Attribute): Attribute {
  if (typeof value === 'number') return int(value)
  return 'kind' in value ? value : ints(value)
}
