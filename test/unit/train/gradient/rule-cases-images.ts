/** Cases of what is done to images and sequences: convolutions, pooling, resizing. A table. */
import { float, int, ints, text } from '../../../../src/model/attributes.ts'
import { int64s, singles, variable, type RuleCase } from './rule-case.ts'

type Attributes = NonNullable<RuleCase['attributes']>
const single = { isSingle: true } as const

const conv = (
  title: string,
  x: readonly number[],
  w: readonly number[],
  attributes: Attributes = {},
): RuleCase => ({
  row: 'Conv@1+',
  title,
  inputs: [variable(x), variable(w), variable([w[0] ?? 1])],
  attributes,
  ...single,
  fixedInputs: [1, 2],
})

const transposed = (
  title: string,
  x: readonly number[],
  w: readonly number[],
  attributes: Attributes = {},
): RuleCase => ({
  ...conv(title, x, w, attributes),
  row: 'ConvTranspose@1+',
  inputs: [
    variable(x),
    variable(w),
    variable([(w[1] ?? 1) * (attributes['group']?.kind === 'int' ? attributes['group'].value : 1)]),
  ],
})

const strided = (n: number, rank = 2): Attributes => ({
  strides: ints(Array.from({ length: rank }, () => n)),
})
const padded = (...pads: readonly number[]): Attributes => ({ pads: ints(pads) })

export const CONVOLUTION_CASES: readonly RuleCase[] = [
  conv('padded', [2, 3, 5, 6], [4, 3, 3, 3], padded(1, 1, 1, 1)),
  conv('strided, with a rest', [2, 3, 6, 6], [4, 3, 3, 3], { ...padded(1, 1, 1, 1), ...strided(2) }),
  conv('strided, without padding, with a rest', [1, 2, 6, 6], [2, 2, 3, 3], strided(2)),
  conv('strided beyond its kernel', [1, 2, 8, 8], [2, 2, 2, 2], strided(3)),
  conv('dilated', [1, 2, 7, 7], [2, 2, 3, 3], { dilations: ints([2, 2]), ...padded(1, 0, 2, 1) }),
  conv('pointwise', [2, 3, 4, 4], [5, 3, 1, 1]),
  conv('in patches', [2, 3, 8, 8], [5, 3, 4, 4], strided(4)),
  conv('of a sequence', [2, 3, 9], [4, 3, 3], padded(1, 1)),
  conv('of a sequence, strided', [2, 3, 10], [4, 3, 3], { ...padded(1, 1), ...strided(2, 1) }),
  conv('of a sequence, padded at its start only', [2, 3, 7], [4, 3, 4], padded(3, 0)),
  conv('of a volume', [1, 2, 4, 5, 4], [3, 2, 3, 3, 2], padded(1, 1, 0, 1, 1, 1)),
  conv('in two groups', [2, 4, 5, 5], [6, 2, 3, 3], { group: int(2), ...padded(1, 1, 1, 1) }),
  conv('depthwise', [2, 4, 6, 6], [4, 1, 3, 3], { group: int(4), ...padded(1, 1, 1, 1), ...strided(2) }),
  conv('depthwise, dilated, of a sequence', [2, 4, 8], [4, 1, 3], {
    group: int(4),
    dilations: ints([2]),
    ...padded(2, 2),
  }),
  conv('depthwise with more results than channels', [2, 3, 5, 5], [6, 1, 3, 3], { group: int(3) }),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((mode) =>
    conv(`padded ${mode}`, [2, 2, 6, 7], [3, 2, 3, 4], { auto_pad: text(mode), ...strided(2) }),
  ),
  transposed('doubling', [2, 3, 4, 5], [3, 4, 2, 2], strided(2)),
  transposed('padded', [2, 3, 4, 4], [3, 2, 4, 4], { ...padded(1, 1, 1, 1), ...strided(2) }),
  transposed('with an extra row', [1, 2, 3, 4], [2, 3, 3, 3], {
    ...padded(1, 1, 1, 1),
    ...strided(2),
    output_padding: ints([1, 1]),
  }),
  transposed('in groups, dilated', [2, 4, 4, 4], [4, 3, 3, 3], { group: int(2), dilations: ints([2, 2]) }),
  ...['NOTSET', 'SAME_UPPER', 'SAME_LOWER'].flatMap((mode) => [
    transposed(`to a stated shape, ${mode}`, [1, 2, 3, 4], [2, 3, 4, 3], {
      ...strided(2),
      output_shape: ints([7, 8]),
      auto_pad: text(mode),
    }),
    transposed(`padded ${mode}`, [1, 2, 3, 4], [2, 3, 4, 3], { ...strided(2), auto_pad: text(mode) }),
    transposed(`padded ${mode}, by threes`, [1, 2, 4, 3], [2, 2, 4, 5], {
      ...strided(3),
      auto_pad: text(mode),
    }),
  ]),
  transposed('of a sequence', [2, 3, 5], [3, 2, 4], { ...padded(1, 1), ...strided(2, 1) }),
]

