// Protects: the same bytes everywhere: other processes, other orders of arrival, another Node, and since the last commit.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { RULES, STEPS } from '../../src/aggregate/index.ts'
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

function otherNode(platform: string): string {
  const script = fileURLToPath(new URL('../../scripts/other-node.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, platform], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout.trim()
}

const EMULATOR = 'qemu-aarch64'
const isArm64 = process.arch === 'arm64'
const hasEmulator = isArm64 || spawnSync(EMULATOR, ['--version']).status === 0

describe('the committed digests', () => {
  it('are of all rules and steps', () => {
    const found = Object.keys(committed)
    expect(found.slice(0, RULES.length)).toEqual(RULES.map(({ id }) => id))
    for (const { id } of STEPS) expect(found.some((text) => text.split(/[:+]/).includes(id))).toBe(true)
  })

  // A change of these bytes needs a new version of the rule; scripts/vectors/aggregation-digests.mjs writes the file.
  it.each(['roster', 'reversed', 'rotated'])(
    'are found again in a process of its own, inputs %s',
    (arrival) => {
      expect(digestsOf(process.execPath, arrival)).toEqual(committed)
    },
  )

  it('are found again on Node 24', () => {
    expect(digestsOf(otherNode('linux-x64'), 'reversed')).toEqual(committed)
  })

  // An arm64 build of Node, run by an emulator of that processor where this one is another.
  it.skipIf(!hasEmulator && process.env['CI'] !== 'true')('are found again on arm64', () => {
    const node = otherNode('linux-arm64')
    const [command = '', ...words] = isArm64 ? [node] : [EMULATOR, '-L', '/usr/aarch64-linux-gnu', node]
    // Node 24 runs TypeScript as it is; under an emulator a process cannot start another, so the kernel is in this one.
    const file = fileURLToPath(new URL('../support/aggregate-seeded.ts', import.meta.url))
    const args = [...words, '--no-warnings', file, 'rotated', 'in-process']
    const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual(committed)
  })
})
