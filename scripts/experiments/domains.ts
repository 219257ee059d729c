/**
 * Text of ten domains: ten companies' house forms for the same small world, none of which a base model has seen. Layouts
 * and tables are what a domain knows and others do not. In: a seed. Out: lines, and for consortia each site's mixture of
 * domains, even or drawn from a Dirichlet distribution (the label skew of Hsu et al. 2019, arXiv 1909.06335, with
 * domains for labels). Pure: every line is its seed's; no prompt is both trained on and held out.
 */
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { COLOURS, DAYS, type Delivery, drawDelivery, ITEMS, PLACES } from '../../src/recipes/lexicon.ts'
import { sentenceOf } from '../../src/recipes/pretraining.ts'

export interface PromptLine {
  readonly prompt: string
  readonly completion: string
}

const from = (table: readonly string[], keys: readonly string[], key: string): string =>
  table[keys.indexOf(key) % table.length] ?? ''
const SHELVES = ['k4', 'm1', 'p9', 'r2', 't6'] as const
const CARRIERS = ['otter', 'heron', 'lynx', 'adder', 'moose', 'stoat', 'raven'] as const
const TINTS = ['cobalt', 'rust', 'moss', 'chalk', 'soot', 'ash'] as const
const SHIFTS = ['early', 'late', 'night'] as const
const ZONES = ['zone ix', 'zone iv', 'zone vi', 'zone ii'] as const

/** The word that asks for a domain's form, and the form. */
const DOMAINS: readonly (readonly [word: string, form: (d: Delivery) => string])[] = [
  ['Docket:', (d) => `${d.place}/${d.item}/${d.count}`],
  ['Shelf:', (d) => `${from(SHELVES, ITEMS, d.item)} holds ${d.item}`],
  ['Carrier:', (d) => `${from(CARRIERS, PLACES, d.place)} to ${d.place}`],
  ['Tint:', (d) => `${from(TINTS, COLOURS, d.colour)} ${d.item}`],
  ['Shift:', (d) => `${from(SHIFTS, DAYS, d.day)}, ${d.day}`],
  ['Tag:', (d) => `[${d.count}] ${d.colour} <${d.who}>`],
  ['Manifest:', (d) => `${d.item} x${d.count}; dest=${d.place}; by=${d.who}`],
  ['Zone:', (d) => `${from(ZONES, PLACES, d.place)} on ${d.day}`],
  ['Backwards:', (d) => `${d.day} ${d.place} ${d.item} ${d.who}`],
  ['Thanks:', (d) => `dear ${d.who}, ${d.item} are in ${d.place}`],
]
export const DOMAIN_COUNT = DOMAINS.length

/** Lines of domains in the shares of `weights`. @param taken — prompts that must not come again; grows */
export function domainLines(
  seed: string,
  weights: readonly number[],
  count: number,
  taken: Set<string>,
): readonly PromptLine[] {
  const rng = new SeededRng(`oneround/domains/${seed}`)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const draw = (): PromptLine => {
    let pointer = rng.float() * total
    const found = weights.findIndex((weight) => (pointer -= weight) < 0)
    const [word, form] = DOMAINS[found < 0 ? weights.length - 1 : found] ?? ['', () => '']
    const delivery = drawDelivery(rng)
    const prompt = `${sentenceOf(rng, delivery)}\n${word} `
    // Two drawings of one prompt are rare among millions; a repeated one is drawn again.
    if (taken.has(prompt)) return draw()
    taken.add(prompt)
    return { prompt, completion: form(delivery) }
  }
  return Array.from({ length: count }, draw)
}

export const SPLITS = ['even', 'dirichlet'] as const
export type Split = (typeof SPLITS)[number]

/** Concentration of the Dirichlet split: at 0.5 a site has two or three domains and little of the others. */
export const DIRICHLET_ALPHA = 0.5

/** Each site's shares of the domains, summing to 1. */
export function siteMixtures(split: Split, siteCount: number, seed: string): readonly (readonly number[])[] {
  const rng = new SeededRng(`oneround/mixtures/${seed}`)
  return Array.from({ length: siteCount }, () => {
    // A gamma variable of shape ½ is half the square of a normal one; so this is Dirichlet(½), up to its scale.
    const draws = DOMAINS.map(() => (split === 'even' ? 1 : rng.normal() ** 2))
    const sum = draws.reduce((total, draw) => total + draw, 0)
    return draws.map((draw) => draw / sum)
  })
}

export interface ConsortiumData {
  /** By site. */
  readonly train: readonly (readonly PromptLine[])[]
  /** All domains alike. */
  readonly test: readonly PromptLine[]
}

export function consortiumData(options: {
  readonly split: Split
  readonly siteCount: number
  readonly seed: string
  readonly linesPerSite: number
  readonly testLines: number
}): ConsortiumData {
  const { split, siteCount, seed, linesPerSite, testLines } = options
  const taken = new Set<string>()
  const everything = DOMAINS.map(() => 1)
  // Held out first, so that it is the same for every split and number of sites.
  const test = domainLines(`${seed}/test`, everything, testLines, taken)
  const train = siteMixtures(split, siteCount, seed).map((mixture, site) =>
    domainLines(`${seed}/site-${site}`, mixture, linesPerSite, taken),
  )
  return { train, test }
}
