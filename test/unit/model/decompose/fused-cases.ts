/** The cases of every decomposition: attributes, shapes, optional inputs, caches, padded batches. A table. */
import { float, floats, int, ints, text } from '../../../../src/model/attributes.ts'
import type { GraphBuilder } from '../../../../src/model/graph-builder.ts'
import { bool, f, i32, i64, w, type FusedCase } from './fused-case.ts'

const MS = 'com.microsoft'

const standard = (title: string, extra: Partial<FusedCase> & Pick<FusedCase, 'inputs'>): FusedCase => ({
  op: 'Attention',
  domain: '',
  opset: 23,
  title,
  ...extra,
})

const ATTENTION: readonly FusedCase[] = [
  standard('of rank 4', { inputs: [f(2, 3, 5, 4), f(2, 3, 6, 4), f(2, 3, 6, 2)] }),
  standard('of rank 4 with shared heads', { inputs: [f(2, 4, 5, 4), f(2, 2, 6, 4), f(2, 2, 6, 4)] }),
  standard('of rank 3', {
    inputs: [f(2, 5, 12), f(2, 5, 12), f(2, 5, 12)],
    attributes: { q_num_heads: int(3), kv_num_heads: int(3) },
  }),
  standard('of rank 3 with shared heads, causal, scaled', {
    inputs: [f(2, 5, 16), f(2, 5, 8), f(2, 5, 8)],
    attributes: { q_num_heads: int(4), kv_num_heads: int(2), is_causal: int(1), scale: float(0.3) },
  }),
  standard('with a bool mask', {
    inputs: [f(2, 2, 3, 4), f(2, 2, 4, 4), f(2, 2, 4, 4), bool([3, 4], [1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1])],
  }),
  standard('with a bool mask a row and causal', {
    inputs: [
      f(2, 2, 3, 4),
      f(2, 2, 3, 4),
      f(2, 2, 3, 4),
      bool([2, 1, 3, 3], [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    ],
    attributes: { is_causal: int(1) },
  }),
  standard('with a float mask and a soft cap', {
    inputs: [f(2, 2, 3, 4), f(2, 2, 4, 4), f(2, 2, 4, 4), f(2, 1, 3, 4)],
    attributes: { softcap: float(1.5) },
  }),
  standard('with a cache', {
    inputs: [f(2, 2, 3, 4), f(2, 2, 3, 4), f(2, 2, 3, 4), null, f(2, 2, 5, 4), f(2, 2, 5, 4)],
    outputs: [0, 1, 2],
  }),
  standard('of rank 3 with a cache', {
    inputs: [f(2, 3, 8), f(2, 3, 8), f(2, 3, 8), null, f(2, 2, 5, 4), f(2, 2, 5, 4)],
    attributes: { q_num_heads: int(2), kv_num_heads: int(2), is_causal: int(1) },
    outputs: [0, 1, 2],
  }),
  standard('with the softmax in float', {
    inputs: [f(2, 2, 3, 4), f(2, 2, 4, 4), f(2, 2, 4, 4)],
    attributes: { softmax_precision: int(1) },
    isSingle: true,
  }),
  standard('of opset 24 with lengths', {
    opset: 24,
    inputs: [f(2, 2, 4, 4), f(2, 2, 4, 4), f(2, 2, 4, 4), null, null, null, i64([2], [4, 2])],
  }),
]

const rotary = (title: string, extra: Partial<FusedCase> & Pick<FusedCase, 'inputs'>): FusedCase => ({
  op: 'RotaryEmbedding',
  domain: '',
  opset: 23,
  title,
  ...extra,
})
const POSITIONS = i64([2, 3], [0, 1, 2, 4, 5, 3])

const ROTARY: readonly FusedCase[] = [
  ...[0, 1].flatMap((interleaved): FusedCase[] => [
    rotary(`of rank 4, interleaved ${interleaved}`, {
      inputs: [f(2, 2, 3, 8), w(6, 4), w(6, 4), POSITIONS],
      attributes: { interleaved: int(interleaved) },
    }),
    rotary(`of rank 3, interleaved ${interleaved}`, {
      inputs: [f(2, 3, 16), w(6, 4), w(6, 4), POSITIONS],
      attributes: { interleaved: int(interleaved), num_heads: int(2) },
    }),
    rotary(`of a part, interleaved ${interleaved}`, {
      inputs: [f(2, 2, 3, 8), w(6, 2), w(6, 2), POSITIONS],
      attributes: { interleaved: int(interleaved), rotary_embedding_dim: int(4) },
    }),
    rotary(`without positions, interleaved ${interleaved}`, {
      inputs: [f(2, 2, 3, 8), f(2, 3, 4), f(2, 3, 4)],
      attributes: { interleaved: int(interleaved) },
    }),
    rotary(`contributed, of rank 3, interleaved ${interleaved}`, {
      domain: MS,
      opset: 17,
      inputs: [f(2, 3, 16), POSITIONS, w(6, 4), w(6, 4)],
      attributes: { interleaved: int(interleaved) },
    }),
    rotary(`contributed, of rank 4, interleaved ${interleaved}`, {
      domain: MS,
      opset: 17,
      inputs: [f(2, 2, 3, 8), POSITIONS, w(6, 4), w(6, 4)],
      attributes: { interleaved: int(interleaved) },
    }),
  ]),
  rotary('contributed, from one position on', {
    domain: MS,
    inputs: [f(2, 3, 16), i64([1], [2]), w(6, 4), w(6, 4)],
  }),
  rotary('contributed, of a part', {
    domain: MS,
    inputs: [f(2, 3, 16), POSITIONS, w(6, 2), w(6, 2)],
    attributes: { num_heads: int(2), rotary_embedding_dim: int(4) },
  }),
]

const STATISTICS: readonly FusedCase[] = [
  ...['', MS]
    .map((domain): FusedCase => ({
      op: 'SimplifiedLayerNormalization',
      domain,
      title: `in domain '${domain}'`,
      inputs: [f(2, 3, 8), w(8)],
      attributes: { epsilon: float(1e-3), axis: int(-1), stash_type: int(1) },
      opset: 17,
    }))
    .slice(0, 1),
  {
    op: 'SkipSimplifiedLayerNormalization',
    domain: MS,
    title: 'with its sum',
    inputs: [f(2, 3, 8), f(2, 3, 8), w(8)],
    outputs: [0, 3],
  },
  {
    op: 'SkipSimplifiedLayerNormalization',
    domain: MS,
    title: 'with a bias',
    inputs: [f(2, 3, 8), f(2, 3, 8), w(8), w(8)],
    attributes: { epsilon: float(1e-2) },
    opset: 14,
  },
  { op: 'SkipLayerNormalization', domain: MS, title: 'plain', inputs: [f(2, 3, 8), f(2, 3, 8), w(8)] },
  {
    op: 'SkipLayerNormalization',
    domain: MS,
    title: 'with everything',
    inputs: [f(2, 3, 8), f(2, 3, 8), w(8), w(8), w(8)],
    outputs: [0, 3],
  },
  {
    op: 'SkipLayerNormalization',
    domain: MS,
    title: 'before opset 17',
    inputs: [f(2, 3, 8), f(2, 3, 8), w(8), w(8)],
    opset: 14,
  },
  {
    op: 'EmbedLayerNormalization',
    domain: MS,
    title: 'with segments, mask and positions',
    inputs: [
      i32([2, 3], [0, 1, 2, 3, 4, 0]),
      i32([2, 3], [0, 0, 1, 1, 0, 1]),
      f(5, 8),
      f(6, 8),
      f(2, 8),
      w(8),
      w(8),
      i32([2, 3], [1, 1, 1, 1, 1, 0]),
      i32([2, 3], [0, 1, 2, 1, 2, 3]),
    ],
    outputs: [0, 1, 2],
    outputTypes: { 1: 'int32' },
  },
  {
    op: 'EmbedLayerNormalization',
    domain: MS,
    title: 'plain',
    inputs: [i32([2, 3], [0, 1, 2, 3, 4, 0]), null, f(5, 8), f(6, 8), null, w(8), w(8)],
    outputCount: 2,
    opset: 14,
  },
]

const ACTIVATIONS: readonly FusedCase[] = [
  { op: 'FastGelu', domain: MS, title: 'plain', inputs: [f(2, 3, 4)] },
  { op: 'FastGelu', domain: MS, title: 'biased', inputs: [f(2, 3, 4), w(4)] },
  { op: 'BiasGelu', domain: MS, title: 'biased', inputs: [f(2, 3, 4), w(4)] },
  { op: 'Gelu', domain: MS, title: 'plain', inputs: [f(2, 3, 4)], opset: 17 },
  { op: 'QuickGelu', domain: MS, title: 'plain', inputs: [f(2, 3, 4)] },
  { op: 'QuickGelu', domain: MS, title: 'as SiLU', inputs: [f(2, 3, 4)], attributes: { alpha: float(1) } },
]

/** A bias that keeps what goes into Relu on one side of 0, where differences know no derivative. */
const AWAY_FROM_KINKS = { ...w(5), values: [12, -12, 12, -12, 12] }

const SOFTMAXES: readonly FusedCase[] = [
  {
    op: 'BiasSoftmax',
    domain: MS,
    title: 'with a mask a row of the batch',
    inputs: [f(2, 3, 4, 5), f(2, 1, 1, 5)],
    attributes: { axis: int(3), is_inner_broadcast: int(1) },
    equivalent: (b, [x = '', bias = '']) => b.add('Softmax', [b.add('Add', [x, bias])], { axis: int(-1) }),
  },
  {
    op: 'BiasSoftmax',
    domain: MS,
    title: 'with one bias for all of the batch',
    inputs: [f(2, 3, 5), f(3, 5)],
    attributes: { axis: int(2), is_inner_broadcast: int(0) },
    equivalent: (b, [x = '', bias = '']) => b.add('Softmax', [b.add('Add', [x, bias])], { axis: int(-1) }),
  },
]

const PRODUCTS: readonly FusedCase[] = [
  {
    op: 'TransposeMatMul',
    domain: MS,
    title: 'transposed and scaled',
    inputs: [f(2, 4, 3), w(5, 4)],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5) },
  },
  { op: 'FusedMatMul', domain: MS, title: 'plain', inputs: [f(2, 3, 4), w(4, 5)] },
  {
    op: 'FusedMatMul',
    domain: MS,
    title: 'transposed and scaled',
    inputs: [f(2, 4, 3), w(5, 4)],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5) },
  },
  {
    op: 'FusedMatMul',
    domain: MS,
    title: 'of matrices',
    inputs: [f(3, 4), w(5, 4)],
    attributes: { transB: int(1), alpha: float(2) },
  },
  {
    op: 'FusedMatMul',
    domain: MS,
    title: 'of batches',
    inputs: [f(2, 2, 3, 4), f(2, 2, 5, 4)],
    attributes: { transB: int(1) },
  },
  ...['Relu', 'Tanh', 'Sigmoid', 'LeakyRelu'].map((activation): FusedCase => ({
    op: 'FusedGemm',
    domain: MS,
    title: `and ${activation}`,
    isSingle: activation === 'LeakyRelu',
    inputs: [f(3, 4), w(5, 4), activation.endsWith('Relu') ? AWAY_FROM_KINKS : w(5)],
    attributes: {
      transB: int(1),
      activation: text(activation),
      ...(activation === 'LeakyRelu' ? { activation_alpha: float(0.2) } : {}),
    },
  })),
  {
    op: 'FusedConv',
    domain: MS,
    isSingle: true,
    title: 'and Relu',
    inputs: [f(2, 3, 4, 4), w(5, 3, 3, 3), AWAY_FROM_KINKS],
    attributes: { activation: text('Relu'), kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) },
  },
  {
    op: 'FusedConv',
    domain: MS,
    isSingle: true,
    title: 'and LeakyRelu of a sum',
    inputs: [f(2, 3, 4, 4), w(5, 3, 1, 1), AWAY_FROM_KINKS, f(2, 5, 4, 4)],
    attributes: { activation: text('LeakyRelu'), activation_params: floats([0.3]) },
  },
]

