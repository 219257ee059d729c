// Protects: training that stays on a device takes the processor's steps: AdamW as a graph, and whole runs on WebGPU.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { isDeviceAvailable, openSession } from '../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../src/model/session-tensor.ts'
import { train, type TrainingResult } from '../../../src/train/index.ts'
import { createAdamW } from '../../../src/train/optimizer/adamw.ts'
import { clipByNorm } from '../../../src/train/optimizer/clipping.ts'
import { adamwGraph } from '../../../src/train/resident.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

/** SwiftShader, a Vulkan driver without a GPU, where Debian's chromium package puts it. */
const SOFTWARE_GPU = '/usr/lib/chromium/vk_swiftshader_icd.json'
if (process.env['VK_ICD_FILENAMES'] === undefined && existsSync(SOFTWARE_GPU)) {
  process.env['VK_ICD_FILENAMES'] = SOFTWARE_GPU
}
const hasWebgpu = await isDeviceAvailable('webgpu')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-resident-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const COUNT = 300

describe('AdamW as a graph', () => {
  test.each([0, 0.5])('takes the host’s steps, with a bound of %d on the norm', async (gradientNormMax) => {
    const rng = new SeededRng('resident')
    const random = (): Float32Array => Float32Array.from({ length: COUNT }, () => rng.float() - 0.5)
    const constants = { betas: [0.9, 0.99], epsilon: 1e-8 } as const
    const session = await openSession({ model: adamwGraph(COUNT, constants), device: 'cpu', threads: 1 })
    const weightDecay = 0.1
    const host = createAdamW(COUNT, { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay })
    const expected = random()
    const decays = Uint8Array.from({ length: COUNT }, (_, i) => i % 2)
    let held: readonly Float32Array[] = [expected.slice(), new Float32Array(COUNT), new Float32Array(COUNT)]
    for (let step = 1; step <= 5; step++) {
      const learningRate = 0.01 / step
      const sum = random()
      const gradient = sum.map((element) => element / 7)
      const norm = clipByNorm(gradient, gradientNormMax)
      host.step(expected, gradient, { learningRate, step, decays })
      const scalar = (value: number) => floatTensor([1], Float32Array.of(value))
      const vector = (values: Float32Array = new Float32Array(COUNT)) => floatTensor([COUNT], values)
      const names = ['parameters_next', 'first_next', 'second_next', 'norm'] as const
      const results = await session.run(
        {
          parameters: vector(held[0]),
          first: vector(held[1]),
          second: vector(held[2]),
          accumulated: vector(sum),
          decay_mask: vector(Float32Array.from(decays)),
          scale: scalar(1 / 7),
          norm_max: scalar(gradientNormMax > 0 ? gradientNormMax : 3.4e38),
          rate: scalar(learningRate / (1 - 0.9 ** step)),
          root_correction: scalar(Math.sqrt(1 - 0.99 ** step)),
          shrink: scalar(learningRate * weightDecay),
        },
        names,
      )
      held = [floatsOf(results.parameters_next), floatsOf(results.first_next), floatsOf(results.second_next)]
      expect(floatsOf(results.norm)[0]).toBeCloseTo(norm, 5)
    }
    for (let i = 0; i < COUNT; i++) expect(held[0]?.[i]).toBeCloseTo(expected[i] ?? Number.NaN, 5)
    await session.close()
  })
})

describe.skipIf(!hasWebgpu)('on WebGPU (skipped without a Vulkan driver)', () => {
  const run = async (device: 'cpu' | 'webgpu', name = device): Promise<TrainingResult> => {
    const model = await makeTinyBase(join(folder, 'base'))
    const data = join(folder, 'data.jsonl')
    await writeFile(data, ruleLines(20))
    return train({
      model,
      data: [data],
      out: join(folder, name),
      threads: 1,
      device,
      recipe: {
        mode: { kind: 'lora', targets: ['q_proj', 'v_proj', 'up_proj'], rank: 4, alpha: 8 },
        epochs: 2,
        batchSize: 4,
        accumulation: 2,
        learningRate: 1e-2,
        weightDecay: 0.01,
        validateEverySteps: 1,
        patience: 0,
      },
    })
  }

  test('several steps have the losses of a run on the processor, and the profile says where', async () => {
    const there = await run('webgpu')
    const here = await run('cpu')
    expect(there.history).toHaveLength(here.history.length)
    expect(here.history.length).toBeGreaterThan(4)
    here.history.forEach(({ trainLoss, validationLoss }, i) => {
      const other = there.history[i]
      if (trainLoss !== null) expect(other?.trainLoss).toBeCloseTo(trainLoss, 3)
      expect(other?.validationLoss).toBeCloseTo(validationLoss ?? Number.NaN, 3)
    })
    expect(here.placement?.providers).toEqual({ CPUExecutionProvider: expect.any(Number) })
    expect(there).toMatchObject({ device: 'webgpu', placement: { asked: 'webgpu', fallbacks: {} } })
    expect(there.placement?.providers['WebGpuExecutionProvider']).toBeGreaterThan(100)
    const written: unknown = JSON.parse(await readFile(join(folder, 'webgpu', 'training.json'), 'utf8'))
    expect(written).toEqual(there)
  }, 180_000)
})
