/** Shapes of products, convolutions, pooling, resizing and of the quantised weights' operators. */
import { intOf, intsOf, textOf } from '../attributes.ts'
import { DataType } from '../graph.ts'
import {
  type Dim,
  dimAdd,
  dimCeilDiv,
  dimDiv,
  dimMin,
  dimMul,
  dimOf,
  dimProduct,
  dimSub,
  DIM_ONE,
  Unresolved,
} from './dim.ts'
import {
  at,
  axisOf,
  broadcast,
  sizeOr,
  statedSizes,
  unify,
  type Rule,
  type RuleContext,
  type RuleTable,
} from './rule.ts'
import { numbersOf, toDim } from './value.ts'

const matMul: Rule = (context) => {
  const { dataType, dims: a } = context.type(0)
  const { dims: b } = context.type(1)
  const isRow = a.length === 1
  const isColumn = b.length === 1
  const left = isRow ? [DIM_ONE, ...a] : a
  const right = isColumn ? [...b, DIM_ONE] : b
  unify(context, at(left, left.length - 1), at(right, right.length - 2))
  const batch = broadcast(context, [left.slice(0, -2), right.slice(0, -2)])
  const rows = isRow ? [] : [at(left, left.length - 2)]
  const columns = isColumn ? [] : [at(right, right.length - 1)]
  return [{ dataType, dims: [...batch, ...rows, ...columns] }]
}

const gemm: Rule = (context) => {
  const { dataType, dims: a } = context.type(0)
  const { dims: b } = context.type(1)
  const [rows, innerA] = intOf(context.node, 'transA', 0) ? [1, 0] : [0, 1]
  const [innerB, columns] = intOf(context.node, 'transB', 0) ? [1, 0] : [0, 1]
  unify(context, at(a, innerA), at(b, innerB))
  return [{ dataType, dims: [at(a, rows), at(b, columns)] }]
}

/** Letters of the output, each with the dimension it has in the inputs. Source: ONNX operator Einsum-12. */
const einsum: Rule = (context) => {
  const equation = textOf(context.node, 'equation', '').replaceAll(' ', '')
  const [inputs = '', explicit] = equation.split('->')
  const letters = new Map<string, Dim>()
  let ellipsis: Dim[] = []
  for (const [i, term] of inputs.split(',').entries()) {
    const { dims } = context.type(i)
    const [before = '', after] = term.split('...')
    const names = `${before}${after ?? ''}`.split('')
    const spare = dims.length - names.length
    if (spare < 0 || (after === undefined && spare > 0)) throw new Unresolved(`equation ${equation}`)
    ellipsis = broadcast(context, [ellipsis, dims.slice(before.length, before.length + spare)])
    const named = dims.toSpliced(before.length, spare)
    named.forEach((dim, j) => {
      const name = names[j] ?? ''
      const known = letters.get(name)
      letters.set(
        name,
        known === undefined || known.constant === 1 ? dim : broadcast(context, [[known], [dim]])[0]!,
      )
    })
  }
  const output = explicit ?? implicitOutput(inputs)
  const dims = output
    .replace('...', '.')
    .split('')
    .flatMap((name) => {
      if (name === '.') return ellipsis
      const dim = letters.get(name)
      if (dim === undefined) throw new Unresolved(`equation ${equation}`)
      return [dim]
    })
  return [{ dataType: context.type(0).dataType, dims }]
}

/** Without an arrow: the letters that occur once, in alphabetical order, after the ellipsis. */
function implicitOutput(inputs: string): string {
  const letters = inputs.replaceAll(/[.,]/g, '').split('')
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort()
  return (inputs.includes('...') ? '...' : '') + once.join('')
}

