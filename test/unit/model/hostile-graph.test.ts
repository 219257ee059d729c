// Protects everything that looks at a graph from files that are damaged or made to hurt: errors of ours, no crash, no hang.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRoundError } from '../../../src/core/errors.ts'
import { int, ints } from '../../../src/model/attributes.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { DataType, type Attribute, type GraphNode, type OnnxModel } from '../../../src/model/graph.ts'
import { inspectModel } from '../../../src/model/inspect.ts'
import { inferShapes } from '../../../src/model/shapes.ts'

const OPERATORS = [
  'Add', 'Sub', 'Mul', 'Div', 'Mod', 'Min', 'Max', 'Where', 'Equal', 'Less', 'Cast', 'Neg', 'Shape', 'Size', 'Reshape',
  'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Concat', 'Split', 'Slice', 'Expand', 'Tile', 'Pad', 'Range', 'Gather',
  'ConstantOfShape', 'GatherND', 'GatherElements', 'ScatterND', 'TopK', 'ArgMax', 'OneHot', 'ReduceSum', 'ReduceProd',
  'MatMul', 'Gemm', 'Einsum', 'Conv', 'ConvTranspose', 'MaxPool', 'Resize', 'LayerNormalization', 'DepthToSpace',
  'MatMulNBits', 'BatchNormalization', 'Softmax', 'Identity', 'Dropout', 'Constant', 'toString', 'constructor',
] // prettier-ignore
const ATTRIBUTES = ['axis', 'axes', 'perm', 'to', 'keepdims', 'batch_dims', 'transB', 'split', 'k', 'pads', 'strides', 'N', 'blocksize', 'value_ints', 'start', 'end', 'equation'] // prettier-ignore

const wild = fc.oneof(
  fc.integer({ min: -3, max: 5 }),
  fc.constantFrom(2 ** 63, -(2 ** 63), 2 ** 31, 2 ** 52, -1, 0, 1e9),
)
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  wild.map(int),
  fc.array(wild, { maxLength: 4 }).map(ints),
  fc.constantFrom('ij,jk->ik', '...i->', 'aa', '').map((value) => ({ kind: 'string', value }) as const),
)
const START = ['x', 'y', 'n', 'shape', 'zero', 'wild', 'half']

/** A node over the values of the start and of the nodes before it. */
const plan = fc.record({
  op: fc.constantFrom(...OPERATORS),
  inputs: fc.array(fc.nat(30), { maxLength: 5 }),
  outputCount: fc.integer({ min: 0, max: 3 }),
  attributes: fc.dictionary(fc.constantFrom(...ATTRIBUTES), attribute, { maxKeys: 4 }),
})

function graphOf(
  plans: readonly {
    op: string
    inputs: number[]
    outputCount: number
    attributes: Record<string, Attribute>
  }[],
): OnnxModel {
  const b = new GraphBuilder({ opset: 20, name: 'hostile' })
  b.input('x', DataType.float, ['batch', 4])
  b.input('y', DataType.int64, ['batch', 'length + 1', null])
  const { graph, ...rest } = b.build()
  const constant = (name: string, dataType: DataType, dims: number[], values: number[]) => {
    const source = new GraphBuilder({ opset: 20, name: '' })
    return { ...source.dropInitializer(source.constant(dataType, dims, values)), name }
  }
  const initializers = [
    constant('n', DataType.int64, [], [3]),
    constant('shape', DataType.int64, [3], [0, -1, 2]),
    constant('zero', DataType.int64, [0], []),
    constant('wild', DataType.int64, [2, 2], [2 ** 63, -5, 1e9, 2 ** 52]),
    constant('half', DataType.float, [2], [0.5, Number.NaN]),
  ]
  const names = [...START]
  const nodes = plans.map(({ op, inputs, outputCount, attributes }, index): GraphNode => {
    const node = {
      name: `node${index}`,
      op,
      domain: '',
      inputs: inputs.map((at) => names[at % names.length] ?? ''),
      outputs: Array.from({ length: outputCount }, (_, i) => `v${index}.${i}`),
      attributes: new Map(Object.entries(attributes)),
      metadata: new Map<string, string>(),
    }
    names.push(...node.outputs)
    return node
  })
  return {
    ...rest,
    graph: { ...graph, nodes, initializers: new Map(initializers.map((each) => [each.name, each])) },
  }
}

describe('any graph', () => {
  test('is understood, or its problems are listed; nothing else is thrown', () => {
    let known = 0
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: 12 }), (plans) => {
        const model = graphOf(plans)
        const inferred = inferShapes(model)
        for (const name of model.graph.nodes.flatMap((node) => node.outputs)) {
          try {
            inferred.typeOf(name)
            known++
          } catch (error) {
            if (!isRoundError(error, 'SHAPE_UNKNOWN')) throw error
          }
        }
        inspectModel(model, { batchSize: 2, length: 3, rank: 1 })
      }),
      { numRuns: 1000 },
    )
    // The generator reaches past the first checks.
    expect(known).toBeGreaterThan(500)
  })

  test('that names axes far beyond its ranks costs no memory', () => {
    const b = new GraphBuilder({ opset: 20, name: 'axes' })
    const x = b.input('x', DataType.float, ['batch', 4])
    const sizes = b.int64s(7)
    const resized = b.add('Resize', [x, '', '', sizes], { axes: ints([2 ** 31]) })
    b.output(b.add('Expand', [resized, b.int64s(2, 2)]), DataType.float)
    const inferred = inferShapes(b.build())
    expect(() => inferred.typeOf(resized)).toThrow(/axis 2147483648 of a tensor of rank 2/)
  })

  test('that doubles itself at each step ends in time', () => {
    const b = new GraphBuilder({ opset: 20, name: 'double' })
    let value = b.input('x', DataType.float, ['a + b + c'])
    for (let i = 0; i < 40; i++)
      value = b.add('Concat', [value, b.add('Slice', [value, b.int64s(1), b.int64s(2 ** 63)])], {
        axis: int(0),
      })
    b.output(value, DataType.float)
    const squares = new GraphBuilder(b.build())
    let size = squares.add('Size', ['x'])
    for (let i = 0; i < 200; i++) size = squares.add('Mul', [size, squares.add('Add', [size, size])])
    squares.output(size, DataType.int64)
    const inferred = inferShapes(squares.build())
    expect(inferred.typeOf(value).dims).toHaveLength(1)
    // Its number of elements is beyond what is followed; that it is one number is known.
    expect(inferred.typeOf(size).dims).toEqual([])
    expect(inferred.valueOf(size)).toBeNull()
  })
})
