/**
 * A tensor's values as an update file has them: times a factor, rounded to f32 once, in the layout's dtype, little-endian.
 * In: values in memory, or a source that is read a piece at a time. Out: bytes, a piece at a time, so that a tensor needs
 * no more memory than a piece does, however large it is.
 * Invariant: what comes out is finite.
 */
import type { Layout } from '../charter/schema.ts'
import type { ValueSource } from '../model/weights.ts'
import { updateError } from './errors.ts'

export type UpdateValues = Float32Array | ValueSource

/** Values of a piece: 1 MiB of f32. */
const PIECE_VALUE_COUNT = 1 << 18

/** What one file's tensors share: the memory of one piece as it is read and as it is written. */
export interface ValueEncoder {
  /**
   * Hands each piece's bytes to `take`; they are overwritten when its promise is settled.
   * @throws UPDATE_NOT_FINITE, and what reading and taking throw
   */
  readonly encode: (
    tensor: string,
    values: UpdateValues,
    multiplier: number,
    take: (bytes: Uint8Array) => Promise<void> | void,
  ) => Promise<void>
}

export function createValueEncoder({ dtype }: Pick<Layout, 'dtype'>): ValueEncoder {
  const width = dtype === 'bf16' ? 2 : 4
  const read = new Float32Array(PIECE_VALUE_COUNT)
  const written = new Uint8Array(PIECE_VALUE_COUNT * width)
  return {
    encode: async (tensor, values, multiplier, take) => {
      for (let first = 0; first < values.length; first += PIECE_VALUE_COUNT) {
        const count = Math.min(PIECE_VALUE_COUNT, values.length - first)
        const piece = read.subarray(0, count)
        if (values instanceof Float32Array) piece.set(values.subarray(first, first + count))
        else await values.readInto(piece, first)
        const bytes = written.subarray(0, count * width)
        const bad =
          width === 2 ? encodeHalves(piece, multiplier, bytes) : encodeSingles(piece, multiplier, bytes)
        if (bad >= 0) throw notFinite(tensor, first + bad)
        await take(bytes)
      }
    },
  }
}

/** @returns the index of the first value that is not finite, or −1 */
function encodeSingles(values: Float32Array, multiplier: number, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < values.length; i++) {
    const folded = Math.fround((values[i] ?? 0) * multiplier)
    if (!Number.isFinite(folded)) return i
    view.setFloat32(4 * i, folded, true)
  }
  return -1
}

/** Rounds `values` × `multiplier` to f32 in place, then to the nearest bfloat16, ties to even. @returns as above */
function encodeHalves(values: Float32Array, multiplier: number, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const singles = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < values.length; i++) {
    values[i] = (values[i] ?? 0) * multiplier
    const bits = singles[i] ?? 0
    const half = ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
    // Exponent of all ones: the rounding itself can overflow.
    if (!Number.isFinite(values[i]) || (half & 0x7f80) === 0x7f80) return i
    view.setUint16(2 * i, half, true)
  }
  return -1
}

const notFinite = (tensor: string, index: number): Error =>
  updateError(
    { code: 'UPDATE_NOT_FINITE', tensor, index },
    `tensor ${tensor}: entry ${index} is not finite`,
    'Training diverged, or the file is damaged: lower the learning rate and train again.',
  )
