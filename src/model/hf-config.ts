/**
 * `config.json` of a causal decoder → its traits. The family is chosen by `model_type`; what is not built is refused by
 * name, never approximated. Pure.
 */
import type { DecoderConfig } from './decoder/config.ts'
import { ConfigReader } from './decoder/config-reader.ts'
import { FAMILIES, type DecoderFamily } from './decoder/families/index.ts'
import { parseJsonObject } from './weights.ts'

export type { DecoderConfig } from './decoder/config.ts'

/** What `model_type` may be. */
export const MODEL_TYPES: readonly string[] = [...FAMILIES.keys()]

/** @throws MODEL_CONFIG_INVALID | MODEL_UNSUPPORTED */
export function parseDecoderConfig(text: string, file: string): DecoderConfig {
  const config = new ConfigReader(parseJsonObject(text, file), file)
  const family = familyOf(config)
  if (config.any('quantization_config') !== undefined) {
    throw config.unsupported('quantization_config', 'take the model before its quantisation')
  }
  return family.read(config)
}

/** The modules that get an adapter where nobody says which, as PEFT has them for a family; empty for an unknown one. */
export const targetModulesOf = (modelType: string): readonly string[] =>
  FAMILIES.get(modelType)?.targetModules ?? []

function familyOf(config: ConfigReader): DecoderFamily {
  const modelType = config.raw['model_type']
  const family = typeof modelType === 'string' ? FAMILIES.get(modelType) : undefined
  if (family !== undefined) return family
  throw config.unsupported(`model_type ${JSON.stringify(modelType)}`, `known are ${MODEL_TYPES.join(', ')}`)
}
