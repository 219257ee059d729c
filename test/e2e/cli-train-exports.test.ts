// Protects: `oneround train` and `evaluate` on exported graphs of every task, adapters named as PEFT names them, bad lines named.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeModel } from '../../src/model/onnx-encode.ts'
import { DataType } from '../../src/model/graph.ts'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { loadDecoder } from '../../src/model/hf-decoder.ts'
import { locateTensors } from '../../src/model/weights.ts'
import { byteLevelTokenizerFiles } from '../../src/model/tokenizer.ts'
import { fixtureModel, fixturePath } from '../fixtures/reference.ts'
import { errorOf, oneround } from '../support/cli.ts'
import { makeTinyBase, ruleLines } from '../unit/train/tiny-base.ts'

let folder = ''
const run = (...args: readonly string[]) => oneround([...args, '--json'], { cwd: folder })

const DATA = {
  llama: 'rules.jsonl',
  qwen2: 'rules.jsonl',
  gpt2: 'rules.jsonl',
  bert: 'texts.jsonl',
  vit: 'images.jsonl',
  unet: 'noise.jsonl',
} as const
type Model = keyof typeof DATA
const TASKS: Readonly<Record<Model, string>> = {
  llama: 'causal-lm',
  qwen2: 'causal-lm',
  gpt2: 'causal-lm',
  bert: 'sequence-classification',
  vit: 'image-classification',
  unet: 'denoising',
}

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** A text's label is a word of it, so that it can be learned. */
const texts = Array.from({ length: 16 }, (_, i) => ({
  text: `${'abcde'.charAt(i % 5).repeat(3)} ${i}`,
  ...(i % 3 === 0 ? { text_pair: `pair ${i}` } : {}),
  label: i % 2 === 0 ? i % 5 : `LABEL_${i % 5}`,
}))

async function writeBase(model: Model, exporter: string): Promise<void> {
  const base = join(folder, `${model}-${exporter}`)
  await mkdir(base)
  await copyFile(fixturePath(model, `${exporter}.onnx`), join(base, 'model.onnx'))
  if (model !== 'unet') await copyFile(fixturePath(model, 'config.json'), join(base, 'config.json'))
  if (model === 'unet' || model === 'vit') return
  const { tokenizer, config } = byteLevelTokenizerFiles(128)
  const special = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } })
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } })
  const end = special('<|end|>', 0)
  const processor = {
    type: 'TemplateProcessing',
    single: [special('<|pad|>', 0), sequence('A', 0), end],
    pair: [special('<|pad|>', 0), sequence('A', 0), end, sequence('B', 1), special('<|end|>', 1)],
    special_tokens: {
      '<|pad|>': { id: '<|pad|>', ids: [0], tokens: ['<|pad|>'] },
      '<|end|>': { id: '<|end|>', ids: [1], tokens: ['<|end|>'] },
    },
  }
  const whole = model === 'bert' ? { ...tokenizer, post_processor: processor } : tokenizer
  await writeFile(join(base, 'tokenizer.json'), JSON.stringify(whole))
  await writeFile(join(base, 'tokenizer_config.json'), JSON.stringify(config))
}

