/**
 * The protobuf wire format: a reader that never leaves its bounds and a writer that copies big byte strings once.
 * Only what ONNX files use: varints, 32- and 64-bit scalars, length-delimited fields.
 * Source: the Protocol Buffers encoding specification ("Encoding": base-128 varints, message structure, packed fields).
 */
import { toUtf8, utf8 } from '../core/bytes.ts'
import { RoundError } from '../core/errors.ts'

export type OnnxFault = { readonly code: 'ONNX_INVALID'; readonly file: string; readonly reason: string }

export function onnxInvalid(file: string, reason: string): RoundError<OnnxFault> {
  return new RoundError({ code: 'ONNX_INVALID', file, reason }, `${file}: ${reason}`, {
    hint: 'The file is damaged, cut short, no ONNX model, or uses a feature that is named here; export it again.',
  })
}

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** A tag is field number × 8 + wire type; a varint has at most ten bytes of seven bits. */
const VARINT_LENGTH_MAX = 10
const TWO_32 = 2 ** 32

/** Reads the fields of one message, in order. Every length is checked against the message's own end. */
export class WireReader {
  readonly file: string
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  #position: number
  /** Of the field that `next` came to. */
  field = 0
  wire = 0
  /** The two halves of the last varint. */
  low = 0
  high = 0

  constructor(bytes: Uint8Array, file: string, start = 0, end = bytes.length) {
    this.file = file
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#position = start
    this.#end = end
  }

  fail(reason: string): RoundError<OnnxFault> {
    return onnxInvalid(this.file, `${reason} (near byte ${this.#position})`)
  }

