/**
 * A model from a path, whatever it is: a Hugging Face folder, a folder with an ONNX file, or an ONNX file.
 * In: a path. Out: the graph, and the folder that its weights' locations are relative to; weights outside the graph are
 * not read.
 */
import { dirname, join } from 'node:path'
import { hasFile, listFiles, readFileBounded } from '../files/index.ts'
import { modelError } from './errors.ts'
import type { OnnxModel } from './graph.ts'
import type { DecoderConfig } from './hf-config.ts'
import { loadDecoder, type DecoderForm } from './hf-decoder.ts'
import { isEncoderFolder, loadEncoder } from './hf-encoder.ts'
import { decodeModel } from './onnx.ts'

export interface OpenedModel {
  readonly model: OnnxModel
  /** The folder of the weights. */
  readonly folder: string
  /** What it was built from: the ONNX file, or config.json. */
  readonly file: string
  readonly source: 'hugging-face' | 'onnx'
  /** What config.json says of a decoder, where its graph was built from it. */
  readonly config: DecoderConfig | null
}

/** A protobuf message holds at most 2 GB; larger models keep their weights outside. */
const ONNX_SIZE_BYTES_MAX = 2 ** 31

/**
 * Opens a model. A folder with `model.onnx`, or with one ONNX file only and no `config.json`, is opened as ONNX.
 * @param form — of graphs that are built; ONNX files have the form they have
 * @throws MODEL_UNSUPPORTED if a folder holds neither, or several ONNX files to choose from
 * @throws what reading it throws: FILE_MISSING, ONNX_INVALID, MODEL_CONFIG_INVALID, WEIGHTS_…
 */
export async function openModel(path: string, form: DecoderForm = {}): Promise<OpenedModel> {
  if (path.endsWith('.onnx')) return openOnnx(path)
  const names = await listFiles(path)
  const graphs = names.filter((name) => name.endsWith('.onnx'))
  if (graphs.includes('model.onnx')) return openOnnx(join(path, 'model.onnx'))
  const config = join(path, 'config.json')
  if (names.some((name) => name.endsWith('.safetensors')) && (await hasFile(config))) {
    if (await isEncoderFolder(path)) {
      const { model, folder } = await loadEncoder(path)
      return { model, folder, file: config, source: 'hugging-face', config: null }
    }
    const built = await loadDecoder(path, undefined, form)
    return { ...built, file: config, source: 'hugging-face' }
  }
  const [only] = graphs
  if (only !== undefined && graphs.length === 1) return openOnnx(join(path, only))
  if (names.length === 0) await readFileBounded(path, ONNX_SIZE_BYTES_MAX)
  throw modelError(
    { code: 'MODEL_UNSUPPORTED', file: path, feature: graphs.length > 1 ? 'several models' : 'no model' },
    graphs.length > 1
      ? `holds several ONNX files: ${graphs.slice(0, 8).join(', ')}`
      : 'holds neither config.json with safetensors nor an ONNX file',
    graphs.length > 1 ? 'Name one of the files.' : 'Name a Hugging Face folder or an ONNX file.',
  )
}

/** The ONNX file that `openModel` would open, or null where it builds a graph from a folder or refuses. */
export async function findOnnxFile(path: string): Promise<string | null> {
  if (path.endsWith('.onnx')) return path
  const names = await listFiles(path)
  const graphs = names.filter((name) => name.endsWith('.onnx'))
  if (graphs.includes('model.onnx')) return join(path, 'model.onnx')
  const isBuilt =
    names.some((name) => name.endsWith('.safetensors')) && (await hasFile(join(path, 'config.json')))
  const [only] = graphs
  return only !== undefined && graphs.length === 1 && !isBuilt ? join(path, only) : null
}

async function openOnnx(path: string): Promise<OpenedModel> {
  const bytes = await readFileBounded(path, ONNX_SIZE_BYTES_MAX)
  const model = decodeModel(bytes, path)
  return { model, folder: dirname(path), file: path, source: 'onnx', config: null }
}