async function writeNoise(): Promise<void> {
  const shapes = {
    sample: [8, 4, 16, 16],
    timestep: [8],
    encoder_hidden_states: [8, 6, 32],
    noise: [8, 4, 16, 16],
  }
  const layout = Object.entries(shapes).map(([name, shape]) => ({ name, dtype: 'F32', shape }))
  const { prefix, header } = encodeHeader(layout)
  const values = header.entries.flatMap(({ shape }) => {
    const size = shape.reduce((product, dim) => product * dim, 1)
    const floats = Float32Array.from({ length: size }, (_, i) => (size === 8 ? i : Math.sin(i * 0.7)))
    return [new Uint8Array(floats.buffer)]
  })
  await writeFile(join(folder, 'noise.safetensors'), Buffer.concat([prefix, ...values]))
  const rows = Array.from({ length: 8 }, (_, row) => ({ file: 'noise.safetensors', row }))
  await writeFile(join(folder, 'noise.jsonl'), lines(rows))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-exports-'))
  await writeFile(join(folder, 'rules.jsonl'), ruleLines(12))
  await writeFile(join(folder, 'texts.jsonl'), lines(texts))
  const images = []
  for (let i = 0; i < 8; i++) {
    const background = { r: (i % 2) * 255, g: i * 20, b: 40 }
    const image = sharp({ create: { width: 40 + i, height: 36, channels: 3, background } })
    await (i % 2 === 0 ? image.png() : image.jpeg()).toFile(join(folder, `${i}.img`))
    images.push({ image: `${i}.img`, label: i % 2 })
  }
  await writeFile(join(folder, 'images.jsonl'), lines(images))
  await writeNoise()
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Both exporters of a language model and of a denoiser; gradients of all exports are checked elsewhere. */
const ROWS = Object.keys(DATA).flatMap((model) =>
  (model === 'llama' || model === 'unet' ? ['dynamo', 'script'] : ['dynamo']).map(
    (exporter) => [model as Model, exporter] as const,
  ),
)

const WINDOWS = [
  'base_model.model.conv_in.lora_A.weight 4,4,3,3',
  'base_model.model.conv_in.lora_B.weight 16,4,1,1',
]

describe('an exported graph', () => {
  it.each(ROWS)('%s (%s) is trained and evaluated', { timeout: 120_000 }, async (model, exporter) => {
    await writeBase(model, exporter)
    const base = `${model}-${exporter}`
    const peft = JSON.parse(await readFile(fixturePath(model, 'adapter', 'adapter_config.json'), 'utf8'))
    // A denoiser's adapters go on its convolutions, too: A has their window.
    const windows = model === 'unet' ? WINDOWS : []
    const targets = [
      ...(peft.target_modules as readonly string[]),
      ...(windows.length > 0 ? ['conv_in'] : []),
    ].join(',')
    const given = [
      '--targets',
      targets,
      '--rank',
      '4',
      '--threads',
      '1',
      '--batch',
      '4',
      '--epochs',
      '1',
      '--rate',
      '0.01',
      '--validation',
      DATA[model],
    ]
    const out = `${base}-out`
    const end = await run('train', '--model', base, '--data', DATA[model], '--out', out, ...given)
    expect(end.status, end.stderr).toBe(0)
    expect(end.document).toMatchObject({ task: TASKS[model] })
    const files = Object.keys(end.document?.['base'] as object)
    expect(files).toContain('model.onnx')
    const shapesOf = async (path: string) =>
      [...(await locateTensors(path))].map(([name, { shape }]) => `${name} ${shape.join()}`).sort()
    const ours = await shapesOf(join(folder, out, 'adapter', 'adapter_model.safetensors'))
    const fixture = await shapesOf(fixturePath(model, 'adapter', 'adapter_model.safetensors'))
    expect(ours).toEqual([...fixture, ...windows].sort())
    // Both exporters' graphs are measured alike: once is enough.
    if (exporter === 'script') return
    const file = join(base, 'model.onnx')
    const measured = await run(
      'evaluate',
      '--model',
      file,
      '--adapter',
      join(out, 'adapter'),
      '--data',
      DATA[model],
    )
    expect(measured.status, measured.stderr).toBe(0)
    const results = measured.document?.['results'] as readonly {
      readonly loss: number
      readonly perplexity: number | null
      readonly accuracy?: number
    }[]
    expect(results[1]?.loss).toBeLessThan(results[0]?.loss ?? 0)
    const isClassifier = model === 'bert' || model === 'vit'
    const isText = TASKS[model] === 'causal-lm'
    for (const { perplexity, accuracy } of results) {
      expect(perplexity !== null).toBe(isText)
      expect(accuracy !== undefined).toBe(isClassifier)
      if (accuracy !== undefined) expect(accuracy).toBeLessThanOrEqual(1)
    }
  })

  it(
    'with a cache is trained with an empty one, and gives the losses of one without',
    { timeout: 120_000 },
    async () => {
      await makeTinyBase(join(folder, 'plain'))
      await makeTinyBase(join(folder, 'cached'))
      const { model } = await loadDecoder(join(folder, 'cached'), undefined, { hasCache: true })
      await writeFile(join(folder, 'cached', 'model.onnx'), encodeModel(model))
      const losses = async (base: string): Promise<unknown> => {
        const given = ['--data', 'rules.jsonl', '--epochs', '1', '--threads', '1', '--out', `${base}-out`]
        const end = await run('train', '--model', base, ...given)
        expect(end.status, end.stderr).toBe(0)
        return end.document?.['validationLoss']
      }
      const [cached, plain] = [await losses('cached'), await losses('plain')] as readonly {
        before: number
        best: number
      }[]
      expect(cached?.before).toBeCloseTo(plain?.before ?? 0, 4)
      expect(cached?.best).toBeCloseTo(plain?.best ?? 0, 4)
    },
  )
})

describe('bad input', () => {
  const failure = async (base: string, content: string, name = 'bad.jsonl', ...more: readonly string[]) => {
    await writeFile(join(folder, name), content)
    const end = await run(
      'train',
      '--model',
      base,
      '--data',
      name,
      '--out',
      'none',
      '--targets',
      'value',
      ...more,
    )
    return { status: end.status, error: errorOf(end) }
  }

  it.each([
    ['a label out of range', { text: 'a', label: 5 }, /"label" is 5, expected a whole number from 0 to 4/],
    ['a label that no class has', { text: 'a', label: 'x' }, /"label" "x" is no class/],
    ['a missing text', { label: 1 }, /"text" is missing/],
    ['a pair that is no text', { text: 'a', text_pair: 3, label: 1 }, /"text_pair" is no text/],
  ])('%s names the line', async (_name, row, message) => {
    const { status, error } = await failure('bert-dynamo', lines([{ text: 'fine', label: 1 }, row]))
    expect(status).toBe(3)
    expect(error).toMatchObject({
      code: 'DATA_INVALID',
      file: 'bad.jsonl',
      line: 2,
      message: expect.stringMatching(message),
    })
  })

  it.each([
    ['a broken PNG', 'broken.png', /cannot be decoded/],
    ['an image with too many pixels', 'huge.png', /cannot be decoded/],
    ['an image of another format', 'other.svg', /expected PNG or JPEG/],
    ['an image that is not there', 'absent.png', /no such file/],
  ])('%s names the line', async (_name, image, message) => {
    const size = { width: 9000, height: 9000, channels: 3, background: 'red' } as const
    if (image === 'huge.png') await sharp({ create: size }).png().toFile(join(folder, image))
    if (image === 'broken.png') {
      const whole = await readFile(join(folder, '0.img'))
      await writeFile(join(folder, image), whole.subarray(0, 60))
    }
    if (image === 'other.svg')
      await writeFile(join(folder, image), '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="3"/>')
    const { status, error } = await failure('vit-dynamo', lines([{ image, label: 1 }]))
    expect(status).toBe(3)
    expect(error).toMatchObject({ code: 'DATA_INVALID', line: 1, message: expect.stringMatching(message) })
  })

  it('full training of an export is refused with what to do', async () => {
    const args = ['--model', 'bert-dynamo', '--data', 'texts.jsonl', '--out', 'none', '--full']
    const end = await run('train', ...args)
    expect(errorOf(end)).toMatchObject({ code: 'TRAIN_OPTION_INVALID', option: 'recipe.mode' })
  })

  it('an input that nothing is known of is named', async () => {
    const model = fixtureModel('llama', 'script')
    const inputs = [...model.graph.inputs, { name: 'mystery', dataType: DataType.float, dims: ['batch', 7] }]
    await mkdir(join(folder, 'odd'))
    await writeFile(
      join(folder, 'odd', 'model.onnx'),
      encodeModel({ ...model, graph: { ...model.graph, inputs } }),
    )
    const { error } = await failure('odd', ruleLines(2))
    expect(error).toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringMatching(/mystery \[batch, 7\]/),
    })
  })
})