interface Window {
  readonly kernel: readonly Dim[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly pads: readonly number[]
  readonly autoPad: string
  readonly rounding: 'up' | 'down'
}

function windowOf(context: RuleContext, kernel: readonly Dim[]): Window {
  const ones = kernel.map(() => 1)
  return {
    kernel,
    strides: intsOf(context.node, 'strides') ?? ones,
    dilations: intsOf(context.node, 'dilations') ?? ones,
    pads: intsOf(context.node, 'pads') ?? [...ones, ...ones].map(() => 0),
    autoPad: textOf(context.node, 'auto_pad', 'NOTSET'),
    rounding: intOf(context.node, 'ceil_mode', 0) === 1 ? 'up' : 'down',
  }
}

/** Places of a sliding window along each spatial axis. Source: ONNX operators Conv-11 and MaxPool-12. */
function slide(spatial: readonly Dim[], window: Window): Dim[] {
  const rank = spatial.length
  return spatial.map((dim, axis) => {
    const stride = dimOf(window.strides[axis] ?? 1)
    if (window.autoPad.startsWith('SAME')) return dimCeilDiv(dim, stride)
    const pads = window.autoPad === 'VALID' ? 0 : (window.pads[axis] ?? 0) + (window.pads[axis + rank] ?? 0)
    const reach = dimMul(dimSub(at(window.kernel, axis), DIM_ONE), dimOf(window.dilations[axis] ?? 1))
    const room = dimSub(dimAdd(dim, dimOf(pads - 1)), reach)
    if (window.rounding === 'down') return dimAdd(dimDiv(room, stride), DIM_ONE)
    // Rounded up, but no window begins in the padding at the end.
    const begins = dimDiv(dimAdd(dim, dimOf((window.pads[axis] ?? 0) - 1)), stride)
    return dimAdd(dimMin(dimCeilDiv(room, stride), begins), DIM_ONE)
  })
}

const conv: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const weight = context.type(1).dims
  const spatial = slide(dims.slice(2), windowOf(context, weight.slice(2)))
  return [{ dataType, dims: [at(dims, 0), at(weight, 0), ...spatial] }]
}

const convTranspose: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const weight = context.type(1).dims
  const window = windowOf(context, weight.slice(2))
  const given = intsOf(context.node, 'output_shape')
  const extra = intsOf(context.node, 'output_padding') ?? []
  const channels = dimMul(at(weight, 1), dimOf(intOf(context.node, 'group', 1)))
  const spatial = dims.slice(2).map((dim, axis) => {
    const stated = given?.[axis]
    if (stated !== undefined) return dimOf(stated)
    const stride = dimOf(window.strides[axis] ?? 1)
    if (window.autoPad.startsWith('SAME')) return dimMul(dim, stride)
    const pads = (window.pads[axis] ?? 0) + (window.pads[axis + dims.length - 2] ?? 0)
    const reach = dimMul(dimSub(at(window.kernel, axis), DIM_ONE), dimOf(window.dilations[axis] ?? 1))
    const grown = dimAdd(dimMul(dimSub(dim, DIM_ONE), stride), dimAdd(reach, DIM_ONE))
    return dimAdd(grown, dimOf((extra[axis] ?? 0) - pads))
  })
  return [{ dataType, dims: [at(dims, 0), channels, ...spatial] }]
}

const pool: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const kernel = intsOf(context.node, 'kernel_shape') ?? []
  const pooled = [...dims.slice(0, 2), ...slide(dims.slice(2), windowOf(context, kernel.map(dimOf)))]
  return [
    { dataType, dims: pooled },
    { dataType: DataType.int64, dims: pooled },
  ]
}

const globalPool: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  return [{ dataType, dims: dims.map((dim, axis) => (axis < 2 ? dim : DIM_ONE)) }]
}

