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
  return withReach(family.read(config))
}

/** `dynamic` is made for `factor` times as many positions as a config says, which are those of the first training. */
function withReach(config: DecoderConfig): DecoderConfig {
  const kinds = config.positions.kind === 'rotary' ? config.positions.kinds : []
  const factors = kinds.map(({ scaling }) => (scaling?.kind === 'dynamic' ? scaling.factor : 1))
  return { ...config, positionCountMax: Math.floor(config.positionCountMax * Math.max(1, ...factors)) }
}

/** What PEFT adapts of models that are no decoders, and of all others. Source: PEFT 0.21, `constants.py`. */
const ENCODER_TARGETS: ReadonlyMap<string, readonly string[]> = new Map(
  ['bert', 'roberta', 'xlm-roberta', 'electra'].map((modelType) => [modelType, ['query', 'value']]),
)
const USUAL_TARGETS: readonly string[] = ['q_proj', 'v_proj']

/** The modules that get an adapter where nobody says which, as PEFT has them for a `model_type`. */
export function targetModulesOf(modelType: unknown): readonly string[] {
  if (typeof modelType !== 'string') return USUAL_TARGETS
  return FAMILIES.get(modelType)?.targetModules ?? ENCODER_TARGETS.get(modelType) ?? USUAL_TARGETS
}

function familyOf(config: ConfigReader): DecoderFamily {
  const modelType = config.raw['model_type']
  const family = typeof modelType === 'string' ? FAMILIES.get(modelType) : undefined
  if (family !== undefined) return family
  throw config.unsupported(`model_type ${JSON.stringify(modelType)}`, `known are ${MODEL_TYPES.join(', ')}`)
}
