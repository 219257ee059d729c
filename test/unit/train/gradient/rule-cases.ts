/** The cases of every differentiable row of the gradient table: shapes, broadcasting, axes, attributes. A table. */
import { float, int, ints, text } from '../../../../src/model/attributes.ts'
import { DataType } from '../../../../src/model/graph.ts'
import {
  ACTIVATION_CASES,
  COMPUTED_SIZE_CASES,
  EINSUM_CASES,
  INDEXING_CASES,
  NORM_CASES,
} from './rule-cases-further.ts'
import { CONVOLUTION_CASES, POOLING_CASES, RESAMPLING_CASES } from './rule-cases-images.ts'
import { bools, fed, floats, int64s, positive, variable, type RuleCase } from './rule-case.ts'

const unary = (row: string, extra: Partial<RuleCase> = {}): RuleCase[] => [
  { row, title: 'of any sign', inputs: [variable([2, 3])], ...extra },
]
const unaryPositive = (row: string): RuleCase[] => [
  { row, title: 'of positive elements', inputs: [positive([2, 3])] },
]

const binary = (row: string): RuleCase[] => [
  { row, title: 'of equal shapes', inputs: [variable([2, 3]), positive([2, 3])] },
  { row, title: 'broadcasting ones', inputs: [variable([2, 1, 3]), positive([4, 1])] },
  { row, title: 'broadcasting a scalar', inputs: [variable([]), positive([2, 3])] },
  { row, title: 'with a constant', inputs: [variable([2, 3]), floats([2, 3, 4], [3])] },
]

const reduction = (row: string, positiveOnly = false): RuleCase[] => {
  const x = positiveOnly ? positive([2, 3, 4]) : variable([2, 3, 4])
  // Axes are an input since opset 18, those of the sum since 13.
  const byInput = row.startsWith('ReduceSum@') ? 13 : 18
  const kept = { keepdims: int(0) }
  return [
    { row, title: 'last axis, kept', inputs: [x, int64s([-1])], attributes: { keepdims: int(1) } },
    { row, title: 'two axes', inputs: [x, int64s([0, 2])], attributes: kept, opsets: [byInput, 24] },
    { row, title: 'everything', inputs: [x], attributes: kept, opsets: [11, 17, 20] },
    {
      row,
      title: 'by attribute',
      inputs: [x],
      attributes: { axes: ints([1]), ...kept },
      opsets: [11, byInput - 1],
    },
  ]
}

