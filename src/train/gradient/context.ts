/**
 * What a gradient rule sees and what it answers: the narrow door between the table's rules and the walk.
 *
 * Legend, for y = op(x₀, x₁, …): `inputs[i]` is xᵢ, `outputs[j]` is yⱼ, `gradients[j]` is ∂L/∂yⱼ or null where the loss
 * does not depend on yⱼ (gradients of all outputs a rule needs are never all null). A rule answers one gradient an
 * input, null for those that carry none. Rules are pure but for the nodes that they emit: they see no name's spelling,
 * no node's position and no other node, so a renamed or reordered graph gets the same gradients.
 *
 * Only operators of the standard ONNX domain are emitted, so that every execution provider can run the result.
 */
import type { Attribute, DataType, TensorValue } from '../../model/graph.ts'
import type { Dim, ValueType } from './graph-shapes.ts'

/** A gradient in a shape that the input was broadcast to: the walk sums it back to the input's own. */
export interface BroadcastGradient {
  readonly kind: 'broadcast'
  readonly value: string
  /** Shape of `value`. */
  readonly dims: readonly Dim[]
}

/** The gradient of `[start, stop)` along one axis of the input, all zero elsewhere. Pieces that tile are concatenated. */
export interface PieceGradient {
  readonly kind: 'piece'
  readonly value: string
  readonly axis: number
  readonly start: number
  readonly stop: number
  /** Extent of the whole axis. */
  readonly length: number
}

/** A name alone is a gradient in the input's own shape. */
export type InputGradient = string | BroadcastGradient | PieceGradient | null

/** What rules may know about a value's producer: enough to see x·σ(x) as one function. */
export interface Producer {
  readonly op: string
  readonly inputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
}

export interface GradContext {
  readonly opset: number
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly gradients: readonly (string | null)[]
  /** Element type of the first output: scalars are made in it. */
  readonly dataType: DataType
  /** Whether the gradient of input `i` is used: a rule may skip the others. */
  readonly wants: (i: number) => boolean
  readonly int: (name: string, otherwise: number) => number
  readonly float: (name: string, otherwise: number) => number
  readonly text: (name: string, otherwise: string) => string
  readonly ints: (name: string) => readonly number[] | null
  /** All attributes of the node, for rules that run the operator once more. */
  readonly attributes: Readonly<Record<string, Attribute>>
  /** Type of a value of the forward graph. @throws GRADIENT_SHAPE_UNKNOWN */
  readonly typeOf: (name: string) => ValueType
  /** Elements of a value that is the same in every run, else null. */
  readonly constantOf: (name: string) => readonly number[] | null
  readonly producerOf: (name: string) => Producer | null
  /** The weight of a name, null if it is computed or fed. */
  readonly initializerOf: (name: string) => TensorValue | null
  /** A weight under its own name, such as another view of a stored one. @returns the name */
  readonly initializer: (value: TensorValue) => string
  /**
   * The same value with zeros in place of NaN, where the graph makes one (`Where(IsNaN(x), 0, x)`, as exporters put it
   * behind the softmax of rows that are masked out wholly), else the value itself.
   */
  readonly withoutNan: (name: string) => string
  /** A further output of the forward node, which then computes it too. @param index — 1 or more */
  readonly furtherOutput: (index: number, count: number) => string
  /** A value's shape as an int64 list: a constant where it is known, at most one -1 in it. For `Reshape` only. */
  readonly reshapeTarget: (name: string) => string
  /** A value's shape as an int64 list without -1. */
  readonly shapeOf: (name: string) => string
  readonly emit: (
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ) => string
  /** A constant without dimensions, of the first output's element type. */
  readonly scalar: (value: number) => string
  readonly int64s: (...values: readonly number[]) => string
}

export type GradRule = (context: GradContext) => readonly InputGradient[]

/** Why a node of a differentiable operator cannot be differentiated as it stands, or null if it can. */
export type RuleCheck = (context: Omit<GradContext, 'emit'>) => string | null

export interface DifferentiableEntry {
  readonly rule: GradRule
  /** One entry an input: whether gradients pass to it. Inputs beyond the list are as its last entry. */
  readonly inputs: readonly boolean[]
  readonly check?: RuleCheck
}

/** An operator that is known, and known not to be differentiated here. */
export interface Refusal {
  /** Why, and what to do: the end of a sentence that begins with the operator's name. */
  readonly refused: string
}

/** `'stops'`: piecewise constant or about shapes; no gradient passes. */
export type TableEntry = DifferentiableEntry | 'stops' | Refusal

export const isRule = (entry: TableEntry | null): entry is DifferentiableEntry =>
  entry !== null && typeof entry === 'object' && 'rule' in entry
export const isRefusal = (entry: TableEntry | null): entry is Refusal =>
  entry !== null && typeof entry === 'object' && 'refused' in entry
