/** PNG and JPEG → RGB pixels. In: a file. Out: interleaved 8-bit RGB; transparency is dropped, as Pillow's `convert('RGB')` does. */
import sharp from 'sharp'
import { messageOf } from '../../core/errors.ts'
import { readFileBounded } from '../../files/index.ts'
import type { Pixels } from './resize.ts'

/** Images of some 50 megapixels: what cameras make. Larger ones are refused before they are decoded. */
export const PIXELS_MAX = 50_000_000
const FILE_SIZE_BYTES_MAX = 128 << 20

/** @returns pixels, or why the file has none @throws FILE_MISSING | FILE_UNREADABLE | FILE_TOO_LARGE */
export async function decodeImage(file: string): Promise<Pixels | { readonly reason: string }> {
  const bytes = await readFileBounded(file, FILE_SIZE_BYTES_MAX)
  try {
    const image = sharp(bytes, { limitInputPixels: PIXELS_MAX, failOn: 'error' })
    const { format } = await image.metadata()
    if (format !== 'png' && format !== 'jpeg') return { reason: `is ${format}, expected PNG or JPEG` }
    const { data, info } = await image
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== 3) return { reason: `has ${info.channels} channels, expected 3` }
    return { width: info.width, height: info.height, data }
  } catch (error) {
    return { reason: `cannot be decoded (${messageOf(error).split('\n')[0] ?? ''})` }
  }
}
