/** Cases of activations, of picking and placing, of normalisations and of general products. A table. */
import { float, int, ints, text } from '../../../../src/model/attributes.ts'
import { bools, fed, floats, int64s, positive, variable, type RuleCase, type Variable } from './rule-case.ts'

const single = { isSingle: true } as const
const unary = (row: string, extra: Partial<RuleCase> = {}): RuleCase => ({
  row,
  title: 'of some elements',
  inputs: [variable([3, 4])],
  ...single,
  ...extra,
})
const within = (from: number, to: number): Pick<RuleCase, 'inputs'> => ({
  inputs: [variable([3, 4], from, to)],
})

export const ACTIVATION_CASES: readonly RuleCase[] = [
  {
    row: 'Mod@10+',
    title: 'broken',
    inputs: [variable([2, 3], 3.2, 3.8), positive([3], 1.1, 1.4)],
    attributes: { fmod: int(1) },
    ...single,
  },
  {
    row: 'Mean@8+',
    title: 'of three',
    inputs: [variable([2, 3]), variable([3]), variable([2, 1])],
    ...single,
  },
  { row: 'Max@8+', title: 'of three', inputs: [variable([2, 3]), variable([3]), variable([2, 1])] },
  {
    row: 'Min@8+',
    title: 'of four',
    inputs: [variable([2, 3]), variable([3]), variable([2, 1]), variable([])],
  },
  {
    row: 'Clip@11+',
    title: 'with bounds that are differentiated',
    inputs: [variable([3, 4]), positive([], -0.7, -0.6), positive([], 0.6, 0.7)],
  },
  { row: 'Clip@11+', title: 'from above only', inputs: [variable([3, 4]), null, floats([0.5])] },
  unary('Tan@7+', within(0.1, 1)),
  unary('Asin@7+', within(0.1, 0.7)),
  unary('Acos@7+', within(0.1, 0.7)),
  unary('Atan@7+'),
  unary('Sinh@9+'),
  unary('Cosh@9+'),
  unary('Asinh@9+'),
  unary('Acosh@9+', { inputs: [positive([3, 4], 1.5, 3)] }),
  unary('Atanh@9+', within(0.1, 0.7)),
  unary('Softsign@1+'),
  unary('Selu@6+'),
  unary('Selu@6+', { title: 'of other constants', attributes: { alpha: float(0.8), gamma: float(1.3) } }),
  unary('Celu@12+'),
  unary('Celu@12+', { title: 'of another constant', attributes: { alpha: float(0.6) } }),
  {
    row: 'PRelu@7+',
    title: 'of a slope a channel',
    inputs: [variable([2, 3, 4]), variable([3, 1])],
    ...single,
  },
  { row: 'PRelu@7+', title: 'of one slope', inputs: [variable([2, 3]), variable([1])], ...single },
  unary('ThresholdedRelu@10+', { attributes: { alpha: float(0.1) } }),
  unary('HardSigmoid@6+', { attributes: { alpha: float(0.3), beta: float(0.45) } }),
  unary('HardSwish@14+', within(0.2, 2.8)),
  unary('HardSwish@14+', { title: 'beyond its ends', ...within(3.1, 5) }),
  unary('Mish@18+'),
  unary('Swish@24+', { opsets: [24] }),
  unary('Swish@24+', { title: 'steeper', opsets: [24], attributes: { alpha: float(1.7) } }),
  unary('Shrink@9+', { ...within(0.6, 1.5), attributes: { bias: float(0.2) } }),
  unary('Shrink@9+', { title: 'inside', ...within(0.05, 0.4) }),
  {
    row: 'Range@11+',
    title: 'of a start and a step',
    inputs: [positive([], 1, 1.1), floats([5]), positive([], 0.6, 0.62)],
  },
  {
    row: 'Dropout@12+',
    title: 'by attribute',
    inputs: [variable([2, 3])],
    attributes: { ratio: float(0.3) },
    opsets: [11],
  },
]

