/**
 * Losses, with the seed gradient that the walk starts from. All are sums: the host divides by the count, so that
 * gradients of several micro-batches add up exactly, whatever their numbers of tokens.
 *
 * Cross-entropy by a decomposed log-softmax: z = x − max x, L = ln Σeᶻ − z_target, ∂L/∂x = softmax − 1_target. The
 * target's element is written into the softmax by a scatter, so no one-hot tensor exists. `LogSoftmax` itself and
 * `IsNaN` have no WebGPU kernels. Where the model ends in a constant product, only rows with a label go through it.
 */
import { RoundError } from '../../core/errors.ts'
import { int, intOf, ints } from '../../model/attributes.ts'
import { DataType } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import type { ValueType } from './graph-shapes.ts'
import type { GradientFault } from './errors.ts'
import { runHead, type Head } from './head.ts'

/** Targets with this label count nothing, as in PyTorch. */
export const IGNORED_LABEL = -100

export const LOSS_KINDS = ['causal-lm', 'classification', 'mse'] as const
/**
 * `causal-lm`: logits [batch, sequence, classes], labels int64 [batch, sequence], not yet shifted.
 * `classification`: logits [batch, …, classes], labels int64 [batch, …]. `mse`: labels f32 like the output.
 */
export type LossKind = (typeof LOSS_KINDS)[number]

export interface LossNodes {
  /** f32 scalar. */
  readonly lossSum: string
  /** f32 scalar: how many targets (for `mse`, elements) were summed. */
  readonly count: string
  /** Where the backward pass begins: a value of the forward graph, and ∂lossSum/∂value in its shape. */
  readonly seed: () => { readonly value: string; readonly gradient: string }
  /** Sums and counts of each example, f32 [batch]. */
  readonly perExample: () => { readonly lossSums: string; readonly counts: string }
}

export interface LossSite {
  readonly kind: LossKind
  /** The model's output. */
  readonly output: string
  readonly type: ValueType
  /** Name of the labels' input, which is declared here. */
  readonly labels: string
  /** The model's last product, where rows without labels may skip it. */
  readonly head: Head | null
}

/** @throws LOSS_UNFIT if the output's shape does not fit the kind of loss */
export function buildLoss(builder: GraphBuilder, site: LossSite): LossNodes {
  const { kind, output, type } = site
  const rank = type.dims.length
  if (type.dataType !== DataType.float) throw unfit(output, 'is no f32 tensor')
  if (kind === 'causal-lm' && rank !== 3)
    throw unfit(output, `has ${rank} dimensions, a language model's has 3`)
  if (kind === 'classification' && rank < 2)
    throw unfit(output, `has ${rank} dimensions, a classifier's has 2`)
  const shape = type.dims.map((dim, i) => dim.constant ?? (i === 0 ? 'batch' : null))
  if (kind === 'mse')
    return squaredError(builder, { ...site, labels: builder.input(site.labels, DataType.float, shape) })
  const labels = builder.input(site.labels, DataType.int64, shape.slice(0, -1))
  const targets = kind === 'causal-lm' ? shifted(builder, labels) : labels
  return site.head === null
    ? crossEntropy(builder, output, targets, rank)
    : labelledCrossEntropy(builder, site.head, targets, rank)
}

function unfit(output: string, reason: string): RoundError<GradientFault> {
  return new RoundError({ code: 'LOSS_UNFIT', output, reason }, `output ${output} ${reason}`, {
    hint: 'Choose another kind of loss, or name the output that holds the logits.',
  })
}

/** Labels one place to the left: position i is asked for token i+1, the last for none. Cheaper than cutting logits. */
function shifted(builder: GraphBuilder, labels: string): string {
  const none = builder.scalar(IGNORED_LABEL, DataType.int64)
  return builder.add('Pad', [labels, builder.int64s(0, -1, 0, 1), none])
}

/** @param targets — int64, the logits' shape without its last axis */
function crossEntropy(b: GraphBuilder, logits: string, targets: string, rank: number): LossNodes {
  const last = b.int64s(-1)
  const column = b.add('Unsqueeze', [targets, last])
  const isIgnored = b.add('Equal', [column, b.scalar(IGNORED_LABEL, DataType.int64)])
  const zero = b.scalar(0)
  const weight = b.add('Where', [isIgnored, zero, b.scalar(1)])
  const index = b.add('Where', [isIgnored, b.scalar(0, DataType.int64), column])
  const z = b.add('Sub', [logits, maximum(b, logits)])
  const powers = b.add('Exp', [z])
  const total = b.add('ReduceSum', [powers, last], { keepdims: int(1) })
  const chosen = b.add('GatherElements', [z, index], { axis: int(rank - 1) })
  const losses = b.add('Where', [isIgnored, zero, b.add('Sub', [b.add('Log', [total]), chosen])])
  const sumAll = (value: string): string => b.add('ReduceSum', [value], { keepdims: int(0) })
  const sumRest = (value: string): string =>
    b.add('ReduceSum', [value, b.int64s(...Array.from({ length: rank - 1 }, (_, i) => i + 1))], {
      keepdims: int(0),
    })
  return {
    lossSum: sumAll(losses),
    count: sumAll(weight),
    seed: () => {
      // Rows without a label have the share 0, and 0 is written to their target.
      const share = b.add('Where', [isIgnored, zero, b.add('Reciprocal', [total])])
      const target = b.add('Sub', [b.add('Mul', [b.add('Exp', [chosen]), share]), weight])
      const softmax = b.add('Mul', [powers, share])
      const gradient = b.add('ScatterElements', [softmax, index, target], { axis: int(rank - 1) })
      return { value: logits, gradient }
    },
    perExample: () => ({ lossSums: sumRest(losses), counts: sumRest(weight) }),
  }
}

