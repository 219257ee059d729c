// Protects: the agreement's rules in every reachable state of two views among four members, and that each of them is needed.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const hasTools = ['spin', 'gcc'].every((tool) => spawnSync(tool, ['--version']).error === undefined)

describe('the model of the agreement', () => {
  it.skipIf(!hasTools)(
    'holds as it is, and falls with each rule taken away',
    () => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', 'scripts/spin/model-check.ts', '--json'],
        { cwd: root, encoding: 'utf8' },
      )
      expect(stderr).toBe('')
      const { variants } = JSON.parse(stdout) as {
        variants: readonly { name: string; isSound: boolean; violation: string | null; states: number }[]
      }
      expect(variants.filter(({ isSound }) => isSound)).toHaveLength(2)
      for (const { isSound, violation } of variants) expect(violation === null).toBe(isSound)
      const sizes = variants.filter(({ isSound }) => isSound).map(({ states }) => states)
      expect(Math.min(...sizes)).toBeGreaterThan(100_000)
    },
    300_000,
  )
})