export const INDEXING_CASES: readonly RuleCase[] = [
  ...[0, 1].flatMap((upper) => [
    {
      row: 'Trilu@14+',
      title: `on the diagonal, ${upper}`,
      inputs: [variable([2, 4, 3])],
      attributes: { upper: int(upper) },
    },
    {
      row: 'Trilu@14+',
      title: `beside the diagonal, ${upper}`,
      inputs: [variable([3, 4]), int64s([1], [])],
      attributes: { upper: int(upper) },
    },
  ]),
  {
    row: 'ReverseSequence@10+',
    title: 'of some lengths',
    inputs: [variable([2, 4, 3]), fed(int64s([4, 2]))],
    attributes: { batch_axis: int(0), time_axis: int(1) },
    ...single,
  },
  {
    row: 'Compress@9+',
    title: 'along an axis',
    inputs: [variable([4, 3]), bools([1, 0, 1, 1])],
    attributes: { axis: int(0) },
  },
  {
    row: 'Compress@9+',
    title: 'along the last axis',
    inputs: [variable([2, 4, 3]), fed(bools([0, 1, 1]))],
    attributes: { axis: int(-1) },
  },
  { row: 'Compress@9+', title: 'of all elements', inputs: [variable([2, 3]), fed(bools([0, 1, 1, 0, 1]))] },
  {
    row: 'GatherND@11+',
    title: 'behind a batch axis',
    inputs: [variable([2, 3, 4]), fed(int64s([2, 0], [2, 1]))],
    attributes: { batch_dims: int(1) },
    opsets: [12, 20],
  },
  {
    row: 'GatherND@11+',
    title: 'behind two batch axes',
    inputs: [variable([2, 3, 4, 2]), fed(int64s([1, 3, 0, 0, 2, -1], [2, 3, 1, 1]))],
    attributes: { batch_dims: int(2) },
  },
  {
    row: 'ScatterND@11+',
    title: 'overwriting, before reductions',
    inputs: [variable([4, 3]), fed(int64s([1, 3], [2, 1])), variable([2, 3])],
    opsets: [11],
  },
  {
    row: 'ScatterElements@11+',
    title: 'overwriting',
    inputs: [variable([3, 4]), fed(int64s([0, 2, 3, 1], [2, 2])), variable([2, 2])],
    attributes: { axis: int(1) },
    opsets: [11, 18],
  },
  {
    row: 'ScatterElements@11+',
    title: 'adding',
    inputs: [variable([3, 4]), fed(int64s([0, 1, 1, 2], [1, 4])), variable([1, 4])],
    attributes: { reduction: text('add') },
    opsets: [16, 20],
  },
  { row: 'TopK@11+', title: 'of the last axis', inputs: [variable([3, 6]), int64s([2])], outputCount: 2 },
  {
    row: 'TopK@11+',
    title: 'of the smallest of a middle axis',
    inputs: [variable([2, 5, 3]), int64s([3])],
    attributes: { axis: int(1), largest: int(0) },
    outputCount: 2,
  },
  {
    row: 'TopK@11+',
    title: 'whose places are read too',
    inputs: [variable([3, 6]), int64s([2])],
    outputCount: 2,
  },
  {
    row: 'OneHot@9+',
    title: 'of two values',
    inputs: [fed(int64s([1, 0, 3])), int64s([4], []), variable([2])],
    ...single,
  },
  {
    row: 'Pad@11+',
    title: 'with a value',
    inputs: [variable([2, 3]), int64s([1, 0, 0, 2]), variable([])],
  },
  ...['reflect', 'edge'].map((mode) => ({
    row: 'Pad@11+',
    title: `by ${mode}`,
    inputs: [variable([2, 3, 5]), int64s([0, 1, 2, 0, 2, 1])],
    attributes: { mode: text(mode) },
  })),
  {
    row: 'Pad@11+',
    title: 'by wrap',
    inputs: [variable([3, 5]), int64s([0, 2, 0, 1])],
    attributes: { mode: text('wrap') },
    opsets: [19],
  },
  {
    row: 'Pad@11+',
    title: 'along named axes',
    inputs: [variable([2, 3, 5]), int64s([2, 1]), null, int64s([-1])],
    opsets: [18],
  },
  {
    row: 'Pad@11+',
    title: 'by reflect along named axes',
    inputs: [variable([2, 3, 5]), int64s([2, 1]), null, int64s([-1])],
    attributes: { mode: text('reflect') },
    opsets: [18],
  },
]

