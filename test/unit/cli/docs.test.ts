// Protects: docs/CLI.md says what the program does: its commands, exit statuses and every error code that exists.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { DOC_TABLES, withTables } from '../../../src/cli/docs.ts'
import { ERROR_CODES } from '../../../src/cli/error-codes.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const document = readFileSync(`${root}docs/CLI.md`, 'utf8')

/** Codes as they are written in src/: in the types of faults and where errors are made. */
function codesInSources(): ReadonlyMap<string, string> {
  const codes = new Map<string, string>()
  const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.ts') && !name.includes('assembly'))) {
    const text = readFileSync(`${root}src/${file}`, 'utf8')
    for (const [, code = ''] of text.matchAll(/\bcode: '([A-Z][A-Z0-9_]+)'/g)) codes.set(code, file)
  }
  return codes
}

describe('docs/CLI.md', () => {
  it('has the tables that the program has (tsx scripts/docs.ts writes them)', () => {
    for (const name of Object.keys(DOC_TABLES)) expect(document).toContain(`<!-- table: ${name} -->`)
    expect(withTables(document)).toBe(document)
  })
})

describe('the table of error codes', () => {
  it('has every code that occurs in src/', () => {
    const undocumented = [...codesInSources()].filter(([code]) => !Object.hasOwn(ERROR_CODES, code))
    expect(undocumented).toEqual([])
  })

  it('has no code that occurs nowhere', () => {
    const known = codesInSources()
    const sources = [...new Set(known.values())]
      .map((file) => readFileSync(`${root}src/${file}`, 'utf8'))
      .join('\n')
    const unused = Object.keys(ERROR_CODES).filter(
      (code) => !known.has(code) && !sources.includes(`'${code}'`),
    )
    expect(unused).toEqual([])
  })
})

describe('the list of commands', () => {
  it('loads each under its own name, once', async () => {
    const names = COMMANDS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, load } of COMMANDS) expect((await load()).name).toBe(name)
  })
})
