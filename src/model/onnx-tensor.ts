/**
 * Elements of tensors ↔ little-endian packed bytes, for every data type that we read.
 * In: numbers (64-bit integers saturate at ±2^63). Out: bytes, or numbers. Source: onnx.proto3, TensorProto.
 */
import { assert } from '../core/errors.ts'
import { DataType, type TensorValue } from './graph.ts'

const SIZE_BITS: Readonly<Record<DataType, number>> = {
  [DataType.float]: 32,
  [DataType.uint8]: 8,
  [DataType.int8]: 8,
  [DataType.uint16]: 16,
  [DataType.int16]: 16,
  [DataType.int32]: 32,
  [DataType.int64]: 64,
  [DataType.string]: 0,
  [DataType.bool]: 8,
  [DataType.float16]: 16,
  [DataType.double]: 64,
  [DataType.uint32]: 32,
  [DataType.uint64]: 64,
  [DataType.bfloat16]: 16,
  [DataType.uint4]: 4,
  [DataType.int4]: 4,
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(DataType).map(([name, number]) => [number, name]),
)

export function isDataType(value: number): value is DataType {
  return NAMES.has(value)
}

/** Such as `float16`. */
export function dataTypeName(dataType: DataType): string {
  return NAMES.get(dataType) ?? String(dataType)
}

/** Bits an element takes; 0 for strings. */
export function itemSizeBits(dataType: DataType): number {
  return SIZE_BITS[dataType]
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}

/** Bytes of a packed tensor. Four-bit elements share bytes, the last one alone if need be. */
export function tensorSizeBytes(dataType: DataType, dims: readonly number[]): number {
  return Math.ceil((elementCount(dims) * itemSizeBits(dataType)) / 8)
}

export function isFloatType(dataType: DataType): boolean {
  return (
    dataType === DataType.float ||
    dataType === DataType.float16 ||
    dataType === DataType.bfloat16 ||
    dataType === DataType.double
  )
}

type Access = {
  readonly get: (view: DataView, index: number) => number
  readonly set: (view: DataView, index: number, value: number) => void
}

const INT64_MAX = 2n ** 63n - 1n
const toInt64 = (value: number): bigint => {
  if (value >= 2 ** 63) return INT64_MAX
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(value))
}
const nibble = (view: DataView, index: number): number =>
  (view.getUint8(index >> 1) >> (4 * (index & 1))) & 15
const setNibble = (view: DataView, index: number, value: number): void => {
  const shift = 4 * (index & 1)
  const kept = view.getUint8(index >> 1) & ~(15 << shift)
  view.setUint8(index >> 1, kept | ((value & 15) << shift))
}

