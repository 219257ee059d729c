/** Class labels: names of config.json's `id2label`, or numbers. In: a line and the classes. Out: the class's number. */
import type { JsonObject } from '../../model/model-home.ts'
import { badLine, type DataLine } from './json-lines.ts'

export interface Classes {
  readonly count: number
  readonly numberOf: ReadonlyMap<string, number>
}

/** @param count — classes of the model's output; null where the graph leaves it open @returns null if nothing tells */
export function classesOf(config: JsonObject, count: number | null): Classes | null {
  const listed = config['id2label']
  const names = typeof listed === 'object' && listed !== null ? Object.entries(listed) : []
  const labels = names.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const stated = config['num_labels']
  const known = count ?? (names.length > 0 ? names.length : typeof stated === 'number' ? stated : null)
  return known === null
    ? null
    : { count: known, numberOf: new Map(labels.map(([id, name]) => [name, Number(id)])) }
}

/** @throws DATA_INVALID */
export function labelOf(at: DataLine, { count, numberOf }: Classes): number {
  const label = at.fields['label']
  if (label === undefined) throw badLine(at, '"label" is missing')
  const number = typeof label === 'string' ? numberOf.get(label) : label
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < count) return number
  if (typeof label !== 'string') {
    throw badLine(at, `"label" is ${JSON.stringify(label)}, expected a whole number from 0 to ${count - 1}`)
  }
  const known = [...numberOf.keys()].slice(0, 8).join(', ')
  throw badLine(
    at,
    `"label" ${JSON.stringify(label)} is no class of config.json; known are ${known || 'none'}`,
  )
}
