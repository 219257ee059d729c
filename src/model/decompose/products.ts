/**
 * Products and convolutions with something fused to them: a factor, transpositions, an activation, an addend.
 * The product keeps the module's name, and its weight as it lies, so that it can get an adapter.
 */
import { float, int } from '../attributes.ts'
import type { Attribute } from '../graph.ts'
import type { Decomposition, FusedContext, RefusalCheck } from './context.ts'
import { add, mul, transpose } from './words.ts'

const TRANSPOSED_RANK_MAX = 8

/** y = α·A'·B', the last two axes swapped where `transA` or `transB` say so. */
export const fusedMatMul: Decomposition = (c) => {
  const [a, b] = [c.input(0), c.input(1)]
  const [transA, transB, alpha] = [c.int('transA', 0), c.int('transB', 0), c.float('alpha', 1)]
  const [rankA, rankB] = [c.dimsOf(a)?.length, c.dimsOf(b)?.length]
  if (rankA === 2 && rankB === 2) {
    return [c.emit('Gemm', [a, b], { alpha: float(alpha), transA: int(transA), transB: int(transB) })]
  }
  const flip = (value: string, flag: number, rank = 0): string =>
    flag === 0 ? value : transpose(c, value, ...swapped(rank))
  const product = c.emit('MatMul', [flip(a, transA, rankA), flip(b, transB, rankB)])
  return [alpha === 1 ? product : mul(c, product, c.scalar(alpha))]
}

const swapped = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))

export const fusedMatMulRefusal: RefusalCheck = (c) => {
  if (c.int('transBatchA', 0) === 1 || c.int('transBatchB', 0) === 1) return 'it swaps batch axes'
  const isUnknown = (i: number, name: string): boolean => {
    const rank = c.dimsOf(c.input(i))?.length ?? 0
    return c.int(name, 0) === 1 && (rank < 2 || rank > TRANSPOSED_RANK_MAX)
  }
  return isUnknown(0, 'transA') || isUnknown(1, 'transB')
    ? 'the rank of what it transposes is not known'
    : null
}

const GEMM: readonly string[] = ['alpha', 'beta', 'transA', 'transB']
const CONV: readonly string[] = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides']

export const fusedGemm: Decomposition = (c) => {
  const product = c.emit('Gemm', c.node.inputs, kept(c, GEMM))
  return [
    activated(c, product, [c.float('activation_alpha', Number.NaN), c.float('activation_beta', Number.NaN)]),
  ]
}

/** Inputs X, W, B?, and Z?, which is added before the activation. */
export const fusedConv: Decomposition = (c) => {
  const inputs = c.has(2) ? [c.input(0), c.input(1), c.input(2)] : [c.input(0), c.input(1)]
  const product = c.emit('Conv', inputs, kept(c, CONV))
  const sum = c.has(3) ? add(c, product, c.input(3)) : product
  return [activated(c, sum, c.floats('activation_params') ?? [])]
}

function kept(c: FusedContext, names: readonly string[]): Record<string, Attribute> {
  const found = names.map((name) => [name, c.node.attributes.get(name)] as const)
  return Object.fromEntries(found.filter((entry): entry is [string, Attribute] => entry[1] !== undefined))
}

type Activation = (c: FusedContext, x: string, parameter: (i: number, otherwise: number) => number) => string

/** By the operators' names, with the parameters in the order of ONNX's own attributes. */
const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['', (_c, x) => x],
  ['Relu', (c, x) => c.emit('Relu', [x])],
  ['Tanh', (c, x) => c.emit('Tanh', [x])],
  ['Sigmoid', (c, x) => c.emit('Sigmoid', [x])],
  ['LeakyRelu', (c, x, p) => c.emit('LeakyRelu', [x], { alpha: float(p(0, 0.01)) })],
  [
    'HardSigmoid',
    (c, x, p) => c.emit('HardSigmoid', [x], { alpha: float(p(0, 0.2)), beta: float(p(1, 0.5)) }),
  ],
  [
    'Clip',
    (c, x, p) =>
      c.emit('Clip', [x, c.scalar(p(0, -3.4028234663852886e38)), c.scalar(p(1, 3.4028234663852886e38))]),
  ],
])

export const activationRefusal: RefusalCheck = (c) =>
  ACTIVATIONS.has(c.text('activation', '')) ? null : `its activation ${c.text('activation', '')} is not known`

function activated(c: FusedContext, x: string, parameters: readonly number[]): string {
  const parameter = (i: number, otherwise: number): number => {
    const given = parameters[i]
    return given === undefined || Number.isNaN(given) ? otherwise : given
  }
  return (ACTIVATIONS.get(c.text('activation', '')) ?? ((_c, value) => value))(c, x, parameter)
}
