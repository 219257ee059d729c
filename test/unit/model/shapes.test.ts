// Protects symbolic shape inference: on real exports, every value's inferred type and elements are what ONNX Runtime
// computes at several sizes, which is the oracle; rules that exports do not reach are compared in small graphs.
import { describe, expect, test } from 'vitest'
import { float, int, ints, tensor, text } from '../../../src/model/attributes.ts'
import { GraphBuilder } from '../../../src/model/graph-builder.ts'
import { DataType, type OnnxModel, type ValueInfo } from '../../../src/model/graph.ts'
import { tensorOf, unpackBytes } from '../../../src/model/onnx-tensor.ts'
import { openSession } from '../../../src/model/session.ts'
import type { HostTensor } from '../../../src/model/session-tensor.ts'
import { zeros } from '../../../src/model/session-tensor.ts'
import { inferShapes, type InferredGraph } from '../../../src/model/shapes.ts'
import { Dim } from '../../../src/model/shapes.ts'
import { buildTrainingGraph } from '../../../src/train/gradient/training-graph.ts'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { openModel } from '../../../src/model/open-model.ts'
import { fixtureModel, fixturePath, GRAPHS } from '../../fixtures/reference.ts'

type Sizes = Readonly<Record<string, number>>

/** Some tensor for an input: small whole numbers, all of which are valid ids, masks and steps. */
function feedOf(input: ValueInfo, sizes: Sizes): HostTensor {
  const dims = (input.dims ?? []).map((dim, axis) =>
    typeof dim === 'number' ? dim : (sizes[dim ?? `${input.name}[${axis}]`] ?? 1),
  )
  const tensor = zeros(input.dataType, dims)
  const { data } = tensor
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = 1n
    else data[i] = 1
  }
  return tensor
}

/** The model with every value an output. */
function exposed(model: OnnxModel, inferred: InferredGraph): { model: OnnxModel; names: readonly string[] } {
  const b = new GraphBuilder(model)
  const outputs = new Set(model.graph.outputs.map((output) => output.name))
  const names = model.graph.nodes.flatMap((node) => node.outputs.filter((output) => output !== ''))
  for (const name of names) if (!outputs.has(name)) b.output(name, inferred.typeOf(name).dataType)
  return { model: b.build(), names }
}

function numbersOf({ data, dataType, dims }: HostTensor): readonly number[] {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return unpackBytes(
    dataType,
    bytes,
    dims.reduce((a, b) => a * b, 1),
  )
}

const at = (element: number | Dim, sizes: Sizes): number =>
  element instanceof Dim ? element.evaluate(sizes) : element

/** What inference says and what ONNX Runtime does, for each size. @returns how many values had known elements */
async function compare(model: OnnxModel, sizes: readonly Sizes[], weightsFolder?: string): Promise<number> {
  const inferred = inferShapes(model)
  expect(inferred.problems).toEqual([])
  expect(inferred.contradictions).toEqual([])
  const { model: open, names } = exposed(model, inferred)
  const place = weightsFolder === undefined ? {} : { weightsFolder }
  const session = await openSession({ model: open, device: 'cpu', threads: 1, ...place })
  const known = new Set<string>()
  for (const size of sizes) {
    const feeds = Object.fromEntries(open.graph.inputs.map((input) => [input.name, feedOf(input, size)]))
    const results = await session.run(feeds, names)
    const expected: Record<string, unknown> = {}
    const actual: Record<string, unknown> = {}
    for (const name of names) {
      const type = inferred.typeOf(name)
      const value = inferred.valueOf(name)
      const result = results[name]
      if (result === undefined) throw new Error(`no result ${name}`)
      const isKnown = value !== null
      if (isKnown) known.add(name)
      expected[name] = {
        dataType: type.dataType,
        dims: type.dims.map((dim) => dim.evaluate(size)),
        elements: isKnown ? value.elements.map((element) => at(element, size)) : null,
      }
      const { dataType, dims } = result
      actual[name] = { dataType, dims: [...dims], elements: isKnown ? numbersOf(result) : null }
    }
    expect(expected).toEqual(actual)
  }
  await session.close()
  return known.size
}

