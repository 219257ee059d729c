// Protects: docs/TRAINING.md lists every option of a recipe, none else, with the default that the schema has.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as v from 'valibot'
import { recipeSchema } from '../../../src/train/options.ts'

const document = readFileSync(fileURLToPath(new URL('../../../docs/TRAINING.md', import.meta.url)), 'utf8')

/** Rows `| `key` | `default` | meaning |` between a heading and the next. */
function rowsOf(heading: string): ReadonlyMap<string, string> {
  const [, section = ''] = document.split(`\n### ${heading}\n`)
  const [table = ''] = section.split('\n#')
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (?:`([^`]+)`|—) \|/gm)]
  return new Map(rows.map(([, key = '', value = '']) => [key, value]))
}

const textOf = (defaults: Readonly<Record<string, unknown>>, keys: readonly string[]) =>
  new Map(keys.map((key) => [key, defaults[key] === undefined ? '' : JSON.stringify(defaults[key])]))

test('every option of the recipe, with its default', () => {
  const { mode, ...defaults } = v.parse(recipeSchema, {})
  expect(mode.kind).toBe('lora')
  const keys = Object.keys(recipeSchema.entries).filter((key) => key !== 'mode')
  expect(rowsOf('The recipe')).toEqual(textOf(defaults, keys))
})

test('every option of an adapter, with its default', () => {
  const { mode } = v.parse(recipeSchema, { mode: { kind: 'lora' } })
  const { kind, ...defaults } = mode
  expect(kind).toBe('lora')
  expect(rowsOf('An adapter')).toEqual(textOf(defaults, Object.keys(defaults)))
})
