// Protects: every figure in docs/MEASUREMENTS.md comes from a raw line.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { MEASUREMENT_TABLES } from '../../../scripts/measure/tables.ts'
import { withTables } from '../../../src/cli/docs.ts'

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url))
const document = readFileSync(`${docs}MEASUREMENTS.md`, 'utf8')

it.each(Object.entries(MEASUREMENT_TABLES))('the table of %s is what its raw lines give', (name, table) => {
  const raw = `${docs}results/${name}.jsonl`
  expect(existsSync(raw)).toBe(true)
  expect(withTables(document, { [name]: () => table(readFileSync(raw, 'utf8')) })).toBe(document)
  expect(document).toContain(`<!-- table: ${name} -->`)
})
