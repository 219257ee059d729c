// Protects: the robustness grid is made of real adapters and real aggregations, goes on where it stopped, and its report is its lines.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import type { Cell } from '../../scripts/attacks/cell.ts'

const folder = mkdtempSync(join(tmpdir(), 'oneround-attacks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = entryArgs(new URL('../../scripts/bench-attacks.ts', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

function grid(attacks: string): readonly Cell[] {
  const options = ['--quick', '--members', '4', '--splits', 'even', '--rules', 'mean,median', '--json']
  const words = [...options, '--attacks', attacks, '--work', folder, '--out', join(folder, 'out')]
  const run = spawnSync(process.execPath, [...program, ...words], { cwd: root, encoding: 'utf8' })
  expect(run.status, run.stderr).toBe(0)
  return (JSON.parse(run.stdout) as { readonly cells: readonly Cell[] }).cells
}
const read = (name: string): string => readFileSync(join(folder, 'out', name), 'utf8')

it('fills the grid, goes on where it was, and reports what the lines say', { timeout: 240_000 }, () => {
  const first = grid('none,scale')
  expect(first.map(({ rule, attack }) => `${rule} ${attack}`)).toEqual([
    'mean none',
    'median none',
    'mean scale',
    'median scale',
  ])
  // Ten times an update in a mean of four moves it far; the median of each coordinate hardly.
  const [meanDamage, medianDamage] = ['mean', 'median'].map(
    (rule) => first.find((cell) => cell.rule === rule && cell.attack === 'scale')?.damage ?? 0,
  )
  expect(meanDamage).toBeGreaterThan(1)
  expect(medianDamage).toBeLessThan(1)
  const second = grid('none,scale,nan')
  expect(second.slice(0, first.length)).toEqual(first)
  expect(second.slice(first.length).map(({ refused }) => refused)).toEqual([
    'UPDATE_NOT_FINITE',
    'UPDATE_NOT_FINITE',
  ])
  expect(read('attacks.jsonl').trim().split('\n')).toHaveLength(6)
  const page = read('attacks.md')
  for (const { loss, refused } of second)
    expect(page).toContain(refused === null ? loss?.toFixed(2) : 'refused')
  expect(read('attacks-even-f1.svg')).toMatch(/^<svg.*scale/s)
})
