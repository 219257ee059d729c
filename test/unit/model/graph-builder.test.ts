// Protects the graph builder: fresh names, sharing of constants, insertion behind a value, pruning, order.
import { describe, expect, test } from 'vitest'
import { int } from '../../../src/model/attributes.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { DataType, type OnnxModel } from '../../../src/model/graph.ts'
import { decodeModel, encodeModel } from '../../../src/model/onnx.ts'

function linear(): OnnxModel {
  const b = new GraphBuilder({ opset: 20, name: 'linear' })
  const x = b.input('x', DataType.float, ['n', 3])
  const w = b.initializer({ name: 'w', dataType: DataType.float, dims: [3, 2], data: new Uint8Array(24) })
  b.add('MatMul', [x, w], {}, { name: 'fc', output: 'y' })
  b.add('Relu', ['y'], {}, { output: 'z' })
  b.output('z', DataType.float, ['n', 2])
  return b.build()
}

const ops = (model: OnnxModel) => model.graph.nodes.map((node) => node.op)

describe('names', () => {
  test('are fresh whatever the base holds', () => {
    const base = linear()
    const b = new GraphBuilder(base)
    const names = new Set([b.fresh('fc'), b.fresh('fc'), b.fresh('y'), b.fresh('new'), b.fresh('new')])
    expect(names.size).toBe(5)
    for (const taken of ['x', 'w', 'y', 'z', 'fc']) expect(names).not.toContain(taken)
  })

  test('carry the prefix', () => {
    const b = new GraphBuilder(linear(), { prefix: 'grad/' })
    expect(b.add('Relu', ['y'])).toMatch(/^grad\/Relu/)
  })

  test('of the caller must be free', () => {
    const b = new GraphBuilder(linear())
    expect(() => b.add('Relu', ['y'], {}, { output: 'z' })).toThrow(/z is taken/)
    expect(() => b.input('w', DataType.float, [])).toThrow(/w is taken/)
  })
})

describe('constants', () => {
  test('are shared when type, shape and bits agree', () => {
    const b = new GraphBuilder(linear())
    expect(b.int64s(1, 2)).toBe(b.int64s(1, 2))
    expect(b.int64s(1)).not.toBe(b.scalar(1, DataType.int64))
    expect(b.scalar(0)).not.toBe(b.scalar(-0))
    expect(b.scalar(1)).not.toBe(b.scalar(1, DataType.double))
  })

  test('are not shared with one that was dropped', () => {
    const b = new GraphBuilder(linear())
    const one = b.scalar(1)
    b.dropInitializer(one)
    expect(b.initializerOf(b.scalar(1))).not.toBeNull()
  })
})

describe('changing a graph', () => {
  test('detach puts nodes behind a value; its readers and the base stay as they are', () => {
    const base = linear()
    const b = new GraphBuilder(base)
    const inner = b.detach('y')
    b.add('Add', [inner, b.scalar(1)], {}, { output: 'y' })
    const built = b.build()
    expect(ops(built)).toEqual(['MatMul', 'Add', 'Relu'])
    expect(built.graph.nodes[2]?.inputs).toEqual(['y'])
    expect(ops(base)).toEqual(['MatMul', 'Relu'])
    expect(decodeModel(encodeModel(built), 'built')).toEqual(built)
  })

  test('detach works on an output of the graph', () => {
    const b = new GraphBuilder(linear())
    b.add('Neg', [b.detach('z')], {}, { output: 'z' })
    expect(ops(b.build())).toEqual(['MatMul', 'Relu', 'Neg'])
  })

  test('redirect moves readers, but for the exceptions', () => {
    const b = new GraphBuilder(linear())
    const doubled = b.add('Add', ['y', 'y'])
    b.redirect('y', doubled, [doubled])
    const built = b.build()
    expect(ops(built)).toEqual(['MatMul', 'Add', 'Relu'])
    expect(built.graph.nodes[2]?.inputs).toEqual([doubled])
  })

  test('a weight becomes an input under its own name', () => {
    const b = new GraphBuilder(linear())
    const { dims } = b.dropInitializer('w')
    b.input('w', DataType.float, dims)
    const { graph } = b.build()
    expect(graph.inputs.map((input) => input.name)).toEqual(['x', 'w'])
    expect(graph.initializers.size).toBe(0)
  })

  test('rewrite changes a node in place', () => {
    const b = new GraphBuilder(linear())
    b.rewrite('z', { op: 'Softmax', attributes: new Map([['axis', int(1)]]) })
    expect(ops(b.build())).toEqual(['MatMul', 'Softmax'])
  })
})

describe('build', () => {
  test('drops dead nodes and unused weights', () => {
    const b = new GraphBuilder(linear())
    b.add('Exp', [b.scalar(3)])
    b.output('y', DataType.float)
    b.dropOutput('z')
    const { graph } = b.build()
    expect(graph.nodes.map((node) => node.op)).toEqual(['MatMul'])
    expect([...graph.initializers.keys()]).toEqual(['w'])
  })

  test('sorts a long chain that was built backwards', () => {
    const b = new GraphBuilder({ opset: 20, name: 'chain' })
    b.input('v0', DataType.float, [])
    const length = 20_000
    for (let i = length; i > 0; i--) b.add('Neg', [`v${i - 1}`], {}, { output: `v${i}` })
    b.output(`v${length}`, DataType.float)
    const { nodes } = b.build().graph
    expect(nodes.map((node) => node.outputs[0])).toEqual(Array.from({ length }, (_, i) => `v${i + 1}`))
  })

  test('keeps what a subgraph reads from outside', () => {
    const b = new GraphBuilder(linear())
    const bias = b.scalar(5)
    const branch = new GraphBuilder({ opset: 20, name: 'branch' }).build().graph
    const node = { name: '', domain: '', attributes: new Map(), metadata: new Map() }
    const body = {
      ...branch,
      nodes: [{ ...node, op: 'Neg', inputs: [bias], outputs: ['negated'] }],
      outputs: [{ name: 'negated', dataType: DataType.float, dims: null }],
    }
    const condition = b.constant(DataType.bool, [], [1])
    const attributes = {
      then_branch: { kind: 'graph', value: body },
      else_branch: { kind: 'graph', value: body },
    } as const
    b.output(b.add('If', [condition], attributes), DataType.float)
    expect(b.build().graph.initializers.has(bias)).toBe(true)
  })

  test('asserts that what is read is made, and that nothing goes round', () => {
    const hole = new GraphBuilder(linear())
    hole.output(hole.add('Neg', ['nowhere']), DataType.float)
    expect(() => hole.build()).toThrow(/nothing makes nowhere/)
    const ring = new GraphBuilder(linear())
    ring.add('Neg', ['q'], {}, { output: 'p' })
    ring.add('Neg', ['p'], {}, { output: 'q' })
    ring.output('q', DataType.float)
    expect(() => ring.build()).toThrow(/a cycle/)
  })
})