const pool = (row: string, title: string, attributes: Attributes, x = [2, 3, 6, 7]): RuleCase => ({
  row,
  title,
  inputs: [variable(x)],
  attributes,
  // A maximum has a kink where two elements change places, which only steps in double stay away from.
  isSingle: !row.startsWith('MaxPool'),
})
const kernel = (...sizes: readonly number[]): Attributes => ({ kernel_shape: ints(sizes) })

/** Forms that both average and maximum have. */
const pools = (row: string): readonly RuleCase[] => [
  pool(row, 'in blocks', { ...kernel(2, 2), ...strided(2) }, [2, 3, 6, 8]),
  pool(row, 'overlapping, padded', { ...kernel(3, 3), ...strided(2), ...padded(1, 1, 1, 1) }),
  pool(row, 'with a rest', { ...kernel(2, 2), ...strided(3) }),
  pool(row, 'rounded up', { ...kernel(3, 3), ...strided(2), ceil_mode: int(1) }),
  pool(row, 'rounded up, no window in the padding', {
    ...kernel(2, 2),
    ...strided(3),
    ...padded(1, 0, 1, 0),
    ceil_mode: int(1),
  }),
  pool(row, 'padded SAME_UPPER', { ...kernel(3, 2), ...strided(2), auto_pad: text('SAME_UPPER') }),
  pool(row, 'padded SAME_LOWER', { ...kernel(3, 2), ...strided(2), auto_pad: text('SAME_LOWER') }),
  pool(row, 'of a sequence', { ...kernel(3), ...strided(1, 1) }, [2, 3, 8]),
  pool(row, 'of a volume', { ...kernel(2, 2, 2), ...strided(2, 3) }, [1, 2, 4, 4, 5]),
]

export const POOLING_CASES: readonly RuleCase[] = [
  ...pools('MaxPool@8+'),
  pool('MaxPool@8+', 'dilated', { ...kernel(2, 2), dilations: ints([2, 2]) }),
  { ...pool('MaxPool@8+', 'whose places are read too', kernel(2, 2)), outputCount: 2 },
  ...pools('AveragePool@7+'),
  pool('AveragePool@7+', 'counting its padding', {
    ...kernel(3, 3),
    ...strided(2),
    ...padded(1, 1, 1, 1),
    count_include_pad: int(1),
  }),
  pool('AveragePool@7+', 'counting its padding, rounded up', {
    ...kernel(3, 3),
    ...strided(2),
    ...padded(1, 1, 1, 1),
    count_include_pad: int(1),
    ceil_mode: int(1),
  }),
  {
    ...pool('AveragePool@7+', 'dilated', { ...kernel(2, 2), dilations: ints([2, 2]), ...padded(1, 1, 0, 1) }),
    opsets: [19],
  },
  ...[1, 2, 3].map((p) => pool('LpPool@2+', `of order ${p}`, { ...kernel(2, 2), ...strided(2), p: int(p) })),
  ...['GlobalAveragePool@1+', 'GlobalMaxPool@1+'].flatMap((row) => [
    { row, title: 'of images', inputs: [variable([2, 3, 4, 5], 0.2, 30)], ...single },
    { row, title: 'of sequences', inputs: [variable([2, 3, 6], 0.2, 30)], ...single },
  ]),
]

const resize = (title: string, attributes: Attributes, rest: Partial<RuleCase> = {}): RuleCase => ({
  row: 'Resize@11+',
  title,
  inputs: [variable([2, 3, 4, 5]), null, singles([1, 1, 2, 2])],
  attributes,
  ...single,
  ...rest,
})
const frame = (name: string): Attributes => ({ coordinate_transformation_mode: text(name) })
const nearest = (rounding: string): Attributes => ({ nearest_mode: text(rounding), mode: text('nearest') })
const byScales = (...scales: readonly number[]) => [variable([2, 3, 4, 5]), null, singles([1, 1, ...scales])]
const bySizes = (...sizes: readonly number[]) => [
  variable([2, 3, 4, 5]),
  null,
  null,
  int64s([2, 3, ...sizes]),
]

