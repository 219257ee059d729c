/**
 * Resizing of 8-bit images as Pillow does it, to the last bit: two passes, first along the rows, each a sum of weighted
 * pixels with weights of 22 binary places, rounded to 8 bits between the passes. A smaller image sees all pixels of the
 * larger one (the filter widens with the scale). In and out: RGB, row-major, interleaved.
 * Source: Pillow's `Image.resize` for 8-bit images; Keys 1981 (cubic convolution, a = −1/2).
 */
import { assert } from '../../core/errors.ts'

export interface Pixels {
  readonly width: number
  readonly height: number
  /** [height, width, 3] */
  readonly data: Uint8Array
}

/** By the numbers that preprocessor_config.json has for them. */
export const RESAMPLES = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const
export type Resample = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic'

interface Filter {
  readonly support: number
  readonly at: (x: number) => number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))
const A = -0.5
const FILTERS: ReadonlyMap<Resample, Filter> = new Map([
  ['bilinear', { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) }],
  ['bicubic', { support: 2, at: (x) => cubic(Math.abs(x)) }],
  ['lanczos', { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) }],
])

function cubic(x: number): number {
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0
}

/** @param width — pixels, positive @param height — pixels, positive */
export function resize(image: Pixels, width: number, height: number, resample: Resample): Pixels {
  const filter = FILTERS.get(resample)
  if (filter === undefined) return nearest(image, width, height)
  const rows = image.width === width ? image : alongRows(image, width, filter)
  return rows.height === height ? rows : transposed(alongRows(transposed(rows), height, filter))
}

const ONE = 2 ** 22

function alongRows({ width: from, height, data }: Pixels, width: number, filter: Filter): Pixels {
  const out = new Uint8Array(width * height * 3)
  for (let x = 0; x < width; x++) {
    const { start, weights } = weightsOf(x, from, width, filter)
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = ONE / 2
        let at = (y * from + start) * 3 + channel
        for (const weight of weights) {
          sum += (data[at] ?? 0) * weight
          at += 3
        }
        out[(y * width + x) * 3 + channel] = Math.min(255, Math.max(0, Math.floor(sum / ONE)))
      }
    }
  }
  return { width, height, data: out }
}

function weightsOf(
  place: number,
  from: number,
  to: number,
  { support, at }: Filter,
): { readonly start: number; readonly weights: readonly number[] } {
  const scale = from / to
  const widening = Math.max(1, scale)
  const reach = support * widening
  const center = (place + 0.5) * scale
  const start = Math.max(0, Math.trunc(center - reach + 0.5))
  const end = Math.min(from, Math.trunc(center + reach + 0.5))
  const raw = Array.from({ length: end - start }, (_, i) => at((i + start - center + 0.5) * (1 / widening)))
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  assert(total !== 0, 'a filter sees at least one pixel')
  const weights = raw.map((weight) => {
    const scaled = weight * (1 / total) * ONE
    return Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5))
  })
  return { start, weights }
}

function transposed({ width, height, data }: Pixels): Pixels {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        out[(x * height + y) * 3 + channel] = data[(y * width + x) * 3 + channel] ?? 0
      }
    }
  }
  return { width: height, height: width, data: out }
}

function nearest(image: Pixels, width: number, height: number): Pixels {
  const out = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * image.height) / height)
    for (let x = 0; x < width; x++) {
      const column = Math.floor(((x + 0.5) * image.width) / width)
      const at = (row * image.width + column) * 3
      out.set(image.data.subarray(at, at + 3), (y * width + x) * 3)
    }
  }
  return { width, height, data: out }
}
