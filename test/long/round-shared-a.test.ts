// Protects: a round on one frozen A, by the command line alone: a median of B, agreed with one digest, recomputed from the
// updates, exact at the sites' own rank; and a member whose A is another is told so before anything leaves.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAdapter } from '../../src/model/peft.ts'
import { type CliConsortium, makeCliConsortium } from '../support/cli-consortium.ts'
import { errorOf, oneround } from '../support/cli.ts'

const TIMEOUT_MS = 240_000
const NAMES = ['a', 'b', 'c'] as const
const RANK = 4
let root = ''
let run: CliConsortium['run']
beforeAll(async () => {
  const layout = ['--targets', 'q_proj,v_proj', '--rank', `${RANK}`, '--alpha', '8', '--freeze-a', 'agreed']
  ;({ root, run } = await makeCliConsortium(NAMES, [...layout, '--rule', 'median', '--f', '0', '--b', '1']))
}, TIMEOUT_MS)
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a round on one A', { timeout: TIMEOUT_MS }, () => {
  test('is trained as the charter says, from its seed', async () => {
    for (const name of NAMES) {
      const data = ['--model', 'base', '--data', `${name}.jsonl`, '--epochs', '1', '--out', name]
      const { document } = await run('train', '--charter', 'charter.json', ...data, '--seed', 'agreed')
      expect(document?.['recipe']).toMatchObject({ mode: { freezeA: true, rank: RANK } })
    }
  })

  test('is not trained for nothing: another seed is refused before it begins', async () => {
    const data = ['--model', 'base', '--data', 'a.jsonl', '--out', 'never', '--seed', 'another', '--json']
    const end = await oneround(['train', '--charter', 'charter.json', ...data], { cwd: root })
    expect(errorOf(end)).toMatchObject({ code: 'TRAIN_OPTION_INVALID' })
  })

  test('turns down an adapter with another A at the door', async () => {
    const data = ['--model', 'base', '--data', 'a.jsonl', '--epochs', '1', '--out', 'stray']
    const layout = ['--targets', 'q_proj,v_proj', '--rank', `${RANK}`, '--alpha', '8', '--freeze-a']
    await run('train', ...data, ...layout, '--seed', 'another')
    const end = await oneround(['run', 'a', '--adapter', 'stray/adapter', '--json'], { cwd: root })
    expect(errorOf(end)).toMatchObject({ code: 'UPDATE_FACTOR_DIFFERS' })
  })

  test('ends with the median of B on that A, at the sites’ rank', async () => {
    const ends = await Promise.all(
      NAMES.map((name) => run('run', name, '--adapter', `${name}/adapter`, '--until-certificate')),
    )
    for (const name of NAMES) await run('verify', name, '--recompute')
    const sites = await Promise.all(NAMES.map((name) => readAdapter(join(root, name, 'adapter'))))
    const folder = String(ends[0]?.document?.['adapter'])
    const { modules } = await readAdapter(join(root, folder))
    for (const [index, { name, rank, scale, a, b }] of modules.entries()) {
      expect(rank).toBe(RANK)
      const own = sites.map((site) => site.modules[index])
      expect(own.map((module) => module?.name)).toEqual([name, name, name])
      expect(a).toEqual(own[0]?.a)
      for (const [at, value] of b.entries()) {
        const sorted = own.map((module) => (module?.b[at] ?? 0) * (module?.scale ?? 0)).sort((x, y) => x - y)
        expect(value * scale).toBeCloseTo(sorted[1] ?? Number.NaN, 6)
      }
    }
  })
})