/** Sizes, bounds and counts that only a run tells. */
export const COMPUTED_SIZE_CASES: readonly RuleCase[] = [
  { row: 'Reshape@5+', title: 'to a fed shape', inputs: [variable([2, 3, 4]), fed(int64s([4, -1]))] },
  {
    row: 'Reshape@5+',
    title: 'to a fed shape with a copy',
    inputs: [variable([2, 3, 4]), fed(int64s([0, 2, 6]))],
  },
  { row: 'Expand@8+', title: 'to a fed shape', inputs: [variable([3, 1]), fed(int64s([2, 1, 4]))] },
  { row: 'Expand@8+', title: 'to a fed shape of ones', inputs: [variable([3, 4]), fed(int64s([1, 1]))] },
  { row: 'Tile@6+', title: 'by fed repeats', inputs: [variable([2, 3]), fed(int64s([2, 3]))] },
  {
    row: 'Slice@10+',
    title: 'between fed bounds',
    inputs: [variable([3, 6]), fed(int64s([-5])), fed(int64s([5])), int64s([1]), int64s([2])],
  },
  {
    row: 'Slice@10+',
    title: 'of two axes from fed starts',
    inputs: [variable([4, 6]), fed(int64s([1, 2])), int64s([2 ** 40, 5])],
  },
  { row: 'Pad@11+', title: 'by fed pads', inputs: [variable([2, 3]), fed(int64s([0, 1, 2, -1]))] },
  {
    row: 'Split@13+',
    title: 'in fed parts',
    inputs: [variable([2, 6]), fed(int64s([1, 5]))],
    attributes: { axis: int(1) },
    outputCount: 2,
    output: 1,
  },
  { row: 'TopK@11+', title: 'of a fed count', inputs: [variable([3, 6]), fed(int64s([2]))], outputCount: 2 },
  {
    row: 'Resize@11+',
    title: 'to fed sizes',
    inputs: [variable([1, 2, 3, 4]), null, null, fed(int64s([1, 2, 5, 6]))],
    attributes: { mode: text('linear') },
    ...single,
  },
  {
    row: 'Gather@1+',
    title: 'of places that a condition names',
    inputs: [variable([4, 3]), fed(bools([1, 0, 1, 1]))],
    build: (b, [x = '', mask = '']) => {
      const rows = b.add('Squeeze', [b.add('NonZero', [mask]), b.int64s(0)])
      return b.add('Mul', [b.add('Gather', [x, rows]), b.add('Gather', [b.add('Sin', [x]), rows])])
    },
  },
  {
    row: 'Conv@1+',
    title: 'over a fed length',
    inputs: [variable([2, 3, 8]), variable([4, 3, 3]), fed(int64s([6]))],
    build: (b, [x = '', w = '', end = '']) =>
      b.add('Conv', [b.add('Slice', [x, b.int64s(0), end, b.int64s(2)]), w], { pads: ints([1, 1]) }),
    fixedInputs: [1],
    ...single,
  },
]

const withZeros = (dims: readonly number[]): Variable => ({ ...variable(dims), from: 0.5, to: 1 })