describe('exports by PyTorch', () => {
  test.each(GRAPHS)('%s by %s: every value at three sizes', async (model, exporter) => {
    const sizes = [
      { batch: 2, sequence: 7 },
      { batch: 3, sequence: 16 },
      { batch: 1, sequence: 1 },
    ]
    expect(await compare(fixtureModel(model, exporter), sizes)).toBeGreaterThan(0)
  })

  test.each(['llama', 'qwen2'])('%s built from its folder', async (model) => {
    const { model: graph, folder } = await openModel(fixturePath(model))
    const sizes = [
      { batch: 2, sequence: 7 },
      { batch: 1, sequence: 1 },
    ]
    expect(await compare(graph, sizes, folder)).toBeGreaterThan(0)
  })

  test.each([
    ['llama', 'dynamo', 'causal-lm'],
    ['gpt2', 'script', 'causal-lm'],
    ['bert', 'script', 'classification'],
    ['unet', 'dynamo', 'mse'],
  ] as const)('the training graph of %s by %s', async (model, exporter, loss) => {
    const base = fixtureModel(model, exporter)
    const sites = findLinearModules(base).map((module) => ({ module, rank: 2, scale: 1 }))
    const training = buildTrainingGraph(base, { trainable: { kind: 'lora', sites }, loss })
    const sizes = [
      { batch: 2, sequence: 7, 'labels[1]': 7 },
      { batch: 3, sequence: 4, 'labels[1]': 4 },
    ]
    expect(await compare(training.model, sizes)).toBeGreaterThan(0)
  })
})

/** Builds on inputs x [n, 6], y [n, 1, m], img [n, 4, 8, 9], ids [m] (int64), flag [n, 6] (bool); returns results. */
type Build = (b: GraphBuilder) => string | readonly string[]

const INPUTS: readonly ValueInfo[] = [
  { name: 'x', dataType: DataType.float, dims: ['n', 6] },
  { name: 'y', dataType: DataType.float, dims: ['n', 1, 'm'] },
  { name: 'img', dataType: DataType.float, dims: ['n', 4, 8, 9] },
  { name: 'ids', dataType: DataType.int64, dims: ['m'] },
  { name: 'flag', dataType: DataType.bool, dims: ['n', 6] },
]

function graphOf(build: Build, opset: number): OnnxModel {
  const b = new GraphBuilder({ opset, name: 'case' })
  for (const { name, dataType, dims } of INPUTS) b.input(name, dataType, dims)
  const results = [build(b)].flat()
  for (const result of results) b.output(result, DataType.float)
  const draft = b.build()
  // Inference reads no declared types, so it may say what they are.
  const inferred = inferShapes(draft)
  expect(inferred.problems).toEqual([])
  const outputs = results.map((name) => ({ name, dataType: inferred.typeOf(name).dataType, dims: null }))
  return { ...draft, graph: { ...draft.graph, outputs } }
}

const weights = (b: GraphBuilder, ...dims: readonly number[]): string =>
  b.constant(
    DataType.float,
    dims,
    Array.from({ length: dims.reduce((p, d) => p * d, 1) }, (_, i) => i % 3),
  )
const shapeOf = (b: GraphBuilder, value: string): string => b.add('Shape', [value])
const dimAt = (b: GraphBuilder, value: string, axis: number): string =>
  b.add('Gather', [shapeOf(b, value), b.scalar(axis, DataType.int64)], { axis: int(0) })

