/**
 * Known values: small integer, boolean or float tensors whose elements follow from the graph, symbolic where they come
 * from shapes. Shape arithmetic (Shape, Gather, Concat, Where, …) is nothing but these.
 */
import { DataType, type TensorValue } from '../graph.ts'
import { elementCount, isFloatType, itemSizeBits, unpackValues } from '../onnx-tensor.ts'
import { Dim, dimOf, Unresolved } from './dim.ts'

/** Shapes have a handful of elements; tables that are indexed by constants a few hundred. */
export const VALUE_COUNT_MAX = 4096

/** What `compute` makes; null where it cannot be known: that costs the value, not the node's type. */
export function valueOrNull(compute: () => ConstantValue | null): ConstantValue | null {
  try {
    return compute()
  } catch (error) {
    if (error instanceof Unresolved) return null
    throw error
  }
}

/** A number, or a `Dim` that is none. */
export type Element = number | Dim

export interface ConstantValue {
  readonly dataType: DataType
  readonly dims: readonly number[]
  /** Row-major. Booleans are 0 and 1; INT64_MAX is 2^63. */
  readonly elements: readonly Element[]
}

/** A dimension as an element: a plain number where it is one. */
export const elementOf = (dim: Dim): Element => dim.constant ?? dim
/** An element as a dimension. @throws Unresolved for what is no integer below 2^53 */
export const toDim = (element: Element): Dim => (element instanceof Dim ? element : dimOf(element))
/** An element as a number, or null where it is symbolic. */
export const toNumber = (element: Element): number | null => (element instanceof Dim ? null : element)

/** The value of a constant of the file, or null if it is large, a string or outside the file. */
export function valueOfTensor(tensor: TensorValue): ConstantValue | null {
  if (elementCount(tensor.dims) > VALUE_COUNT_MAX) return null
  const elements = unpackValues(tensor)
  return elements === null ? null : { dataType: tensor.dataType, dims: tensor.dims, elements }
}

/** All elements as numbers. @throws Unresolved if one is symbolic */
export function numbersOf(value: ConstantValue, what: string): readonly number[] {
  return value.elements.map((element) => {
    const number = toNumber(element)
    if (number === null) throw new Unresolved(`${what} depends on the input's size (${String(element)})`)
    return number
  })
}

/** Dims as numbers, or null if one is symbolic or there are too many elements. */
export function concreteDims(dims: readonly Dim[]): readonly number[] | null {
  const numbers = dims.map((dim) => dim.constant)
  if (!numbers.every((number) => number !== null && number >= 0)) return null
  const known = numbers.map((number) => number ?? 0)
  return elementCount(known) <= VALUE_COUNT_MAX ? known : null
}

export function stridesOf(dims: readonly number[]): readonly number[] {
  const strides = dims.map(() => 1)
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (dims[i + 1] ?? 1)
  return strides
}

/** Every index of a shape, in row-major order. */
export function* indicesOf(dims: readonly number[]): Generator<readonly number[]> {
  const count = elementCount(dims)
  const strides = stridesOf(dims)
  for (let flat = 0; flat < count; flat++) {
    yield dims.map((dim, axis) => Math.floor(flat / (strides[axis] ?? 1)) % dim)
  }
}

/** A new value whose element at each index is the old one's at `place(index)`; null if that is outside. */
export function mapIndices(
  value: ConstantValue,
  dims: readonly number[],
  place: (index: readonly number[]) => readonly number[],
): ConstantValue | null {
  const strides = stridesOf(value.dims)
  const elements: Element[] = []
  for (const index of indicesOf(dims)) {
    const element = value.elements[place(index).reduce((sum, at, axis) => sum + at * (strides[axis] ?? 1), 0)]
    if (element === undefined) return null
    elements.push(element)
  }
  return { dataType: value.dataType, dims, elements }
}

/** Repeats along axes of size 1. */
export function broadcastValue(value: ConstantValue, dims: readonly number[]): ConstantValue | null {
  const missing = dims.length - value.dims.length
  return mapIndices(value, dims, (index) =>
    value.dims.map((dim, axis) => (dim === 1 ? 0 : (index[axis + missing] ?? 0))),
  )
}

/** A computed number as its type holds it; null where that is not what we compute (half precision, overflow). */
export function heldAs(dataType: DataType, value: number): number | null {
  if (dataType === DataType.float) return Math.fround(value)
  if (dataType === DataType.double) return value
  if (isFloatType(dataType) || !Number.isSafeInteger(value)) return null
  const limit = 2 ** Math.min(53, itemSizeBits(dataType) - 1)
  return value >= (SIGNED.has(dataType) ? -limit : 0) && value < limit ? value + 0 : null
}

const SIGNED: ReadonlySet<DataType> = new Set([DataType.int8, DataType.int16, DataType.int32, DataType.int64])

/** A value of these elements, or null if one of them is not known. */
export function knownValue(
  dataType: DataType,
  dims: readonly number[],
  elements: readonly (Element | null)[],
): ConstantValue | null {
  const known = elements.filter((element) => element !== null)
  return known.length === elements.length ? { dataType, dims, elements: known } : null
}
