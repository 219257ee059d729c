/**
 * The fields of a `config.json`, checked one by one. In: the parsed object. Out: values in range; what is out of range is
 * MODEL_CONFIG_INVALID with the field, what is not built is MODEL_UNSUPPORTED with the feature. Pure.
 */
import { modelError } from '../errors.ts'
import { ACTIVATIONS, type Activation } from './activation.ts'

/** Far above any model; keeps products of dimensions exact. */
const DIMENSION_MAX = 2 ** 24

export class ConfigReader {
  readonly raw: Readonly<Record<string, unknown>>
  /** For errors. */
  readonly file: string

  constructor(raw: Readonly<Record<string, unknown>>, file: string) {
    this.raw = raw
    this.file = file
  }

  /** The value of the first of several names that the config has; undefined and null are no values. */
  any(...fields: readonly string[]): unknown {
    return fields.map((field) => this.raw[field]).find((value) => value !== undefined && value !== null)
  }

  /** A whole number from 1 on. @param usual — where the config says nothing */
  count(field: string, usual?: number): number {
    const value = this.any(field) ?? usual
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= DIMENSION_MAX) {
      return value
    }
    throw this.bad(field, 'a positive whole number')
  }

  /** The ε of a norm. */
  epsilon(field: string, usual: number): number {
    const value = this.any(field) ?? usual
    if (typeof value === 'number' && value > 0 && value < 1) return value
    throw this.bad(field, 'a number in (0, 1)')
  }

  positive(field: string, usual: number): number {
    const value = this.any(field) ?? usual
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
    throw this.bad(field, 'a positive number')
  }

  /** A positive number, or null where the config says null; `usual` where it says nothing. */
  positiveOrNull(field: string, usual: number | null): number | null {
    const value = this.raw[field] === undefined ? usual : this.raw[field]
    if (value === null) return null
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
    throw this.bad(field, 'a positive number or null')
  }

  flag(field: string, usual: boolean): boolean {
    const value = this.any(field) ?? usual
    if (typeof value === 'boolean') return value
    throw this.bad(field, 'true or false')
  }

  activation(field: string, usual: string): Activation {
    const name = this.any(field) ?? usual
    const found = typeof name === 'string' ? ACTIVATIONS.get(name) : undefined
    if (found !== undefined) return found
    throw this.unsupported(
      `${field} ${JSON.stringify(name)}`,
      `known are ${[...ACTIVATIONS.keys()].join(', ')}`,
    )
  }

  /** Refuses the config where a field is set, other than to false. */
  refuse(field: string, known: string): void {
    const value = this.any(field)
    if (value !== undefined && value !== false) {
      throw this.unsupported(`${field} ${JSON.stringify(value)}`, known)
    }
  }

  /** The first of `eos_token_id`. */
  endOfSequenceId(): number | null {
    const value = this.raw['eos_token_id']
    const first: unknown = Array.isArray(value) ? value[0] : value
    return typeof first === 'number' && Number.isSafeInteger(first) && first >= 0 ? first : null
  }

  bad(field: string, expected: string): Error {
    return modelError(
      { code: 'MODEL_CONFIG_INVALID', file: this.file, field },
      `${field} is ${JSON.stringify(this.raw[field])}, expected ${expected}`,
    )
  }

  /** @param known — a clause that says what is built */
  unsupported(feature: string, known: string): Error {
    return modelError(
      { code: 'MODEL_UNSUPPORTED', file: this.file, feature },
      `${feature} is not built from config.json; ${known}`,
    )
  }
}