const CASES: Readonly<Record<string, Build>> = {
  'Reshape with 0 and -1': (b) => b.add('Reshape', ['img', b.int64s(0, -1, 9)]),
  'Reshape splits a product of symbols': (b) =>
    b.add('Reshape', [
      b.add('Reshape', ['y', b.int64s(-1)]),
      b.add('Concat', [b.int64s(-1), shapeOf(b, 'ids')], { axis: int(0) }),
    ]),
  'Reshape to a computed quotient': (b) => {
    const half = b.add('Div', [dimAt(b, 'x', 1), b.scalar(2, DataType.int64)])
    const target = b.add('Concat', [b.int64s(-1), b.add('Unsqueeze', [half, b.int64s(0)])], { axis: int(0) })
    return b.add('Reshape', ['x', target])
  },
  Flatten: (b) => [b.add('Flatten', ['img'], { axis: int(2) }), b.add('Flatten', ['img'], { axis: int(-1) })],
  Squeeze: (b) => b.add('Squeeze', ['y', b.int64s(1)]),
  Unsqueeze: (b) => b.add('Unsqueeze', ['x', b.int64s(0, -1)]),
  Transpose: (b) => [b.add('Transpose', ['img'], { perm: ints([0, 2, 3, 1]) }), b.add('Transpose', ['x'])],
  'Concat on a symbolic axis': (b) => b.add('Concat', ['y', 'y'], { axis: int(2) }),
  'Split in equal parts': (b) => b.addMulti('Split', ['x'], 3, { axis: int(1), num_outputs: int(3) }),
  'Split unevenly': (b) => b.addMulti('Split', ['img'], 2, { axis: int(3), num_outputs: int(2) }),
  'Split by sizes': (b) => b.addMulti('Split', ['x', b.int64s(1, 5)], 2, { axis: int(-1) }),
  'Slice forwards, with a step': (b) =>
    b.add('Slice', ['img', b.int64s(1, 0), b.int64s(2 ** 63, -1), b.int64s(2, 3), b.int64s(3, 2)]),
  'Slice backwards': (b) =>
    b.add('Slice', ['img', b.int64s(-1), b.int64s(-(2 ** 63)), b.int64s(3), b.int64s(-2)]),
  'Slice of a symbolic axis': (b) => [
    b.add('Slice', ['ids', b.int64s(1), b.int64s(2 ** 63), b.int64s(0)]),
    b.add('Slice', ['ids', b.int64s(0), b.int64s(-1), b.int64s(0)]),
    b.add('Slice', ['ids', b.int64s(0), b.int64s(4), b.int64s(0)]),
    b.add('Slice', ['ids', b.int64s(0), b.int64s(2 ** 63), b.int64s(0), b.int64s(2)]),
    b.add('Slice', ['ids', b.int64s(-1), b.int64s(-(2 ** 63)), b.int64s(0), b.int64s(-1)]),
  ],
  Expand: (b) => b.add('Expand', ['y', b.int64s(1, 3, 1)]),
  Tile: (b) => b.add('Tile', ['x', b.int64s(2, 3)]),
  Pad: (b) => b.add('Pad', ['x', b.int64s(1, 0, 2, 4)]),
  'Pad of some axes': (b) => b.add('Pad', ['img', b.int64s(1, 2), '', b.int64s(-1)]),
  'Range of a symbol': (b) => {
    const [zero, one, three] = [0, 1, 3].map((value) => b.scalar(value, DataType.int64)) as [
      string,
      string,
      string,
    ]
    const m = dimAt(b, 'ids', 0)
    return [
      b.add('Range', [zero, m, one]),
      b.add('Range', [one, b.add('Mul', [m, three]), three]),
      b.add('Range', [three, zero, b.scalar(-1, DataType.int64)]),
    ]
  },
  ConstantOfShape: (b) => [
    b.add('ConstantOfShape', [shapeOf(b, 'y')], { value: tensor(tensorOf('', DataType.bool, [1], [1])) }),
    b.add('ConstantOfShape', [b.int64s(2)]),
  ],
  'Shape of a part, Size': (b) => [
    b.add('Shape', ['img'], { start: int(1), end: int(-1) }),
    b.add('Size', ['y']),
  ],
  'arithmetic on sizes': (b) => {
    const [n, m, two] = [dimAt(b, 'x', 0), dimAt(b, 'ids', 0), b.scalar(2, DataType.int64)]
    const both = b.add('Add', [b.add('Mul', [n, m]), two])
    const less = b.add('Less', [m, b.add('Add', [m, n])])
    return [
      b.add('Sub', [both, n]),
      b.add('Div', [both, two]),
      b.add('Mod', [both, two]),
      b.add('Neg', [m]),
      b.add('Max', [m, b.scalar(1, DataType.int64)]),
      b.add('Min', [m, b.scalar(5, DataType.int64)]),
      b.add('Where', [less, m, n]),
      b.add('And', [less, b.add('Not', [less])]),
      b.add('ReduceProd', [shapeOf(b, 'y')], { keepdims: int(0) }),
      b.add('Cast', [b.add('Equal', [m, b.scalar(0, DataType.int64)])], { to: int(DataType.int32) }),
    ]
  },
  'known values move along': (b) => {
    const table = b.constant(DataType.int64, [2, 3], [0, 1, 2, 3, 4, 5])
    const parts = b.addMulti('Split', [table, b.int64s(1, 2)], 2, { axis: int(1) })
    return [
      ...parts,
      b.add('Transpose', [table]),
      b.add('Gather', [table, b.constant(DataType.int64, [2, 1], [-1, 0])], { axis: int(1) }),
      b.add('Slice', [table, b.int64s(-1), b.int64s(-(2 ** 63)), b.int64s(1), b.int64s(-2)]),
      b.add('Expand', [b.int64s(7), b.int64s(2, 2)]),
      b.add('Tile', [table, b.int64s(1, 2)]),
      b.add('Concat', [table, table], { axis: int(1) }),
      b.add('Pow', [b.scalar(3), b.scalar(0.5)]),
      b.add('Div', [b.scalar(-7, DataType.int64), b.scalar(2, DataType.int64)]),
    ]
  },
  'elementwise and broadcasting': (b) => [
    b.add('Add', ['y', weights(b, 3, 1)]),
    b.add('Pow', ['x', b.scalar(2)]),
    b.add('Where', ['flag', 'x', b.scalar(0)]),
    b.add('GreaterOrEqual', ['x', b.scalar(0)]),
    b.add('Xor', ['flag', 'flag']),
    b.add('IsNaN', ['x']),
    b.add('Mean', ['x', 'x', b.scalar(1)]),
    b.add('Sum', ['x', b.scalar(1), 'x']),
    b.add('Clip', ['x', b.scalar(0), b.scalar(1)]),
    b.add('CumSum', ['x', b.scalar(1, DataType.int64)]),
    b.add('Trilu', ['x']),
    b.add('CastLike', ['ids', 'x']),
    b.add('LeakyRelu', ['x'], { alpha: float(0.1) }),
    ...b.addMulti('Dropout', ['x'], 2),
    ...b.addMulti('LayerNormalization', ['img', weights(b, 8, 9)], 3, { axis: int(2) }),
  ],
  Gather: (b) => b.add('Gather', ['img', b.constant(DataType.int64, [2, 2], [0, 1, 2, 0])], { axis: int(1) }),
  GatherND: (b) => {
    const n = b.add('Shape', ['x'], { end: int(1) })
    const column = b.add('Unsqueeze', [b.add('Expand', [b.int64s(1), n]), b.int64s(1)])
    return [
      b.add('GatherND', ['img', b.constant(DataType.int64, [1, 2], [0, 3])]),
      b.add('GatherND', ['x', column], { batch_dims: int(1) }),
    ]
  },
  'GatherElements, ScatterElements': (b) => {
    const indices = b.constant(DataType.int64, [1, 2], [1, 0])
    return [
      b.add('GatherElements', ['x', indices], { axis: int(1) }),
      b.add('ScatterElements', ['x', indices, weights(b, 1, 2)], { axis: int(1) }),
    ]
  },
  ScatterND: (b) => b.add('ScatterND', ['x', b.constant(DataType.int64, [1, 2], [0, 3]), weights(b, 1)]),
  'TopK, ArgMax, OneHot': (b) => [
    ...b.addMulti('TopK', ['x', b.int64s(2)], 2),
    b.add('ArgMax', ['x'], { axis: int(-1), keepdims: int(0) }),
    b.add('ArgMin', ['x'], { axis: int(0) }),
    b.add('OneHot', ['ids', b.scalar(4, DataType.int64), b.constant(DataType.float, [2], [0, 1])], {
      axis: int(0),
    }),
  ],
  reductions: (b) => [
    b.add('ReduceSum', ['img', b.int64s(0, -1)], { keepdims: int(0) }),
    b.add('ReduceMean', ['img', b.int64s(1)]),
    b.add('ReduceMax', ['x']),
    b.add('ReduceL2', ['x', b.int64s(1)], { keepdims: int(0) }),
    b.add('ReduceSum', ['x'], { noop_with_empty_axes: int(1) }),
  ],
  MatMul: (b) => [
    b.add('MatMul', ['x', weights(b, 6, 2)]),
    b.add('MatMul', ['x', weights(b, 6)]),
    b.add('MatMul', [weights(b, 8), 'img']),
    b.add('MatMul', [weights(b, 1, 4, 2, 8), 'img']),
  ],
  Gemm: (b) => [
    b.add('Gemm', ['x', weights(b, 2, 6)], { transB: int(1) }),
    b.add('Gemm', ['x', 'x'], { transA: int(1) }),
  ],
  Einsum: (b) => [
    b.add('Einsum', ['x', weights(b, 6, 2)], { equation: text('ni,io->no') }),
    b.add('Einsum', ['img', 'img'], { equation: text('...ij, ...kj -> ...ik') }),
    b.add('Einsum', ['x', 'x'], { equation: text('ba,bc') }),
  ],
  Conv: (b) => [
    b.add('Conv', ['img', weights(b, 5, 4, 3, 2)], { strides: ints([2, 1]), pads: ints([1, 0, 1, 1]) }),
    b.add('Conv', ['img', weights(b, 4, 1, 3, 3)], { group: int(4), dilations: ints([2, 2]) }),
    b.add('Conv', ['img', weights(b, 5, 4, 3, 3)], { auto_pad: text('SAME_UPPER'), strides: ints([2, 2]) }),
    b.add('ConvTranspose', ['img', weights(b, 4, 5, 3, 3)], {
      strides: ints([2, 2]),
      pads: ints([1, 1, 1, 1]),
      output_padding: ints([1, 1]),
    }),
  ],
  pooling: (b) => [
    b.add('MaxPool', ['img'], { kernel_shape: ints([3, 3]), strides: ints([2, 2]) }),
    b.add('AveragePool', ['img'], { kernel_shape: ints([2, 2]), strides: ints([2, 2]), ceil_mode: int(1) }),
    b.add('GlobalAveragePool', ['img']),
  ],
  Resize: (b) => [
    b.add('Resize', ['img', '', b.constant(DataType.float, [4], [1, 1, 2, 1.5])]),
    b.add('Resize', ['img', '', '', b.int64s(3, 3)], { axes: ints([2, 3]) }),
  ],
  'DepthToSpace, SpaceToDepth': (b) => [
    b.add('DepthToSpace', ['img'], { blocksize: int(2) }),
    b.add('SpaceToDepth', [b.add('Slice', ['img', b.int64s(0), b.int64s(8), b.int64s(3)])], {
      blocksize: int(2),
    }),
  ],
  normalisations: (b) => [
    b.add('InstanceNormalization', ['img', weights(b, 4), weights(b, 4)]),
    b.add('BatchNormalization', ['img', weights(b, 4), weights(b, 4), weights(b, 4), weights(b, 4)]),
    b.add('Softmax', ['x'], { axis: int(0) }),
  ],
  'QuantizeLinear, DequantizeLinear': (b) => {
    const scale = b.scalar(0.5)
    return b.add('DequantizeLinear', [
      b.add('QuantizeLinear', ['x', scale, b.scalar(3, DataType.int8)]),
      scale,
    ])
  },
}