/** Part `i` of [batch, sequence, heads, parts, size], as [batch, sequence, heads·size]. */
function cut(b: GraphBuilder, x: string, i: number): string {
  const part = b.add('Slice', [x, b.int64s(i), b.int64s(i + 1), b.int64s(3)])
  return b.add('Reshape', [part, b.int64s(0, 0, -1)])
}

const multiHead = (title: string, extra: Partial<FusedCase> & Pick<FusedCase, 'inputs'>): FusedCase => ({
  op: 'MultiHeadAttention',
  domain: MS,
  title,
  attributes: { num_heads: int(2) },
  ...extra,
})

const MULTI_HEAD: readonly FusedCase[] = [
  multiHead('plain', { inputs: [f(2, 3, 8), f(2, 5, 8), f(2, 5, 8)] }),
  multiHead('with wider values and a bias', { inputs: [f(2, 3, 8), f(2, 5, 8), f(2, 5, 12), w(28)] }),
  multiHead('packed', {
    inputs: [f(2, 3, 2, 3, 4)],
    equivalent: (b, [x = '']) =>
      b.add(
        'MultiHeadAttention',
        [cut(b, x, 0), cut(b, x, 1), cut(b, x, 2)],
        { num_heads: int(2) },
        { domain: MS },
      ),
  }),
  multiHead('packed keys and values', {
    inputs: [f(2, 3, 8), f(2, 5, 2, 2, 4)],
    equivalent: (b, [q = '', x = '']) =>
      b.add('MultiHeadAttention', [q, cut(b, x, 0), cut(b, x, 1)], { num_heads: int(2) }, { domain: MS }),
  }),
  multiHead('of keys in heads', { inputs: [f(2, 3, 8), f(2, 2, 5, 4), f(2, 2, 5, 4)] }),
  multiHead('with a mask a row', {
    inputs: [f(2, 3, 8), f(2, 3, 8), f(2, 3, 8), null, i32([2, 3], [1, 1, 1, 1, 1, 0])],
  }),
  multiHead('with a mask a query', {
    inputs: [
      f(2, 3, 8),
      f(2, 3, 8),
      f(2, 3, 8),
      null,
      i32([2, 3, 3], [1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0]),
    ],
  }),
  multiHead('with a bias of the scores', {
    inputs: [f(2, 3, 8), f(2, 5, 8), f(2, 5, 8), null, null, f(1, 2, 3, 5)],
    attributes: { num_heads: int(2), scale: float(0.7) },
  }),
  multiHead('with a cache', {
    inputs: [f(2, 3, 8), f(2, 3, 8), f(2, 3, 8), null, null, null, f(2, 2, 4, 4), f(2, 2, 4, 4)],
    outputs: [0, 1, 2],
  }),
  multiHead('causal with a bias', {
    inputs: [f(2, 4, 8), f(2, 4, 8), f(2, 4, 8), w(24)],
    attributes: { num_heads: int(2), unidirectional: int(1) },
  }),
]

