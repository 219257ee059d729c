/**
 * The data of the demo's sites: each company writes about the same deliveries in its own house forms, of which the
 * base model has seen none. All sites write tickets; of the other forms each site has three, in unlike shares, and
 * neighbours have two of the three in common. So the tasks overlap in part: a merged model can serve everyone, and no
 * site's own adapter can.
 * Demo data only. Pure: a seed decides every line; no prompt of one split is in another.
 */
import { SeededRng } from '../core/seeded-rng.ts'
import { COLOURS, DAYS, drawDelivery, ITEMS, PLACES, type Delivery, type RecipeLine } from './lexicon.ts'
import { sentenceOf } from './pretraining.ts'

/** What a place, an item or a colour is called in a house table: the tables are what sites know and the base does not. */
const CLASSES = ['B7 heavy', 'A2 small', 'C9 wet', 'D4 wired', 'E1 frail', 'F3 soft'] as const
const ROUTES = ['north quay', 'old bridge', 'ferry two', 'rail gate'] as const
const NORSK_ITEMS = [
  'ventiler',
  'bolter',
  'pumper',
  'kabler',
  'lamper',
  'tau',
  'seil',
  'fliser',
  'hjul',
  'stoler',
  'kjeler',
  'hansker',
] as const
const NORSK_COLOURS = ['rode', 'bla', 'gronne', 'hvite', 'svarte', 'gra'] as const

const entryOf = (table: readonly string[], keys: readonly string[], key: string): string =>
  table[keys.indexOf(key) % table.length] ?? ''

/** A house form: the instruction after a sentence, and the layout of the answer. */
const FORMS = {
  ticket: (d: Delivery) => [`Ticket:`, `#${d.item}/${d.count} @${d.place} !${d.day.slice(0, 3)}`],
  pick: (d: Delivery) => [`Pick:`, `shelf ${d.colour} >> ${d.count}x ${d.item} >> ${d.place} dock`],
  class: (d: Delivery) => [`Class:`, `${d.item} are ${entryOf(CLASSES, ITEMS, d.item)}`],
  receipt: (d: Delivery) => [`Receipt:`, `${d.day}: ${d.count} pcs for ${d.place}, thanks ${d.who}!`],
  norsk: (d: Delivery) => [
    `Norsk:`,
    `${d.count} ${entryOf(NORSK_COLOURS, COLOURS, d.colour)} ${entryOf(NORSK_ITEMS, ITEMS, d.item)}`,
  ],
  route: (d: Delivery) => [
    `Route:`,
    `${entryOf(ROUTES, PLACES, d.place)} / ${d.place} / by ${dayBefore(d.day)}`,
  ],
  stock: (d: Delivery) => [`Stock:`, `[${d.colour}][${d.item}] -${d.count} (${d.who})`],
} as const satisfies Record<string, (d: Delivery) => readonly [string, string]>

export type FormName = keyof typeof FORMS
export const FORM_NAMES = Object.keys(FORMS) as readonly FormName[]

const dayBefore = (day: string): string => DAYS[(DAYS.findIndex((name) => name === day) + 6) % 7] ?? ''

/** What a site writes: how often each form comes, and how many lines each split has. */
export interface SiteRecipe {
  readonly seed: string
  /** Weights, whole numbers; forms left out do not occur. */
  readonly forms: Readonly<Partial<Record<FormName, number>>>
  readonly lines: { readonly train: number; readonly validation: number; readonly test: number }
}

export interface SiteData {
  readonly train: readonly RecipeLine[]
  readonly validation: readonly RecipeLine[]
  readonly test: readonly RecipeLine[]
}

/** The forms that sites have besides tickets, in a ring: site i has three from place i on. */
const RING = ['pick', 'class', 'receipt', 'norsk', 'route', 'stock'] as const

/** The recipe of the i-th site of any number: site-a is 0. */
export function siteRecipe(index: number, lines: SiteRecipe['lines'] = LINES): SiteRecipe {
  const form = (offset: number): FormName => RING[(index + offset) % RING.length] ?? 'pick'
  return {
    seed: `site-${index}`,
    forms: { ticket: 25, [form(0)]: 35, [form(1)]: 25, [form(2)]: 15 },
    lines,
  }
}

const LINES: SiteRecipe['lines'] = { train: 480, validation: 60, test: 100 }

/** All of a site's lines. Prompts are distinct over the three splits together. */
export function siteData(recipe: SiteRecipe): SiteData {
  const rng = new SeededRng(`oneround/site-data/${recipe.seed}`)
  const weights = FORM_NAMES.map((name) => [name, recipe.forms[name] ?? 0] as const)
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
  const seen = new Set<string>()
  const draw = (): RecipeLine => {
    let pointer = rng.below(total)
    const [form] = weights.find(([, weight]) => (pointer -= weight) < 0) ?? weights[0] ?? ['ticket']
    const delivery = drawDelivery(rng)
    const [instruction, completion] = FORMS[form](delivery)
    const prompt = `${sentenceOf(rng, delivery)}\n${instruction} `
    // Two drawings of one prompt are rare among millions; a repeated one is drawn again.
    if (seen.has(prompt)) return draw()
    seen.add(prompt)
    return { prompt, completion: completion ?? '' }
  }
  const take = (count: number): readonly RecipeLine[] => Array.from({ length: count }, draw)
  const { train, validation, test } = recipe.lines
  return { train: take(train), validation: take(validation), test: take(test) }
}
