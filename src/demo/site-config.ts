/**
 * The ready-made sites (nodes/site-*): what a site's data is made of, and whether the starter makes it lie.
 * In: the folder of sites. Out: one configuration for each site of a plan; sites beyond the ready-made ones follow the
 * same recipe with the next seed.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { messageOf, RoundError } from '../core/errors.ts'
import { hasFile, readText } from '../files/index.ts'
import { FORM_NAMES, siteRecipe, type SiteRecipe } from '../recipes/index.ts'
import { CONDUCTS, POISONS } from './plan.ts'

const lineCount = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(100_000))
const siteSchema = v.strictObject({
  schema: v.literal('oneround/site@1'),
  name: v.string(),
  recipe: v.strictObject({
    seed: v.string(),
    forms: v.record(v.picklist(FORM_NAMES), v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
    lines: v.strictObject({ train: lineCount, validation: lineCount, test: lineCount }),
  }),
  attack: v.optional(v.picklist([...POISONS, ...CONDUCTS])),
})

export interface SiteConfig {
  readonly name: string
  readonly recipe: SiteRecipe
  readonly attack?: v.InferOutput<typeof siteSchema>['attack']
}

export type SiteConfigFault = {
  readonly code: 'SITE_CONFIG_INVALID'
  readonly file: string
  readonly reason: string
}

const SITE_FILE_SIZE_BYTES_MAX = 1 << 16

/** @param index — place in the roster, from 0 */
export async function readSiteConfig(sitesFolder: string, name: string, index: number): Promise<SiteConfig> {
  const file = join(sitesFolder, name, 'site.json')
  if (!(await hasFile(file))) return { name, recipe: siteRecipe(index) }
  let raw: unknown
  try {
    raw = JSON.parse(await readText(file, SITE_FILE_SIZE_BYTES_MAX))
  } catch (error) {
    throw configError(file, messageOf(error))
  }
  const checked = v.safeParse(siteSchema, raw, { abortEarly: true })
  if (!checked.success) {
    const issue = checked.issues[0]
    throw configError(file, `${v.getDotPath(issue) ?? 'document'}: ${issue.message}`)
  }
  if (checked.output.name !== name) throw configError(file, `name: expected ${name}`)
  const { recipe, attack } = checked.output
  return { name, recipe, ...(attack === undefined ? {} : { attack }) }
}

function configError(file: string, reason: string): RoundError<SiteConfigFault> {
  return new RoundError({ code: 'SITE_CONFIG_INVALID', file, reason }, `${file}: ${reason}`, {
    hint: 'nodes/README.md says what a site.json holds.',
  })
}
