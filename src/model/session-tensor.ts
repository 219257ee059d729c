/**
 * Tensors as they go into a session and come out of one: a typed array, row-major, beside its data type and shape.
 * Half precision travels as its bit patterns (Uint16Array), 64-bit integers as BigInt64Array, booleans as bytes.
 */
import { assert } from '../core/errors.ts'
import { DataType } from './graph.ts'
import { dataTypeName, elementCount } from './onnx-tensor.ts'

export type TensorArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

export interface HostTensor {
  readonly dataType: DataType
  readonly dims: readonly number[]
  readonly data: TensorArray
}

export type HostTensors = Readonly<Record<string, HostTensor>>

type ArrayClass = { new (length: number): TensorArray; readonly BYTES_PER_ELEMENT: number }

const ARRAYS: ReadonlyMap<DataType, ArrayClass> = new Map<DataType, ArrayClass>([
  [DataType.float, Float32Array],
  [DataType.double, Float64Array],
  [DataType.int64, BigInt64Array],
  [DataType.uint64, BigUint64Array],
  [DataType.int32, Int32Array],
  [DataType.uint32, Uint32Array],
  [DataType.int16, Int16Array],
  [DataType.uint16, Uint16Array],
  [DataType.int8, Int8Array],
  [DataType.uint8, Uint8Array],
  [DataType.bool, Uint8Array],
  [DataType.float16, Uint16Array],
])

/** A zeroed tensor. */
export function zeros(dataType: DataType, dims: readonly number[]): HostTensor {
  const array = ARRAYS.get(dataType)
  assert(array !== undefined, `${dataTypeName(dataType)} tensors do not travel into a session`)
  return { dataType, dims, data: new array(elementCount(dims)) }
}

/** A float tensor around an array, not copied. */
export function floatTensor(dims: readonly number[], data: Float32Array): HostTensor {
  assert(data.length === elementCount(dims), `${data.length} values for dims [${dims.join(', ')}]`)
  return { dataType: DataType.float, dims, data }
}

/** An int64 tensor of numbers: ids, masks, positions. */
export function int64Tensor(dims: readonly number[], values: ArrayLike<number>): HostTensor {
  assert(values.length === elementCount(dims), `${values.length} values for dims [${dims.join(', ')}]`)
  const data = new BigInt64Array(values.length)
  for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i] ?? 0)
  return { dataType: DataType.int64, dims, data }
}

/** The float elements of a result. @throws AssertionError if it is of another type */
export function floatsOf(tensor: HostTensor): Float32Array {
  assert(tensor.data instanceof Float32Array, `${dataTypeName(tensor.dataType)} where float was expected`)
  return tensor.data
}
