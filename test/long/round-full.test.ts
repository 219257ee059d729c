// Protects: a round in which the whole model is trained, by the command line alone: drawn up, trained as the charter says,
// agreed with one digest, proven with its updates, and exported as the base plus the mean of what each site changed.
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
  ;({ root, run } = await makeCliConsortium(NAMES, ['--full', '--rule', 'mean']))
}, TIMEOUT_MS)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The weights of a folder, by name. */
async function weightsOf(folder: string): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = new Map<string, Float32Array>()
  for (const [name, tensor] of await locateFolderTensors(join(root, folder)))
    weights.set(name, await readFloat32(tensor))
  return weights
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
    const base = await weightsOf('base')
    const trained = await Promise.all(NAMES.map((name) => weightsOf(`${name}-model`)))
    const merged = await weightsOf('merged')
    expect([...merged.keys()].sort()).toEqual([...base.keys()].sort())
    let movedCount = 0
    for (const [name, start] of base) {
      const found = merged.get(name) ?? new Float32Array()
      for (const [at, value] of start.entries()) {
        const mean = trained.reduce((sum, each) => sum + ((each.get(name)?.[at] ?? 0) - value), 0) / 3
        // Two roundings to f32: of the mean change, and of the sum.
        expect(Math.abs((found[at] ?? NaN) - (value + mean))).toBeLessThan(1e-6)
        if (mean !== 0) movedCount++
      }
    }
    expect(movedCount).toBeGreaterThan(100_000)
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
})
