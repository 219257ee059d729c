/**
 * Images as a vision model reads them, after `preprocessor_config.json`: resized, cropped, rescaled, normalised.
 * In: RGB pixels of any size. Out: pixels of the model's size, and their values, f32 [3, height, width].
 * Source: the image processors of `transformers` (do_resize, do_center_crop, do_rescale, do_normalize, in this order).
 */
import { join } from 'node:path'
import { modelError } from '../../model/errors.ts'
import type { Dimension } from '../../model/graph.ts'
import { homeOf, readBeside, type JsonObject } from '../../model/model-home.ts'
import { RESAMPLES, resize, type Pixels, type Resample } from './resize.ts'

interface Size {
  readonly width: number
  readonly height: number
}

export interface Preprocessing {
  /** Size of what the model reads. */
  readonly size: Size
  readonly fit: (image: Pixels) => Pixels
  /** Writes f32 [3, height, width] of a fitted image into `target` at `offset`. */
  readonly write: (image: Pixels, target: Float32Array, offset: number) => void
}

const FILE = 'preprocessor_config.json'

/** @param dims — of the graph's input @throws MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED */
export async function readPreprocessing(folder: string, dims: readonly Dimension[]): Promise<Preprocessing> {
  const file = join(await homeOf(folder, FILE), FILE)
  return preprocessingOf(await readBeside(folder, FILE), file, dims)
}

/** Defaults are those of `ViTImageProcessor`; the size's is the graph's own. Pure. @throws as `readPreprocessing` */
export function preprocessingOf(config: JsonObject, file: string, dims: readonly Dimension[]): Preprocessing {
  const bad = (field: string, expected: string): Error =>
    modelError(
      { code: 'MODEL_CONFIG_INVALID', file, field },
      `${field} is ${JSON.stringify(config[field])}, expected ${expected}`,
    )
  const [, channels, height, width] = dims
  if (typeof channels === 'number' && channels !== 3) {
    const feature = `${channels} channels`
    throw modelError({ code: 'MODEL_UNSUPPORTED', file, feature }, `the graph reads ${feature}, known are 3`)
  }
  const graphSize = typeof height === 'number' && typeof width === 'number' ? { height, width } : null
  const resample = RESAMPLES[Number(config['resample'] ?? 2)]
  if (resample === undefined || resample === 'box' || resample === 'hamming') {
    throw bad('resample', '0 (nearest), 1 (Lanczos), 2 (bilinear) or 3 (bicubic)')
  }
  const target = config['do_resize'] === false ? null : targetOf(config['size'], graphSize)
  if (target === undefined) throw bad('size', '{"height", "width"}, {"shortest_edge"} or a number')
  const crop = config['do_center_crop'] === true ? targetOf(config['crop_size'], graphSize) : null
  if (crop === undefined || (crop !== null && 'shortest' in crop))
    throw bad('crop_size', '{"height", "width"}')
  const exact = crop ?? (target !== null && 'height' in target ? target : graphSize)
  if (exact === null) throw bad('size', '{"height", "width"}: the graph tells no size')
  if (graphSize !== null && (graphSize.width !== exact.width || graphSize.height !== exact.height)) {
    throw bad(
      crop === null ? 'size' : 'crop_size',
      `what the graph reads, ${graphSize.width} × ${graphSize.height}`,
    )
  }
  const fit = (image: Pixels): Pixels => {
    const resized = target === null ? image : resizeTo(image, target, resample)
    return crop === null ? resized : centerCrop(resized, crop)
  }
  return { size: exact, fit, write: writerOf(config, bad) }
}

type Target = Size | { readonly shortest: number }

/** @returns undefined for what is no size */
function targetOf(size: unknown, usual: Size | null): Target | undefined {
  const isCount = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 16384
  if (size === undefined || size === null) return usual ?? undefined
  if (isCount(size)) return { width: size, height: size }
  if (typeof size !== 'object') return undefined
  const { height, width, shortest_edge: shortest } = size as JsonObject
  if (isCount(height) && isCount(width)) return { height, width }
  return isCount(shortest) ? { shortest } : undefined
}

function resizeTo(image: Pixels, target: Target, resample: Resample): Pixels {
  if ('height' in target) return resize(image, target.width, target.height, resample)
  const { width, height } = image
  const { shortest } = target
  const long = Math.trunc((shortest * Math.max(width, height)) / Math.min(width, height))
  return width <= height ? resize(image, shortest, long, resample) : resize(image, long, shortest, resample)
}

/** What lies outside of the image is black. */
function centerCrop(image: Pixels, { width, height }: Size): Pixels {
  const data = new Uint8Array(width * height * 3)
  const left = Math.floor((image.width - width) / 2)
  const top = Math.floor((image.height - height) / 2)
  for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(width, image.width - left); x++) {
      const at = ((y + top) * image.width + x + left) * 3
      data.set(image.data.subarray(at, at + 3), (y * width + x) * 3)
    }
  }
  return { width, height, data }
}

function writerOf(
  config: JsonObject,
  bad: (field: string, expected: string) => Error,
): Preprocessing['write'] {
  const factor = config['do_rescale'] === false ? 1 : (config['rescale_factor'] ?? 1 / 255)
  if (typeof factor !== 'number' || !Number.isFinite(factor)) throw bad('rescale_factor', 'a number')
  const isNormalised = config['do_normalize'] !== false
  const triple = (field: string, usual: number): readonly number[] => {
    if (!isNormalised) return field === 'image_mean' ? [0, 0, 0] : [1, 1, 1]
    const value = config[field] ?? [usual, usual, usual]
    const isTriple =
      Array.isArray(value) && value.length === 3 && value.every((each) => Number.isFinite(each))
    if (!isTriple || (field === 'image_std' && value.includes(0))) throw bad(field, 'three numbers')
    return value.map(Number)
  }
  const [mean, std] = [triple('image_mean', 0.5), triple('image_std', 0.5)]
  return ({ width, height, data }, target, offset) => {
    const size = width * height
    for (let channel = 0; channel < 3; channel++) {
      const [center, spread] = [mean[channel] ?? 0, std[channel] ?? 1]
      for (let i = 0; i < size; i++) {
        target[offset + channel * size + i] = ((data[i * 3 + channel] ?? 0) * factor - center) / spread
      }
    }
  }
}
