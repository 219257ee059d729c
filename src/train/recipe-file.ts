/**
 * A recipe as a JSON file: what `recipeSchema` describes, or the `training.json` of an earlier run, whose recipe it is
 * then. In: a file of the operator's. Out: what the file states, without defaults, so that flags laid over it may still
 * choose another optimiser with the defaults of its own.
 * Invariant: what is given back is what `recipeSchema` accepts; unknown keys are refused by name.
 */
import * as v from 'valibot'
import { RoundError } from '../core/errors.ts'
import { readText } from '../files/index.ts'
import type { TrainFault } from './errors.ts'
import { recipeSchema } from './options.ts'

/** `training.json` holds a history of every validation; a recipe alone is below a kilobyte or two. */
const RECIPE_SIZE_BYTES_MAX = 64 << 20

/** What an operator states of a recipe; everything has a default. */
export type StatedRecipe = v.InferInput<typeof recipeSchema>
type StatedLora = Extract<NonNullable<StatedRecipe['mode']>, { kind: 'lora' }>

const summarySchema = v.looseObject({ schema: v.literal('oneround/training@1'), recipe: v.unknown() })

/** @throws RECIPE_INVALID naming file and key | FILE_MISSING | FILE_UNREADABLE */
export async function readRecipe(path: string): Promise<StatedRecipe> {
  const value = parseJson(path, await readText(path, RECIPE_SIZE_BYTES_MAX))
  const summary = v.safeParse(summarySchema, value)
  const stated = summary.success ? summary.output.recipe : value
  // The schema's library takes a list for an object, and an empty list for one without a key.
  if (Array.isArray(stated)) throw invalidRecipe(path, 'recipe', 'is a list, expected an object')
  const parsed = v.safeParse(recipeSchema, stated)
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw invalidRecipe(path, v.getDotPath(issue) ?? 'recipe', issue.message)
  }
  // Sound: the schema transforms nothing and accepted it, so it is an input of the schema.
  return stated as StatedRecipe
}

/** Words of flags: `lora` holds those of an adapter only, `isFull` says that every parameter is trained. */
export interface RecipeFlags {
  readonly recipe: Omit<StatedRecipe, 'mode'>
  readonly lora: Omit<StatedLora, 'kind'>
  readonly isFull: boolean
  /** Which parameters, where not all. */
  readonly parameters?: string
}

/** Flags win, key by key. @throws TRAIN_OPTION_INVALID where flags of an adapter meet a file that trains every parameter */
export function recipeWithFlags(stated: StatedRecipe, flags: RecipeFlags): StatedRecipe {
  const { recipe, lora, isFull, parameters } = flags
  const { mode: statedMode = { kind: 'lora' } } = stated
  const merged = { ...stated, ...recipe }
  if (isFull || (parameters !== undefined && statedMode.kind === 'full')) {
    const own = statedMode.kind === 'full' ? statedMode : { kind: 'full' as const }
    return { ...merged, mode: { ...own, ...(parameters === undefined ? {} : { parameters }) } }
  }
  if (parameters !== undefined) throw withoutFull()
  if (statedMode.kind === 'lora') return { ...merged, mode: { ...statedMode, ...lora } }
  const [option] = Object.keys(lora)
  if (option === undefined) return { ...merged, mode: statedMode }
  const reason = 'is of an adapter, and the recipe file trains every parameter'
  const fault: TrainFault = { code: 'TRAIN_OPTION_INVALID', option: `recipe.mode.${option}`, reason }
  throw new RoundError(fault, `recipe.mode.${option}: ${reason}`, {
    hint: 'Leave the flag out, or give a recipe file whose mode is {"kind": "lora"}.',
  })
}

function withoutFull(): RoundError<TrainFault> {
  const reason = 'is for training without adapters'
  const fault: TrainFault = { code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode.parameters', reason }
  return new RoundError(fault, `recipe.mode.parameters: ${reason}`, { hint: 'Give --full, too.' })
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidRecipe(
      path,
      'recipe',
      `is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function invalidRecipe(file: string, field: string, reason: string): RoundError<TrainFault> {
  return new RoundError({ code: 'RECIPE_INVALID', file, field, reason }, `${file}: ${field}: ${reason}`, {
    hint: 'docs/TRAINING.md lists the keys; a training.json of an earlier run is accepted too.',
  })
}
