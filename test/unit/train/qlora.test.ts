// Protects: adapters trained on a base in four bits: the loss falls, a killed run resumes to the byte, they load and measure.
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evaluateLosses } from '../../../src/evaluate/index.ts'
import { readAdapter } from '../../../src/model/peft.ts'
import { train, type TrainingOptions } from '../../../src/train/index.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

let folder = ''
let model = ''
let data = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-qlora-'))
  // Download caches are made of links: the base is reached through one, at another depth.
  await makeTinyBase(join(folder, 'cache', 'deep', 'base'))
  model = join(folder, 'base')
  await symlink(join(folder, 'cache', 'deep', 'base'), model)
  data = join(folder, 'data.jsonl')
  await writeFile(data, ruleLines(52))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const QUANTISE = { kind: 'int4', blockSize: 32 } as const
const optionsOf = (name: string): TrainingOptions => ({
  model,
  data: [data],
  out: join(folder, name),
  threads: 1,
  checkpointEverySteps: 1,
  recipe: {
    quantise: QUANTISE,
    epochs: 4,
    learningRate: 1e-2,
    patience: 0,
    mode: { kind: 'lora', targets: ['all-linear'] },
  },
})

describe('training on a base in four bits', () => {
  test('lowers the loss, says what it did to the base, and goes on where it was stopped', async () => {
    const whole = await train(optionsOf('whole'))
    expect(whole.validationLoss?.best).toBeLessThan((whole.validationLoss?.before ?? 0) * 0.8)
    expect(whole.recipe.quantise).toEqual(QUANTISE)
    const { modules = [], sizeBytes } = whole.quantisation ?? {}
    expect(modules.map(({ name }) => name)).toEqual(whole.modules)
    expect(modules.every(({ relativeError }) => relativeError > 0.01 && relativeError < 0.12)).toBe(true)
    expect(sizeBytes?.after).toBeLessThan((sizeBytes?.before ?? 0) * 0.2)
    expect(await readdir(join(folder, 'whole'))).toContain('quantised-int4-32.safetensors')

    const controller = new AbortController()
    const onProgress = ({ done, unit }: { done: number; unit: string }) => {
      if (unit === 'step' && done >= 5) controller.abort()
    }
    const killed = train(optionsOf('killed'), { signal: controller.signal, onProgress })
    await expect(killed).rejects.toMatchObject({ info: { code: 'CANCELLED' } })
    const resumed = await train(optionsOf('killed'))
    expect(resumed.resumedFromStep).toBeGreaterThanOrEqual(4)
    expect(resumed.history).toEqual(whole.history)
    expect(resumed.quantisation).toEqual(whole.quantisation)
    const adapterOf = (name: string) => readFile(join(folder, name, 'adapter', 'adapter_model.safetensors'))
    expect(await adapterOf('killed')).toEqual(await adapterOf('whole'))

    const adapters = [
      { name: 'base', adapter: null },
      { name: 'adapter', adapter: whole.out },
    ]
    const onFour = await evaluateLosses({ model, adapters, data: [data], threads: 1, quantise: QUANTISE })
    const onFull = await evaluateLosses({ model, adapters, data: [data], threads: 1 })
    const losses = [onFour, onFull].map(({ results }) => results.map(({ loss }) => loss))
    // Names are those of the original's modules: the adapter helps there as well, if less than where it was trained.
    expect(losses[0]?.[1]).toBeLessThan((losses[0]?.[0] ?? 0) * 0.8)
    expect(losses[1]?.[1]).toBeLessThan((losses[1]?.[0] ?? 0) * 0.9)
    expect(losses[0]?.[0]).not.toBe(losses[1]?.[0])
    expect((await readAdapter(whole.out)).modules).toHaveLength(14)
  })

  test('is refused for every parameter, before anything is written', async () => {
    const options = optionsOf('full')
    const recipe = { quantise: QUANTISE, mode: { kind: 'full' } } as const
    await expect(train({ ...options, recipe })).rejects.toMatchObject({
      info: { code: 'TRAIN_OPTION_INVALID', option: 'recipe.quantise' },
    })
    expect(await readdir(folder)).not.toContain('full')
  })
})
