// Protects: what of a base a recipe chooses: modules by one expression or by layers, A's two starts, parameters of full training.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAdapter } from '../../../src/model/peft.ts'
import { readAllFloat32 } from '../../../src/model/weights.ts'
import { openBase } from '../../../src/train/base.ts'
import { train } from '../../../src/train/index.ts'
import { checkTrainingOptions } from '../../../src/train/options.ts'
import { initialParameters, trainableOf } from '../../../src/train/trainable.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

let folder = ''
let base = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-choices-'))
  base = await makeTinyBase(join(folder, 'base'))
  await writeFile(join(folder, 'data.jsonl'), ruleLines(16))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const recipeOf = (mode: object) =>
  checkTrainingOptions({ model: base, data: ['data.jsonl'], out: 'out', recipe: { mode: mode as never } })
    .recipe

const chosenBy = async (mode: object): Promise<readonly string[]> => {
  const trainable = trainableOf(await openBase(base), recipeOf({ kind: 'lora', ...mode }))
  return trainable.kind === 'lora' ? trainable.sites.map(({ module }) => module.name) : []
}

describe('modules', () => {
  it('are chosen by one expression of whole names, and by their layers', async () => {
    const all = await chosenBy({ targets: ['q_proj', 'up_proj'] })
    expect(all).toHaveLength(4)
    expect(await chosenBy({ targets: '.*\\.(q|up)_proj' })).toEqual(all)
    expect(await chosenBy({ targets: '.*layers\\.1\\.mlp\\.up_proj' })).toEqual([
      'model.layers.1.mlp.up_proj',
    ])
    expect(await chosenBy({ targets: ['q_proj', 'up_proj'], layers: [1] })).toEqual(
      all.filter((name) => name.includes('.layers.1.')),
    )
  })

  it.each([
    [{ targets: 'q_proj' }, /no module/],
    [{ targets: ['q_proj'], layers: [0, 7] }, /layer 7 has none of the targets/],
  ])('that are not there are named: %j', async (mode, message) => {
    await expect(chosenBy(mode)).rejects.toThrow(message)
  })

  it('chosen by an expression are so in the adapter’s config, those of layers by their names', async () => {
    const configOf = async (mode: object, out: string): Promise<Record<string, unknown>> => {
      const recipe = { ...recipeOf({ kind: 'lora', ...mode, rank: 2 }), epochs: 1 }
      const data = [join(folder, 'data.jsonl')]
      await train({ model: base, data, out: join(folder, out), recipe, device: 'cpu', threads: 1 })
      return JSON.parse(await readFile(join(folder, out, 'adapter', 'adapter_config.json'), 'utf8'))
    }
    const byPattern = await configOf({ targets: '.*\\.q_proj' }, 'pattern')
    expect(byPattern['target_modules']).toBe('.*\\.q_proj')
    expect(byPattern['task_type']).toBe('CAUSAL_LM')
    const byLayer = await configOf({ targets: ['q_proj'], layers: [1] }, 'layers')
    expect(byLayer['target_modules']).toEqual(['model.layers.1.self_attn.q_proj'])
    expect((await readAdapter(join(folder, 'layers', 'adapter'))).modules).toHaveLength(1)
  }, 120_000)
})

describe('the first A', () => {
  it.each(['uniform', 'gaussian'] as const)('is %s as PEFT’s', async (initialA) => {
    const opened = await openBase(base)
    const recipe = recipeOf({ kind: 'lora', targets: ['q_proj'], rank: 8, initialA })
    const trainable = trainableOf(opened, recipe)
    if (trainable.kind !== 'lora') throw new Error('adapters were asked for')
    const [first] = trainable.sites
    const inSize = first?.module.inSize ?? 1
    const slot = { name: 'base_model.model.q.lora_A.weight', dims: [8, inSize], offset: 0, size: 8 * inSize }
    const values = await initialParameters([slot], recipe, opened)
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)
    const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    // Of a uniform value in ±1/√in the deviation is 1/√(3·in).
    const expected = initialA === 'uniform' ? 1 / Math.sqrt(3 * inSize) : 1 / 8
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.1)
    expect(largest <= 1 / Math.sqrt(inSize)).toBe(initialA === 'uniform')
  })
})

describe('full training of some parameters', () => {
  it('leaves the others as they are, and writes all', async () => {
    const recipe = { ...recipeOf({ kind: 'full', parameters: '.*layers\\.1\\..*' }), epochs: 1 }
    const out = join(folder, 'some')
    const data = [join(folder, 'data.jsonl')]
    await train({ model: base, data, out, recipe, device: 'cpu', threads: 1 })
    const before = await readAllFloat32(join(base, 'model.safetensors'))
    const after = await readAllFloat32(join(out, 'model.safetensors'))
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort())
    const changed = [...after].filter(([name, values]) => values.some((x, i) => x !== before.get(name)?.[i]))
    expect(changed.length).toBeGreaterThan(5)
    for (const [name] of changed) expect(name).toContain('.layers.1.')
  }, 120_000)

  it('is refused where the expression matches nothing', async () => {
    const opened = await openBase(base)
    expect(() => trainableOf(opened, recipeOf({ kind: 'full', parameters: 'lm' }))).toThrow(/matches whole/)
  })
})
