// Protects: gradients that meet add up: repeated values, pieces of an axis, broadcasts, fused pairs; and what cannot be done is said.
import { describe, expect, it } from 'vitest'
import { isRoundError } from '../../../../src/core/errors.ts'
import { float, int, ints } from '../../../../src/model/attributes.ts'
import { DataType } from '../../../../src/model/graph.ts'
import { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { openSession } from '../../../../src/model/session.ts'
import { floatTensor, int64Tensor } from '../../../../src/model/session-tensor.ts'
import { inferGraphShapes } from '../../../../src/train/gradient/graph-shapes.ts'
import { differentiate } from '../../../../src/train/gradient/walk.ts'
import { checkRule, positive, variable, type RuleCase } from './rule-case.ts'

type Build = NonNullable<RuleCase['build']>
const composition = (title: string, inputs: RuleCase['inputs'], build: Build): RuleCase => ({
  row: 'composition',
  title,
  inputs,
  build: (b, names) => build(b, names),
})
const slice = (b: GraphBuilder, x: string, from: number, to: number, axis: number): string =>
  b.add('Slice', [x, b.int64s(from), b.int64s(to), b.int64s(axis)])

const COMPOSITIONS: readonly RuleCase[] = [
  composition('a value read three times', [variable([2, 3])], (b, [x = '']) =>
    b.add('Add', [b.add('Mul', [x, b.add('Sin', [x])]), b.add('Mul', [x, x])]),
  ),
  composition(
    'x·σ(x), the sigmoid read elsewhere too',
    [variable([2, 3]), variable([2, 3])],
    (b, [x = '', z = '']) => {
      const sigmoid = b.add('Sigmoid', [x])
      return b.add('Add', [b.add('Mul', [sigmoid, x]), b.add('Mul', [sigmoid, z])])
    },
  ),
  composition(
    'slices that tile an axis, turned as rotary embedding does',
    [variable([2, 5, 6])],
    (b, [x = '']) => {
      const turned = b.add('Concat', [b.add('Neg', [slice(b, x, 3, 9, 2)]), slice(b, x, 0, 3, 2)], {
        axis: int(-1),
      })
      return b.add('Mul', [turned, b.add('Add', [turned, x])])
    },
  ),
  composition('slices that overlap and leave gaps', [variable([3, 8])], (b, [x = '']) =>
    b.add('Mul', [slice(b, x, 1, 4, 1), b.add('Mul', [slice(b, x, 2, 5, 1), slice(b, x, 5, 8, 1)])]),
  ),
  composition('slices of two axes', [variable([4, 4])], (b, [x = '']) =>
    b.add('MatMul', [slice(b, x, 0, 2, 0), slice(b, x, 1, 3, 1)]),
  ),
  composition('one element and a part of the same axis', [variable([2, 5, 3])], (b, [x = '']) => {
    const first = b.add('Gather', [x, b.scalar(0, DataType.int64)], { axis: int(1) })
    return b.add('Mul', [b.add('Unsqueeze', [first, b.int64s(1)]), slice(b, x, 2, 4, 1)])
  }),
  composition(
    'heads shared by groups',
    [variable([2, 2, 5, 3]), variable([2, 4, 5, 3])],
    (b, [keys = '', queries = '']) => {
      const one = b.add('Unsqueeze', [keys, b.int64s(2)])
      const shape = b.add('Shape', [keys])
      const part = (from: number, to: number): string => b.add('Slice', [shape, b.int64s(from), b.int64s(to)])
      const wide = b.add('Concat', [part(0, 2), b.int64s(2), part(2, 4)], { axis: int(0) })
      const repeated = b.add('Expand', [one, wide])
      const flat = b.add('Concat', [part(0, 1), b.int64s(4), part(2, 4)], { axis: int(0) })
      const heads = b.add('Reshape', [repeated, flat])
      return b.add('Softmax', [
        b.add('MatMul', [queries, b.add('Transpose', [heads], { perm: ints([0, 1, 3, 2]) })]),
      ])
    },
  ),
  composition('a split whose parts are read unequally', [variable([2, 6])], (b, [x = '']) => {
    const [first = '', , third = ''] = b.addMulti('Split', [x, b.int64s(2, 2, 2)], 3, { axis: int(1) })
    return b.add('Mul', [first, b.add('Mul', [third, first])])
  }),
  composition('a norm without a mean', [positive([2, 3, 4]), variable([4])], (b, [x = '', w = '']) => {
    const mean = b.add('ReduceMean', [b.add('Mul', [x, x]), b.int64s(-1)], { keepdims: int(1) })
    const inverse = b.add('Reciprocal', [b.add('Sqrt', [mean])])
    return b.add('Mul', [b.add('Mul', [x, inverse]), w])
  }),
  composition(
    'a normalisation read twice',
    [variable([2, 6]), variable([6]), variable([6])],
    (b, [x = '', w = '', s = '']) => {
      const y = b.add('LayerNormalization', [x, w, s], { axis: int(-1), epsilon: float(1e-5) })
      return b.add('Mul', [y, b.add('Sin', [b.add('LayerNormalization', [y, w, s], { axis: int(-1) })])])
    },
  ),
]

describe('the walk', () => {
  for (const ruleCase of COMPOSITIONS) {
    for (const isSymbolic of [false, true]) {
      it(`${ruleCase.title}, ${isSymbolic ? 'symbolic' : 'known'} sizes`, () =>
        checkRule(ruleCase, { opset: 20, isSymbolic }))
    }
  }

  it('sums back at run time where two symbols may be one or another', async () => {
    const b = new GraphBuilder({ opset: 20, name: 'open' })
    const x = b.input('x', DataType.float, ['n', 3])
    const y = b.add('Expand', [x, b.input('shape', DataType.int64, [2])])
    b.output(y, DataType.float)
    const model = b.build()
    const grown = new GraphBuilder(model)
    const seeds = new Map([[y, grown.input('cotangent', DataType.float, null)]])
    const shapes = { ...inferGraphShapes(model), typeOf: openType(x) }
    const gradient = differentiate({ builder: grown, graph: model.graph, shapes, seeds, wanted: [x] }).get(x)
    grown.outputAs('gradient', gradient ?? '', DataType.float)
    const session = await openSession({ model: grown.build(), device: 'cpu' })
    for (const [rows, wanted] of [
      [1, [3, 5, 7]],
      [2, [1, 2, 3, 2, 3, 4]],
    ] as const) {
      const results = await session.run(
        {
          x: floatTensor([rows, 3], new Float32Array(rows * 3)),
          shape: int64Tensor([2], [2, 3]),
          cotangent: floatTensor([2, 3], Float32Array.of(1, 2, 3, 2, 3, 4)),
        },
        ['gradient'],
      )
      expect(Array.from(results.gradient.data, Number)).toEqual(wanted)
      expect(results.gradient.dims).toEqual([rows, 3])
    }
    await session.close()
  })

  it('passes nothing back through rows that are masked out wholly', async () => {
    const b = new GraphBuilder({ opset: 20, name: 'masked' })
    const x = b.input('x', DataType.float, ['rows', 2])
    const mask = b.constant(DataType.float, [2, 2], [0, 0, -Infinity, -Infinity])
    const shares = b.add('Softmax', [b.add('Add', [x, mask])], { axis: int(-1) })
    const y = b.add('Where', [b.add('IsNaN', [shares]), b.scalar(0), shares])
    b.output(y, DataType.float)
    const model = b.build()
    const grown = new GraphBuilder(model)
    const seeds = new Map([[y, grown.input('cotangent', DataType.float, null)]])
    const shapes = inferGraphShapes(model)
    const gradient = differentiate({ builder: grown, graph: model.graph, shapes, seeds, wanted: [x] }).get(x)
    grown.outputAs('gradient', gradient ?? '', DataType.float)
    const session = await openSession({ model: grown.build(), device: 'cpu' })
    const cotangent = floatTensor([2, 2], Float32Array.of(1, 0, 1, 0))
    const results = await session.run({ x: floatTensor([2, 2], new Float32Array(4)), cotangent }, [
      'gradient',
    ])
    await session.close()
    expect(Array.from(results.gradient.data, Number)).toEqual([0.25, -0.25, 0, 0])
  })

  it('answers null for a value that the loss does not depend on', () => {
    const b = new GraphBuilder({ opset: 20, name: 'apart' })
    const x = b.input('x', DataType.float, [2])
    const z = b.input('z', DataType.float, [2])
    const y = b.add('Sin', [x])
    b.output(y, DataType.float)
    expect(gradientsOf(b, y, [x, z]).get(z)).toBeNull()
  })

  it('lists every node without a rule at once, and none off the way', () => {
    const b = new GraphBuilder({ opset: 20, name: 'unknown' })
    const x = b.input('x', DataType.float, [2, 4])
    const other = b.input('other', DataType.float, [2, 4])
    const first = b.add('DeformConv', [x], {}, { name: 'first' })
    const second = b.add('Det', [first], {}, { name: 'second' })
    const third = b.add(
      'FancyOp',
      [second, b.add('DeformConv', [other])],
      {},
      { name: 'third', domain: 'com.example' },
    )
    const apart = b.add('DeformConv', [x], {}, { name: 'apart' })
    b.output(third, DataType.float)
    b.output(apart, DataType.float)
    try {
      gradientsOf(b, third, [x])
      expect.unreachable('nothing was reported')
    } catch (error) {
      expect(isRoundError(error, 'GRADIENT_UNSUPPORTED')).toBe(true)
      const { info, message } = error as { info: { nodes: { op: string; node: string }[] }; message: string }
      expect(info.nodes.map(({ op, node }) => [op, node])).toEqual([
        ['DeformConv', 'first'],
        ['Det', 'second'],
        ['FancyOp', 'third'],
      ])
      for (const name of ['first', 'second', 'third']) expect(message).toContain(name)
    }
  })

  it('names the node of a known operator whose form has no rule', () => {
    const b = new GraphBuilder({ opset: 20, name: 'form' })
    const x = b.input('x', DataType.float, [2, 4])
    const updates = { reduction: { kind: 'string', value: 'mul' } } as const
    const y = b.add('ScatterElements', [x, b.constant(DataType.int64, [1, 1], [0]), x], updates, {
      name: 'placing',
    })
    b.output(y, DataType.float)
    expect(() => gradientsOf(b, y, [x])).toThrow(/ScatterElements \(node placing\): scattering with/)
  })
})

function gradientsOf(
  b: GraphBuilder,
  y: string,
  wanted: readonly string[],
): ReadonlyMap<string, string | null> {
  const model = b.build()
  const builder = new GraphBuilder(model)
  const seeds = new Map([[y, builder.input('cotangent', DataType.float, null)]])
  return differentiate({ builder, graph: model.graph, shapes: inferGraphShapes(model), seeds, wanted })
}

/** Types as inference gives them where a size is open: n rows before, m after. */
function openType(x: string) {
  const three = { key: '3', constant: 3 }
  return (name: string) => ({
    dataType: DataType.float,
    dims: [{ key: name === x ? 'n' : 'm', constant: null }, three],
  })
}
