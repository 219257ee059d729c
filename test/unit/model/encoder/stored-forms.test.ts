// Protects: encoder folders in half precision, in shards, and trained with checkpointing give the same losses and gradients.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeHeader } from '../../../../src/core/safetensors.ts'
import { encodeFloats } from '../../../../src/export/float-encoding.ts'
import { loadEncoder } from '../../../../src/model/hf-encoder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { prepareBase } from '../../../../src/train/gradient/prepare.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { formulaWeight } from '../../../support/formula-base.ts'

interface Case {
  readonly config: object
  readonly whole: Readonly<Record<string, readonly [shape: readonly number[], norm: number, product: number]>>
}
const path = fileURLToPath(new URL('../../../vectors/encoders.json', import.meta.url))
const { cases } = JSON.parse(await readFile(path, 'utf8')) as {
  readonly cases: Readonly<Record<string, Case>>
}

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-stored-forms-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function writeFolder({ config, whole }: Case, dtype: string, shardCount: number): Promise<string> {
  const folder = await mkdtemp(join(root, 'base-'))
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  const tensors = Object.entries(whole).map(([name, [shape]]) => ({ name, dtype, shape }))
  const weightMap: Record<string, string> = {}
  for (let shard = 0; shard < shardCount; shard++) {
    const file =
      shardCount === 1 ? 'model.safetensors' : `model-0000${shard + 1}-of-0000${shardCount}.safetensors`
    const { prefix, header } = encodeHeader(tensors.filter((_, i) => i % shardCount === shard))
    const parts = header.entries.map(({ name, shape }) => {
      weightMap[name] = file
      const count = shape.reduce((size, dim) => size * dim, 1)
      return encodeFloats(formulaWeight(name, count), { name, path: file, dtype })
    })
    await writeFile(join(folder, file), Buffer.concat([prefix, ...parts]))
  }
  const index = JSON.stringify({ metadata: {}, weight_map: weightMap })
  if (shardCount > 1) await writeFile(join(folder, 'model.safetensors.index.json'), index)
  return folder
}

interface Step {
  readonly loss: number
  readonly gradient: Float32Array
}

async function stepOf(folder: string, hasCheckpointing: boolean): Promise<Step> {
  const { model } = await loadEncoder(folder)
  const base = prepareBase(model)
  const sites = findLinearModules(base)
    .filter(({ isHead }) => !isHead)
    .map((module) => ({ module, rank: 2, scale: 1 }))
  const trainable = { kind: 'lora', sites } as const
  const graph = buildTrainingGraph(base, { trainable, loss: 'classification', hasCheckpointing })
  const session = await openSession({ model: graph.model, weightsFolder: folder, device: 'cpu', threads: 1 })
  const parameters = Float32Array.from({ length: graph.parameterCount }, (_, i) => 0.1 * Math.cos(i))
  const feeds = {
    input_ids: int64Tensor([2, 3], [2, 3, 4, 4, 3, 1]),
    attention_mask: int64Tensor([2, 3], [1, 1, 1, 1, 1, 0]),
    labels: int64Tensor([2], [0, 1]),
    parameters: floatTensor([parameters.length], parameters),
  }
  const { loss_sum: loss, gradients } = await session.run(feeds, ['loss_sum', 'gradients'])
  await session.close()
  return { loss: floatsOf(loss)[0] ?? Number.NaN, gradient: floatsOf(gradients) }
}

const distance = (ours: Float32Array, wanted: Float32Array): number => {
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? 0))), 0) / largest
}

describe.each(Object.entries(cases))('%s', (_, given) => {
  it('is the same in two files, and with activations computed again', async () => {
    const whole = await stepOf(await writeFolder(given, 'F32', 1), false)
    const shards = await stepOf(await writeFolder(given, 'F32', 2), false)
    expect(shards).toEqual(whole)
    const again = await stepOf(await writeFolder(given, 'F32', 2), true)
    expect(again.loss).toBeCloseTo(whole.loss, 6)
    expect(distance(again.gradient, whole.gradient)).toBeLessThanOrEqual(1e-5)
  })

  // Half precision rounds the weights to 8 and to 11 bits.
  it.each([
    ['BF16', 2 ** -5],
    ['F16', 2 ** -8],
  ])('in %s is close to what it was rounded from', async (dtype, bar) => {
    const whole = await stepOf(await writeFolder(given, 'F32', 1), false)
    const half = await stepOf(await writeFolder(given, dtype, 1), false)
    expect(Math.abs(half.loss / whole.loss - 1)).toBeLessThan(bar)
    expect(half.loss).not.toBe(whole.loss)
    expect(distance(half.gradient, whole.gradient)).toBeLessThan(8 * bar)
  })
})
