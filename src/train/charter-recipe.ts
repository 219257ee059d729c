/**
 * The training recipe that a charter carries, in both directions: from a recipe file when the charter is drawn up, to the
 * defaults of `train`, and what a run did otherwise. A charter holds no floats: numbers are fractions there.
 * Invariant: what a charter can say is `CHARTER_KEYS`; what it does not say has this program's defaults.
 */
import { toNumber, parseRational, type Rational } from '../core/rational.ts'
import { RoundError } from '../core/errors.ts'
import type { Charter } from '../charter/schema.ts'
import type { TrainFault } from './errors.ts'
import type { TrainingRecipe } from './options.ts'
import type { StatedRecipe } from './recipe-file.ts'

type CharterTraining = NonNullable<Charter['training']>
type Plain = string | number | boolean
type Lora = Extract<NonNullable<StatedRecipe['mode']>, { kind: 'lora' }>

/** How a key is written in a charter: as it is, or a number as a fraction. */
const RECIPE_KEYS = {
  epochs: 'plain',
  batchSize: 'plain',
  accumulation: 'plain',
  maxLength: 'plain',
  packing: 'plain',
  patience: 'plain',
  schedule: 'plain',
  optimizer: 'plain',
  fisher: 'plain',
  learningRate: 'fraction',
  warmupShare: 'fraction',
  finalShare: 'fraction',
  weightDecay: 'fraction',
  pull: 'fraction',
  gradientNormMax: 'fraction',
} as const
const LORA_KEYS = { rank: 'plain', rsLora: 'plain', dropout: 'fraction' } as const
const ALL_KEYS = { ...RECIPE_KEYS, ...LORA_KEYS }
export const CHARTER_KEYS = Object.keys(ALL_KEYS)

/**
 * @param file — for errors
 * @param isWhole — whether the charter is for whole models and not for adapters
 * @throws TRAIN_OPTION_INVALID for a key that a charter cannot carry
 */
export function trainingOfRecipe(stated: StatedRecipe, file: string, isWhole = false): CharterTraining {
  const { mode, ...rest } = stated
  const { kind = isWhole ? 'full' : 'lora', ...lora } = mode ?? {}
  if (kind === 'full' && !isWhole) throw unfit('mode', 'the charter is for adapters', file)
  if (kind === 'lora' && isWhole) throw unfit('mode', 'the charter is for whole models', file)
  const entries = Object.entries({ ...rest, ...lora }).map(([key, value]) => {
    const form = formOf(key)
    if (form === null) throw unfit(key, `a charter carries ${CHARTER_KEYS.join(', ')}`, file)
    return [key, form === 'fraction' ? fractionOf(Number(value), key) : value] as const
  })
  return Object.fromEntries(entries)
}

const formOf = (key: string): 'plain' | 'fraction' | null =>
  Object.entries(ALL_KEYS).find(([name]) => name === key)?.[1] ?? null

/** Fifteen decimals are more than anybody states. */
const fractionOf = (value: number, key: string): Rational =>
  parseRational(value.toFixed(15).replace(/\.?0+$/, ''), key)

function unfit(key: string, reason: string, file: string): RoundError<TrainFault> {
  return new RoundError(
    { code: 'TRAIN_OPTION_INVALID', option: `recipe.${key}`, reason },
    `${file}: ${key}: ${reason}`,
    { hint: 'Seeds, targets and data are each site’s own, or follow from the charter’s layout.' },
  )
}

/** What a charter states, as the defaults of a run: its recipe, and what follows from its layout. */
export function recipeOfCharter({
  layout,
  training = {},
}: Pick<Charter, 'layout' | 'training'>): StatedRecipe {
  const values = new Map(Object.entries(training).map(([key, value]) => [key, plainOf(value)]))
  const pick = (keys: readonly string[]): Record<string, Plain> =>
    Object.fromEntries(
      keys.flatMap((key) => {
        const value = values.get(key)
        return value === undefined ? [] : [[key, value] as const]
      }),
    )
  const stated = {
    ...pick(Object.keys(RECIPE_KEYS)),
    ...(layout.fisher === undefined ? {} : { fisher: true }),
  }
  if (layout.modules.length === 0) return { ...stated, mode: { kind: 'full' } }
  const rank = training.rank ?? layout.rankMax
  const scale = toNumber(layout.scale)
  const mode: Lora = {
    kind: 'lora',
    ...pick(Object.keys(LORA_KEYS)),
    rank,
    // alpha/r, or alpha/√r, is the charter's scale.
    alpha: scale * (training.rsLora === true ? Math.sqrt(rank) : rank),
    targets: layout.modules.map(({ name }) => name),
    ...(layout.sharedA === undefined ? {} : { freezeA: true }),
    ...(layout.dense === undefined ? {} : { modulesToSave: modulesOf(layout.dense) }),
  }
  return { ...stated, mode }
}

const plainOf = (value: unknown): Plain =>
  // Fractions are the only lists of the schema.
  Array.isArray(value) ? toNumber([Number(value[0]), Number(value[1])]) : (value as Plain)

const modulesOf = (dense: NonNullable<Charter['layout']['dense']>): string[] => [
  ...new Set(dense.map(({ name }) => name.slice(0, Math.max(0, name.lastIndexOf('.'))))),
]

/**
 * Where a run did otherwise than its charter says, a line for each key: `epochs: 3, charter 5`.
 * @param used — the recipe of the run, with all defaults
 */
export function deviationsOf(
  charter: Pick<Charter, 'layout' | 'training'>,
  used: TrainingRecipe,
): readonly string[] {
  const { mode, ...stated } = recipeOfCharter(charter)
  const lora = mode ?? {}
  const otherwise = (own: object, expected: object): readonly string[] =>
    Object.entries(expected).flatMap(([key, value]) => {
      const found = Object.entries(own).find(([name]) => name === key)?.[1] as unknown
      if (sameText(found) === sameText(value)) return []
      return [`${key}: ${shortText(found)}, charter ${shortText(value)}`]
    })
  return [...otherwise(used, stated), ...otherwise(used.mode, lora)]
}

/** The order of names means nothing. */
const sameText = (value: unknown): string =>
  JSON.stringify(Array.isArray(value) ? value.map(String).sort() : value) ?? 'none'

const TEXT_LENGTH_MAX = 32
const shortText = (value: unknown): string => {
  if (Array.isArray(value)) return `${value.length} names`
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')).slice(0, TEXT_LENGTH_MAX)
}
