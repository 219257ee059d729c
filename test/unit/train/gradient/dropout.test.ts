// Protects dropout in front of adapters: the mask that a batch is fed, its gradient, and graphs without it as they were.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { SeededRng } from '../../../../src/core/seeded-rng.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { decodeModel, encodeModel } from '../../../../src/model/onnx.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import {
  addDropout,
  drawDropout,
  DROPOUT_STARTS_INPUT,
  DROPOUT_TABLE_INPUT,
} from '../../../../src/train/gradient/dropout.ts'
import {
  buildEvaluationGraph,
  buildTrainingGraph,
  type Trainable,
} from '../../../../src/train/gradient/training-graph.ts'

const folder = fileURLToPath(new URL('../../../fixtures/llama/', import.meta.url))
const model = decodeModel(new Uint8Array(readFileSync(`${folder}dynamo.onnx`)), 'dynamo.onnx')
const sites = findLinearModules(model).map((module) => ({ module, rank: 2, scale: 1 }))
const trainableOf = (dropout?: number): Trainable => ({
  kind: 'lora',
  sites,
  ...(dropout === undefined ? {} : { dropout }),
})

test('rows are masked by windows of the table, other rows for other sites', async () => {
  const b = new GraphBuilder({ opset: 17, name: 'masks' })
  const rows = b.input('rows', DataType.float, ['n', 5])
  const { dropout, mask } = addDropout(b, 0.25, 5)
  b.outputAs('first', mask(rows, 5), DataType.float)
  b.outputAs('second', mask(rows, 5), DataType.float)
  const session = await openSession({ model: b.build(), device: 'cpu' })
  const noise = drawDropout(dropout, 'one')
  const values = Float32Array.from({ length: 15 }, (_, i) => i + 1)
  const results = await session.run({ rows: floatTensor([3, 5], values), ...noise }, ['first', 'second'])
  await session.close()
  const table = noise[DROPOUT_TABLE_INPUT]?.data ?? []
  const starts = noise[DROPOUT_STARTS_INPUT]?.data ?? []
  for (const [name, from] of [
    ['first', 0],
    ['second', 1013],
  ] as const) {
    const expected = values.map((value, i) => {
      const start = Number(starts[from + Math.floor(i / 5)])
      return value * Number(table[start + (i % 5)])
    })
    expect(floatsOf(results[name])).toEqual(expected)
  }
})

test('the table is zero at the rate, keeps the mean, and is its seed’s', () => {
  const noise = drawDropout({ rate: 0.25, tableSize: 70_000 }, 'one')
  const table = Array.from(noise[DROPOUT_TABLE_INPUT]?.data ?? [], Number)
  expect(new Set(table)).toEqual(new Set([0, Math.fround(4 / 3)]))
  const mean = table.reduce((sum, value) => sum + value, 0) / table.length
  // Standard error of the mean: √(p/(1 − p)/n) = 0.002.
  expect(Math.abs(mean - 1)).toBeLessThan(0.01)
  expect(drawDropout({ rate: 0.25, tableSize: 70_000 }, 'one')).toEqual(noise)
  expect(drawDropout({ rate: 0.25, tableSize: 70_000 }, 'two')).not.toEqual(noise)
})

test('without dropout graphs are what they were, and evaluation graphs have none', () => {
  const bytesOf = (trainable: Trainable) =>
    encodeModel(buildTrainingGraph(model, { trainable, loss: 'causal-lm' }).model)
  expect(bytesOf(trainableOf(0))).toEqual(bytesOf(trainableOf()))
  const measuring = (trainable: Trainable) => buildEvaluationGraph(model, { trainable, loss: 'causal-lm' })
  expect(encodeModel(measuring(trainableOf(0.5)).model)).toEqual(encodeModel(measuring(trainableOf()).model))
  expect(measuring(trainableOf(0.5)).dropout).toBeUndefined()
})

test('with a fixed mask the gradient is that of the masked loss, with layers computed again or not', async () => {
  const options = { trainable: trainableOf(0.3), loss: 'causal-lm' } as const
  const graph = buildTrainingGraph(model, options)
  const { parameterCount, dropout } = graph
  if (dropout === undefined) throw new Error('a graph with dropout says so')
  const rng = new SeededRng('dropout')
  const normals = (scale: number) => Float32Array.from({ length: parameterCount }, () => scale * rng.normal())
  const [parameters, direction] = [normals(0.05), normals(1)]
  const ids = Array.from({ length: 14 }, () => rng.below(60))
  const feeds = (values: Float32Array, seed = 'mask') => ({
    input_ids: int64Tensor([2, 7], ids),
    attention_mask: int64Tensor(
      [2, 7],
      Array.from({ length: 14 }, () => 1),
    ),
    labels: int64Tensor([2, 7], ids),
    parameters: floatTensor([parameterCount], values),
    ...drawDropout(dropout, seed),
  })
  const session = await openSession({ model: graph.model, weightsFolder: folder, device: 'cpu' })
  const lossAt = async (step: number) => {
    const moved = parameters.map((value, i) => value + step * (direction[i] ?? 0))
    return floatsOf((await session.run(feeds(moved), ['loss_sum']))['loss_sum'])[0] ?? 0
  }
  const { gradients, loss_sum: loss } = await session.run(feeds(parameters), ['gradients', 'loss_sum'])
  const gradient = floatsOf(gradients)
  const slope = gradient.reduce((sum, value, i) => sum + value * (direction[i] ?? 0), 0)
  const step = 1e-3
  const measured = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
  expect(Math.abs(measured - slope)).toBeLessThan(0.01 * Math.abs(slope))
  const other = await session.run(feeds(parameters, 'another mask'), ['loss_sum'])
  expect(floatsOf(other['loss_sum'])[0]).not.toBeCloseTo(floatsOf(loss)[0] ?? 0, 4)
  await session.close()

  const again = buildTrainingGraph(model, { ...options, hasCheckpointing: true })
  const checkpointed = await openSession({ model: again.model, weightsFolder: folder, device: 'cpu' })
  const results = await checkpointed.run(feeds(parameters), ['gradients'])
  await checkpointed.close()
  const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  floatsOf(results['gradients']).forEach((value, i) => {
    if (Math.abs(value - (gradient[i] ?? 0)) > 1e-5 * largest) throw new Error(`element ${i} differs`)
  })
})