const packed = (title: string, extra: Partial<FusedCase> & Pick<FusedCase, 'inputs'>): FusedCase => ({
  op: 'Attention',
  domain: MS,
  title: `contributed, ${title}`,
  attributes: { num_heads: int(2) },
  ...extra,
})

const PACKED: readonly FusedCase[] = [
  packed('plain', { inputs: [f(2, 3, 6), w(6, 24), w(24)] }),
  packed('causal', {
    inputs: [f(2, 3, 6), w(6, 24), w(24)],
    attributes: { num_heads: int(2), unidirectional: int(1) },
  }),
  packed('with sizes of its own', {
    inputs: [f(2, 3, 6), w(6, 28), w(28)],
    attributes: { num_heads: int(2), qkv_hidden_sizes: ints([8, 8, 12]) },
  }),
  packed('with a mask a row', { inputs: [f(2, 3, 6), w(6, 24), w(24), i32([2, 3], [1, 1, 1, 1, 1, 0])] }),
  packed('with a mask a query', {
    inputs: [
      f(2, 3, 6),
      w(6, 24),
      w(24),
      i32([2, 3, 3], [1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0]),
    ],
  }),
  packed('with lengths', { inputs: [f(2, 3, 6), w(6, 24), w(24), i32([2], [3, 2])] }),
  packed('with ends and starts', {
    inputs: [f(2, 3, 6), w(6, 24), w(24), i32([4], [3, 3, 0, 1])],
    isFixedOnly: true,
  }),
  packed('with a cache', {
    inputs: [f(2, 3, 6), w(6, 24), w(24), null, f(2, 2, 2, 4, 4)],
    attributes: { num_heads: int(2), unidirectional: int(1) },
    outputs: [0, 1],
  }),
  packed('with a bias of the scores', { inputs: [f(2, 3, 6), w(6, 24), w(24), null, null, f(2, 2, 3, 3)] }),
]

