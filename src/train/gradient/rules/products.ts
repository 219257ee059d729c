/**
 * Rules of matrix products. For Y = A·B: dA = dY·Bᵀ, dB = Aᵀ·dY, summed over broadcast batch axes by the walk.
 *
 * Where B is a plain matrix, as every weight is, dY is flattened to rows and dA is one `Gemm(transB=1)`: a `Transpose` of
 * B could be folded into a second copy of the weight when the session is opened.
 */
import { float, int } from '../../../model/attributes.ts'
import type { Dim } from '../graph-shapes.ts'
import type { GradContext, GradRule, InputGradient } from '../context.ts'
import { frozenFactor } from './frozen.ts'
import { broadcast, gradientOf, inputOf, outputOf, range, transpose } from '../emit.ts'

export const matMulRule: GradRule = (c) => {
  const [a, b] = [inputOf(c, 0), inputOf(c, 1)]
  const [dimsA, dimsB] = [c.typeOf(a).dims, c.typeOf(b).dims]
  if (dimsB.length === 2 && dimsA.length >= 2) return matrixRule(c, dimsA, dimsB)
  return batchedRule(c, dimsA, dimsB)
}

/** B is a matrix: rows of A are independent. */
function matrixRule(c: GradContext, dimsA: readonly Dim[], dimsB: readonly Dim[]): readonly InputGradient[] {
  const [a, b, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const rows = (value: string, width: Dim | undefined, rank: number): string =>
    rank === 2 ? value : c.emit('Reshape', [value, rowsTarget(c, value, width)])
  const rowsOfG = rows(g, dimsB[1], dimsA.length)
  const gradients: InputGradient[] = [null, null]
  if (c.wants(0)) {
    const flat = c.emit('Gemm', [rowsOfG, frozenFactor(c, b, g)], { transB: int(1) })
    gradients[0] = dimsA.length === 2 ? flat : c.emit('Reshape', [flat, c.reshapeTarget(a)])
  }
  if (c.wants(1)) {
    gradients[1] = c.emit('Gemm', [rows(a, dimsB[0], dimsA.length), rowsOfG], { transA: int(1) })
  }
  return gradients
}

/** `[-1, width]`, the width read from the value itself where it is not known in advance. */
function rowsTarget(c: GradContext, value: string, width: Dim | undefined): string {
  if (typeof width?.constant === 'number') return c.int64s(-1, width.constant)
  const shape = c.emit('Shape', [value])
  const last = c.emit('Slice', [shape, c.int64s(-1), c.int64s(Number.MAX_SAFE_INTEGER)])
  return c.emit('Concat', [c.int64s(-1), last], { axis: int(0) })
}

/** Any ranks. A vector on the left is a row, one on the right a column, as NumPy's matmul has it. */
function batchedRule(c: GradContext, dimsA: readonly Dim[], dimsB: readonly Dim[]): readonly InputGradient[] {
  const [isRow, isColumn] = [dimsA.length === 1, dimsB.length === 1]
  const unsqueeze = (value: string, ...axes: readonly number[]): string =>
    axes.length === 0 ? value : c.emit('Unsqueeze', [value, c.int64s(...axes)])
  const squeeze = (value: string, axis: number): string => c.emit('Squeeze', [value, c.int64s(axis)])
  const a = unsqueeze(inputOf(c, 0), ...(isRow ? [0] : []))
  const b = unsqueeze(inputOf(c, 1), ...(isColumn ? [1] : []))
  const missing = isRow && isColumn ? [0, 1] : isRow ? [-2] : isColumn ? [-1] : []
  const g = unsqueeze(gradientOf(c), ...missing)
  const batch = c.typeOf(outputOf(c)).dims.slice(0, Math.max(dimsA.length, dimsB.length, 2) - 2)
  const rankA = Math.max(2, dimsA.length)
  const rankB = Math.max(2, dimsB.length)
  const gradients: InputGradient[] = [null, null]
  if (c.wants(0)) {
    const product = c.emit('MatMul', [g, swapLast(c, b, rankB)])
    gradients[0] = isRow
      ? broadcast(squeeze(product, -2), [...batch, ...dimsA])
      : broadcast(product, [...batch, ...dimsA.slice(-2)])
  }
  if (c.wants(1)) {
    const product = c.emit('MatMul', [swapLast(c, a, rankA), g])
    gradients[1] = isColumn
      ? broadcast(squeeze(product, -1), [...batch, ...dimsB])
      : broadcast(product, [...batch, ...dimsB.slice(-2)])
  }
  return gradients
}

function swapLast(c: GradContext, value: string, rank: number): string {
  return transpose(c, value, [...range(0, rank - 2), rank - 1, rank - 2])
}

/**
 * Y = α·A'·B' + β·C, with A' = Aᵀ where transA. dA' = α·dY·B'ᵀ, dB' = α·A'ᵀ·dY, dC = β·dY summed back.
 * A transposed factor's gradient is the transposed product, made in the right order instead of being transposed.
 */
export const gemmRule: GradRule = (c) => {
  const [a, b, g] = [inputOf(c, 0), inputOf(c, 1), gradientOf(c)]
  const [transA, transB] = [c.int('transA', 0), c.int('transB', 0)]
  const alpha = float(c.float('alpha', 1))
  const gemm = (x: string, y: string, flipX: number, flipY: number): string =>
    c.emit('Gemm', [x, y], { alpha, transA: int(flipX), transB: int(flipY) })
  const weight = (): string => frozenFactor(c, b, g)
  const toA = (): string => (transA === 0 ? gemm(g, weight(), 0, 1 - transB) : gemm(weight(), g, transB, 1))
  const toB = (): string => (transB === 0 ? gemm(a, g, 1 - transA, 0) : gemm(g, a, 1, transA))
  const gradients: InputGradient[] = [c.wants(0) ? toA() : null, c.wants(1) ? toB() : null]
  if (c.inputs.length > 2) gradients.push(c.wants(2) ? biasGradient(c, g) : null)
  return gradients
}

function biasGradient(c: GradContext, g: string): InputGradient {
  const beta = c.float('beta', 1)
  const value = beta === 1 ? g : c.emit('Mul', [g, c.scalar(beta)])
  return broadcast(value, c.typeOf(outputOf(c)).dims)
}
