/**
 * f32 values as the bytes of the dtypes that base models are stored in. Rounds to nearest, ties to even; beyond the
 * largest finite value to infinity, as the hardware does. The inverse of `decodeFloat32` (src/model/weights.ts).
 * Source: IEEE 754-2019 §4.3.1; bfloat16 is the upper half of an f32.
 */
import { RoundError } from '../core/errors.ts'

export type DtypeFault = { readonly code: 'WEIGHTS_MISMATCH'; readonly file: string; readonly tensor: string }

/** Little-endian bytes. @throws WEIGHTS_MISMATCH for dtypes other than F32, BF16, F16 */
export function encodeFloats(
  values: Float32Array,
  tensor: { readonly name: string; readonly path: string; readonly dtype: string },
): Uint8Array {
  switch (tensor.dtype) {
    case 'F32':
      return pack(values, 4, (view, offset, bits) => view.setUint32(offset, bits, true))
    case 'BF16':
      return pack(values, 2, (view, offset, bits) => view.setUint16(offset, toBfloat16(bits), true))
    case 'F16':
      return pack(values, 2, (view, offset, bits) => view.setUint16(offset, toFloat16(bits), true))
    default:
      throw new RoundError<DtypeFault>(
        { code: 'WEIGHTS_MISMATCH', file: tensor.path, tensor: tensor.name },
        `${tensor.path}: tensor ${tensor.name} is ${tensor.dtype}; weights are merged into F32, BF16 or F16`,
      )
  }
}

function pack(
  values: Float32Array,
  sizeBytes: number,
  put: (view: DataView, offset: number, bits: number) => void,
): Uint8Array {
  const bytes = new Uint8Array(values.length * sizeBytes)
  const view = new DataView(bytes.buffer)
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < bits.length; i++) put(view, i * sizeBytes, bits[i] ?? 0)
  return bytes
}

function toBfloat16(bits: number): number {
  const isNaN = (bits & 0x7fffffff) > 0x7f800000
  if (isNaN) return (bits >>> 16) | 0x40
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

/** Shifts the fraction right by `shift` bits, to nearest, ties to even. */
function roundShift(fraction: number, shift: number): number {
  const half = 2 ** (shift - 1)
  const kept = Math.floor(fraction / 2 ** shift)
  const rest = fraction - kept * 2 ** shift
  return rest > half || (rest === half && kept % 2 === 1) ? kept + 1 : kept
}

function toFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const fraction = bits & 0x7fffff
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200)
  const halfExponent = exponent - 127 + 15
  // A fraction that rounds up to the next power of two carries into the exponent, infinity included: that is right.
  if (halfExponent > 0) {
    const rounded = roundShift(fraction, 13) + (halfExponent << 10)
    return sign | Math.min(rounded, 0x7c00)
  }
  if (halfExponent < -10) return sign
  return sign | roundShift(fraction | 0x800000, 14 - halfExponent)
}
