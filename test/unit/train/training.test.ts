// Protects real training runs: the loss falls, the adapter loads and measures as it was trained, a killed run resumes.
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isRoundError } from '../../../src/core/errors.ts'
import { evaluateLosses } from '../../../src/evaluate/index.ts'
import { loadDecoder } from '../../../src/model/hf-decoder.ts'
import { readAdapter, writeAdapter } from '../../../src/model/peft.ts'
import { train, type TrainingOptions } from '../../../src/train/index.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

let folder = ''
let model = ''
let data = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-training-'))
  model = await makeTinyBase(join(folder, 'base'))
  data = join(folder, 'data.jsonl')
  await writeFile(data, ruleLines(52))
  await writeFile(join(folder, 'test.jsonl'), ruleLines(26, 3))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const optionsOf = (name: string, fields: Partial<TrainingOptions> = {}): TrainingOptions => ({
  model,
  data: [data],
  out: join(folder, name),
  threads: 1,
  ...fields,
  recipe: {
    mode: { kind: 'lora', targets: ['q_proj', 'v_proj', 'up_proj'], rank: 4, alpha: 8 },
    epochs: 6,
    batchSize: 13,
    learningRate: 2e-2,
    ...fields.recipe,
  },
})

describe('train', () => {
  test('makes a PEFT adapter with a lower loss, and evaluates to what it measured', async () => {
    const steps: number[] = []
    const result = await train(optionsOf('first'), { onProgress: ({ done }) => steps.push(done) })
    expect(result.validationLoss?.best).toBeLessThan((result.validationLoss?.before ?? 0) * 0.85)
    expect(result.samples).toEqual({ training: 47, validation: 5 })
    expect(steps.at(-1)).toBe(24)
    expect(await readdir(join(folder, 'first'))).toEqual(['adapter', 'training.json'])
    expect(JSON.parse(await readFile(join(folder, 'first', 'training.json'), 'utf8'))).toEqual(result)
    const { modules, config } = await readAdapter(result.out)
    expect(modules.map(({ name }) => name)).toEqual([...result.modules].sort())
    expect(config).toMatchObject({ rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj', 'up_proj'] })
    const losses = await evaluateLosses({
      model,
      threads: 1,
      data: [data, join(folder, 'test.jsonl')],
      adapters: [
        { name: 'base', adapter: null },
        { name: 'own', adapter: result.out },
      ],
    })
    const [base, own] = losses.results
    expect(base?.loss).toBeGreaterThan(5)
    expect(own?.loss).toBeLessThan((base?.loss ?? 0) * 0.85)
    // Each token counts alike: the whole is between its files, weighted by their tokens.
    const weighed = (own?.files ?? []).reduce((sum, file) => sum + file.loss * file.targetTokens, 0)
    expect(own?.loss).toBeCloseTo(weighed / losses.targetTokens, 10)
  })

  test('raises an alarm where the learning rate is absurd, in its notes and in its summary', async () => {
    const notes: string[] = []
    const recipe = {
      mode: { kind: 'full' as const },
      learningRate: 0.5,
      epochs: 2,
      patience: 0,
      warmupShare: 0,
    }
    const result = await train(optionsOf('absurd', { recipe }), {
      onProgress: ({ note }) => notes.push(note ?? ''),
    })
    const [alarm] = result.alarms
    expect(alarm).toMatchObject({ kind: 'diverging', step: 4 })
    expect(notes).toContain(`diverging: ${alarm?.sentence}`)
  })

  const variants = {
    AdamW: {},
    'Lion with rsLoRA, dropout and ranks of their own': {
      optimizer: 'lion',
      learningRate: 2e-3,
      mode: {
        kind: 'lora',
        targets: ['q_proj', 'up_proj'],
        rank: 4,
        rsLora: true,
        dropout: 0.2,
        rankPattern: { 'layers\\.0\\..*': 2 },
      },
    },
    'SGD on B alone': {
      optimizer: 'sgd',
      learningRate: 0.5,
      mode: { kind: 'lora', targets: ['all-linear'], exclude: ['down_proj'], rank: 4, freezeA: true },
    },
  } satisfies Record<string, TrainingOptions['recipe']>

  test.each(Object.keys(variants))(
    '%s: killed and started again, it ends with the very bytes of a run that was not',
    (name) => killAndResume(name, variants[name as keyof typeof variants]),
  )

  async function killAndResume(title: string, recipe: TrainingOptions['recipe']): Promise<void> {
    const fields = { checkpointEverySteps: 1, recipe: { patience: 0, ...recipe } }
    const adapterOf = (name: string) => readFile(join(folder, name, 'adapter', 'adapter_model.safetensors'))
    const whole = await train(optionsOf(`${title}/whole`, fields))
    const controller = new AbortController()
    const onProgress = ({ done }: { done: number }) => {
      if (done >= 9) controller.abort()
    }
    const killed = train(optionsOf(`${title}/killed`, fields), { signal: controller.signal, onProgress })
    await expect(killed).rejects.toMatchObject({ info: { code: 'CANCELLED' } })
    expect(await readdir(join(folder, title, 'killed'))).toContain('checkpoint.safetensors')
    const resumed = await train(optionsOf(`${title}/killed`, fields))
    expect(resumed.resumedFromStep).toBeGreaterThanOrEqual(8)
    expect(resumed.history).toEqual(whole.history)
    expect(await adapterOf(`${title}/killed`)).toEqual(await adapterOf(`${title}/whole`))
    expect(whole.validationLoss?.best).toBeLessThan(whole.validationLoss?.before ?? 0)
  }

  test('rsLoRA, rank patterns, exclusions and a frozen A are in the adapter as PEFT reads them', async () => {
    const lion = join(folder, 'Lion with rsLoRA, dropout and ranks of their own', 'whole', 'adapter')
    const rs = await readAdapter(lion)
    expect(JSON.parse(await readFile(join(lion, 'adapter_config.json'), 'utf8'))).toMatchObject({
      lora_dropout: 0.2,
    })
    for (const { name, rank, scale } of rs.modules) {
      expect(rank).toBe(name.includes('layers.0') ? 2 : 4)
      expect(scale).toBeCloseTo(16 / Math.sqrt(rank), 6)
    }
    const frozen = await readAdapter(join(folder, 'SGD on B alone', 'whole', 'adapter'))
    expect(frozen.modules.some(({ name }) => name.endsWith('down_proj'))).toBe(false)
    expect(frozen.modules.some(({ name }) => name.endsWith('gate_proj'))).toBe(true)
    // Another run of the same seed has the same A: only B was trained.
    const recipe = { ...variants['SGD on B alone'], epochs: 1 }
    const { out } = await train(optionsOf('other-b', { recipe }))
    const other = await readAdapter(out)
    other.modules.forEach(({ a, b }, i) => {
      expect(a).toEqual(frozen.modules[i]?.a)
      expect(b).not.toEqual(frozen.modules[i]?.b)
    })
  })

  test('in full mode makes a model folder that loads, with a lower loss', async () => {
    const recipe = { mode: { kind: 'full' }, epochs: 4, learningRate: 5e-3 } as const
    const result = await train(optionsOf('full', { recipe }))
    expect(result.validationLoss?.best).toBeLessThan((result.validationLoss?.before ?? 0) * 0.7)
    const { config } = await loadDecoder(result.out)
    expect(config.vocabSize).toBe(384)
    const { results } = await evaluateLosses({ model: result.out, threads: 1, data: [data] })
    expect(results[0]?.loss).toBeLessThan(4)
  })
})

describe('evaluate', () => {
  test('measures adapters of mixed ranks as the sum of what they do', async () => {
    // The same ΔW as rank 4, and split over ranks 1 and 3 of a rank pattern: the loss is the same.
    const { out } = await train(optionsOf('mixed', { recipe: { epochs: 1 } }))
    const { modules } = await readAdapter(out)
    const padded = modules.map((module, i) => {
      const extra = i % 3
      const rank = module.rank + extra
      const a = new Float32Array(rank * module.in)
      a.set(module.a)
      a.fill(0.5, module.rank * module.in)
      const b = new Float32Array(module.out * rank)
      for (let row = 0; row < module.out; row++) {
        b.set(module.b.subarray(row * module.rank, (row + 1) * module.rank), row * rank)
      }
      return { ...module, rank, a, b }
    })
    await writeAdapter(join(folder, 'padded'), padded)
    const adapters = [
      { name: 'as trained', adapter: out },
      { name: 'padded', adapter: join(folder, 'padded') },
    ]
    const { results } = await evaluateLosses({ model, threads: 1, data: [data], adapters })
    expect(results[1]?.loss).toBeCloseTo(results[0]?.loss ?? 0, 5)
    expect(results[0]?.loss).not.toBeCloseTo(5.9, 2)
  })
})

describe('bad input is refused with its code, and named', () => {
  const codeOf = async (work: Promise<unknown>): Promise<unknown> => {
    const error: unknown = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    return isRoundError(error) ? { ...error.info, text: error.message } : error
  }

  test('a line that is no JSON: file and line', async () => {
    const bad = join(folder, 'bad.jsonl')
    await writeFile(bad, `${ruleLines(3)}{"prompt"\n`)
    const fault = await codeOf(train(optionsOf('bad', { data: [bad] })))
    expect(fault).toMatchObject({
      code: 'DATA_INVALID',
      file: bad,
      line: 4,
      text: expect.stringContaining(`${bad}:4`),
    })
  })

  test('empty data: the file', async () => {
    const empty = join(folder, 'empty.jsonl')
    await writeFile(empty, '\n')
    expect(await codeOf(train(optionsOf('empty', { data: [empty] })))).toMatchObject({
      code: 'DATA_EMPTY',
      file: empty,
    })
  })

  test('an unknown target module: the near ones', async () => {
    const recipe: TrainingOptions['recipe'] = { mode: { kind: 'lora', targets: ['q_prj'] } }
    const fault = await codeOf(train(optionsOf('target', { recipe })))
    expect(fault).toMatchObject({
      code: 'MODULE_UNKNOWN',
      target: 'q_prj',
      near: expect.arrayContaining(['q_proj']),
    })
  })

  test('an adapter of another base: the module', async () => {
    const foreign = join(folder, 'foreign')
    const [a, b] = [new Float32Array(6), new Float32Array(10)]
    await writeAdapter(foreign, [
      { name: 'model.layers.0.self_attn.q_proj', rank: 2, scale: 1, in: 3, out: 5, a, b },
    ])
    const fault = codeOf(evaluateLosses({ model, data: [data], adapters: [{ name: 'x', adapter: foreign }] }))
    expect(await fault).toMatchObject({ code: 'ADAPTER_MISMATCH', module: 'model.layers.0.self_attn.q_proj' })
  })

  test('options out of range or unknown: the option, before any process is started', async () => {
    const wrong = { ...optionsOf('wrong'), recipe: { epochs: 0 } }
    expect(await codeOf(train(wrong))).toMatchObject({
      code: 'TRAIN_OPTION_INVALID',
      option: 'recipe.epochs',
    })
    const unknown: object = { ...optionsOf('wrong'), speed: 3 }
    const fault = await codeOf(train(unknown as TrainingOptions))
    expect(fault).toMatchObject({ code: 'TRAIN_OPTION_INVALID', option: 'speed' })
  })

  test('a checkpoint of other data', async () => {
    const out = optionsOf('foreign-run', { checkpointEverySteps: 1 })
    const controller = new AbortController()
    const onProgress = ({ done }: { done: number }) => (done >= 2 ? controller.abort() : undefined)
    await codeOf(train(out, { signal: controller.signal, onProgress }))
    const fault = codeOf(train({ ...out, data: [join(folder, 'test.jsonl')] }))
    expect(await fault).toMatchObject({ code: 'CHECKPOINT_FOREIGN' })
  })
})

describe('a base in a download cache', () => {
  test('trains though its files are links, as the hub’s cache lays them out', async () => {
    const blobs = await makeTinyBase(join(folder, 'blobs'))
    const snapshot = join(folder, 'snapshot')
    await mkdir(snapshot)
    for (const name of await readdir(blobs)) await symlink(join(blobs, name), join(snapshot, name))
    const linked = await train({ ...optionsOf('linked', { recipe: { epochs: 1 } }), model: snapshot })
    const plain = await train({ ...optionsOf('plain', { recipe: { epochs: 1 } }), model: blobs })
    expect(linked.base).toEqual(plain.base)
    expect(linked.history).toEqual(plain.history)
  })
})
