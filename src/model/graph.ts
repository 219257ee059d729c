/**
 * The graph of an ONNX model, as plain data: what the codec reads and writes, what shape inference annotates, what the
 * gradient walk reads and what builders append to. Names are opaque: nothing may look into them for meaning.
 * Source: onnx.proto3 (ONNX IR version 10).
 */

/** ONNX TensorProto.DataType numbers, those that occur in models we read. */
export const DataType = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
} as const
export type DataType = (typeof DataType)[keyof typeof DataType]

/** Weights that stay outside the file: bytes `[offset, offset+length)` of `location`, relative to the model's folder. */
export interface ExternalData {
  readonly location: string
  readonly offset: number
  readonly length: number
}

/**
 * A constant. Exactly one of `data` (little-endian, packed, as raw_data is) and `external` is set; string tensors use
 * `strings` instead.
 */
export interface TensorValue {
  readonly name: string
  readonly dataType: DataType
  readonly dims: readonly number[]
  readonly data?: Uint8Array
  readonly external?: ExternalData
  readonly strings?: readonly Uint8Array[]
}

/** One attribute of a node. Integers of ONNX are 64-bit; all that we accept fit below 2^53. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: TensorValue }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'graph'; readonly value: Graph }

export interface GraphNode {
  readonly name: string
  readonly op: string
  /** '' is the standard domain. */
  readonly domain: string
  /** '' is an omitted optional input. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
  /** `metadata_props`, where exporters put the module's name. */
  readonly metadata: ReadonlyMap<string, string>
}

/** A dimension: a number, a symbol such as `batch`, or unknown. */
export type Dimension = number | string | null

export interface ValueInfo {
  readonly name: string
  readonly dataType: DataType
  /** null: rank unknown. */
  readonly dims: readonly Dimension[] | null
}

export interface Graph {
  readonly name: string
  /** In topological order. */
  readonly nodes: readonly GraphNode[]
  /** Without the initializers, which old files list here too. */
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly initializers: ReadonlyMap<string, TensorValue>
  /** Shapes that the file states for intermediate values. Hints only. */
  readonly valueInfo: ReadonlyMap<string, ValueInfo>
}

export interface OnnxModel {
  readonly irVersion: number
  readonly producer: string
  /** Domain → version of the operator set. */
  readonly opsets: ReadonlyMap<string, number>
  readonly metadata: ReadonlyMap<string, string>
  readonly graph: Graph
}