/** The same over the rows that have a label: the head is run anew on these alone, forwards and backwards. */
function labelledCrossEntropy(b: GraphBuilder, head: Head, targets: string, rank: number): LossNodes {
  const { node, input, inputRank, width } = head
  const flat = b.add('Reshape', [targets, b.int64s(-1)])
  const isIgnored = b.add('Equal', [flat, b.scalar(IGNORED_LABEL, DataType.int64)])
  // The first row always goes through, counted or not: tensors without rows are handled unevenly by kernels.
  const first = [b.constant(DataType.int64, [1, 1], [0]), b.constant(DataType.bool, [1], [1])]
  const isTaken = b.add('ScatterND', [b.add('Not', [isIgnored]), ...first])
  const places = b.add('Squeeze', [b.add('NonZero', [isTaken]), b.int64s(0)])
  const rows = inputRank === 2 ? input : b.add('Reshape', [input, b.int64s(-1, width)])
  const chosen = b.add('Gather', [rows, places], { axis: int(0) })
  const { logits, back: uncapped } = runHead(b, head, chosen)
  const inner = crossEntropy(b, logits, b.add('Gather', [flat, places], { axis: int(0) }), 2)
  const pointers = b.add('Unsqueeze', [places, b.int64s(1)])
  const scattered = (values: string, like: string): string => {
    const zeros = b.add('Expand', [b.scalar(0), b.add('Shape', [like])])
    return b.add('ScatterND', [zeros, pointers, values])
  }
  return {
    ...inner,
    seed: () => {
      const isTransposed = node.op === 'Gemm' && intOf(node, 'transB', 0) === 1
      const transB = int(isTransposed ? 0 : 1)
      const back = b.add('Gemm', [uncapped(inner.seed().gradient), node.inputs[1] ?? ''], { transB })
      const all = scattered(back, rows)
      const gradient = inputRank === 2 ? all : b.add('Reshape', [all, b.add('Shape', [input])])
      return { value: input, gradient }
    },
    perExample: () => {
      const sums = (values: string): string => {
        const placed = b.add('Reshape', [scattered(values, flat), b.add('Shape', [targets])])
        const axes = b.int64s(...Array.from({ length: rank - 2 }, (_, i) => i + 1))
        return b.add('ReduceSum', [placed, axes], { keepdims: int(0) })
      }
      const { lossSums, counts } = inner.perExample()
      return { lossSums: sums(lossSums), counts: sums(counts) }
    },
  }
}

/** Along the last axis, kept. The axes are an attribute up to opset 17. */
function maximum(b: GraphBuilder, value: string): string {
  return b.opset >= 18
    ? b.add('ReduceMax', [value, b.int64s(-1)], { keepdims: int(1) })
    : b.add('ReduceMax', [value], { axes: ints([-1]), keepdims: int(1) })
}

function squaredError(b: GraphBuilder, { output, labels, type }: LossSite): LossNodes {
  const difference = b.add('Sub', [output, labels])
  const squares = b.add('Mul', [difference, difference])
  const sumAll = (value: string): string => b.add('ReduceSum', [value], { keepdims: int(0) })
  const rest = b.int64s(...type.dims.slice(1).map((_, i) => i + 1))
  const cast = (value: string): string => b.add('Cast', [value], { to: int(DataType.float) })
  return {
    lossSum: sumAll(squares),
    count: cast(b.add('Size', [output])),
    seed: () => ({ value: output, gradient: b.add('Mul', [difference, b.scalar(2)]) }),
    perExample: () => {
      const lossSums = b.add('ReduceSum', [squares, rest], { keepdims: int(0) })
      const shape = b.add('Shape', [output])
      const each = b.add('ReduceProd', [
        b.add('Slice', [shape, b.int64s(1), b.int64s(Number.MAX_SAFE_INTEGER)]),
      ])
      return { lossSums, counts: b.add('Expand', [cast(each), b.add('Shape', [lossSums])]) }
    },
  }
}
