// Protects: `charter new --training` and `train --charter`: the agreed recipe is what a site trains by, and what it does
// otherwise stands in training.json and in the header that it signs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readTrainingClaim } from '../../src/node/own-update.ts'
import { oneround } from '../support/cli.ts'
import { makeTinyBase, ruleLines } from '../unit/train/tiny-base.ts'

let folder = ''
const run = (...args: readonly string[]) => oneround([...args, '--json'], { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-charter-recipe-'))
  await makeTinyBase(join(folder, 'base'))
  await writeFile(join(folder, 'data.jsonl'), ruleLines(8))
  const recipe = { epochs: 2, learningRate: 0.002, batchSize: 4, mode: { kind: 'lora', rank: 2 } }
  await writeFile(join(folder, 'recipe.json'), JSON.stringify(recipe))
  const invites: string[] = []
  for (const name of ['a', 'b']) {
    const end = await run(
      'init',
      name,
      '--name',
      name,
      '--listen',
      `/ip4/127.0.0.1/tcp/410${name === 'a' ? 1 : 2}`,
    )
    invites.push('--member', String(end.document?.['invite']))
  }
  const words =
    'charter new --model base --targets q_proj --rank 2 --alpha 4 --rule mean --f 0 --training recipe.json'
  const end = await run(...words.split(' '), ...invites, '--out', 'charter.json')
  expect(end.status, end.stderr).toBe(0)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

it('is followed, and what is done otherwise is said', { timeout: 120_000 }, async () => {
  const given = [
    'train',
    '--model',
    'base',
    '--data',
    'data.jsonl',
    '--threads',
    '1',
    '--charter',
    'charter.json',
  ]
  const followed = await run(...given, '--out', 'followed')
  expect(followed.status, followed.stderr).toBe(0)
  expect(followed.document).toMatchObject({
    recipe: { epochs: 2, learningRate: 0.002, batchSize: 4, mode: { rank: 2, alpha: 4 } },
    charter: { deviations: [] },
  })
  const other = await run(...given, '--out', 'other', '--epochs', '1')
  expect(other.document).toMatchObject({ charter: { deviations: ['epochs: 1, charter 2'] } })
  const { summary } = await readTrainingClaim(join(folder, 'other', 'adapter'))
  expect(summary.deviations).toEqual(['epochs: 1, charter 2'])
})
