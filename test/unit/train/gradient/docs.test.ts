// Protects: docs/AUTODIFF.md lists the operators that the table has, and no others.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { AUTODIFF_TABLES, withTables } from '../../../../src/cli/docs.ts'

it('docs/AUTODIFF.md holds the tables of the code (scripts/docs.ts writes them)', () => {
  const path = fileURLToPath(new URL('../../../../docs/AUTODIFF.md', import.meta.url))
  const document = readFileSync(path, 'utf8')
  for (const name of Object.keys(AUTODIFF_TABLES)) expect(document).toContain(`<!-- table: ${name} -->`)
  expect(withTables(document, AUTODIFF_TABLES)).toBe(document)
})