  /** Moves to the next field. False at the end of the message. */
  next(): boolean {
    if (this.#position >= this.#end) return false
    this.#varint()
    const tag = this.low
    if (this.high !== 0 || tag < 8) throw this.fail('no protobuf field')
    this.field = tag >>> 3
    this.wire = tag & 7
    return true
  }

  skip(): void {
    if (this.wire === WireType.varint) this.#varint()
    else if (this.wire === WireType.fixed64) this.#take(8)
    else if (this.wire === WireType.fixed32) this.#take(4)
    else if (this.wire === WireType.bytes) this.#take(this.#length())
    else throw this.fail(`unknown wire type ${this.wire}`)
  }

  /** A signed 64-bit integer. INT64_MAX, which files use for "to the end", comes out as 2^63. */
  int(): number {
    this.#expect(WireType.varint)
    this.#varint()
    return this.#int()
  }

  float(): number {
    this.#expect(WireType.fixed32)
    return this.#view.getFloat32(this.#take(4), true)
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    this.#expect(WireType.bytes)
    const length = this.#length()
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  text(): string {
    return toUtf8(this.bytes())
  }

  message(): WireReader {
    this.#expect(WireType.bytes)
    const length = this.#length()
    const start = this.#take(length)
    return new WireReader(this.#bytes, this.file, start, start + length)
  }

  /** Each integer of a repeated field, packed or not; `visit` may look at `low` and `high`. */
  eachInt(visit: (value: number) => void): void {
    this.eachVarint(() => visit(this.#int()))
  }

  /** As `eachInt`, for bit patterns: only `low` and `high` are set. */
  eachVarint(visit: () => void): void {
    if (this.wire === WireType.varint) {
      this.#varint()
      visit()
      return
    }
    this.#expect(WireType.bytes)
    const end = this.#length() + this.#position
    if (end > this.#end) throw this.fail('a packed field reaches beyond its message')
    while (this.#position < end) {
      this.#varint()
      visit()
    }
    if (this.#position !== end) throw this.fail('a packed field ends inside a number')
  }

  /** The bytes of a repeated field of fixed-width scalars, packed or not. */
  fixed(widthBytes: 4 | 8): Uint8Array {
    const scalar = widthBytes === 4 ? WireType.fixed32 : WireType.fixed64
    if (this.wire === scalar) {
      const start = this.#take(widthBytes)
      return this.#bytes.subarray(start, start + widthBytes)
    }
    const packed = this.bytes()
    if (packed.length % widthBytes !== 0) throw this.fail('a packed field ends inside a number')
    return packed
  }

  #expect(wire: number): void {
    if (this.wire !== wire) {
      throw this.fail(`field ${this.field} has wire type ${this.wire}, expected ${wire}`)
    }
  }

  #take(length: number): number {
    const start = this.#position
    if (length > this.#end - start)
      throw this.fail('a field reaches beyond its message: the file is cut short')
    this.#position = start + length
    return start
  }

  #length(): number {
    this.#varint()
    return this.high * TWO_32 + this.low
  }

  #varint(): void {
    let low = 0
    let high = 0
    for (let i = 0; i < VARINT_LENGTH_MAX; i++) {
      const byte = this.#bytes[this.#take(1)] ?? 0
      const bits = byte & 0x7f
      if (i < 4) low |= bits << (7 * i)
      else if (i === 4) {
        low |= bits << 28
        high |= bits >> 4
      } else high |= bits << (7 * i - 32)
      if (byte < 0x80) {
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    throw this.fail('a number is longer than 64 bits')
  }

  #int(): number {
    const value = (this.high | 0) * TWO_32 + this.low
    if (Number.isSafeInteger(value)) return value
    const isExtreme =
      (this.high === 0x7fffffff && this.low === 0xffffffff) || (this.high === 0x80000000 && this.low === 0)
    if (isExtreme) return value
    throw this.fail('an integer beyond 2^53')
  }
}

/** Byte strings below this join the tail: a part each would cost more than copying them. */
const PART_SIZE_BYTES_MIN = 1024

/** Builds one message. Nested messages are writers of their own; big byte strings stay views until `finish`. */
export class WireWriter {
  readonly #parts: Uint8Array[] = []
  #partsSizeBytes = 0
  /** What came after the last part. */
  #tail = new Uint8Array(64)
  #tailLength = 0

  get sizeBytes(): number {
    return this.#partsSizeBytes + this.#tailLength
  }

  int(field: number, value: number): void {
    this.#tag(field, WireType.varint)
    this.#signed(value)
  }

  /** Written only where it differs from proto3's default. */
  text(field: number, value: string): void {
    if (value !== '') this.bytes(field, utf8(value))
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, WireType.bytes)
    this.#varint(value.length)
    this.#append(value)
  }

  float(field: number, value: number): void {
    this.#tag(field, WireType.fixed32)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    this.#append(bytes)
  }

  packedInts(field: number, values: readonly number[]): void {
    if (values.length === 0) return
    const inner = new WireWriter()
    for (const value of values) inner.#signed(value)
    this.message(field, inner)
  }

  packedFloats(field: number, values: readonly number[]): void {
    if (values.length === 0) return
    const view = new DataView(new ArrayBuffer(4 * values.length))
    values.forEach((value, i) => view.setFloat32(4 * i, value, true))
    this.bytes(field, new Uint8Array(view.buffer))
  }

  message(field: number, inner: WireWriter): void {
    this.#tag(field, WireType.bytes)
    this.#varint(inner.sizeBytes)
    for (const part of inner.#parts) this.#append(part)
    this.#append(inner.#tail.subarray(0, inner.#tailLength))
  }

  /** All bytes in one buffer. */
  finish(): Uint8Array {
    const bytes = new Uint8Array(this.sizeBytes)
    let position = 0
    for (const part of this.#parts) {
      bytes.set(part, position)
      position += part.length
    }
    bytes.set(this.#tail.subarray(0, this.#tailLength), position)
    return bytes
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length < PART_SIZE_BYTES_MIN) {
      this.#reserve(bytes.length)
      this.#tail.set(bytes, this.#tailLength)
      this.#tailLength += bytes.length
      return
    }
    if (this.#tailLength > 0) {
      this.#parts.push(this.#tail.slice(0, this.#tailLength))
      this.#partsSizeBytes += this.#tailLength
      this.#tailLength = 0
    }
    this.#parts.push(bytes)
    this.#partsSizeBytes += bytes.length
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#tailLength + sizeBytes
    if (needed <= this.#tail.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#tail.length))
    grown.set(this.#tail)
    this.#tail = grown
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#tail[this.#tailLength++] = value
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#byte(rest)
  }

  #signed(value: number): void {
    if (value >= 0 && value < 2 ** 53) {
      this.#varint(value)
      return
    }
    // Two's complement in ten bytes; 2^63 stands for INT64_MAX, as the reader makes it.
    let rest = value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt.asUintN(64, BigInt(value))
    while (rest >= 0x80n) {
      this.#byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.#byte(Number(rest))
  }
}
