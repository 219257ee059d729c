// Protects: what is trained whole beside adapters has the gradients of full training, starts from the base, is pulled to it, is
// saved as PEFT's modules_to_save, counts in evaluation, generation and merging; words that choose nothing are refused.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluateLosses as evaluate } from '../../../src/evaluate/index.ts'
import { merge } from '../../../src/export/merge.ts'
import { loadDecoder } from '../../../src/model/hf-decoder.ts'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { chooseModules } from '../../../src/model/lora.ts'
import { readAdapter } from '../../../src/model/peft.ts'
import { prepareBase } from '../../../src/train/gradient/prepare.ts'
import { openObjective } from '../../../src/train/objective.ts'
import { createPull } from '../../../src/train/pull.ts'
import { train } from '../../../src/train/index.ts'
import { readInitializer, savedName, wholeSites } from '../../../src/train/whole.ts'
import { openBase } from '../../../src/train/base.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

let folder = ''
let base = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-whole-'))
  base = await makeTinyBase(join(folder, 'base'))
  await writeFile(join(folder, 'data.jsonl'), ruleLines(24))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const CHOICE = { modulesToSave: ['lm_head', 'model.norm'], bias: 'none' } as const

describe('the graph', () => {
  it('gives what is trained whole the gradients that full training gives it', async () => {
    const { model, readData } = await openBase(base)
    const linear = findLinearModules(model)
    const adapted = chooseModules(linear, ['q_proj'])
    const whole = wholeSites(model, linear, adapted, CHOICE)
    expect(whole.map(({ name }) => name)).toEqual(['lm_head.weight', 'model.norm.weight'])
    const shared = { model, weightsFolder: base, loss: 'causal-lm', device: 'cpu', threads: 1 } as const
    const sites = adapted.map((module) => ({ module, rank: 2, scale: 1 }))
    const slotsOf = whole.map(({ name, dims }) => ({ initializer: name, slot: savedName(name), dims }))
    const adapters = await openObjective({ ...shared, trainable: { kind: 'lora', sites, whole: slotsOf } })
    const names = new Set(whole.map(({ name }) => name))
    const full = await openObjective({
      ...shared,
      trainable: { kind: 'full', isTrained: (name) => names.has(name) },
    })
    const { dataset } = await readData([join(folder, 'data.jsonl')])
    const batch = dataset.collate([0, 1, 2])
    const gradientsOf = async (objective: typeof full, nameOf: (parameter: string) => string) => {
      const parameters = new Float32Array(objective.parameterCount)
      for (const { name } of whole) {
        const slot = objective.slots.find((each) => each.name === nameOf(name))
        parameters.set(await readInitializer(model, name, base), slot?.offset ?? 0)
      }
      const { gradient, lossSum } = await objective.lossAndGradient(parameters, batch)
      const cut = whole.map(({ name }) => {
        const slot = objective.slots.find((each) => each.name === nameOf(name))
        return gradient.slice(slot?.offset ?? 0, (slot?.offset ?? 0) + (slot?.size ?? 0))
      })
      return { lossSum, cut }
    }
    const one = await gradientsOf(adapters, savedName)
    const other = await gradientsOf(full, (name) => name)
    expect(one.lossSum).toBeCloseTo(other.lossSum, 4)
    for (const [i, gradient] of one.cut.entries()) {
      const largest = Math.max(...(other.cut[i] ?? []).map(Math.abs))
      expect(largest).toBeGreaterThan(0)
      for (const [k, value] of gradient.entries())
        expect(Math.abs(value - (other.cut[i]?.[k] ?? 0))).toBeLessThan(1e-5 * largest)
    }
    await adapters.close()
    await full.close()
  })

  it.each([
    [['lm_hat'], 'no module of the base'],
    [['q_proj'], 'gets an adapter'],
  ])('refuses %j', async (modulesToSave, reason) => {
    const model = prepareBase((await loadDecoder(base)).model)
    const linear = findLinearModules(model)
    const choose = () =>
      wholeSites(model, linear, chooseModules(linear, ['q_proj']), { modulesToSave, bias: 'none' })
    expect(choose).toThrowError(reason)
  })
})

it('is pulled to where it started', () => {
  const slots = [{ name: savedName('norm.weight'), dims: [3], offset: 0, size: 3 }]
  const whole = [{ initializer: 'norm.weight', slot: savedName('norm.weight'), dims: [3] }]
  const initial = Float32Array.of(1, 2, 3)
  const pull = createPull({ trainable: { kind: 'lora', sites: [], whole }, slots, initial, strength: 0.5 })
  const moved = Float32Array.of(1, 4, 3)
  expect(pull.penalty(moved)).toBeCloseTo(0.25 * 4, 12)
  const gradient = new Float32Array(3)
  pull.addGradient(moved, gradient, 1)
  expect([...gradient]).toEqual([0, 1, 0])
})

describe('a run', () => {
  const trainOne = async (name: string, seed: string) =>
    train({
      model: base,
      data: [join(folder, 'data.jsonl')],
      validation: [join(folder, 'data.jsonl')],
      out: join(folder, name),
      threads: 1,
      recipe: {
        epochs: 2,
        learningRate: 0.01,
        seed,
        mode: { kind: 'lora', targets: ['q_proj'], rank: 2, modulesToSave: [...CHOICE.modulesToSave] },
      },
    })

  it('saves, evaluates and merges what it trained whole', { timeout: 120_000 }, async () => {
    const first = await trainOne('first', 'a')
    const second = await trainOne('second', 'b')
    const { whole, config } = await readAdapter(first.out)
    expect(config.modulesToSave).toEqual(['lm_head', 'model.norm'])
    const { model } = await loadDecoder(base)
    for (const { name, values } of whole) {
      const before = await readInitializer(model, name, base)
      expect(values.some((value, i) => Math.abs(value - (before[i] ?? 0)) > 1e-4)).toBe(true)
    }
    const measured = await evaluate({
      model: base,
      data: [join(folder, 'data.jsonl')],
      adapters: [{ name: 'first', adapter: first.out }],
      threads: 1,
    })
    const loss = measured.results.find(({ adapter }) => adapter !== null)?.loss
    expect(loss).toBeCloseTo(first.validationLoss?.best ?? 0, 4)

    const adapters = [first.out, second.out]
    await expect(merge({ adapters, rule: 'mean', out: join(folder, 'none') })).rejects.toMatchObject({
      info: { code: 'MERGE_OPTION', option: '--base' },
    })
    const out = join(folder, 'merged')
    await merge({ adapters, rule: 'mean', out, baseModel: base })
    const [merged, other] = [await readAdapter(out), await readAdapter(second.out)]
    expect(merged.whole.map(({ name }) => name)).toEqual(whole.map(({ name }) => name))
    for (const [i, { values }] of merged.whole.entries())
      for (const [k, value] of values.entries())
        expect(value).toBeCloseTo(((whole[i]?.values[k] ?? 0) + (other.whole[i]?.values[k] ?? 0)) / 2, 5)
  })
})
