// Protects: loops of a fixed length compute the same written out, and what lies in them trains; other loops stay as they are.
import { describe, expect, it } from 'vitest'
import { int, tensor } from '../../../../src/model/attributes.ts'
import {
  DataType,
  type Attribute,
  type Graph,
  type GraphNode,
  type OnnxModel,
} from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { findLinearModules } from '../../../../src/model/linear-modules.ts'
import { tensorOf } from '../../../../src/model/onnx-tensor.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { prepareBase } from '../../../../src/train/gradient/prepare.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { unrollLoops } from '../../../../src/train/gradient/unroll-loops.ts'
import { seeded } from './rule-case.ts'

const SIZE = 4

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): GraphNode => ({
  name: `/cell/${output}/${op}`,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes: new Map(Object.entries(attributes)),
  metadata: new Map(),
})

const info = (name: string, dataType: DataType, dims: readonly number[] | null = null) => ({
  name,
  dataType,
  dims,
})

/** h ← tanh(h·W + step·x), with each h scanned; W and x are of the graph around the loop. */
function body(condition: 'constant' | 'passed' | 'computed'): Graph {
  const isTrue = { value: tensor(tensorOf('', DataType.bool, [], [1])) }
  const goesOn =
    condition === 'constant'
      ? node('Constant', [], 'on', isTrue)
      : condition === 'passed'
        ? node('Identity', ['going'], 'on')
        : node('Less', ['trip', 'limit'], 'on')
  return {
    name: 'cell',
    nodes: [
      goesOn,
      node('Cast', ['trip'], 'step', { to: int(DataType.float) }),
      node('Mul', ['x', 'step'], 'pushed'),
      node('MatMul', ['h', 'W'], 'turned'),
      node('Add', ['turned', 'pushed'], 'sum'),
      node('Add', ['sum', 'shift'], 'shifted'),
      node('Tanh', ['shifted'], 'next'),
      node('Identity', ['next'], 'seen'),
    ],
    inputs: [info('trip', DataType.int64, []), info('going', DataType.bool, []), info('h', DataType.float)],
    outputs: [info('on', DataType.bool, []), info('next', DataType.float), info('seen', DataType.float)],
    initializers: new Map([
      ['shift', tensorOf('shift', DataType.float, [SIZE], [0.1, 0.2, 0.3, 0.4])],
      ['limit', tensorOf('limit', DataType.int64, [], [2])],
    ]),
    valueInfo: new Map(),
  }
}

function looped(condition: 'constant' | 'passed' | 'computed', trips: number | 'fed'): OnnxModel {
  const b = new GraphBuilder({ opset: 18, name: 'loop' })
  const random = seeded(4)
  const x = b.input('x', DataType.float, ['batch', SIZE])
  b.initializer(
    tensorOf(
      'W',
      DataType.float,
      [SIZE, SIZE],
      Array.from({ length: SIZE * SIZE }, () => random() - 0.5),
    ),
  )
  const count = trips === 'fed' ? b.input('trips', DataType.int64, []) : b.scalar(trips, DataType.int64)
  const start = b.add('Mul', [x, b.scalar(0.5)])
  const attributes = { body: { kind: 'graph', value: body(condition) } as const }
  const inputs = [count, b.constant(DataType.bool, [], [1]), start]
  const [last = '', seen = ''] = b.addMulti('Loop', inputs, 2, attributes, { name: '/cell/Loop' })
  b.outputAs('logits', last, DataType.float)
  b.outputAs('seen', seen, DataType.float)
  return b.build()
}

describe('loops of a fixed length', () => {
  it.each(['constant', 'passed'] as const)('compute what they computed, condition %s', async (condition) => {
    const original = looped(condition, 3)
    const written = unrollLoops(original)
    expect(written.graph.nodes.filter(({ op }) => op === 'Tanh')).toHaveLength(3)
    expect(written.graph.nodes.some(({ op }) => op === 'Loop')).toBe(false)
    const feeds = {
      x: floatTensor(
        [2, SIZE],
        Float32Array.from({ length: 2 * SIZE }, (_, i) => Math.sin(i)),
      ),
    }
    const results: Record<string, Float32Array>[] = []
    for (const model of [original, written]) {
      const session = await openSession({ model, device: 'cpu', threads: 1 })
      const { logits, seen } = await session.run(feeds, ['logits', 'seen'])
      expect(seen.dims).toEqual([3, 2, SIZE])
      results.push({ logits: floatsOf(logits), seen: floatsOf(seen) })
      await session.close()
    }
    for (const name of ['logits', 'seen']) {
      const [wanted, found] = [results[0]?.[name] ?? [], results[1]?.[name] ?? []]
      Array.from(found).forEach((value, i) => expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 6))
    }
  })

  it('train: one module, however often it runs', async () => {
    const base = prepareBase(looped('constant', 3))
    const modules = findLinearModules(base)
    expect(modules).toHaveLength(3)
    expect(new Set(modules.map(({ weight }) => weight))).toEqual(new Set(['W']))
    const sites = modules.map((module) => ({ module, rank: 2, scale: 1 }))
    const graph = buildTrainingGraph(base, {
      trainable: { kind: 'lora', sites },
      loss: 'mse',
      output: 'logits',
    })
    const session = await openSession({ model: graph.model, device: 'cpu', threads: 1 })
    const at = Float32Array.from({ length: graph.parameterCount }, (_, i) => Math.sin(i) / 2)
    const run = async (parameters: Float32Array) => {
      const feeds = {
        x: floatTensor(
          [2, SIZE],
          Float32Array.from({ length: 2 * SIZE }, (_, i) => Math.cos(i)),
        ),
        labels: floatTensor([2, SIZE], new Float32Array(2 * SIZE)),
        parameters: floatTensor([parameters.length], parameters),
      }
      const result = await session.run(feeds, ['loss_sum', 'gradients'])
      return { loss: floatsOf(result.loss_sum)[0] ?? 0, gradients: floatsOf(result.gradients) }
    }
    const along = at.map((_, i) => Math.cos(3 * i))
    const moved = (step: number) => run(at.map((value, i) => value + step * (along[i] ?? 0)))
    const slope = (await run(at)).gradients.reduce((sum, value, i) => sum + value * (along[i] ?? 0), 0)
    const difference = ((await moved(0.01)).loss - (await moved(-0.01)).loss) / 0.02
    await session.close()
    expect(Math.abs(slope - difference) / Math.abs(difference)).toBeLessThan(5e-3)
  })

  it.each([
    ['whose condition is computed', looped('computed', 3)],
    ['whose length is fed', looped('constant', 'fed')],
    ['that are long', looped('constant', 65)],
  ] as const)('stay where they are loops %s', (_, model) => {
    expect(unrollLoops(model)).toBe(model)
  })
})
