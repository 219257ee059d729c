/**
 * The small world that the demo's texts are about: people send things to places. Demo data only.
 * Order is part of the recipe: a changed list is another data set.
 */
import type { SeededRng } from '../core/seeded-rng.ts'

export const PEOPLE = [
  'Anna',
  'Bjorn',
  'Clara',
  'David',
  'Elin',
  'Farid',
  'Greta',
  'Hugo',
  'Iris',
  'Jonas',
  'Karin',
  'Leo',
  'Mona',
  'Nils',
  'Olga',
  'Pavel',
  'Rosa',
  'Sven',
  'Tara',
  'Viktor',
] as const
export const PLACES = [
  'Bergen',
  'Malmo',
  'Kiel',
  'Gdansk',
  'Riga',
  'Turku',
  'Aarhus',
  'Narvik',
  'Visby',
  'Rostock',
  'Tallinn',
  'Oulu',
] as const
export const ITEMS = [
  'valves',
  'bolts',
  'pumps',
  'cables',
  'lamps',
  'ropes',
  'sails',
  'tiles',
  'wheels',
  'chairs',
  'kettles',
  'gloves',
] as const
export const COLOURS = ['red', 'blue', 'green', 'white', 'black', 'grey'] as const
export const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

/** One event of the world. */
export interface Delivery {
  readonly who: string
  readonly count: number
  readonly colour: string
  readonly item: string
  readonly place: string
  readonly day: string
}

export function drawDelivery(rng: SeededRng): Delivery {
  return {
    who: rng.pick(PEOPLE),
    count: rng.between(2, 60),
    colour: rng.pick(COLOURS),
    item: rng.pick(ITEMS),
    place: rng.pick(PLACES),
    day: rng.pick(DAYS),
  }
}

/** One line of a data file, in the forms that training reads. */
export type RecipeLine = { readonly text: string } | { readonly prompt: string; readonly completion: string }

/** Lines as a JSONL file. */
export const toJsonl = (lines: readonly RecipeLine[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('')