const ELEMENTWISE: readonly RuleCase[] = [
  ...binary('Add@7+'),
  ...binary('Sub@7+'),
  ...binary('Mul@7+'),
  ...binary('Div@7+'),
  { row: 'Sum@8+', title: 'of three', inputs: [variable([2, 3]), variable([3]), variable([2, 1])] },
  { row: 'Pow@7+', title: 'squared', inputs: [variable([2, 3]), floats([2])] },
  { row: 'Pow@7+', title: 'cubed', inputs: [variable([2, 3]), floats([3])] },
  { row: 'Pow@7+', title: 'to a broken power', inputs: [positive([2, 3]), floats([1.7])] },
  { row: 'Pow@7+', title: 'both differentiated', inputs: [positive([2, 3]), positive([3])] },
  { row: 'Pow@7+', title: 'to a whole-number tensor', inputs: [positive([2, 3]), int64s([1, 2, 4])] },
  { row: 'Where@9+', title: 'choosing', inputs: [bools([1, 0, 1], [3]), variable([2, 3]), variable([2, 1])] },
  {
    row: 'Where@9+',
    title: 'against a constant',
    inputs: [bools([1, 0], [2, 1]), variable([2, 3]), floats([0])],
  },
  { row: 'Max@8+', title: 'of two', inputs: [variable([2, 3]), variable([3])] },
  { row: 'Max@8+', title: 'of one', inputs: [variable([2, 3])] },
  { row: 'Min@8+', title: 'of two', inputs: [variable([2, 3]), variable([2, 1])] },
  ...unary('Neg@6+'),
  ...unaryPositive('Reciprocal@6+'),
  ...unaryPositive('Sqrt@6+'),
  ...unary('Exp@6+'),
  ...unaryPositive('Log@6+'),
  ...unary('Sin@7+'),
  ...unary('Cos@7+', { isSingle: true }),
  ...unary('Abs@6+'),
  ...unary('Tanh@6+'),
  ...unary('Sigmoid@6+'),
  ...unary('Softplus@1+', { isSingle: true }),
  ...unary('Erf@9+', { isSingle: true }),
  ...unary('Gelu@20+', { isSingle: true }),
  {
    row: 'Gelu@20+',
    title: 'by tanh',
    inputs: [variable([2, 3])],
    attributes: { approximate: text('tanh') },
    isSingle: true,
  },
  ...unary('Relu@6+'),
  ...unary('LeakyRelu@6+', { attributes: { alpha: float(0.2) }, isSingle: true }),
  ...unary('Elu@6+', { attributes: { alpha: float(0.7) }, isSingle: true }),
  { row: 'Clip@11+', title: 'from both sides', inputs: [variable([3, 4]), floats([-0.9]), floats([0.8])] },
  ...unary('Identity@1+'),
  ...unary('Cast@9+', { attributes: { to: int(DataType.double) } }),
  { row: 'CastLike@15+', title: 'like another', inputs: [variable([2, 3]), floats([1])] },
  ...unary('Dropout@12+'),
]

const PRODUCTS: readonly RuleCase[] = [
  { row: 'MatMul@1+', title: 'of matrices', inputs: [variable([2, 3]), variable([3, 4])] },
  { row: 'MatMul@1+', title: 'of rows by a matrix', inputs: [variable([2, 5, 3]), variable([3, 4])] },
  { row: 'MatMul@1+', title: 'batched', inputs: [variable([2, 5, 3]), variable([2, 3, 4])] },
  {
    row: 'MatMul@1+',
    title: 'with broadcast batches',
    inputs: [variable([6, 1, 5, 3]), variable([2, 3, 4])],
  },
  { row: 'MatMul@1+', title: 'of a matrix by a batch', inputs: [variable([5, 3]), variable([2, 3, 4])] },
  { row: 'MatMul@1+', title: 'of a row by a matrix', inputs: [variable([3]), variable([3, 4])] },
  { row: 'MatMul@1+', title: 'of a batch by a column', inputs: [variable([2, 5, 3]), variable([3])] },
  { row: 'MatMul@1+', title: 'of two vectors', inputs: [variable([3]), variable([3])] },
  ...[0, 1].flatMap((transA) =>
    [0, 1].map((transB) => ({
      row: 'Gemm@11+',
      title: `transposed ${transA} ${transB}`,
      inputs: [variable(transA ? [3, 2] : [2, 3]), variable(transB ? [4, 3] : [3, 4]), variable([4])],
      attributes: { transA: int(transA), transB: int(transB), alpha: float(0.5), beta: float(2) },
    })),
  ),
  { row: 'Gemm@11+', title: 'without a third operand', inputs: [variable([2, 3]), variable([3, 4])] },
  {
    row: 'Gemm@11+',
    title: 'onto a whole matrix',
    inputs: [variable([2, 3]), variable([3, 4]), variable([2, 4])],
  },
]

