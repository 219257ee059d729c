// Protects: every broken engine of test/mutants/ still applies to today's source, so that its campaign breaks what it says.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { MUTANTS } from '../mutants/mutants.ts'

const source = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), 'utf8')

describe('mutants', () => {
  it.each(MUTANTS)('$name: its line is once in its file', ({ file, find, replace }) => {
    expect(source(file).split(find)).toHaveLength(2)
    expect(replace).not.toBe(find)
  })
})
