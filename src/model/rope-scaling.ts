/**
 * Frequencies of rotary positions beyond the length that a model was first trained on: `linear`, `llama3`, `yarn`,
 * `dynamic` and `longrope`. The last two depend on how long a run's sequence is.
 * In: the config's `rope_parameters` (transformers 5.x) or `rope_scaling` (4.x). Other kinds are refused by name. Pure.
 * Source: Chen et al. 2023 (linear interpolation); Llama 3.1 (`llama3`, by wavelength); Peng et al. 2023 (`yarn`: by
 * turns, and a factor of the scores; `dynamic`, §3.3 there, NTK-aware); Ding et al. 2024 (`longrope`: a factor for each
 * pair of dimensions), as `transformers` names them.
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
  | DynamicNtk
  | LongRope

export interface DynamicNtk {
  readonly kind: 'dynamic'
  readonly factor: number
  /** Longer sequences are stretched. */
  readonly originalCount: number
}

export interface LongRope {
  readonly kind: 'longrope'
  /** Wavelengths are multiplied by these, one for each pair of dimensions, up to `originalCount` positions. */
  readonly shortFactors: readonly number[]
  /** And by these beyond. */
  readonly longFactors: readonly number[]
  readonly originalCount: number
  /** Of cosines and sines, short and long. */
  readonly attentionFactor: number
}

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

/** Kinds that scale each frequency by itself. */
export type FrequencyScaling = Extract<RopeScaling, { readonly kind: 'linear' | 'llama3' }>

/** What turns queries and keys: radians per position of each pair of dimensions, and a factor of cosines and sines. */
export interface RotaryWaves {
  readonly frequencies: readonly number[]
  readonly amplitude: number
  /** What becomes of the frequencies in sequences of more positions than `originalCount`; null where nothing does. */
  readonly beyond: Beyond | null
}

/** With n positions, frequency i is multiplied by (1 + factor·(n/originalCount − 1)) ** powers[i], or replaced. */
export type Beyond =
  | {
      readonly kind: 'stretched'
      readonly originalCount: number
      readonly factor: number
      readonly powers: readonly number[]
    }
  | {
      readonly kind: 'replaced'
      readonly originalCount: number
      readonly frequencies: readonly number[]
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
  if (kind === 'longrope') return longRopeOf(raw, fields, file)
  if (kind === 'dynamic') {
    const originalCount = positiveOf(raw, 'max_position_embeddings', 2048, file)
    return { kind, factor: positive('factor'), originalCount }
  }
  if (kind !== 'llama3') {
    const feature = `rope_type ${JSON.stringify(kind)}`
    throw modelError(
      { code: 'MODEL_UNSUPPORTED', file, feature },
      `${feature} is not built from config.json; known are default, linear, llama3, yarn, dynamic, longrope`,
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

/** A positive number beside the rotary fields. */
function positiveOf(
  raw: Record<string, unknown>,
  field: string,
  usual: number | undefined,
  file: string,
): number {
  const value = raw[field] ?? usual
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  const message = `${field} is ${JSON.stringify(value)}, expected a positive number`
  throw modelError({ code: 'MODEL_CONFIG_INVALID', file, field }, message)
}

/** Without `factor`, the ratio of the lengths is it: as the newest releases of `transformers` have it. */
function longRopeOf(raw: Record<string, unknown>, fields: Record<string, unknown>, file: string): LongRope {
  const list = (field: string): readonly number[] => {
    const value = fields[field]
    const isPositive = (item: unknown): item is number =>
      typeof item === 'number' && Number.isFinite(item) && item > 0
    if (Array.isArray(value) && value.every(isPositive)) return value
    const message = `${field} of rope_type "longrope" is no list of positive numbers`
    throw modelError({ code: 'MODEL_CONFIG_INVALID', file, field }, message)
  }
  for (const field of ['short_mscale', 'long_mscale']) {
    if (fields[field] === undefined || fields[field] === null) continue
    const feature = `${field} of rope_type "longrope"`
    throw modelError({ code: 'MODEL_UNSUPPORTED', file, feature }, `${feature} is not built from config.json`)
  }
  const name = 'original_max_position_embeddings'
  const longest = positiveOf(raw, 'max_position_embeddings', undefined, file)
  const original = fields[name] ?? raw[name]
  const originalCount =
    original === undefined ? longest : positiveOf({ [name]: original }, name, undefined, file)
  const factor = positiveOf(fields, 'factor', longest / originalCount, file)
  const usual = factor > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(originalCount)) : 1
  return {
    kind: 'longrope',
    shortFactors: list('short_factor'),
    longFactors: list('long_factor'),
    originalCount,
    attentionFactor: positiveOf(fields, 'attention_factor', usual, file),
  }
}

/** @param theta — base of the wavelengths @param size — dimensions that turn: even */
export function rotaryWaves(theta: number, size: number, scaling: RopeScaling | null): RotaryWaves {
  const plain = Array.from({ length: size / 2 }, (_, i) => 1 / Math.fround(theta ** ((2 * i) / size)))
  if (scaling?.kind === 'yarn') return yarnWaves(theta, plain, scaling)
  if (scaling?.kind === 'dynamic') {
    // θ' = θ·g^(size/(size−2)), so that θ'^(−2i/size) is the plain frequency times g^(−2i/(size−2)).
    const powers = plain.map((_, i) => (i === 0 ? 0 : (-2 * i) / (size - 2)))
    const { originalCount, factor } = scaling
    return { frequencies: plain, amplitude: 1, beyond: { kind: 'stretched', originalCount, factor, powers } }
  }
  if (scaling?.kind === 'longrope') {
    const { shortFactors, longFactors, originalCount, attentionFactor } = scaling
    const slowed = (factors: readonly number[]): number[] =>
      plain.map((frequency, i) => frequency / (factors[i] ?? 1))
    const beyond = { kind: 'replaced', originalCount, frequencies: slowed(longFactors) } as const
    return { frequencies: slowed(shortFactors), amplitude: attentionFactor, beyond }
  }
  const frequencies = plain.map((frequency) => scaleFrequency(frequency, scaling))
  return { frequencies, amplitude: 1, beyond: null }
}

function yarnWaves(theta: number, plain: readonly number[], scaling: Yarn): RotaryWaves {
  const size = 2 * plain.length
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
  return { frequencies, amplitude: scaling.attentionFactor, beyond: null }
}

/** @param frequency — radians per position, unscaled */
export function scaleFrequency(frequency: number, scaling: FrequencyScaling | null): number {
  if (scaling === null) return frequency
  const slowed = frequency / scaling.factor
  if (scaling.kind === 'linear') return slowed
  // Turns within the first training's length: fast waves stay, slow ones stretch, those between are mixed.
  const turns = (scaling.originalCount * frequency) / (2 * Math.PI)
  const { lowFactor, highFactor } = scaling
  const share = Math.min(1, Math.max(0, (turns - lowFactor) / (highFactor - lowFactor)))
  return (1 - share) * slowed + share * frequency
}
