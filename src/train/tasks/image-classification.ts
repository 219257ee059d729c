/**
 * Classification of images. In: JSONL lines `{"image", "label"}`, the image a path relative to the file that names it.
 * Out: a dataset of images in the model's size, kept as bytes; a batch is `pixel_values`, f32 [batch, 3, height, width].
 */
import { dirname, join } from 'node:path'
import { RoundError } from '../../core/errors.ts'
import { floatTensor } from '../../model/session-tensor.ts'
import { type Batch, datasetOf } from '../dataset.ts'
import { decodeImage } from '../images/decode.ts'
import type { Preprocessing } from '../images/preprocess.ts'
import type { Pixels } from '../images/resize.ts'
import { badLine, type DataLine, readLines, textField } from './json-lines.ts'
import { labelOf, type Classes } from './labels.ts'
import { labelTensor } from './sequence-classification.ts'
import type { TaskData } from './task.ts'

export interface ImageForm {
  readonly classes: Classes
  readonly preprocessing: Preprocessing
}

interface Sample {
  readonly image: Pixels
  readonly label: number
}

const FORM = '{"image": "path of a PNG or JPEG", "label": …}'
/** All images of a run lie in memory, in the model's size. */
const IMAGES_SIZE_BYTES_MAX = 4 * 2 ** 30

/** @throws FILE_MISSING | FILE_TOO_LARGE | DATA_INVALID | DATA_EMPTY */
export async function readClassifiedImages(files: readonly string[], form: ImageForm): Promise<TaskData> {
  const { classes, preprocessing } = form
  const samples: Sample[] = []
  let sizeBytes = 0
  for (const file of files) {
    for (const at of await readLines(file, FORM)) {
      const label = labelOf(at, classes)
      const image = await readImage(at, preprocessing)
      sizeBytes += image.data.length
      if (sizeBytes > IMAGES_SIZE_BYTES_MAX) {
        throw badLine(
          at,
          `the images up to here take more than ${IMAGES_SIZE_BYTES_MAX} bytes; train on fewer`,
        )
      }
      samples.push({ image, label })
    }
  }
  const dataset = datasetOf(samples, {
    lengthOf: () => 1,
    targetCountOf: () => 1,
    collate: (chosen) => stack(chosen, preprocessing),
  })
  return { dataset, summary: { samplesCut: 0, samplesLeftOut: 0 } }
}

async function readImage(at: DataLine, { fit, size }: Preprocessing): Promise<Pixels> {
  const path = join(dirname(at.file), textField(at, 'image'))
  const decoded = await decodeImage(path).catch((error: unknown) => {
    // A file that is not there is the fault of the line that names it.
    if (error instanceof RoundError) throw badLine(at, `"image": ${error.message}`, error)
    throw error
  })
  if ('reason' in decoded) throw badLine(at, `"image": ${path} ${decoded.reason}`)
  const image = fit(decoded)
  if (image.width === size.width && image.height === size.height) return image
  const found = `${image.width} × ${image.height}`
  throw badLine(at, `"image": ${path} is ${found} pixels, the model reads ${size.width} × ${size.height}`)
}

function stack(samples: readonly Sample[], { size: { width, height }, write }: Preprocessing): Batch {
  const each = 3 * width * height
  const data = new Float32Array(samples.length * each)
  samples.forEach(({ image }, place) => write(image, data, place * each))
  return {
    size: samples.length,
    feeds: { pixel_values: floatTensor([samples.length, 3, height, width], data) },
    labels: labelTensor(samples.map(({ label }) => label)),
    targetCount: samples.length,
  }
}
