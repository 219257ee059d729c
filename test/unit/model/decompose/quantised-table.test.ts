// Protects: quantised embedding tables are read as they are, and what stands behind them trains.
import { expect, it } from 'vitest'
import { int } from '../../../../src/model/attributes.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { seeded } from './fused-case.ts'

const [VOCAB, HIDDEN, BLOCK] = [6, 32, 16]

function model(table: 'packed' | 'typed' | 'plain') {
  const random = seeded(9)
  const levels = Array.from({ length: VOCAB * HIDDEN }, () => Math.floor(random() * 16))
  const scales = Array.from({ length: (VOCAB * HIDDEN) / BLOCK }, () => Math.fround(0.01 + random() * 0.1))
  const weight = Array.from({ length: HIDDEN * 8 }, () => random() - 0.5)
  const b = new GraphBuilder({ opset: 21, name: 'table', irVersion: 10 })
  b.useDomain('com.microsoft', 1)
  const ids = b.input('input_ids', DataType.int64, ['batch', 'sequence'])
  const attributes = { gather_axis: int(0), quantize_axis: int(1), block_size: int(BLOCK), bits: int(4) }
  const scale = b.constant(DataType.float, [VOCAB, HIDDEN / BLOCK], scales)
  const gather = (data: string, zeros: string): string =>
    b.add('GatherBlockQuantized', [data, ids, scale, ...(zeros === '' ? [] : [zeros])], attributes, {
      domain: 'com.microsoft',
    })
  const bytes = Array.from(
    { length: levels.length / 2 },
    (_, i) => (levels[2 * i] ?? 0) | ((levels[2 * i + 1] ?? 0) << 4),
  )
  const values = levels.map((level, i) => (level - 8) * (scales[Math.floor(i / BLOCK)] ?? 0))
  const eights = new Uint8Array((VOCAB * HIDDEN) / BLOCK).fill(8)
  const embedded =
    table === 'packed'
      ? gather(b.constant(DataType.uint8, [VOCAB, HIDDEN / 2], bytes), '')
      : table === 'typed'
        ? gather(
            b.constant(DataType.uint4, [VOCAB, HIDDEN], levels),
            b.constant(DataType.uint4, [VOCAB, HIDDEN / BLOCK], eights),
          )
        : b.add('Gather', [b.constant(DataType.float, [VOCAB, HIDDEN], values), ids])
  const out = b.add(
    'MatMul',
    [embedded, b.constant(DataType.float, [HIDDEN, 8], weight)],
    {},
    { name: '/proj/MatMul' },
  )
  b.outputAs('logits', out, DataType.float)
  return b.build()
}

async function gradientsOf(table: 'packed' | 'typed' | 'plain'): Promise<Float32Array> {
  const base = model(table)
  const sites = findLinearModules(base).map((module) => ({ module, rank: 2, scale: 1 }))
  const graph = buildTrainingGraph(base, { trainable: { kind: 'lora', sites }, loss: 'mse' })
  const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
  const parameters = Float32Array.from({ length: graph.parameterCount }, (_, i) => Math.sin(i))
  const { gradients } = await session.run(
    {
      input_ids: int64Tensor([1, 4], [0, 3, 5, 3]),
      labels: floatTensor([1, 4, 8], new Float32Array(32)),
      parameters: floatTensor([parameters.length], parameters),
    },
    ['gradients'],
  )
  await session.close()
  return floatsOf(gradients)
}

it.each(['packed', 'typed'] as const)('a table of four bits, %s', async (table) => {
  const [found, wanted] = [await gradientsOf(table), await gradientsOf('plain')]
  const largest = Math.max(...wanted.map(Math.abs))
  expect(
    Math.max(...found.map((value, i) => Math.abs(value - (wanted[i] ?? Number.NaN)))) / largest,
  ).toBeLessThan(1e-5)
})
