// Protects: the same bytes everywhere: other processes, other orders of arrival, another Node, and since the last commit.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { RULES } from '../../src/aggregate/index.ts'
import { entryArgs } from '../../src/core/entry.ts'

const program = entryArgs(new URL('../support/aggregate-seeded.ts', import.meta.url))
const committed = JSON.parse(
  readFileSync(fileURLToPath(new URL('./aggregation-digests.json', import.meta.url)), 'utf8'),
) as Record<string, string>

function digestsOf(executable: string, arrival: string): unknown {
  const { stdout, stderr, status } = spawnSync(executable, [...program, arrival], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout)
}

describe('the committed digests', () => {
  it('are of all rules', () => {
    expect(Object.keys(committed)).toEqual(RULES.map(({ id }) => id))
  })

  // A change of these bytes needs a new version of the rule; scripts/vectors/aggregation-digests.mjs writes the file.
  it.each(['roster', 'reversed', 'rotated'])(
    'are found again in a process of its own, inputs %s',
    (arrival) => {
      expect(digestsOf(process.execPath, arrival)).toEqual(committed)
    },
  )

  it('are found again on Node 24', () => {
    const script = fileURLToPath(new URL('../../scripts/node-24.mjs', import.meta.url))
    const node24 = spawnSync(process.execPath, [script], { encoding: 'utf8' })
    expect(node24.status, node24.stderr).toBe(0)
    expect(digestsOf(node24.stdout.trim(), 'reversed')).toEqual(committed)
  })
})