describe('small graphs, against ONNX Runtime', () => {
  test.each(Object.entries(CASES))('%s', async (_, build) => {
    await compare(graphOf(build, 20), [
      { n: 2, m: 7 },
      { n: 3, m: 5 },
      { n: 1, m: 1 },
    ])
  })

  test('axes as attributes, before opset 13', async () => {
    const build: Build = (b) => [
      b.add('Unsqueeze', [b.add('Squeeze', ['y'], { axes: ints([1]) })], { axes: ints([0]) }),
      b.add('ReduceSum', ['x'], { axes: ints([1]), keepdims: int(0) }),
      ...b.addMulti('Split', ['x'], 2, { axis: int(1), split: ints([2, 4]) }),
    ]
    await compare(graphOf(build, 12), [{ n: 2, m: 3 }])
  })
})

describe('what is not known', () => {
  const problemOf = (build: Build) => {
    const b = new GraphBuilder({ opset: 20, name: 'case' })
    for (const { name, dataType, dims } of INPUTS) b.input(name, dataType, dims)
    const [first = ''] = [build(b)].flat()
    const last = b.add('Neg', [b.add('Neg', [first])])
    b.output(last, DataType.float)
    return { inferred: inferShapes(b.build()), last }
  }

  test('names the operator and node that stand in the way, once', () => {
    const { inferred, last } = problemOf((b) => b.add('Wonder', ['x'], {}, { name: 'the_wonder' }))
    expect(inferred.problems).toMatchObject([{ op: 'Wonder', node: 'the_wonder' }])
    expect(() => inferred.typeOf(last)).toThrow(/Wonder node "the_wonder": operator Wonder has no shape rule/)
  })

  test.each<[string, RegExp, Build]>([
    ['a shape from data', /target shape .* cannot be computed/, (b) => b.add('Reshape', ['x', 'ids'])],
    ['sizes that do not fit', /6 and 5 do not fit/, (b) => b.add('MatMul', ['x', weights(b, 5, 2)])],
    [
      'an axis that is not there',
      /axis 2 of a tensor of rank 2/,
      (b) => b.add('Softmax', [b.add('Concat', ['x', 'x'], { axis: int(2) })]),
    ],
    ['a property of every object', /toString has no shape rule/, (b) => b.add('toString', ['x'])],
  ])('%s', (_, message, build) => {
    const { inferred, last } = problemOf(build)
    expect(() => inferred.typeOf(last)).toThrow(message)
    expect(() => inferred.typeOf(last)).toThrow(expect.objectContaining({ code: 'SHAPE_UNKNOWN' }))
  })

  test('what the file states is compared, not believed', () => {
    const b = new GraphBuilder({ opset: 20, name: 'case' })
    b.output(b.add('Neg', [b.input('x', DataType.float, ['n', 6])], {}, { output: 'y' }), DataType.float, [
      'n',
      7,
    ])
    const inferred = inferShapes(b.build())
    expect(inferred.contradictions).toEqual(['y'])
    expect(inferred.typeOf('y').dims.map(String)).toEqual(['n', '6'])
  })

  test('dimensions that must be equal are taken to be, and are listed', () => {
    const b = new GraphBuilder({ opset: 20, name: 'case' })
    const [p, q] = ['p', 'q'].map((name) => b.input(name, DataType.float, [`${name} + 1`])) as [
      string,
      string,
    ]
    b.output(b.add('Add', [p, q]), DataType.float)
    expect(inferShapes(b.build()).assumptions).toEqual(['p + 1 = q + 1'])
  })

  test('a symbol can be bound, as empty caches are', () => {
    const b = new GraphBuilder({ opset: 20, name: 'case' })
    const past = b.input('past', DataType.float, ['batch', 'past_length'])
    const mask = b.input('mask', DataType.float, ['batch', 'past_length + length'])
    const all = b.add('Concat', [past, mask], { axis: int(1) })
    b.output(all, DataType.float)
    const inferred = inferShapes(b.build(), { symbols: { past_length: 0 } })
    expect(inferred.typeOf(past).dims.map(String)).toEqual(['batch', '0'])
    expect(inferred.typeOf(all).dims.map(String)).toEqual(['batch', 'length'])
  })
})
