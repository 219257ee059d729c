// Protects: graphs of older operator sets mean the same after they are raised, inside of branches too; others are refused.
import { describe, expect, it } from 'vitest'
import { int, ints } from '../../../../src/model/attributes.ts'
import { DataType, type Graph, type OnnxModel } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatsOf, floatTensor } from '../../../../src/model/session-tensor.ts'
import { buildTrainingGraph } from '../../../../src/train/gradient/training-graph.ts'
import { raiseOpset } from '../../../../src/train/gradient/raise-opset.ts'

/** Every operator whose form changed between 11 and 18, in a row. */
function oldModel(opset: number): OnnxModel {
  const b = new GraphBuilder({ opset, name: 'old' })
  const x = b.input('x', DataType.float, ['batch', 4, 3])
  const [first = '', second = ''] = b.addMulti('Split', [x], 2, {
    axis: int(1),
    ...(opset < 13 ? { split: ints([2, 2]) } : {}),
  })
  const wide = axes(b, 'Unsqueeze', [second], [1], opset < 13)
  const narrow = axes(b, 'Squeeze', [wide], [1], opset < 13)
  const shares = b.add('Softmax', [b.add('Mul', [first, narrow])], opset < 13 ? { axis: int(1) } : {})
  const total = axes(b, 'ReduceSum', [shares], [-1], opset < 13)
  const most = axes(b, 'ReduceMax', [shares], [-1], true)
  b.outputAs('y', b.add('Dropout', [b.add('Add', [total, most])]), DataType.float)
  return b.build()
}

function axes(
  b: GraphBuilder,
  op: string,
  inputs: readonly string[],
  at: readonly number[],
  isAttribute: boolean,
): string {
  return isAttribute ? b.add(op, inputs, { axes: ints(at) }) : b.add(op, [...inputs, b.int64s(...at)])
}

async function run(model: OnnxModel): Promise<readonly number[]> {
  const session = await openSession({ model, device: 'cpu' })
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i))
  const results = await session.run({ x: floatTensor([2, 4, 3], x) }, ['y'])
  await session.close()
  return Array.from(floatsOf(results.y))
}

describe('raising the operator set', () => {
  for (const opset of [11, 12, 13, 17]) {
    it(`of ${opset} changes no result`, async () => {
      const model = oldModel(opset)
      const raised = raiseOpset(model)
      expect(raised.opsets.get('')).toBe(18)
      const [before, after] = [await run(model), await run(raised)]
      expect(before).toHaveLength(4)
      after.forEach((value, i) => expect(value).toBeCloseTo(before[i] ?? 0, 6))
    })
  }

  it('leaves newer models as they are', () => {
    const b = new GraphBuilder({ opset: 20, name: 'new' })
    b.outputAs('y', b.input('x', DataType.float, [2]), DataType.float)
    const model = b.build()
    expect(raiseOpset(model)).toBe(model)
  })

  it('reaches into branches', () => {
    const inner = oldModel(12).graph
    const branch: Graph = { ...inner, inputs: [] }
    const b = new GraphBuilder({ opset: 12, name: 'branching' })
    const x = b.input('x', DataType.float, [2, 4, 3])
    const condition = b.input('condition', DataType.bool, [])
    const then = { kind: 'graph', value: branch } as const
    const y = b.add('If', [condition], { then_branch: then, else_branch: then })
    b.outputAs('z', b.add('Add', [x, y]), DataType.float)
    const raised = raiseOpset(b.build())
    const chosen = raised.graph.nodes.find((node) => node.op === 'If')?.attributes.get('then_branch')
    const nodes = chosen?.kind === 'graph' ? chosen.value.nodes : []
    expect(nodes.length).toBeGreaterThan(inner.nodes.length)
    expect(nodes.filter((node) => node.attributes.has('axes') || node.attributes.has('split'))).toEqual([])
    const read = nodes.find((node) => node.op === 'Squeeze')?.inputs[1] ?? ''
    expect(raised.graph.initializers.get(read)?.dims).toEqual([1])
  })

  for (const opset of [10, 25]) {
    it(`refuses ${opset}, with the range that is known`, () => {
      const b = new GraphBuilder({ opset, name: 'other' })
      const x = b.input('x', DataType.float, ['batch', 2])
      b.outputAs('y', b.add('MatMul', [x, b.constant(DataType.float, [2, 2], [1, 0, 0, 1])]), DataType.float)
      expect(() =>
        buildTrainingGraph(b.build(), { trainable: { kind: 'full' }, loss: 'classification' }),
      ).toThrow(`version ${opset}, expected 11 to 24`)
    })
  }
})
