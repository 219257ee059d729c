// Protects: docs/THREAT_MODEL.md names tests that exist, by file and by title.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const rows = readFileSync(at('docs/THREAT_MODEL.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|') && line.includes('`test/'))
const named = rows.flatMap((row) =>
  [...row.matchAll(/`(test\/[^`]+)`(?: › ([^;|]+))?/g)].map(([, file = '', title = '']) => ({
    file,
    title: title.trim(),
  })),
)

describe('the threat model', () => {
  it('names a test in every line that says what is done', () => {
    const lines = readFileSync(at('docs/THREAT_MODEL.md'), 'utf8').split('\n')
    const tables = lines.filter((line) => /^\| [a-z]/.test(line) && !line.startsWith('| threat |'))
    expect(tables.filter((line) => !line.includes('`test/'))).toEqual([])
    expect(named.length).toBeGreaterThan(25)
  })

  it.each(named)('$file › $title', ({ file, title }) => {
    expect(existsSync(at(file))).toBe(true)
    // Titles stand in the source as they are, or begin as the document has them.
    expect(readFileSync(at(file), 'utf8')).toContain(title)
  })
})
