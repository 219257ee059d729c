/**
 * `adapter_config.json`: what it says about rank, alpha and targets, and the refusal of everything that would make
 * ΔW something else than scale · B · A. Pure.
 * Source: PEFT 0.21 `LoraConfig` (field names and defaults), `get_pattern_key`.
 */
import { modelError } from './errors.ts'
import { moduleOf } from './parameter-names.ts'

export interface AdapterConfig {
  /** `r`, for modules that no pattern names. */
  readonly rank: number
  /** `lora_alpha`, for modules that no pattern names. */
  readonly alpha: number
  readonly rankPattern: ReadonlyMap<string, number>
  readonly alphaPattern: ReadonlyMap<string, number>
  /** scale = alpha/√rank in place of alpha/rank (Kalajdzievski 2023, arXiv:2312.03732). */
  readonly isRsLora: boolean
  /** Names or last parts of names, or one regular expression; null where the config leaves it to PEFT. */
  readonly targetModules: readonly string[] | string | null
  /** Names or last parts of names of modules that are trained whole. */
  readonly modulesToSave: readonly string[]
  /** Which biases were trained beside the factors. */
  readonly bias: 'none' | 'all' | 'lora_only'
  /** Whether the base keeps these weights as [in, out] (GPT-2's Conv1D). The factors are [r, in], [out, r] anyway. */
  readonly isFanInFanOut: boolean
  readonly baseModel: string | null
}

/** Fields that, when set to anything but these values, change what the factors mean. */
const REFUSED: readonly (readonly [field: string, harmless: readonly unknown[]])[] = [
  ['use_dora', [false]],
  ['use_qalora', [false]],
  ['use_bdlora', []],
  ['lora_bias', [false]],
  ['trainable_token_indices', []],
  ['target_parameters', []],
  ['layer_replication', []],
  ['alora_invocation_tokens', []],
  ['arrow_config', []],
  ['kasa_config', []],
  ['velora_config', []],
  ['monteclora_config', []],
  ['loftq_config', []],
]

/** First values that leave the base as it is. PEFT's others (pissa, olora, corda, loftq) take a part out of its weights. */
const HARMLESS_STARTS: readonly unknown[] = [true, false, 'gaussian', 'eva', 'orthogonal']

/** @throws ADAPTER_INVALID | ADAPTER_UNSUPPORTED */
export function parseAdapterConfig(text: string, file: string): AdapterConfig {
  const raw = parse(text, file)
  const bad = (reason: string): Error => modelError({ code: 'ADAPTER_INVALID', file, reason }, reason)
  if (raw['peft_type'] !== 'LORA') throw unsupported(file, `peft_type ${JSON.stringify(raw['peft_type'])}`)
  for (const [field, harmless] of REFUSED) {
    const value = raw[field]
    if (!isUnset(value) && !harmless.includes(value)) {
      throw unsupported(file, `${field} = ${JSON.stringify(value).slice(0, 80)}`)
    }
  }
  const start = raw['init_lora_weights'] ?? true
  if (!HARMLESS_STARTS.includes(start)) throw otherBase(file, start)
  const number = (field: string, value: unknown, isWhole: boolean): number => {
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
      throw bad(`${field} is ${JSON.stringify(value)}, expected a positive number`)
    }
    if (isWhole && !Number.isSafeInteger(value)) throw bad(`${field} is ${value}, expected a whole number`)
    return value
  }
  const pattern = (field: string, isWhole: boolean): ReadonlyMap<string, number> => {
    const value = raw[field] ?? {}
    if (typeof value !== 'object' || Array.isArray(value)) throw bad(`${field} is no map`)
    const entries = Object.entries(value as Record<string, unknown>)
    for (const [key] of entries) checkPattern(key, field, bad)
    return new Map(entries.map(([key, item]) => [key, number(`${field}[${key}]`, item, isWhole)]))
  }
  return {
    rank: number('r', raw['r'], true),
    alpha: number('lora_alpha', raw['lora_alpha'], false),
    rankPattern: pattern('rank_pattern', true),
    alphaPattern: pattern('alpha_pattern', false),
    isRsLora: raw['use_rslora'] === true,
    targetModules: targetsOf(raw['target_modules'], bad),
    modulesToSave: namesOf(raw['modules_to_save'], bad),
    bias: biasOf(raw['bias'], bad),
    isFanInFanOut: raw['fan_in_fan_out'] === true,
    baseModel: typeof raw['base_model_name_or_path'] === 'string' ? raw['base_model_name_or_path'] : null,
  }
}

