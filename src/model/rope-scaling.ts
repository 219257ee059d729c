/**
 * Frequencies of rotary positions beyond the length that a model was first trained on: `linear`, `llama3` and `yarn`.
 * In: the config's `rope_parameters` (transformers 5.x) or `rope_scaling` (4.x). Other kinds are refused by name. Pure.
 * Source: Chen et al. 2023 (linear interpolation); Llama 3.1 (`llama3`, by wavelength); Peng et al.
 * 2023 (`yarn`: by turns, and a factor of the scores), as `transformers` names them.
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
  | Yarn

export interface Yarn {
  readonly kind: 'yarn'
  readonly factor: number
  /** Waves of more turns within the first training's length stay. */
  readonly fastTurns: number
  /** Waves of fewer turns are stretched. */
  readonly slowTurns: number
  /** Whether the ends of the ramp between are rounded to whole pairs of dimensions. */
  readonly isTruncated: boolean
  readonly originalCount: number
  /** Of cosines and sines, so that scores get its square. */
  readonly attentionFactor: number
}

/** What turns queries and keys: radians per position of each pair of dimensions, and a factor of cosines and sines. */
export interface RotaryWaves {
  readonly frequencies: readonly number[]
  readonly amplitude: number
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
  if (kind === 'yarn') return yarnOf(raw, fields, file)
  if (kind !== 'llama3') {
    const feature = `rope_type ${JSON.stringify(kind)}`
    throw modelError(
      { code: 'MODEL_UNSUPPORTED', file, feature },
      `${feature} is not built from config.json; known are default, linear, llama3, yarn`,
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

/** `factor` holds as written; where releases of `transformers` differ, this is what the newest do. */
function yarnOf(raw: Record<string, unknown>, fields: Record<string, unknown>, file: string): Yarn {
  const number = (field: string, usual: unknown, above: number): number => {
    const value = fields[field] ?? usual
    if (typeof value === 'number' && Number.isFinite(value) && value > above) return value
    const message = `${field} of rope_type "yarn" is ${JSON.stringify(value)}, expected a number above ${above}`
    throw modelError({ code: 'MODEL_CONFIG_INVALID', file, field }, message)
  }
  for (const field of ['mscale', 'mscale_all_dim']) {
    if (fields[field] === undefined || fields[field] === null) continue
    const feature = `${field} of rope_type "yarn"`
    throw modelError({ code: 'MODEL_UNSUPPORTED', file, feature }, `${feature} is not built from config.json`)
  }
  // The ramp is laid out on a logarithm to this base.
  number('rope_theta', raw['rope_theta'] ?? 10_000, 1)
  const factor = number('factor', undefined, 0)
  return {
    kind: 'yarn',
    factor,
    fastTurns: number('beta_fast', 32, 0),
    slowTurns: number('beta_slow', 1, 0),
    isTruncated: fields['truncate'] !== false,
    originalCount: number('original_max_position_embeddings', raw['max_position_embeddings'] ?? 2048, 0),
    attentionFactor: number('attention_factor', factor > 1 ? 0.1 * Math.log(factor) + 1 : 1, 0),
  }
}

/** @param theta — base of the wavelengths @param size — dimensions that turn: even */
export function rotaryWaves(theta: number, size: number, scaling: RopeScaling | null): RotaryWaves {
  const plain = Array.from({ length: size / 2 }, (_, i) => 1 / Math.fround(theta ** ((2 * i) / size)))
  if (scaling?.kind !== 'yarn') {
    return { frequencies: plain.map((frequency) => scaleFrequency(frequency, scaling)), amplitude: 1 }
  }
  /** The pair of dimensions, between whole ones, that turns so often within the first training's length. */
  const placeOf = (turns: number): number =>
    (size * Math.log(scaling.originalCount / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const { isTruncated, fastTurns, slowTurns } = scaling
  const [fast, slow] = [placeOf(fastTurns), placeOf(slowTurns)]
  const low = Math.max(0, isTruncated ? Math.floor(fast) : fast)
  const end = Math.min(size - 1, isTruncated ? Math.ceil(slow) : slow)
  const high = end === low ? end + 0.001 : end
  const frequencies = plain.map((frequency, i) => {
    const share = Math.min(1, Math.max(0, (i - low) / (high - low)))
    return share * (frequency / scaling.factor) + (1 - share) * frequency
  })
  return { frequencies, amplitude: scaling.attentionFactor }
}

/** @param frequency — radians per position, unscaled */
export function scaleFrequency(frequency: number, scaling: Exclude<RopeScaling, Yarn> | null): number {
  if (scaling === null) return frequency
  const slowed = frequency / scaling.factor
  if (scaling.kind === 'linear') return slowed
  // Turns within the first training's length: fast waves stay, slow ones stretch, those between are mixed.
  const turns = (scaling.originalCount * frequency) / (2 * Math.PI)
  const { lowFactor, highFactor } = scaling
  const share = Math.min(1, Math.max(0, (turns - lowFactor) / (highFactor - lowFactor)))
  return (1 - share) * slowed + share * frequency
}
