// Protects: frozen weights of half precision, or quantised ones, are not kept widened from the forward to the backward pass.
import { describe, expect, it } from 'vitest'
import { int } from '../../../../src/model/attributes.ts'
import { DataType, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { unpackValues } from '../../../../src/model/onnx-tensor.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { seeded } from './rule-case.ts'

const SIZE = 8

type Stored = 'float16' | 'bfloat16' | 'tensor' | 'axis' | 'blocks'

/** Three products in a row, whose weights are widened in the graph; or, with `isWide`, lie there as f32. */
function model(stored: Stored, op: 'MatMul' | 'Gemm', isWide: boolean): OnnxModel {
  const random = seeded(21)
  const b = new GraphBuilder({ opset: 21, name: 'frozen', irVersion: 10 })
  let x = b.input('x', DataType.float, ['batch', SIZE])
  for (const i of [0, 1, 2]) {
    const [values, weight] = weightOf(b, stored, random)
    const used = isWide ? b.constant(DataType.float, [SIZE, SIZE], values) : weight()
    x = b.add(op, [x, used], op === 'Gemm' ? { transB: int(1) } : {}, { name: `/layers.${i}/${op}` })
    x = b.add('Tanh', [x])
  }
  b.outputAs('logits', x, DataType.float)
  return b.build()
}

/** The numbers, and what makes them in the graph. */
function weightOf(b: GraphBuilder, stored: Stored, random: () => number): [readonly number[], () => string] {
  const dims = [SIZE, SIZE]
  const count = SIZE * SIZE
  if (stored === 'float16' || stored === 'bfloat16') {
    const name = b.constant(
      DataType[stored],
      dims,
      Array.from({ length: count }, () => random() - 0.5),
    )
    const tensor = b.initializerOf(name)
    const exact = tensor === null ? null : unpackValues(tensor)
    return [exact ?? [], () => b.add('Cast', [name], { to: int(DataType.float) })]
  }
  const levels = Array.from({ length: count }, () => Math.floor(random() * 15) - 7)
  const scaleCount = { tensor: 1, axis: SIZE, blocks: count / 4 }[stored]
  const scales = Array.from({ length: scaleCount }, () => Math.fround(0.05 + 0.1 * random()))
  // Along axis 1, or in blocks of four along it.
  const placeOf = {
    tensor: () => 0,
    axis: (i: number) => i % SIZE,
    blocks: (i: number) => Math.floor(i / 4),
  }[stored]
  const scaleDims = { tensor: [], axis: [SIZE], blocks: [SIZE, SIZE / 4] }[stored]
  const attributes = { axis: int(1), ...(stored === 'blocks' ? { block_size: int(4) } : {}) }
  const inputs = [b.constant(DataType.int8, dims, levels), b.constant(DataType.float, scaleDims, scales)]
  const values = levels.map((level, i) => level * (scales[placeOf(i)] ?? 0))
  return [values, () => b.add('DequantizeLinear', inputs, attributes)]
}

const graphOf = (base: OnnxModel): ReturnType<typeof buildTrainingGraph> => {
  const sites = findLinearModules(base).map((module) => ({ module, rank: 2, scale: 1 }))
  return buildTrainingGraph(base, { trainable: { kind: 'lora', sites }, loss: 'mse' })
}

async function gradientsOf(base: OnnxModel): Promise<Float32Array> {
  const graph = graphOf(base)
  const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
  const parameters = Float32Array.from({ length: graph.parameterCount }, (_, i) => Math.sin(i))
  const feeds = {
    x: floatTensor(
      [3, SIZE],
      Float32Array.from({ length: 3 * SIZE }, (_, i) => Math.cos(i)),
    ),
    labels: floatTensor([3, SIZE], new Float32Array(3 * SIZE)),
    parameters: floatTensor([parameters.length], parameters),
  }
  const { gradients } = await session.run(feeds, ['gradients'])
  await session.close()
  return floatsOf(gradients)
}

describe.each(['MatMul', 'Gemm'] as const)('frozen weights of %s', (op) => {
  it.each(['float16', 'bfloat16', 'tensor', 'axis', 'blocks'] as const)('stored as %s', async (stored) => {
    const base = model(stored, op, false)
    const { nodes } = graphOf(base).model.graph
    const widened = base.graph.nodes.filter((node) => ['Cast', 'DequantizeLinear'].includes(node.op))
    expect(widened).toHaveLength(3)
    for (const { outputs } of widened) {
      const readers = nodes.filter((node) => node.inputs.includes(outputs[0] ?? ''))
      expect(readers.map(({ name }) => name)).toEqual([expect.stringMatching(/^\/layers\./)])
    }
    const [found, wanted] = [await gradientsOf(base), await gradientsOf(model(stored, op, true))]
    const largest = Math.max(...wanted.map(Math.abs))
    expect(largest).toBeGreaterThan(0)
    expect(
      Math.max(...found.map((value, i) => Math.abs(value - (wanted[i] ?? Number.NaN)))) / largest,
    ).toBeLessThan(1e-5)
  })
})