const ROTATED = { num_heads: int(4), kv_num_heads: int(2), do_rotary: int(1) } as const
const FULL = i32([2], [4, 4])
const cacheOf = (length: number) => [f(2, 2, length, 16), f(2, 2, length, 16)] as const

const grouped = (title: string, extra: Partial<FusedCase> & Pick<FusedCase, 'inputs'>): FusedCase => ({
  op: 'GroupQueryAttention',
  domain: MS,
  title,
  attributes: { num_heads: int(4), kv_num_heads: int(2) },
  ...extra,
})

const GROUPED: readonly FusedCase[] = [
  grouped('of a prompt', {
    inputs: [f(2, 5, 64), f(2, 5, 32), f(2, 5, 32), null, null, FULL, i32([1], [5])],
    outputs: [0, 1, 2],
  }),
  grouped('with an empty cache', {
    inputs: [f(2, 5, 64), f(2, 5, 32), f(2, 5, 32), ...cacheOf(0), FULL, i32([1], [5])],
    outputs: [0, 1, 2],
  }),
  grouped('packed, turned', {
    inputs: [f(2, 5, 128), null, null, null, null, FULL, i32([1], [5]), w(9, 8), w(9, 8)],
    attributes: ROTATED,
    outputs: [0, 1, 2],
  }),
  grouped('turned, neighbours', {
    inputs: [f(2, 5, 64), f(2, 5, 32), f(2, 5, 32), null, null, FULL, i32([1], [5]), w(9, 8), w(9, 8)],
    attributes: { ...ROTATED, rotary_interleaved: int(1) },
  }),
  grouped('with a window', {
    inputs: [f(2, 5, 64), f(2, 5, 32), f(2, 5, 32), null, null, FULL, i32([1], [5])],
    attributes: { num_heads: int(4), kv_num_heads: int(2), local_window_size: int(2) },
  }),
  grouped('with a soft cap and a scale', {
    inputs: [f(2, 5, 64), f(2, 5, 32), f(2, 5, 32), null, null, FULL, i32([1], [5])],
    attributes: { num_heads: int(4), kv_num_heads: int(2), softcap: float(0.8), scale: float(0.9) },
  }),
  grouped('with a bias of the scores', {
    inputs: [
      f(2, 5, 64),
      f(2, 5, 32),
      f(2, 5, 32),
      null,
      null,
      FULL,
      i32([1], [5]),
      null,
      null,
      null,
      f(1, 4, 5, 5),
    ],
  }),
  grouped('with a sink', {
    inputs: [
      f(2, 5, 64),
      f(2, 5, 32),
      f(2, 5, 32),
      null,
      null,
      FULL,
      i32([1], [5]),
      null,
      null,
      null,
      null,
      w(4),
    ],
  }),
  grouped('smooth', {
    inputs: [f(2, 5, 64), f(2, 5, 32), f(2, 5, 32), null, null, FULL, i32([1], [5])],
    attributes: { num_heads: int(4), kv_num_heads: int(2), smooth_softmax: int(1) },
  }),
  grouped('with positions', {
    inputs: [
      f(2, 5, 64),
      f(2, 5, 32),
      f(2, 5, 32),
      null,
      null,
      FULL,
      i32([1], [5]),
      w(9, 8),
      w(9, 8),
      i64([2, 5], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]),
    ],
    attributes: ROTATED,
  }),
  grouped('of one token behind a cache', {
    inputs: [f(2, 1, 64), f(2, 1, 32), f(2, 1, 32), ...cacheOf(4), FULL, i32([1], [5]), w(9, 8), w(9, 8)],
    attributes: ROTATED,
    outputs: [0, 1, 2],
  }),
  grouped('of right-padded rows by lengths', {
    inputs: [
      f(2, 5, 64),
      f(2, 5, 32),
      f(2, 5, 32),
      null,
      null,
      i32([2], [4, 2]),
      i32([1], [5]),
      w(9, 8),
      w(9, 8),
    ],
    attributes: ROTATED,
    compared: [
      [1, 1, 1, 1, 1],
      [1, 1, 1, 0, 0],
    ],
  }),
]

