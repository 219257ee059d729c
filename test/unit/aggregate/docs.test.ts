// Protects: docs/AGGREGATION.md has a row for every rule there is, as the rule itself states it, and names only rules that exist.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { RULES, validRuleIds } from '../../../src/aggregate/index.ts'
import { AGGREGATION_TABLES, withTables } from '../../../src/cli/docs.ts'

const document = readFileSync(fileURLToPath(new URL('../../../docs/AGGREGATION.md', import.meta.url)), 'utf8')

describe('docs/AGGREGATION.md', () => {
  it('has the table that the registry gives (tsx scripts/docs.ts writes it)', () => {
    for (const name of Object.keys(AGGREGATION_TABLES))
      expect(document).toContain(`<!-- table: ${name} -->\n\n| id |`)
    expect(withTables(document, AGGREGATION_TABLES)).toBe(document)
  })

  it('lets no fact of a rule break the table', () => {
    for (const rule of RULES) {
      const { id, title, formula, precondition, breakdown, cost, source } = rule
      for (const fact of [id, title, formula, precondition, breakdown, cost, source])
        expect(fact).toMatch(/^[^|\n]+$/)
    }
  })

  it('states preconditions in words that are those in the code', () => {
    const inWords = /^m ≥ (?:(\d)b\+)?(\d)/
    for (const { id, precondition, inputCountMin } of RULES) {
      const [, times = '0', plus = ''] = inWords.exec(precondition) ?? []
      for (const b of [0, 1, 2, 5]) {
        expect(inputCountMin(b), id).toBe(Number(times) * b + Number(plus))
        expect(validRuleIds(inputCountMin(b), b)).toContain(id)
      }
    }
  })
})
