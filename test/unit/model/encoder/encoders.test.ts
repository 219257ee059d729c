// Protects: folders of BERT and ViT compute what transformers and PEFT computed, whichever names their files have; every weight
// lies where its file has it; what is no classifier, or lacks a tensor, is refused by name.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadEncoder } from '../../../../src/model/hf-encoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, zeros } from '../../../../src/model/session-tensor.ts'
import { locateTensors, readFloat32 } from '../../../../src/model/weights.ts'
import { checkGradients } from '../../../../src/train/gradient/check.ts'
import { readReference } from '../../../../src/train/gradient/reference.ts'
import { fixturePath } from '../../../fixtures/reference.ts'
import { exportedWeights, type Family, type Stored, writeStored } from '../../../support/encoder-weights.ts'

const BAR = 1e-5

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-encoders-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function writeFolder(
  name: string,
  family: Family,
  change: (tensor: Stored) => Stored | null = (tensor) => tensor,
  config: object = {},
): Promise<string> {
  const folder = join(root, name)
  await cp(fixturePath(family), folder, { recursive: true, filter: (path) => !path.endsWith('.onnx') })
  const stored = JSON.parse(await readFile(fixturePath(family, 'config.json'), 'utf8')) as object
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...stored, ...config }))
  const tensors = exportedWeights(family).flatMap((tensor) => change(tensor) ?? [])
  await writeStored(join(folder, 'base.safetensors'), tensors)
  return folder
}

const renamed =
  (pairs: readonly (readonly [from: RegExp, to: string])[]) =>
  (tensor: Stored): Stored => ({
    ...tensor,
    name: pairs.reduce((name, [from, to]) => name.replace(from, to), tensor.name),
  })

describe.each<[string, Family, (tensor: Stored) => Stored]>([
  ['bert', 'bert', (tensor) => tensor],
  [
    'bert with the first names of norms',
    'bert',
    renamed([
      [/LayerNorm\.weight$/, 'LayerNorm.gamma'],
      [/LayerNorm\.bias$/, 'LayerNorm.beta'],
    ]),
  ],
  ['vit', 'vit', (tensor) => tensor],
])('%s', (name, family, change) => {
  it('has the gradients and the optimiser steps of PyTorch', async () => {
    const folder = await writeFolder(`${name} gradients`, family, change)
    const { report, relatives } = await checkGradients({ folder, graph: 'hf', device: 'cpu' })
    expect(report.tensors).toBeGreaterThan(8)
    for (const [tensor, relative] of relatives) expect(relative, tensor).toBeLessThanOrEqual(BAR)
    expect(Math.abs(report.loss / report.referenceLoss - 1)).toBeLessThanOrEqual(BAR)
    expect(report.adamw.worst).toBeLessThanOrEqual(BAR)
  })

  it('has the logits of PyTorch, and its weights where the file has them', async () => {
    const folder = await writeFolder(`${name} logits`, family, change)
    const { model } = await loadEncoder(folder, 'base.safetensors')
    expect(await logitsError(folder, model)).toBeLessThanOrEqual(BAR)
    for (const { external } of model.graph.initializers.values())
      if (external !== undefined) expect(external.location).toBe('base.safetensors')
    expect(findLinearModules(model).map((module) => module.name)).toContain('classifier')
  })
})

async function logitsError(folder: string, model: Awaited<ReturnType<typeof loadEncoder>>['model']) {
  const { inputs } = await readReference(folder)
  const session = await openSession({ model, weightsFolder: folder, device: 'cpu', threads: 1 })
  const fed = Object.fromEntries(Object.entries(inputs).filter(([name]) => session.inputNames.includes(name)))
  const { input_ids: ids } = fed
  const first = ids === undefined ? {} : { token_type_ids: zeros(ids.dataType, ids.dims) }
  const { logits } = await session.run({ ...first, ...fed }, ['logits'])
  await session.close()
  const tensor = (await locateTensors(join(folder, 'reference.safetensors'))).get('logits.base')
  const theirs = tensor === undefined ? new Float32Array() : await readFloat32(tensor)
  const ours = floatsOf(logits)
  expect(ours.length).toBe(theirs.length)
  const widest = Math.max(...theirs.map(Math.abs))
  return Math.max(...theirs.map((value, i) => Math.abs(value - (ours[i] ?? 0)))) / widest
}

describe('ViT as files of transformers 4 have it', () => {
  it('is the same model', async () => {
    const older = renamed([
      [/^vit\.layers/, 'vit.encoder.layer'],
      [/attention\.q_proj/, 'attention.attention.query'],
      [/attention\.k_proj/, 'attention.attention.key'],
      [/attention\.v_proj/, 'attention.attention.value'],
      [/attention\.o_proj/, 'attention.output.dense'],
      [/mlp\.fc1/, 'intermediate.dense'],
      [/mlp\.fc2/, 'output.dense'],
    ])
    const folder = await writeFolder('vit 4', 'vit', older)
    const { model } = await loadEncoder(folder, 'base.safetensors')
    expect(await logitsError(folder, model)).toBeLessThanOrEqual(BAR)
  })
})

describe('what is refused', () => {
  it.each([
    [
      'a tensor that is absent',
      { code: 'WEIGHTS_MISMATCH', tensor: 'classifier.weight' },
      {},
      'classifier.weight',
    ],
    ['another architecture', { code: 'MODEL_UNSUPPORTED' }, { architectures: ['BertForMaskedLM'] }, ''],
    ['relative positions', { code: 'MODEL_UNSUPPORTED' }, { position_embedding_type: 'relative_key' }, ''],
    ['heads that do not divide', { code: 'MODEL_CONFIG_INVALID' }, { num_attention_heads: 5 }, ''],
  ])('%s', async (name, info, config, absent) => {
    const folder = await writeFolder(
      name,
      'bert',
      (tensor) => (tensor.name === absent ? null : tensor),
      config,
    )
    await expect(loadEncoder(folder, 'base.safetensors')).rejects.toMatchObject({ info })
  })
})