const SHAPES: readonly RuleCase[] = [
  { row: 'Reshape@5+', title: 'to fewer axes', inputs: [variable([2, 3, 4]), int64s([-1, 4])] },
  { row: 'Flatten@1+', title: 'in the middle', inputs: [variable([2, 3, 4])], attributes: { axis: int(2) } },
  {
    row: 'Squeeze@13+',
    title: 'by attribute',
    inputs: [variable([2, 1, 3])],
    attributes: { axes: ints([-2]) },
    opsets: [11],
  },
  {
    row: 'Unsqueeze@13+',
    title: 'by attribute',
    inputs: [variable([2, 3])],
    attributes: { axes: ints([1, 3]) },
    opsets: [12],
  },
  {
    row: 'Split@13+',
    title: 'by attribute',
    inputs: [variable([2, 6])],
    attributes: { axis: int(1), split: ints([4, 2]) },
    outputCount: 2,
    opsets: [11],
  },
  { row: 'Squeeze@13+', title: 'of one axis', inputs: [variable([2, 1, 3]), int64s([1])] },
  { row: 'Unsqueeze@13+', title: 'of two axes', inputs: [variable([2, 3]), int64s([0, -1])] },
  {
    row: 'Transpose@1+',
    title: 'by a permutation',
    inputs: [variable([2, 3, 4])],
    attributes: { perm: ints([2, 0, 1]) },
  },
  { row: 'Transpose@1+', title: 'reversed', inputs: [variable([2, 3, 4])] },
  { row: 'Expand@8+', title: 'with new axes', inputs: [variable([3, 1]), int64s([2, 3, 4])] },
  {
    row: 'Concat@4+',
    title: 'of three',
    inputs: [variable([2, 3]), variable([2, 1]), variable([2, 2])],
    attributes: { axis: int(-1) },
  },
  {
    row: 'Split@13+',
    title: 'with parts unread',
    inputs: [variable([2, 6]), int64s([1, 3, 2])],
    attributes: { axis: int(1) },
    outputCount: 3,
    output: 1,
  },
  {
    row: 'Split@13+',
    title: 'in halves',
    inputs: [variable([4, 3])],
    attributes: { num_outputs: int(2) },
    outputCount: 2,
    opsets: [18, 20],
  },
  {
    row: 'Split@13+',
    title: 'in halves, before 18',
    inputs: [variable([4, 3])],
    outputCount: 2,
    opsets: [11, 17],
  },
  {
    row: 'Slice@10+',
    title: 'of one axis',
    inputs: [variable([3, 6]), int64s([1]), int64s([4]), int64s([1])],
  },
  {
    row: 'Slice@10+',
    title: 'from the end',
    inputs: [variable([3, 6]), int64s([-3]), int64s([2 ** 40]), int64s([-1])],
  },
  {
    row: 'Slice@10+',
    title: 'of two axes with steps',
    inputs: [variable([5, 6]), int64s([0, 5]), int64s([5, 0]), int64s([0, 1]), int64s([2, -2])],
  },
  { row: 'Pad@11+', title: 'with zeros', inputs: [variable([2, 3]), int64s([1, 0, 0, 2])] },
  { row: 'Pad@11+', title: 'cropping', inputs: [variable([2, 5]), int64s([0, -1, 1, 2])] },
  { row: 'Tile@6+', title: 'of two axes', inputs: [variable([2, 3]), int64s([3, 2])] },
  {
    row: 'DepthToSpace@11+',
    title: 'depth first',
    inputs: [variable([2, 8, 2, 3])],
    attributes: { blocksize: int(2) },
  },
  {
    row: 'DepthToSpace@11+',
    title: 'column first',
    inputs: [variable([2, 8, 2, 3])],
    attributes: { blocksize: int(2), mode: text('CRD') },
  },
]

