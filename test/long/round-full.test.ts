// Protects: a round in which the whole model is trained, by the command line alone: drawn up, trained as the charter says,
// agreed with one digest, proven with its updates, and exported as the base plus the mean of what each site changed; a
// second round goes on from there, and is exported as the base plus both.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { locateFolderTensors, readFloat32 } from '../../src/model/weights.ts'
import { type CliConsortium, makeCliConsortium } from '../support/cli-consortium.ts'
import { errorOf, oneround } from '../support/cli.ts'

const TIMEOUT_MS = 240_000
const NAMES = ['a', 'b', 'c'] as const
let root = ''
let run: CliConsortium['run']
beforeAll(async () => {
  ;({ root, run } = await makeCliConsortium(NAMES, ['--full', '--rule', 'mean', '--rounds', '2']))
}, TIMEOUT_MS)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The weights of a folder, by name. */
async function weightsOf(folder: string): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = new Map<string, Float32Array>()
  for (const [name, tensor] of await locateFolderTensors(join(root, folder)))
    weights.set(name, await readFloat32(tensor))
  return weights
}

/** `merged` is `start` and the mean of what the sites changed of it. */
async function expectMean(start: string, trained: string, merged: string): Promise<void> {
  const before = await weightsOf(start)
  const after = await Promise.all(NAMES.map((name) => weightsOf(`${name}-${trained}`)))
  const found = await weightsOf(merged)
  expect([...found.keys()].sort()).toEqual([...before.keys()].sort())
  let movedCount = 0
  let worst = 0
  for (const [name, values] of before) {
    for (const [at, value] of values.entries()) {
      const mean = after.reduce((sum, each) => sum + ((each.get(name)?.[at] ?? 0) - value), 0) / NAMES.length
      worst = Math.max(worst, Math.abs((found.get(name)?.[at] ?? Infinity) - (value + mean)))
      if (mean !== 0) movedCount++
    }
  }
  // A few roundings to f32: of the mean change, of the sum of changes, and of the weights.
  expect(worst).toBeLessThan(1e-6)
  expect(movedCount).toBeGreaterThan(100_000)
}

describe('a round of whole models', { timeout: TIMEOUT_MS }, () => {
  test('is trained as the charter says', async () => {
    for (const name of NAMES) {
      const data = ['--model', 'base', '--data', `${name}.jsonl`, '--epochs', '1', '--out', `${name}-model`]
      const { document } = await run('train', '--charter', 'charter.json', ...data)
      expect(document?.['recipe']).toMatchObject({ mode: { kind: 'full' } })
    }
  })

  test('says that the base is needed where a node does not know it', async () => {
    const end = await oneround(['run', 'a', '--adapter', 'a-model', '--json'], { cwd: root })
    expect(errorOf(end)).toMatchObject({ code: 'BASE_MODEL_NEEDED' })
  })

  test('ends with one digest, and no adapter', async () => {
    const ends = await Promise.all(
      NAMES.map((name) =>
        run('run', name, '--model', 'base', '--adapter', `${name}-model`, '--until-certificate'),
      ),
    )
    const adapters = ends.map(({ document }) => document?.['adapter'])
    expect(adapters).toEqual([null, null, null])
    for (const name of NAMES) await run('verify', name, '--recompute')
  })

  test('leaves as a model: the base and the mean of the changes', async () => {
    const refused = await oneround(['export', 'b', '--out', 'adapter', '--json'], { cwd: root })
    expect(errorOf(refused)).toMatchObject({ code: 'NO_ADAPTER_IN_ROUND' })
    await run('export', 'b', '--format', 'merged', '--model', 'base', '--out', 'merged')
    await expectMean('base', 'model', 'merged')
  })

  test('is better than the base on everybody’s lines', async () => {
    const data = NAMES.flatMap((name) => ['--data', `${name}.jsonl`])
    const losses: number[] = []
    for (const model of ['base', 'merged']) {
      const { document } = await run('evaluate', '--model', model, ...data)
      const results = document?.['results'] as readonly { readonly loss: number }[] | undefined
      losses.push(results?.[0]?.loss ?? NaN)
    }
    expect(losses[1]).toBeLessThan(losses[0] ?? 0)
  })

  test('goes on from there: the second round’s changes are from the first one’s model', async () => {
    for (const name of NAMES) {
      const data = [
        '--model',
        'merged',
        '--data',
        `${name}.jsonl`,
        '--epochs',
        '1',
        '--out',
        `${name}-second`,
      ]
      await run('train', '--charter', 'charter.json', ...data)
    }
    const own = (name: string) => ['--round', '2', '--model', 'base', '--adapter', `${name}-second`]
    await Promise.all(NAMES.map((name) => run('run', name, ...own(name), '--until-certificate')))
    for (const name of NAMES) await run('verify', name, '--recompute')
    await run('export', 'c', '--format', 'merged', '--model', 'base', '--out', 'merged-second')
    await expectMean('merged', 'second', 'merged-second')
  })
})