const BYTE: Access = { get: (v, i) => v.getUint8(i), set: (v, i, x) => v.setUint8(i, x) }
const ACCESS: ReadonlyMap<DataType, Access> = new Map<DataType, Access>([
  [
    DataType.float,
    { get: (v, i) => v.getFloat32(4 * i, true), set: (v, i, x) => v.setFloat32(4 * i, x, true) },
  ],
  [
    DataType.double,
    { get: (v, i) => v.getFloat64(8 * i, true), set: (v, i, x) => v.setFloat64(8 * i, x, true) },
  ],
  [DataType.uint8, BYTE],
  [DataType.bool, { get: BYTE.get, set: (v, i, x) => v.setUint8(i, x === 0 ? 0 : 1) }],
  [DataType.int8, { get: (v, i) => v.getInt8(i), set: (v, i, x) => v.setInt8(i, x) }],
  [
    DataType.uint16,
    { get: (v, i) => v.getUint16(2 * i, true), set: (v, i, x) => v.setUint16(2 * i, x, true) },
  ],
  [DataType.int16, { get: (v, i) => v.getInt16(2 * i, true), set: (v, i, x) => v.setInt16(2 * i, x, true) }],
  [
    DataType.uint32,
    { get: (v, i) => v.getUint32(4 * i, true), set: (v, i, x) => v.setUint32(4 * i, x, true) },
  ],
  [DataType.int32, { get: (v, i) => v.getInt32(4 * i, true), set: (v, i, x) => v.setInt32(4 * i, x, true) }],
  [
    DataType.int64,
    {
      get: (v, i) => Number(v.getBigInt64(8 * i, true)),
      set: (v, i, x) => v.setBigInt64(8 * i, toInt64(x), true),
    },
  ],
  [
    DataType.uint64,
    {
      get: (v, i) => Number(v.getBigUint64(8 * i, true)),
      set: (v, i, x) => v.setBigUint64(8 * i, BigInt(Math.trunc(x)), true),
    },
  ],
  [
    DataType.float16,
    {
      get: (v, i) => float16ToNumber(v.getUint16(2 * i, true)),
      set: (v, i, x) => v.setUint16(2 * i, numberToFloat16(x), true),
    },
  ],
  [
    DataType.bfloat16,
    {
      get: (v, i) => bfloat16ToNumber(v.getUint16(2 * i, true)),
      set: (v, i, x) => v.setUint16(2 * i, numberToBfloat16(x), true),
    },
  ],
  [DataType.uint4, { get: nibble, set: setNibble }],
  [DataType.int4, { get: (v, i) => (nibble(v, i) << 28) >> 28, set: setNibble }],
])

function accessOf(dataType: DataType): Access {
  const access = ACCESS.get(dataType)
  assert(access !== undefined, `${dataTypeName(dataType)} tensors have no numbers`)
  return access
}

/** Numbers as little-endian packed bytes. Booleans are 0 and 1; integers are truncated. */
export function packValues(dataType: DataType, values: ArrayLike<number>): Uint8Array {
  const { set } = accessOf(dataType)
  const bytes = new Uint8Array(tensorSizeBytes(dataType, [values.length]))
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) set(view, i, values[i] ?? 0)
  return bytes
}

/** The elements of packed bytes as numbers. 64-bit integers beyond 2^53 lose their last bits. */
export function unpackBytes(dataType: DataType, bytes: Uint8Array, count: number): number[] {
  const { get } = accessOf(dataType)
  assert(bytes.length >= tensorSizeBytes(dataType, [count]), 'fewer bytes than elements')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: count }, (_, i) => get(view, i))
}

/** The elements of a tensor whose data is inside the file. @returns null for external or string data */
export function unpackValues(tensor: TensorValue): number[] | null {
  if (tensor.data === undefined || tensor.dataType === DataType.string) return null
  return unpackBytes(tensor.dataType, tensor.data, elementCount(tensor.dims))
}

/** A tensor of numbers, packed. */
export function tensorOf(
  name: string,
  dataType: DataType,
  dims: readonly number[],
  values: ArrayLike<number>,
): TensorValue {
  assert(values.length === elementCount(dims), `${values.length} values for dims [${dims.join(', ')}]`)
  return { name, dataType, dims, data: packValues(dataType, values) }
}

const SCRATCH = new DataView(new ArrayBuffer(4))

function bitsOf(value: number): number {
  SCRATCH.setFloat32(0, value)
  return SCRATCH.getUint32(0)
}

export function bfloat16ToNumber(bits: number): number {
  SCRATCH.setUint32(0, bits * 0x10000)
  return SCRATCH.getFloat32(0)
}

/** Rounds to the nearest, ties to even. */
export function numberToBfloat16(value: number): number {
  const bits = bitsOf(value)
  if (Number.isNaN(value)) return 0x7fc0
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** Rounds to the nearest, ties to even; beyond 65519 becomes infinity. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude))
  // log2 may be off by one beside a power of two; the carry below is right either way.
  const fraction = roundToEven(magnitude / 2 ** (exponent - 10))
  if (magnitude < 2 ** -14) return sign | fraction
  return sign | ((exponent + 15) * 1024 + (fraction - 1024))
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