export const RESAMPLING_CASES: readonly RuleCase[] = [
  resize('doubled', { ...frame('asymmetric'), ...nearest('floor') }),
  resize('tripled to given sizes', nearest('round_prefer_floor'), {
    inputs: bySizes(12, 15),
  }),
  resize(
    'nearest, by broken factors',
    { ...frame('asymmetric'), ...nearest('floor') },
    { inputs: byScales(1.5, 2.6) },
  ),
  resize('nearest, smaller', { ...frame('asymmetric'), ...nearest('floor') }, { inputs: byScales(0.5, 0.6) }),
  ...['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'].flatMap((name) =>
    ['linear', 'cubic'].flatMap((mode) => [
      resize(`${mode}, ${name}, doubled`, { ...frame(name), mode: text(mode) }, { inputs: byScales(2, 2) }),
      resize(
        `${mode}, ${name}, to sizes`,
        { ...frame(name), mode: text(mode), cubic_coeff_a: float(-0.75) },
        { inputs: bySizes(7, 3), opsets: [11, 13, 18] },
      ),
    ]),
  ),
  resize(
    'by factors whose product is whole in f32 only',
    { ...frame('half_pixel'), mode: text('linear') },
    { inputs: [variable([1, 2, 3, 6]), null, singles([1, 1, 5 / 3, 7 / 6])] },
  ),
  resize(
    'linear, half_pixel_symmetric',
    { ...frame('half_pixel_symmetric'), mode: text('linear') },
    { inputs: byScales(1.5, 1.3), opsets: [19] },
  ),
  resize(
    'along named axes',
    { ...frame('half_pixel'), mode: text('linear'), axes: ints([3, 2]) },
    { inputs: [variable([2, 3, 4, 5]), null, null, int64s([7, 6])], opsets: [18] },
  ),
  resize(
    'linear, smoothed',
    { ...frame('half_pixel'), mode: text('linear'), antialias: int(1) },
    { inputs: bySizes(2, 3), opsets: [18] },
  ),
  resize(
    'of a sequence',
    { ...frame('half_pixel'), mode: text('linear') },
    { inputs: [variable([2, 3, 5]), null, singles([1, 1, 2])] },
  ),
  ...['DCR', 'CRD'].map((mode) => ({
    row: 'DepthToSpace@11+',
    title: `in order ${mode}`,
    inputs: [variable([2, 8, 2, 3])],
    attributes: { blocksize: int(2), mode: text(mode) },
  })),
  {
    row: 'SpaceToDepth@1+',
    title: 'by two',
    inputs: [variable([2, 3, 4, 6])],
    attributes: { blocksize: int(2) },
  },
  ...['zeros', 'border'].flatMap((padding) =>
    [0, 1].map((aligned) => ({
      row: 'GridSample@16+',
      title: `${padding}, ${aligned === 1 ? '' : 'not '}aligned`,
      // Places stay away from the middles of pixels, where the slope jumps.
      inputs: [variable([2, 3, 3, 3]), variable([2, 4, 5, 2], 0.2, 0.25)],
      attributes: { mode: text('bilinear'), padding_mode: text(padding), align_corners: int(aligned) },
      opsets: [16],
      ...single,
    })),
  ),
  {
    row: 'GridSample@16+',
    title: 'under its newer name',
    inputs: [variable([1, 2, 3, 3]), variable([1, 2, 3, 2], 0.2, 0.25)],
    attributes: { mode: text('linear') },
    opsets: [20],
    ...single,
  },
  {
    row: 'Col2Im@18+',
    title: 'of overlapping blocks',
    inputs: [variable([2, 12, 12]), int64s([5, 5]), int64s([2, 3])],
    attributes: { dilations: ints([1, 1]) },
    ...single,
    isStatic: true,
  },
  {
    row: 'Col2Im@18+',
    title: 'strided, padded',
    inputs: [variable([1, 8, 9]), int64s([4, 4]), int64s([2, 2])],
    attributes: { strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) },
    ...single,
    isStatic: true,
  },
]