/** The rank that the config gives a module. */
export function rankOf(config: AdapterConfig, module: string): number {
  return byPattern(config.rankPattern, module) ?? config.rank
}

/** The scale that the config gives a module. */
export function scaleOf(config: AdapterConfig, module: string): number {
  const rank = rankOf(config, module)
  const alpha = byPattern(config.alphaPattern, module) ?? config.alpha
  return config.isRsLora ? alpha / Math.sqrt(rank) : alpha / rank
}

/** The alpha that gives a module its scale without rsLoRA. */
export const alphaOf = (module: { readonly rank: number; readonly scale: number }): number =>
  module.scale * module.rank

/** The value of the first key that matches the whole name, or its end behind a dot. */
export function byPattern(
  pattern: Iterable<readonly [key: string, value: number]>,
  module: string,
): number | undefined {
  for (const [key, value] of pattern) {
    if (new RegExp(`^(?:.*\\.)?(?:${key})$`).test(module)) return value
  }
  return undefined
}

function checkPattern(key: string, field: string, bad: (reason: string) => Error): void {
  try {
    RegExp(`^(?:.*\\.)?(?:${key})$`).test('')
  } catch {
    throw bad(`${field} key ${JSON.stringify(key)} is no regular expression`)
  }
}

function targetsOf(value: unknown, bad: (reason: string) => Error): AdapterConfig['targetModules'] {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw bad('target_modules is neither a text nor a list of texts')
}

function namesOf(value: unknown, bad: (reason: string) => Error): readonly string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw bad('modules_to_save is no list of texts')
}

function biasOf(value: unknown, bad: (reason: string) => Error): AdapterConfig['bias'] {
  if (value === undefined || value === null || value === 'none') return 'none'
  if (value === 'all' || value === 'lora_only') return value
  throw bad(`bias is ${JSON.stringify(value).slice(0, 80)}, expected none, all or lora_only`)
}

/** Whether the config has a parameter trained whole: of a saved module, or a bias. */
export function isWhole({ modulesToSave, bias }: AdapterConfig, parameter: string): boolean {
  const module = moduleOf(parameter)
  // A saved module may hold others: `classifier` of RoBERTa has `classifier.dense`.
  const isSaved = modulesToSave.some((name) => `.${module}.`.includes(`.${name}.`))
  return isSaved || (bias !== 'none' && parameter.endsWith('.bias'))
}

function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function parse(text: string, file: string): Record<string, unknown> {
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const reason = `no JSON (${cause instanceof Error ? cause.message : String(cause)})`
    throw modelError({ code: 'ADAPTER_INVALID', file, reason }, reason)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw modelError({ code: 'ADAPTER_INVALID', file, reason: 'no JSON object' }, 'expected a JSON object')
}

function otherBase(file: string, start: unknown): Error {
  const feature = `init_lora_weights = ${JSON.stringify(start).slice(0, 80)}`
  return modelError(
    { code: 'ADAPTER_UNSUPPORTED', file, feature },
    `${feature}: such training changes the base's weights, and the factors mean another ΔW on the base as it was`,
    'Save the adapter again in PEFT with path_initial_model_for_weight_conversion; it then fits the plain base.',
  )
}

function unsupported(file: string, feature: string): Error {
  return modelError(
    { code: 'ADAPTER_UNSUPPORTED', file, feature },
    `${feature} is not read: it would change what the factors mean`,
  )
}
