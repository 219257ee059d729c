/**
 * Rotary positions of a config, in both generations that `transformers` has written: `rope_theta` and `rope_scaling` at
 * the top level (4.x), and all inside `rope_parameters` (5.x). Pure.
 */
import { modelError } from '../errors.ts'
import { parseRopeScaling } from '../rope-scaling.ts'
import type { RotaryKind, RotaryPositions } from './config.ts'
import type { ConfigReader } from './config-reader.ts'

export interface RotaryForm {
  readonly headSize: number
  /** Where the config says nothing. */
  readonly theta?: number
  /** Name of the base's field at the top level. */
  readonly thetaField?: string
  /** Name of the field at the top level that says which share of a head turns; without it a head turns whole. */
  readonly shareField?: string
  readonly share?: number
}

/** One kind for all layers. @throws MODEL_UNSUPPORTED | MODEL_CONFIG_INVALID */
export function readRotary(config: ConfigReader, form: RotaryForm): RotaryPositions {
  const fields = ropeFields(config)
  const size = turningSize(config, fields, form)
  return { kind: 'rotary', size, kinds: [readRotaryKind(config, fields, form, size)] }
}

/** `rope_parameters`, or `rope_scaling`, or nothing. */
export function ropeFields(config: ConfigReader): Record<string, unknown> {
  const parameters = config.any('rope_parameters', 'rope_scaling') ?? {}
  if (isMap(parameters)) return parameters
  throw modelError(
    { code: 'MODEL_CONFIG_INVALID', file: config.file, field: 'rope_parameters' },
    'rope_parameters is no map',
  )
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A map inside of `rope_parameters`: of one kind of layers, as configs of several kinds have it. */
export function ropeFieldsOf(config: ConfigReader, kind: string): Record<string, unknown> | null {
  const fields = ropeFields(config)[kind]
  return isMap(fields) ? fields : null
}

export function readRotaryKind(
  config: ConfigReader,
  fields: Record<string, unknown>,
  { theta: usual = 10_000, thetaField = 'rope_theta' }: RotaryForm,
  size: number,
): RotaryKind {
  const theta = fields['rope_theta'] ?? config.any(thetaField, 'rope_theta') ?? usual
  if (typeof theta !== 'number' || !Number.isFinite(theta) || theta <= 0) {
    throw modelError(
      { code: 'MODEL_CONFIG_INVALID', file: config.file, field: thetaField },
      `${thetaField} is ${JSON.stringify(theta)}, expected a positive number`,
    )
  }
  const scaling = parseRopeScaling({ ...config.raw, rope_parameters: fields }, config.file)
  const lists = scaling?.kind === 'longrope' ? [scaling.shortFactors, scaling.longFactors] : []
  if (lists.some((list) => list.length !== size / 2)) {
    throw modelError(
      { code: 'MODEL_CONFIG_INVALID', file: config.file, field: 'short_factor' },
      `short_factor and long_factor have ${lists.map((list) => list.length).join(' and ')} numbers, expected ${size / 2}`,
    )
  }
  return { theta, scaling }
}

function turningSize(
  config: ConfigReader,
  fields: Record<string, unknown>,
  { headSize, shareField, share: usual = 1 }: RotaryForm,
): number {
  const stated = fields['partial_rotary_factor'] ?? config.any(shareField ?? '', 'partial_rotary_factor')
  const share = stated ?? usual
  if (shareField === undefined && share !== 1) {
    throw config.unsupported(`partial_rotary_factor ${JSON.stringify(share)}`, 'known is 1')
  }
  const size = typeof share === 'number' ? Math.trunc(headSize * share) : Number.NaN
  if (size > 0 && size <= headSize && size % 2 === 0) return size
  if (share === 1) throw config.bad('head_dim', 'an even number')
  const field = shareField ?? 'partial_rotary_factor'
  throw modelError(
    { code: 'MODEL_CONFIG_INVALID', file: config.file, field },
    `${field} is ${JSON.stringify(share)}, expected a share of ${headSize} dimensions that is an even number`,
  )
}
