// Protects: a round that weighs each parameter by the Fisher diagonals that members publish, by the command line alone:
// measured by `train --charter`, agreed with one digest, recomputed from the updates, the same as an offline merge of the
// adapters; and a member that publishes none is told so before anything leaves.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliConsortium, makeCliConsortium } from '../support/cli-consortium.ts'
import { errorOf, oneround } from '../support/cli.ts'
import { readTensors } from '../support/update-files.ts'

const TIMEOUT_MS = 240_000
const NAMES = ['a', 'b', 'c'] as const
let root = ''
let run: CliConsortium['run']
beforeAll(async () => {
  const layout = ['--targets', 'q_proj,v_proj', '--rank', '4', '--alpha', '8']
  const rules = ['--rule', 'fisher-mean', '--f', '0', '--b', '1']
  ;({ root, run } = await makeCliConsortium(NAMES, [...layout, ...rules]))
}, TIMEOUT_MS)
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a round by Fisher information', { timeout: TIMEOUT_MS }, () => {
  test('is trained as the charter says, with the diagonals measured', async () => {
    for (const name of NAMES) {
      const data = ['--model', 'base', '--data', `${name}.jsonl`, '--epochs', '1', '--out', name]
      const { document } = await run('train', '--charter', 'charter.json', ...data)
      expect(document?.['recipe']).toMatchObject({ fisher: true })
    }
    const diagonals = readTensors(join(root, 'a', 'adapter', 'fisher.safetensors'))
    const sums = [...diagonals].map(
      ([name, { values }]) => [name, values.reduce((sum, x) => sum + x, 0)] as const,
    )
    expect(sums.length % 2).toBe(0)
    // Both are sums of one and the same diagonal.
    for (const [name, sum] of sums.filter(([each]) => each.endsWith('_rows'))) {
      const columns = sums.find(([other]) => other === name.replace(/_rows$/, '_columns'))?.[1] ?? Number.NaN
      expect(sum).toBeGreaterThan(0)
      expect(columns / sum).toBeCloseTo(1, 4)
    }
  })

  test('turns down an adapter without diagonals at the door', async () => {
    const data = ['--model', 'base', '--data', 'a.jsonl', '--epochs', '1', '--out', 'bare']
    await run('train', ...data, '--targets', 'q_proj,v_proj', '--rank', '4', '--alpha', '8')
    const end = await oneround(['run', 'a', '--adapter', 'bare/adapter', '--json'], { cwd: root })
    expect(errorOf(end)).toMatchObject({ code: 'UPDATE_FISHER_MISSING' })
  })

  test('ends with what an offline merge of the same adapters gives', async () => {
    const ends = await Promise.all(
      NAMES.map((name) => run('run', name, '--adapter', `${name}/adapter`, '--until-certificate')),
    )
    expect(new Set(ends.map(({ document }) => document?.['digest'])).size).toBe(1)
    for (const name of NAMES) await run('verify', name, '--recompute')
    const merged = ['--rule', 'fisher-mean', '--f', '1', '--format', 'delta', '--out', 'offline']
    await run('merge', ...NAMES.map((name) => `${name}/adapter`), ...merged)
    await run('export', 'b', '--format', 'delta', '--out', 'online')
    const [online, offline] = ['online', 'offline'].map((folder) =>
      readTensors(join(root, folder, 'delta.safetensors')),
    )
    expect([...(online?.keys() ?? [])]).toEqual([...(offline?.keys() ?? [])])
    for (const [name, { values }] of online ?? []) expect(values, name).toEqual(offline?.get(name)?.values)
  })

  test('reports each member’s mean share of the weight', async () => {
    const { document } = await run('report', 'c')
    expect(JSON.stringify(document)).toContain('cappedShare')
  })
})
