// Protects: every figure in docs/MEASUREMENTS.md comes from a raw line.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { MEASUREMENT_TABLES, simulationTable } from '../../../scripts/measure/tables.ts'
import { withTables } from '../../../src/cli/docs.ts'

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url))
const document = readFileSync(`${docs}MEASUREMENTS.md`, 'utf8')

it.each(Object.entries(MEASUREMENT_TABLES))('the table of %s is what its raw lines give', (name, table) => {
  const raw = `${docs}results/${name}.jsonl`
  expect(existsSync(raw)).toBe(true)
  expect(withTables(document, { [name]: () => table(readFileSync(raw, 'utf8')) })).toBe(document)
  expect(document).toContain(`<!-- table: ${name} -->`)
})

describe('the table of simulated rounds', () => {
  const run = (members: number, first: number, last: number, violations: number) =>
    JSON.stringify({
      command: '',
      cpu: '',
      node: '',
      document: {
        members,
        seeds: [first, last],
        worlds: last - first + 1,
        violations,
        undecided: 1,
        medianViews: 1,
        counts: { signed: 12 * members * (last - first + 1) },
      },
    })

  it('has runs that go on as one, and of campaigns that began anew the last', () => {
    const text = [run(4, 0, 99, 5), run(4, 0, 49, 0), run(7, 0, 9, 0), run(4, 50, 99, 1)].join('\n')
    const rows = simulationTable(text).split('\n').slice(2)
    expect(rows).toEqual([
      '| 4 | 0..99 | 1 | 2 | 1 | 12.0 | 0 | 0 |',
      '| 7 | 0..9 | 0 | 1 | 1 | 12.0 | 0 | 0 |',
    ])
  })
})
