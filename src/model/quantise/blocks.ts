/**
 * Block-wise quantisation to four bits, by rounding to the nearest: what `MatMulNBits` reads.
 *
 * Of a block with least value a ≤ 0 and largest b ≥ 0: scale s = (b − a)/15, zero point z = round(−a/s), q = round(w/s) + z,
 * both clipped to 0 … 15; then w ≈ (q − z)·s, and 0 stays 0. All in f32, halves to even, so that any machine writes the same
 * bytes. A block of zeros has s = 1 and z = 0. Not the NF4 levels of QLoRA: an operator that every provider has reads this.
 * Source: affine quantisation as in Jacob et al. 2018 (arXiv:1712.05877), §2.1, a block at a time.
 */
import { assert } from '../../core/errors.ts'

export const BITS = 4
/** Block sizes that ONNX Runtime's kernels take. */
export const BLOCK_SIZES = [16, 32, 64, 128, 256] as const
export type BlockSize = (typeof BLOCK_SIZES)[number]
const LEVEL_MAX = 15

/** Rows of a weight [rows, in], quantised. Rows end on whole blocks; what stands behind the last feature is 0. */
export interface QuantisedRows {
  /** [rows, blocks, blockSize / 2], the first element of a byte in its low half. */
  readonly elements: Uint8Array
  /** [rows, blocks] */
  readonly scales: Float32Array
  /** [rows, ⌈blocks / 2⌉], two a byte. */
  readonly zeroPoints: Uint8Array
  readonly error: QuantisationError
}

/** Sums, so that parts of a weight add up. */
export interface QuantisationError {
  /** Σ(w − ŵ)² */
  readonly squared: number
  /** Σw² */
  readonly norm: number
  /** Largest |w − ŵ|. */
  readonly largest: number
}

export interface RowShape {
  readonly rowCount: number
  readonly inSize: number
  readonly blockSize: BlockSize
}

export const blockCountOf = (inSize: number, blockSize: number): number => Math.ceil(inSize / blockSize)

/** @param values — finite, row-major; returns null in place of a result if any is not */
export function quantiseRows(
  values: Float32Array,
  { rowCount, inSize, blockSize }: RowShape,
): QuantisedRows | null {
  assert(values.length === rowCount * inSize, 'a value for every element')
  const blocks = blockCountOf(inSize, blockSize)
  const elements = new Uint8Array((rowCount * blocks * blockSize) / 2)
  const scales = new Float32Array(rowCount * blocks)
  const rowSizeBytes = Math.ceil(blocks / 2)
  const zeroPoints = new Uint8Array(rowCount * rowSizeBytes)
  let [squared, norm, largest] = [0, 0, 0]
  for (let row = 0; row < rowCount; row++) {
    for (let block = 0; block < blocks; block++) {
      const from = row * inSize + block * blockSize
      const to = Math.min(from + blockSize, (row + 1) * inSize)
      const range = rangeOf(values, from, to)
      if (range === null) return null
      const { scale, zeroPoint } = gridOf(range)
      scales[row * blocks + block] = scale
      putNibble(zeroPoints, row * rowSizeBytes * 2 + block, zeroPoint)
      const place = ((row * blocks + block) * blockSize) / 2
      for (let i = 0; i < blockSize; i += 2) {
        const low = from + i < to ? (values[from + i] ?? 0) : 0
        const high = from + i + 1 < to ? (values[from + i + 1] ?? 0) : 0
        const lowLevel = clip(nearest(low / scale) + zeroPoint)
        const highLevel = clip(nearest(high / scale) + zeroPoint)
        elements[place + i / 2] = lowLevel | (highLevel << 4)
        const lowError = Math.abs(low - Math.fround((lowLevel - zeroPoint) * scale))
        const highError = Math.abs(high - Math.fround((highLevel - zeroPoint) * scale))
        squared += lowError * lowError + highError * highError
        norm += low * low + high * high
        largest = Math.max(largest, lowError, highError)
      }
    }
  }
  return { elements, scales, zeroPoints, error: { squared, norm, largest } }
}

/** Least and largest, 0 among them; null if one is not finite. */
function rangeOf(values: Float32Array, from: number, to: number): readonly [number, number] | null {
  let [least, most, sum] = [0, 0, 0]
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0
    if (value < least) least = value
    if (value > most) most = value
    // NaN and infinities survive multiplication by 0; comparisons would pass over NaN.
    sum += value * 0
  }
  return sum === 0 ? [least, most] : null
}

function gridOf([least, most]: readonly [number, number]): {
  readonly scale: number
  readonly zeroPoint: number
} {
  // Halved first, lest the range of the largest singles overflow.
  const scale = Math.fround(Math.fround(Math.fround(most / 2) - Math.fround(least / 2)) / (LEVEL_MAX / 2))
  if (scale === 0) return { scale: 1, zeroPoint: 0 }
  return { scale, zeroPoint: clip(nearest(-least / scale)) }
}

const clip = (level: number): number => Math.min(LEVEL_MAX, Math.max(0, level))

function putNibble(bytes: Uint8Array, index: number, value: number): void {
  const at = index >> 1
  bytes[at] = (bytes[at] ?? 0) | (value << (4 * (index & 1)))
}

/** Added to a single below 2²², this leaves no room for a fraction: singles round halves to even by themselves. */
const ROUNDING = 1.5 * 2 ** 23

/** The nearest whole number of a quotient of singles, which is at most some thirty here; halves to even. */
const nearest = (quotient: number): number =>
  Math.fround(Math.fround(Math.fround(quotient) + ROUNDING) - ROUNDING)
