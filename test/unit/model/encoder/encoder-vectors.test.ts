// Protects: RoBERTa and DistilBERT built from folders have PyTorch's logits, loss and gradient of every weight, padding included.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeHeader } from '../../../../src/core/safetensors.ts'
import { loadEncoder } from '../../../../src/model/hf-encoder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { packParameters, unpackParameters } from '../../../../src/train/gradient/parameters.ts'
import { prepareBase } from '../../../../src/train/gradient/prepare.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { formulaWeight } from '../../../support/formula-base.ts'

interface Case {
  readonly config: object
  readonly logits: readonly (readonly number[])[]
  readonly loss: number
  /** Of every weight: the gradient's length, and its product with the direction cos(element's number). */
  readonly whole: Readonly<Record<string, readonly [shape: readonly number[], norm: number, product: number]>>
}
interface Vectors {
  readonly ids: readonly (readonly number[])[]
  readonly mask: readonly (readonly number[])[]
  readonly labels: readonly number[]
  readonly cases: Readonly<Record<string, Case>>
}

const BAR = 1e-5
const path = fileURLToPath(new URL('../../../vectors/encoders.json', import.meta.url))
const { ids, mask, labels, cases } = JSON.parse(await readFile(path, 'utf8')) as Vectors
const dims = [ids.length, ids[0]?.length ?? 0]
const fed = {
  input_ids: int64Tensor(dims, ids.flat()),
  attention_mask: int64Tensor(dims, mask.flat()),
}

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-encoder-vectors-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe.each(Object.entries(cases))('%s', (name, expected) => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(root, name))
    await writeFile(join(folder, 'config.json'), JSON.stringify(expected.config))
    const layout = Object.entries(expected.whole).map(([each, [shape]]) => ({
      name: each,
      dtype: 'F32',
      shape,
    }))
    const { prefix, header } = encodeHeader(layout)
    const parts = header.entries.map(({ name: each, shape }) => {
      const count = shape.reduce((size, dim) => size * dim, 1)
      return new Uint8Array(formulaWeight(each, count).buffer)
    })
    await writeFile(join(folder, 'model.safetensors'), Buffer.concat([prefix, ...parts]))
  })

  it('computes PyTorch’s logits', async () => {
    const { model } = await loadEncoder(folder)
    const session = await openSession({ model, weightsFolder: folder, device: 'cpu', threads: 1 })
    const { logits } = await session.run(fed, ['logits'])
    await session.close()
    const [theirs, ours] = [expected.logits.flat(), floatsOf(logits)]
    expect(ours).toHaveLength(theirs.length)
    const widest = Math.max(...theirs.map(Math.abs))
    for (const [i, value] of theirs.entries())
      expect(Math.abs(value - (ours[i] ?? Number.NaN)) / widest).toBeLessThanOrEqual(BAR)
  })

  it('gives every weight PyTorch’s gradient', async () => {
    const { model } = await loadEncoder(folder)
    const training = buildTrainingGraph(prepareBase(model), {
      trainable: { kind: 'full' },
      loss: 'classification',
    })
    const names = training.parameters.map((slot) => slot.name)
    expect(names.toSorted()).toEqual(Object.keys(expected.whole).toSorted())
    const weights = training.parameters.map(
      (slot) => [slot.name, formulaWeight(slot.name, slot.size)] as const,
    )
    const parameters = packParameters(training.parameters, new Map(weights))
    const options = { model: training.model, weightsFolder: folder, device: 'cpu', threads: 1 } as const
    const session = await openSession(options)
    const results = await session.run(
      {
        ...fed,
        labels: int64Tensor([labels.length], labels),
        parameters: floatTensor([parameters.length], parameters),
      },
      ['loss_sum', 'token_count', 'gradients'],
    )
    await session.close()
    const count = floatsOf(results.token_count)[0] ?? 0
    const loss = (floatsOf(results.loss_sum)[0] ?? 0) / count
    expect(Math.abs(loss / expected.loss - 1)).toBeLessThanOrEqual(BAR)
    const largest = Math.max(...Object.values(expected.whole).map(([, norm]) => norm))
    for (const [each, gradient] of unpackParameters(training.parameters, floatsOf(results.gradients))) {
      const [, norm, product] = expected.whole[each] ?? [[], Number.NaN, Number.NaN]
      const sum = (term: (value: number, i: number) => number): number =>
        gradient.reduce((total, value, i) => total + term(value, i), 0)
      // Keys' biases move all scores of a query alike: their gradient is 0, up to rounding.
      const scale = Math.max(norm, largest * 1e-3)
      expect(
        Math.abs(Math.sqrt(sum((value) => value * value)) / count - norm) / scale,
        each,
      ).toBeLessThanOrEqual(BAR)
      const reach = scale * Math.sqrt(gradient.length)
      expect(
        Math.abs(sum((value, i) => value * Math.cos(i)) / count - product) / reach,
        each,
      ).toBeLessThanOrEqual(BAR)
    }
  })
})