export const NORM_CASES: readonly RuleCase[] = [
  { row: 'ReduceProd@18+', title: 'of many', inputs: [withZeros([2, 3, 4]), int64s([1])] },
  {
    row: 'LayerNormalization@17+',
    title: 'with a stash type',
    inputs: [variable([2, 3, 4]), variable([3, 4]), variable([3, 4])],
    attributes: { axis: int(-2), stash_type: int(1), epsilon: float(1e-3) },
    opsets: [17, 23],
  },
  ...[
    [2, 3, 4, 5],
    [4, 3, 6],
    [5, 3],
  ].map((dims) => ({
    row: 'BatchNormalization@9+',
    title: `of rank ${dims.length}`,
    inputs: [variable(dims), variable([3]), variable([3]), variable([3]), positive([3])],
    opsets: [11, 14, 20],
  })),
  ...[18, 20].map((opset) => ({
    row: 'GroupNormalization@18-20',
    title: 'of images, scaled by group',
    inputs: [variable([2, 6, 4, 3]), variable([2]), variable([2])],
    attributes: { num_groups: int(2) },
    opsets: [opset],
    ...single,
  })),
  {
    row: 'GroupNormalization@21+',
    title: 'of images, scaled by channel',
    inputs: [variable([2, 6, 4, 3]), variable([6]), variable([6])],
    attributes: { num_groups: int(3), epsilon: float(1e-3) },
    opsets: [21],
    ...single,
  },
  {
    row: 'GroupNormalization@21+',
    title: 'of sequences',
    inputs: [variable([2, 6, 5]), variable([6]), variable([6])],
    attributes: { num_groups: int(2) },
    opsets: [23],
    ...single,
  },
  {
    row: 'MeanVarianceNormalization@9+',
    title: 'over an example and space',
    inputs: [variable([2, 3, 4, 5])],
    ...single,
  },
  {
    row: 'MeanVarianceNormalization@9+',
    title: 'over named axes',
    inputs: [variable([2, 3, 4])],
    attributes: { axes: ints([1, -1]) },
    ...single,
  },
  ...[1, 2].map((p) => ({
    row: 'LpNormalization@1+',
    title: `of order ${p}`,
    inputs: [variable([2, 3, 4])],
    attributes: { axis: int(1), p: int(p) },
    ...single,
  })),
  ...[3, 5].map((size) => ({
    row: 'LRN@1+',
    title: `over ${size} channels`,
    inputs: [variable([2, 6, 3, 4])],
    attributes: { size: int(size), alpha: float(0.9), beta: float(0.6), bias: float(1.2) },
    ...single,
  })),
]

const einsum = (equation: string, ...dims: readonly (readonly number[])[]): RuleCase => ({
  row: 'Einsum@12+',
  title: equation,
  inputs: dims.map((each) => variable(each)),
  attributes: { equation: text(equation) },
  opsets: [12],
})

export const EINSUM_CASES: readonly RuleCase[] = [
  einsum('ij,jk->ik', [2, 3], [3, 4]),
  einsum('bhqd,bhkd->bhqk', [2, 3, 4, 5], [2, 3, 6, 5]),
  einsum('bnsd, de -> bnse', [2, 3, 4, 5], [5, 6]),
  einsum('b h i j , b h j d -> b i h d', [2, 3, 4, 5], [2, 3, 5, 6]),
  einsum('i,j->ij', [3], [4]),
  einsum('ij->ji', [3, 4]),
  einsum('ijk->j', [2, 3, 4]),
  einsum('ij,ij->', [3, 4], [3, 4]),
  einsum('...ij,...jk->...ik', [2, 3, 4], [2, 4, 5]),
  einsum('...ij,jk->...ik', [2, 6, 3, 4], [4, 5]),
  einsum('b...,b...->...', [2, 3, 4], [2, 3, 4]),
  einsum('bi,bj,bk->bijk', [2, 3], [2, 4], [2, 5]),
  einsum('ab,bc,cd->ad', [2, 3], [3, 4], [4, 5]),
  einsum('ij,kl->ik', [2, 3], [4, 5]),
  einsum('ij,jk', [2, 3], [3, 4]),
  einsum('bchw,bkcr->bkhwr', [2, 3, 4, 5], [2, 4, 3, 6]),
]
