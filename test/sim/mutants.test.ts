// Protects: every broken engine of test/mutants/ still applies to today's source, so that its campaign breaks what it says.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { MUTANTS } from '../mutants/mutants.ts'

const source = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), 'utf8')

describe('mutants', () => {
  it.each(MUTANTS)('$name: its line is once in its file', (mutant) => {
    for (const { file, find, replace } of [mutant, ...(mutant.more ?? [])]) {
      expect(source(file).split(find)).toHaveLength(2)
      expect(replace).not.toBe(find)
    }
  })
  it('have names of their own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
    expect(MUTANTS.length).toBeGreaterThanOrEqual(20)
  })
  it.each(['reveals before it is committed', 'excludes on any accusation'])(
    'are found by the campaign, in its short form: %s',
    (name) => {
      const { stdout } = spawnSync(
        process.execPath,
        ['--import', 'tsx', 'scripts/simulate-mutants.ts', '--only', name, '--seeds', '12', '--json'],
        { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' },
      )
      const { mutants } = JSON.parse(stdout) as {
        mutants: readonly { name: string; found: boolean; seed: number | null }[]
      }
      expect(mutants.map((each) => [each.name, each.found])).toEqual([[name, true]])
      expect(mutants[0]?.seed).toBeGreaterThan(0)
    },
    300_000,
  )
})