const INDEXING: readonly RuleCase[] = [
  {
    row: 'Gather@1+',
    title: 'of rows, one twice',
    inputs: [variable([4, 3]), fed(int64s([2, 0, 2, -1], [2, 2]))],
  },
  {
    row: 'Gather@1+',
    title: 'along a middle axis',
    inputs: [variable([2, 4, 3]), fed(int64s([1, 1, 3]))],
    attributes: { axis: int(1) },
  },
  {
    row: 'Gather@1+',
    title: 'of one element',
    inputs: [variable([2, 4, 3]), int64s([2], [])],
    attributes: { axis: int(1) },
  },
  { row: 'Gather@1+', title: 'of the last one', inputs: [variable([4, 3]), int64s([-1])] },
  {
    row: 'GatherElements@11+',
    title: 'along the last axis',
    inputs: [variable([2, 4]), fed(int64s([1, 1, 3, 0], [2, 2]))],
    attributes: { axis: int(1) },
  },
  {
    row: 'GatherND@11+',
    title: 'of rows',
    inputs: [variable([3, 4, 2]), fed(int64s([0, 1, 2, 3, 0, 1], [3, 2]))],
  },
  {
    row: 'ScatterND@11+',
    title: 'overwriting',
    inputs: [variable([4, 3]), fed(int64s([1, 3], [2, 1])), variable([2, 3])],
  },
  {
    row: 'ScatterND@11+',
    title: 'adding',
    inputs: [variable([4, 3]), fed(int64s([1, 1], [2, 1])), variable([2, 3])],
    attributes: { reduction: text('add') },
  },
]

const REDUCTIONS: readonly RuleCase[] = [
  ...reduction('ReduceSum@13+'),
  ...reduction('ReduceMean@18+'),
  ...reduction('ReduceMax@18+'),
  ...reduction('ReduceMin@18+'),
  ...reduction('ReduceL2@18+', true),
  ...reduction('ReduceSumSquare@18+'),
  ...reduction('ReduceProd@18+'),
  ...reduction('ReduceL1@18+'),
  ...reduction('ReduceLogSum@18+', true),
  ...reduction('ReduceLogSumExp@18+'),
  { row: 'Softmax@13+', title: 'of the last axis', inputs: [variable([2, 3, 4])] },
  ...['Softmax@13+', 'LogSoftmax@13+'].flatMap((row) => [
    { row, title: 'from an axis on, by default', inputs: [variable([2, 3, 4])], opsets: [11, 12] },
    { row, title: 'of the last', inputs: [variable([2, 3, 4])], attributes: { axis: int(-1) }, opsets: [11] },
  ]),
  {
    row: 'Softmax@13+',
    title: 'of a middle axis',
    inputs: [variable([2, 3, 4])],
    attributes: { axis: int(1) },
  },
  { row: 'LogSoftmax@13+', title: 'of the last axis', inputs: [variable([2, 5])] },
  { row: 'CumSum@11+', title: 'forward', inputs: [variable([2, 5]), int64s([1], [])] },
  {
    row: 'CumSum@11+',
    title: 'backward, exclusive',
    inputs: [variable([2, 5]), int64s([1], [])],
    attributes: { exclusive: int(1), reverse: int(1) },
  },
]

const NORMALIZATION: readonly RuleCase[] = [
  {
    row: 'LayerNormalization@17+',
    title: 'of the last axis',
    inputs: [variable([2, 3, 8]), variable([8]), variable([8])],
    opsets: [17, 20],
  },
  {
    row: 'LayerNormalization@17+',
    title: 'of two axes, no bias',
    inputs: [variable([2, 3, 4]), variable([3, 4])],
    attributes: { axis: int(1) },
  },
  {
    row: 'InstanceNormalization@6+',
    title: 'of images',
    inputs: [variable([2, 3, 4, 5]), variable([3]), variable([3])],
    isSingle: true,
  },
  {
    row: 'RMSNormalization@23+',
    title: 'of the last axis',
    inputs: [variable([2, 3, 8]), variable([8])],
    opsets: [23],
  },
]

export const RULE_CASES: readonly RuleCase[] = [
  ...ELEMENTWISE,
  ...PRODUCTS,
  ...SHAPES,
  ...INDEXING,
  ...REDUCTIONS,
  ...NORMALIZATION,
  ...ACTIVATION_CASES,
  ...COMPUTED_SIZE_CASES,
  ...INDEXING_CASES,
  ...NORM_CASES,
  ...CONVOLUTION_CASES,
  ...POOLING_CASES,
  ...RESAMPLING_CASES,
  ...EINSUM_CASES,
]
