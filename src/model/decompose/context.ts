/**
 * What a decomposition sees of a fused node and what it answers: names of the values that stand for its outputs, made of
 * standard operators. The door between the table's rows and the pass.
 *
 * Sizes are seldom needed: reshapes copy axes (`0`) and leave one open (`-1`). Where a rank or a size decides, it is asked
 * with `dimsOf`, which answers null if it does not follow from the graph.
 */
import type { Attribute, DataType, GraphNode } from '../graph.ts'

export type Attributes = Readonly<Record<string, Attribute>>

/** An axis: its number, or null where it differs between runs; `key` is equal for axes that are always equal. */
export interface Axis {
  readonly key: string
  readonly constant: number | null
}

export interface FusedContext {
  readonly node: GraphNode
  /** Of the standard domain: what may be emitted. */
  readonly opset: number
  /** Element type of the node's results: scalars are made in it. */
  readonly dataType: DataType
  readonly has: (input: number) => boolean
  /** The name of an input, '' where it is left out. */
  readonly input: (input: number) => string
  /** Whether anything reads the output. */
  readonly isRead: (output: number) => boolean
  readonly int: (name: string, otherwise: number) => number
  readonly float: (name: string, otherwise: number) => number
  readonly text: (name: string, otherwise: string) => string
  readonly ints: (name: string) => readonly number[] | null
  readonly floats: (name: string) => readonly number[] | null
  readonly dimsOf: (value: string) => readonly Axis[] | null
  readonly dataTypeOf: (value: string) => DataType | null
  readonly producerOf: (value: string) => GraphNode | null
  readonly emit: (op: string, inputs: readonly string[], attributes?: Attributes) => string
  /** A constant without axes, of `dataType`. */
  readonly scalar: (value: number) => string
  /** A constant int64 without axes. */
  readonly whole: (value: number) => string
  /** A one-dimensional int64 constant. */
  readonly int64s: (...values: readonly number[]) => string
  /** The value made for this key before, by any node, or a new one: masks and angles are the same in all layers. */
  readonly shared: (key: string, make: () => string) => string
}

/** One value an output, in order; null for outputs that nothing reads. */
export type Decomposition = (context: FusedContext) => readonly (string | null)[]

/** Why a node stays as it is, or null: asked before `decompose`. */
export type RefusalCheck = (context: FusedContext) => string | null

export interface DecompositionEntry {
  readonly decompose: Decomposition
  readonly refuses?: RefusalCheck
}