/** By sizes or by scales; either may cover some axes only. Source: ONNX operator Resize-18. */
const resize: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const axes = (intsOf(context.node, 'axes') ?? dims.map((_, axis) => axis)).map((axis) =>
    axisOf(axis, dims.length),
  )
  const resized = [...dims]
  if (textOf(context.node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') {
    throw new Unresolved('a Resize that keeps the aspect ratio')
  }
  if (context.has(3)) {
    const sizes = statedSizes(context, 3, 'the sizes')
    axes.forEach((axis, i) => {
      const size = sizes[i] ?? null
      resized[axis] = size === null ? context.unknown(axis) : sizeOr(context, axis, () => toDim(size))
    })
    return [{ dataType, dims: resized }]
  }
  const input = context.opset < 11 ? 1 : 2
  const known = context.value(input)
  const scales = known === null ? null : numbersOf(known, 'a scale')
  axes.forEach((axis, i) => {
    const scale = scales?.[i]
    const size = (): Dim => scaled(at(dims, axis), scale ?? 1)
    resized[axis] = scale === undefined ? context.unknown(axis) : sizeOr(context, axis, size)
  })
  return [{ dataType, dims: resized }]
}

/** floor(dim × scale) in f32, as ONNX Runtime has it: exact for whole scales and their reciprocals, and for known dims. */
function scaled(dim: Dim, scale: number): Dim {
  if (dim.constant !== null) return dimOf(Math.floor(Math.fround(dim.constant * scale)))
  if (Number.isInteger(scale)) return dimMul(dim, dimOf(scale))
  if (scale > 0 && Number.isInteger(1 / scale)) return dimDiv(dim, dimOf(1 / scale))
  throw new Unresolved(`the scale ${scale} of an axis whose size is not known`)
}

/** [..., K] × a quantised [N, K] weight. Source: com.microsoft.MatMulNBits and MatMulBnb4. */
const quantisedProduct: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  return [{ dataType, dims: [...dims.slice(0, -1), dimOf(intOf(context.node, 'N', 0))] }]
}

/** Columns [N, C·∏block, L] → [N, C, …image]. Source: ONNX operator Col2Im-18. */
const col2Im: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const image = statedSizes(context, 1, 'the image')
  const block = dimProduct(context.needValue(2, 'the block').elements.map(toDim))
  const sizes = image.map((size, i) =>
    size === null ? context.unknown(i + 2) : sizeOr(context, i + 2, () => toDim(size)),
  )
  return [{ dataType, dims: [at(dims, 0), dimDiv(at(dims, 1), block), ...sizes] }]
}

/** [N, C, …] sampled at a grid [N, …, axes]. Source: ONNX operator GridSample-16. */
const gridSample: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  return [{ dataType, dims: [at(dims, 0), at(dims, 1), ...context.type(1).dims.slice(1, -1)] }]
}

/** Y [length, directions, batch, hidden] and the last states [directions, batch, hidden]. Source: ONNX operator LSTM-14. */
const recurrent: Rule = (context) => {
  const { dataType, dims } = context.type(0)
  const weight = context.type(2).dims
  const [first, second] = [at(dims, 0), at(dims, 1)]
  const isBatchFirst = intOf(context.node, 'layout', 0) === 1
  const [directions, hidden] = [at(weight, 0), at(weight, 2)]
  const states = isBatchFirst ? [first, directions, hidden] : [directions, second, hidden]
  const whole = isBatchFirst ? [first, second, directions, hidden] : [first, directions, second, hidden]
  return [whole, states, states].map((each) => ({ dataType, dims: each }))
}

const quantize: Rule = (context) => {
  const dataType = context.has(2) ? context.type(2).dataType : DataType.uint8
  return [{ dataType, dims: context.type(0).dims }]
}

const dequantize: Rule = (context) => [{ dataType: context.type(1).dataType, dims: context.type(0).dims }]

export const LINEAR: RuleTable = {
  MatMul: matMul,
  Gemm: gemm,
  Einsum: einsum,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  Resize: resize,
  Col2Im: col2Im,
  GridSample: gridSample,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Upsample: resize,
  MatMulBnb4: quantisedProduct,
  MatMulNBits: quantisedProduct,
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
}
