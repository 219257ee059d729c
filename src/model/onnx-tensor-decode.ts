/**
 * TensorProto → TensorValue: raw bytes stay a view; the typed fields that older files use become packed bytes; data
 * outside the file keeps its place. Sizes must agree with the shape. Source: onnx.proto3, TensorProto.
 */
import { concatBytes } from '../core/bytes.ts'
import { DataType, type ExternalData, type TensorValue } from './graph.ts'
import { ENTRY, TENSOR } from './onnx-fields.ts'
import { dataTypeName, isDataType, itemSizeBits, tensorSizeBytes } from './onnx-tensor.ts'
import type { WireReader } from './onnx-wire.ts'

type Collected = {
  name: string
  dataType: number
  isExternal: boolean
  raw: Uint8Array | null
  readonly dims: number[]
  readonly typed: Uint8Array[]
  readonly strings: Uint8Array[]
  readonly place: Map<string, string>
}

export function decodeTensor(reader: WireReader): TensorValue {
  const found: Collected = {
    name: '',
    dataType: 0,
    isExternal: false,
    raw: null,
    dims: [],
    typed: [],
    strings: [],
    place: new Map(),
  }
  // Typed integers need the element width, which may come after them in the file: their readers wait.
  const integers: { low: number; high: number }[] = []
  while (reader.next()) {
    const { field } = reader
    if (field === TENSOR.dims) reader.eachInt((dim) => found.dims.push(dim))
    else if (field === TENSOR.dataType) found.dataType = reader.int()
    else if (field === TENSOR.name) found.name = reader.text()
    else if (field === TENSOR.rawData) found.raw = reader.bytes()
    else if (field === TENSOR.floatData) found.typed.push(reader.fixed(4))
    else if (field === TENSOR.doubleData) found.typed.push(reader.fixed(8))
    else if (field === TENSOR.int32Data || field === TENSOR.int64Data || field === TENSOR.uint64Data) {
      reader.eachVarint(() => integers.push({ low: reader.low, high: reader.high }))
    } else if (field === TENSOR.stringData) found.strings.push(reader.bytes())
    else if (field === TENSOR.externalData) readEntry(reader.message(), found.place)
    else if (field === TENSOR.dataLocation) found.isExternal = reader.int() === 1
    else if (field === TENSOR.segment) throw reader.fail('segmented tensors are not read')
    else reader.skip()
  }
  return tensorFrom(found, integers, reader)
}

function readEntry(reader: WireReader, entries: Map<string, string>): void {
  let key = ''
  let value = ''
  while (reader.next()) {
    if (reader.field === ENTRY.key) key = reader.text()
    else if (reader.field === ENTRY.value) value = reader.text()
    else reader.skip()
  }
  entries.set(key, value)
}

function tensorFrom(
  found: Collected,
  integers: readonly { low: number; high: number }[],
  reader: WireReader,
): TensorValue {
  const { name, dataType, dims } = found
  const bad = (what: string) => reader.fail(`tensor ${JSON.stringify(name.slice(0, 160))}: ${what}`)
  if (!isDataType(dataType)) throw bad(`data type ${dataType} is not read`)
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) throw bad(`shape [${dims.join(', ')}]`)
  const sizeBytes = tensorSizeBytes(dataType, dims)
  if (!Number.isSafeInteger(sizeBytes)) throw bad(`shape [${dims.join(', ')}] is too large`)
  if (found.isExternal) {
    const external = placeOf(found.place, sizeBytes)
    if (typeof external === 'string') throw bad(external)
    return { name, dataType, dims, external }
  }
  if (dataType === DataType.string) {
    const count = dims.reduce((product, dim) => product * dim, 1)
    if (found.strings.length !== count) throw bad(`${found.strings.length} strings for ${count} elements`)
    return { name, dataType, dims, strings: found.strings }
  }
  const data =
    found.raw ?? (integers.length > 0 ? packIntegers(integers, dataType) : concatBytes(...found.typed))
  if (data.length !== sizeBytes) {
    throw bad(
      `${data.length} bytes of data, but ${dataTypeName(dataType)} [${dims.join(', ')}] needs ${sizeBytes}`,
    )
  }
  return { name, dataType, dims, data }
}

/** Bit patterns of typed integers, cut to the element's width (four-bit types hold two in a byte already). */
function packIntegers(integers: readonly { low: number; high: number }[], dataType: DataType): Uint8Array {
  const widthBytes = Math.max(1, itemSizeBits(dataType) / 8)
  const view = new DataView(new ArrayBuffer(widthBytes * integers.length))
  integers.forEach(({ low, high }, i) => {
    if (widthBytes === 1) view.setUint8(i, low & 255)
    else if (widthBytes === 2) view.setUint16(2 * i, low & 65535, true)
    else {
      view.setUint32(widthBytes * i, low, true)
      if (widthBytes === 8) view.setUint32(8 * i + 4, high, true)
    }
  })
  return new Uint8Array(view.buffer)
}

/** Where the data is, or what is wrong with that. A location never leaves the model's folder. */
function placeOf(place: ReadonlyMap<string, string>, sizeBytes: number): ExternalData | string {
  const location = place.get('location') ?? ''
  const isInside =
    location !== '' && !/^(?:[/\\]|[A-Za-z]:)|[\0\\]/.test(location) && !location.split('/').includes('..')
  if (!isInside) return `external data at ${JSON.stringify(location)}, which is not inside the model's folder`
  const offset = Number(place.get('offset') ?? 0)
  const length = Number(place.get('length') ?? sizeBytes)
  if (!Number.isSafeInteger(offset) || offset < 0) return `external data at offset ${offset}`
  if (length !== sizeBytes) return `${length} bytes of external data, but the shape needs ${sizeBytes}`
  return { location, offset, length }
}
