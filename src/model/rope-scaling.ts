/**
 * Frequencies of rotary positions beyond the length that a model was first trained on: `linear` and `llama3`.
 * In: the config's `rope_parameters` (transformers 5.x) or `rope_scaling` (4.x). Other kinds are refused by name. Pure.
 * Source: Chen et al. 2023 (linear interpolation); Llama 3.1 (`llama3`, by wavelength), as `transformers` names them.
 */
import { modelError } from './errors.ts'

export type RopeScaling =
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFactor: number
      /** Above `lowFactor`. */
      readonly highFactor: number
      /** Positions of the first training. */
      readonly originalCount: number
    }

/** @throws MODEL_UNSUPPORTED | MODEL_CONFIG_INVALID */
export function parseRopeScaling(raw: Record<string, unknown>, file: string): RopeScaling | null {
  const fields = (raw['rope_parameters'] ?? raw['rope_scaling'] ?? {}) as Record<string, unknown>
  const kind = fields['rope_type'] ?? fields['type'] ?? 'default'
  if (kind === 'default') return null
  const positive = (field: string): number => {
    const value = fields[field]
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
    const message = `${field} of rope_type ${JSON.stringify(kind)} is ${JSON.stringify(value)}, expected a positive number`
    throw modelError({ code: 'MODEL_CONFIG_INVALID', file, field }, message)
  }
  if (kind === 'linear') return { kind, factor: positive('factor') }
  if (kind !== 'llama3') {
    const feature = `rope_type ${JSON.stringify(kind)}`
    throw modelError(
      { code: 'MODEL_UNSUPPORTED', file, feature },
      `${feature} is not built from config.json; known are default, linear, llama3`,
    )
  }
  const lowFactor = positive('low_freq_factor')
  const highFactor = positive('high_freq_factor')
  if (!(highFactor > lowFactor)) {
    const field = 'high_freq_factor'
    throw modelError({ code: 'MODEL_CONFIG_INVALID', file, field }, `${field} is not above low_freq_factor`)
  }
  const originalCount = positive('original_max_position_embeddings')
  return { kind, factor: positive('factor'), lowFactor, highFactor, originalCount }
}

/** @param frequency — radians per position, unscaled */
export function scaleFrequency(frequency: number, scaling: RopeScaling | null): number {
  if (scaling === null) return frequency
  const slowed = frequency / scaling.factor
  if (scaling.kind === 'linear') return slowed
  // Turns within the first training's length: fast waves stay, slow ones stretch, those between are mixed.
  const turns = (scaling.originalCount * frequency) / (2 * Math.PI)
  const { lowFactor, highFactor } = scaling
  const share = Math.min(1, Math.max(0, (turns - lowFactor) / (highFactor - lowFactor)))
  return (1 - share) * slowed + share * frequency
}
