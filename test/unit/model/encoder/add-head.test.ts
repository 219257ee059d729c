// Protects: a new head makes a classifier of any checkpoint of a known encoder, the same bytes at every site, and it can be trained.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeHeader } from '../../../../src/core/safetensors.ts'
import { addHead } from '../../../../src/model/encoder/add-head.ts'
import { loadEncoder } from '../../../../src/model/hf-encoder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { readAllFloat32 } from '../../../../src/model/weights.ts'
import { formulaWeight } from '../../../support/formula-base.ts'

interface Case {
  readonly config: Readonly<Record<string, unknown>>
  readonly whole: Readonly<Record<string, readonly [shape: readonly number[], norm: number, product: number]>>
}
const path = fileURLToPath(new URL('../../../vectors/encoders.json', import.meta.url))
const { cases } = JSON.parse(await readFile(path, 'utf8')) as {
  readonly cases: Readonly<Record<string, Case>>
}
const LABELS = ['no', 'yes', 'maybe']

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-head-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

type Shapes = Readonly<Record<string, readonly number[]>>

async function writeModel(name: string, config: object, shapes: Shapes): Promise<string> {
  const folder = join(root, name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  await writeFile(join(folder, 'tokenizer.json'), '{}')
  await writeFile(join(folder, 'pytorch_model.bin'), 'pickled')
  const { prefix, header } = encodeHeader(
    Object.entries(shapes).map(([each, shape]) => ({ name: each, dtype: 'F32', shape })),
  )
  const parts = header.entries.map(({ name: each, shape }) => {
    return new Uint8Array(
      formulaWeight(
        each,
        shape.reduce((size, dim) => size * dim, 1),
      ).buffer,
    )
  })
  await writeFile(join(folder, 'model.safetensors'), Buffer.concat([prefix, ...parts]))
  return folder
}

/** The case's encoder as a checkpoint of another task: its names changed, its head left out. */
const encoderOf = ({ whole }: Case, rename: (name: string) => string): Shapes =>
  Object.fromEntries(
    Object.entries(whole).flatMap(([name, [shape]]) =>
      name.startsWith('classifier') || name.startsWith('pre_classifier') ? [] : [[rename(name), shape]],
    ),
  )

const logitsOf = async (folder: string): Promise<readonly number[]> => {
  const { model } = await loadEncoder(folder)
  const session = await openSession({ model, weightsFolder: folder, device: 'cpu', threads: 1 })
  const fed = {
    input_ids: int64Tensor([2, 3], [2, 3, 4, 4, 3, 2]),
    attention_mask: int64Tensor([2, 3], [1, 1, 1, 1, 1, 0]),
  }
  const { logits } = await session.run(fed, ['logits'])
  await session.close()
  return [...floatsOf(logits)]
}

describe.each(Object.entries(cases))('%s', (name, given) => {
  const [first = ''] = Object.keys(given.whole)
  const [prefix = ''] = first.split('.')
  const config = { ...given.config, architectures: ['SomethingForMaskedLM'] }

  it('becomes a classifier whose encoder is as it was', async () => {
    const language = { ...encoderOf(given, (each) => each), 'lm_head.bias': [7] }
    const folder = await writeModel(`${name}-language`, config, language)
    const out = join(root, `${name}-classifier`)
    const { parameters, modulesToSave } = await addHead({ folder, labels: LABELS, seed: 'a', out })
    const [before, after] = [
      await readAllFloat32(join(folder, 'model.safetensors')),
      await readAllFloat32(join(out, 'model.safetensors')),
    ]
    for (const each of Object.keys(encoderOf(given, (same) => same)))
      expect(after.get(each)).toEqual(before.get(each))
    expect(after.has('lm_head.bias')).toBe(false)
    const last = [...parameters].at(-1)
    expect(last?.[1]).toEqual([3])
    expect(modulesToSave).toContain('classifier')
    const written = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as Record<string, unknown>
    expect(written).toMatchObject({ id2label: { 0: 'no', 1: 'yes', 2: 'maybe' }, label2id: { maybe: 2 } })
    expect(String(written['architectures'])).toMatch(/ForSequenceClassification$/)
    expect(await readFile(join(out, 'tokenizer.json'), 'utf8')).toBe('{}')
    await expect(readFile(join(out, 'pytorch_model.bin'))).rejects.toThrow(/ENOENT/)
    expect(await logitsOf(out)).toHaveLength(2 * 3)
  })

  it('is the same file for the same seed, whether the encoder was saved with its root or without', async () => {
    const bare = encoderOf(given, (each) => each.replace(`${prefix}.`, ''))
    const folder = await writeModel(`${name}-bare`, config, bare)
    const weights = async (seed: string, out: string): Promise<Buffer> => {
      await addHead({ folder, labels: LABELS, seed, out: join(root, out) })
      return readFile(join(root, out, 'model.safetensors'))
    }
    const one = await weights('a', `${name}-one`)
    expect((await weights('a', `${name}-two`)).equals(one)).toBe(true)
    expect((await weights('b', `${name}-other`)).equals(one)).toBe(false)
    expect(await logitsOf(join(root, `${name}-one`))).toHaveLength(6)
  })
})

describe('BERT', () => {
  const config = {
    model_type: 'bert',
    hidden_size: 4,
    num_attention_heads: 2,
    num_hidden_layers: 0,
    intermediate_size: 8,
    vocab_size: 5,
    max_position_embeddings: 6,
    initializer_range: 0.5,
  }
  const embeddings = {
    'bert.embeddings.word_embeddings.weight': [5, 4],
    'bert.embeddings.position_embeddings.weight': [6, 4],
    'bert.embeddings.token_type_embeddings.weight': [2, 4],
    'bert.embeddings.LayerNorm.gamma': [4],
    'bert.embeddings.LayerNorm.beta': [4],
    'cls.predictions.bias': [5],
  }

  it('of old names and without a pooler gets both', async () => {
    const folder = await writeModel('old', config, embeddings)
    const out = join(root, 'old-classifier')
    const { parameters } = await addHead({ folder, labels: ['a', 'b'], seed: 's', out })
    expect([...parameters.keys()]).toEqual([
      'bert.pooler.dense.weight',
      'bert.pooler.dense.bias',
      'classifier.weight',
      'classifier.bias',
    ])
    const tensors = await readAllFloat32(join(out, 'model.safetensors'))
    expect(tensors.has('bert.embeddings.LayerNorm.weight')).toBe(true)
    expect(tensors.get('classifier.bias')).toEqual(new Float32Array(2))
    const drawn = [...(tensors.get('bert.pooler.dense.weight') ?? [])]
    const deviation = Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0) / drawn.length)
    expect(deviation).toBeGreaterThan(0.2)
    expect(deviation).toBeLessThan(1)
  })

  it.each([
    [['one'], 'HEAD_LABELS'],
    [['one', 'one'], 'HEAD_LABELS'],
    [['one', ''], 'HEAD_LABELS'],
  ])('is refused for the classes %j', async (labels, code) => {
    const folder = await writeModel('plain', config, embeddings)
    const made = addHead({ folder, labels, seed: 's', out: join(root, 'none') })
    await expect(made).rejects.toMatchObject({ info: { code } })
  })

  it('is refused where a model lies already, and of another family', async () => {
    const folder = await writeModel('taken', config, embeddings)
    await expect(addHead({ folder, labels: ['a', 'b'], seed: 's', out: folder })).rejects.toMatchObject({
      info: { code: 'HEAD_EXISTS' },
    })
    const other = await writeModel('t5', { ...config, model_type: 't5' }, embeddings)
    const made = addHead({ folder: other, labels: ['a', 'b'], seed: 's', out: join(root, 'none') })
    await expect(made).rejects.toMatchObject({ info: { code: 'MODEL_UNSUPPORTED' } })
  })
})
