// Protects: images are resized as Pillow resizes them, pixel by pixel (scripts/vectors/resize.py).
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resize, type Resample } from '../../src/train/images/resize.ts'

interface Image {
  readonly width: number
  readonly height: number
  readonly data: readonly number[]
}
const rows = JSON.parse(readFileSync(new URL('resize.json', import.meta.url), 'utf8')) as readonly {
  readonly resample: Resample
  readonly from: Image
  readonly to: Image
}[]
const sizeOf = ({ width, height }: Image): string => `${width}×${height}`

describe('resizing', () => {
  it.each(rows.map((row) => [row.resample, sizeOf(row.from), sizeOf(row.to), row] as const))(
    '%s from %s to %s gives the pixels of Pillow',
    (resample, _from, _to, { from, to }) => {
      const image = { ...from, data: Uint8Array.from(from.data) }
      expect([...resize(image, to.width, to.height, resample).data]).toEqual(to.data)
    },
  )
})
