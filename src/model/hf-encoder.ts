/**
 * A Hugging Face folder of an encoder with a classifier → its graph (encoder/build.ts). In: a folder. Out: the graph and its
 * folder; weights are not read.
 */
import { join } from 'node:path'
import { readText } from '../files/index.ts'
import { buildEncoder } from './encoder/build.ts'
import { ENCODER_TYPES, type EncoderConfig, parseEncoderConfig } from './encoder/config.ts'
import { modelError } from './errors.ts'
import type { OnnxModel } from './graph.ts'
import { locateFolderTensors, locateTensors } from './weights.ts'

export interface EncoderModel {
  readonly model: OnnxModel
  readonly config: EncoderConfig
  /** The folder that the weights' locations are relative to. */
  readonly folder: string
}

const CONFIG_SIZE_BYTES_MAX = 4 << 20

/** Whether a folder's config is of a family that is built as an encoder. @throws FILE_MISSING | MODEL_CONFIG_INVALID */
export async function isEncoderFolder(folder: string): Promise<boolean> {
  const { model_type: modelType } = await readConfig(folder)
  return ENCODER_TYPES.includes(String(modelType))
}

/**
 * @param weightsName — the safetensors file, where it has another name than `model.safetensors`
 * @throws FILE_MISSING | MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED | WEIGHTS_PICKLED | WEIGHTS_MISMATCH | SAFETENSORS_INVALID
 */
export async function loadEncoder(folder: string, weightsName?: string): Promise<EncoderModel> {
  const raw = await readConfig(folder)
  const tensors =
    weightsName === undefined
      ? await locateFolderTensors(folder)
      : await locateTensors(join(folder, weightsName))
  const config = parseEncoderConfig(raw, join(folder, 'config.json'), new Set(tensors.keys()))
  return { model: buildEncoder(config, tensors), config, folder }
}

async function readConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const file = join(folder, 'config.json')
  const bad = (reason: string): Error => modelError({ code: 'MODEL_CONFIG_INVALID', file, field: '' }, reason)
  const text = await readText(file, CONFIG_SIZE_BYTES_MAX)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw bad(`no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('no JSON object')
  return { ...value }
}