/** [batch, height, width, channels] by the standard operator, which wants channels second. */
function groupNormalised(b: GraphBuilder, [x = '', gamma = '', beta = '']: readonly string[]): string {
  const first = b.add('Transpose', [x], { perm: ints([0, 3, 1, 2]) })
  const attributes = { num_groups: int(2), epsilon: float(1e-3) }
  const normal = b.add('GroupNormalization', [first, gamma, beta], attributes)
  return b.add('Transpose', [normal], { perm: ints([0, 2, 3, 1]) })
}
const GROUPS = { groups: int(2), epsilon: float(1e-3), channels_last: int(1) }

/** Each head's queries or keys normalised, [batch, sequence, heads·16]. */
function headNormalised(b: GraphBuilder, x: string, gamma: string): string {
  const heads = b.add('Reshape', [x, b.int64s(0, 0, -1, 16)])
  const normal = b.add('SimplifiedLayerNormalization', [heads, gamma], {
    axis: int(-1),
    epsilon: float(1e-6),
  })
  return b.add('Reshape', [normal, b.int64s(0, 0, -1)])
}

/** Operators that have no kernel on the processor: the oracle is an equivalent graph. */
const WITHOUT_KERNEL: readonly FusedCase[] = [
  grouped('with norms of queries and keys inside, turned', {
    inputs: [
      f(2, 5, 64),
      f(2, 5, 32),
      f(2, 5, 32),
      null,
      null,
      FULL,
      i32([1], [5]),
      w(9, 8),
      w(9, 8),
      null,
      null,
      null,
      null,
      null,
      w(16),
      w(16),
    ],
    attributes: ROTATED,
    equivalent: (b, inputs) => {
      const [q = '', k = '', ...rest] = inputs
      const normal = [headNormalised(b, q, inputs[14] ?? ''), headNormalised(b, k, inputs[15] ?? '')]
      return b.add('GroupQueryAttention', [...normal, ...rest.slice(0, 7)], ROTATED, { domain: MS })
    },
  }),
  {
    op: 'SimplifiedLayerNormalization',
    domain: MS,
    title: 'in the contributed domain',
    inputs: [f(2, 3, 8), w(8)],
    equivalent: (b, inputs) => b.add('SimplifiedLayerNormalization', inputs, { axis: int(-1) }),
  },
  {
    op: 'LayerNormalization',
    domain: MS,
    title: 'in the contributed domain',
    inputs: [f(2, 3, 8), w(8), w(8)],
    equivalent: (b, inputs) => b.add('LayerNormalization', inputs),
  },
  {
    op: 'GroupNorm',
    domain: MS,
    title: 'plain',
    inputs: [f(2, 3, 5, 4), w(4), w(4)],
    attributes: { ...GROUPS, activation: int(0) },
    equivalent: groupNormalised,
  },
  {
    op: 'GroupNorm',
    domain: MS,
    isSingle: true,
    title: 'and SiLU',
    inputs: [f(2, 3, 5, 4), w(4), w(4)],
    attributes: { ...GROUPS, activation: int(1) },
    equivalent: (b, inputs) => {
      const normal = groupNormalised(b, inputs)
      return b.add('Mul', [normal, b.add('Sigmoid', [normal])])
    },
  },
  {
    op: 'SkipGroupNorm',
    domain: MS,
    title: 'with a bias',
    inputs: [f(2, 3, 5, 4), w(4), w(4), f(2, 1, 1, 4), w(4)],
    attributes: { ...GROUPS, activation: int(0) },
    equivalent: (b, [x = '', gamma = '', beta = '', skip = '', bias = '']) =>
      groupNormalised(b, [b.add('Add', [b.add('Add', [x, skip]), bias]), gamma, beta]),
  },
  {
    op: 'BiasSplitGelu',
    domain: MS,
    isSingle: true,
    title: 'of two halves',
    inputs: [f(2, 3, 8), w(8)],
    equivalent: (b, inputs) => {
      const sum = b.add('Add', inputs)
      const half = (from: number): string =>
        b.add('Slice', [sum, b.int64s(from), b.int64s(from + 4), b.int64s(-1)])
      return b.add('Mul', [half(0), b.add('Gelu', [half(4)])])
    },
  },
]

export const FUSED_CASES: readonly FusedCase[] = [
  ...ATTENTION,
  ...ROTARY,
  ...STATISTICS,
  ...ACTIVATIONS.map((fused) => ({ ...fused, isSingle: fused.op !== 'FastGelu' })),
  ...PRODUCTS,
  ...SOFTMAXES,
  ...MULTI_HEAD,
  ...PACKED,
  ...GROUPED,
  ...WITHOUT_KERNEL,
]
