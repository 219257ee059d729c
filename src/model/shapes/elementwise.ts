/** Shapes of operators that treat elements alike: arithmetic, comparisons, activations, casts, normalisations. */
import { intOf, intsOf } from '../attributes.ts'
import { DataType } from '../graph.ts'
import { isDataType, isFloatType } from '../onnx-tensor.ts'
import {
  boundsOf,
  Dim,
  dimAdd,
  dimDiv,
  dimEquals,
  dimExactDiv,
  dimMax,
  dimMin,
  dimMod,
  dimMul,
} from './dim.ts'
import { dimSub, DIM_ONE, DIM_ZERO, isAtLeast, isDistinct, Unresolved } from './dim.ts'
import { axisOf, broadcast, type Result, type Rule, type RuleContext, type RuleTable } from './rule.ts'
import { broadcastValue, concreteDims, elementOf, heldAs, knownValue, toDim, valueOrNull } from './value.ts'
import type { ConstantValue, Element } from './value.ts'

/** The first input's type and shape, for each output. */
const same: Rule = (context) => Array.from({ length: context.outputCount }, () => context.type(0))

const unary =
  (fold: (x: number) => number): Rule =>
  (context) => {
    const type = context.type(0)
    const value = context.value(0)
    if (value === null || value.elements.some((element) => element instanceof Dim)) return [type]
    const elements = value.elements.map((x) => heldAs(type.dataType, fold(Number(x))))
    return [{ ...type, value: knownValue(type.dataType, value.dims, elements) }]
  }

const negate: Rule = (context) => {
  const type = context.type(0)
  const value = context.value(0)
  if (value === null) return [type]
  const elements = value.elements.map((x) =>
    x instanceof Dim ? elementOf(dimMul(x, toDim(-1))) : heldAs(type.dataType, -x),
  )
  return [{ ...type, value: knownValue(type.dataType, value.dims, elements) }]
}

type Fold = (a: Element, b: Element, type: DataType) => Element | null

/** Folds numbers by one function and symbols by another; null where the result is not known. */
const folding =
  (numbers: (a: number, b: number, type: DataType) => number, dims: (a: Dim, b: Dim) => Dim): Fold =>
  (a, b, type) => {
    if (!(a instanceof Dim) && !(b instanceof Dim)) {
      return heldAs(type, numbers(a, b, type))
    }
    return isFloatType(type) ? null : elementOf(dims(toDim(a), toDim(b)))
  }

const comparing =
  (numbers: (a: number, b: number) => boolean, decide: (a: Dim, b: Dim) => boolean | null): Fold =>
  (a, b, type) => {
    if (!(a instanceof Dim) && !(b instanceof Dim)) return Number(numbers(a, b))
    if (isFloatType(type)) return null
    const decided = decide(toDim(a), toDim(b))
    return decided === null ? null : Number(decided)
  }

const greater = (a: Dim, b: Dim): boolean | null =>
  isAtLeast(a, dimAdd(b, DIM_ONE)) ? true : isAtLeast(b, a) ? false : null
const equal = (a: Dim, b: Dim): boolean | null => (dimEquals(a, b) ? true : isDistinct(a, b) ? false : null)
const not = (known: boolean | null): boolean | null => (known === null ? null : !known)

const quotient = (a: number, b: number, type: DataType): number => {
  if (isFloatType(type)) return a / b
  return b === 0 ? Number.NaN : Math.trunc(a / b)
}
/** Integers divide towards zero, which is downwards for those that are never negative. */
const quotientOfDims = (a: Dim, b: Dim): Dim => {
  const exact = dimExactDiv(a, b)
  if (exact !== null) return exact
  if (boundsOf(a).low >= 0 && boundsOf(b).low > 0) return dimDiv(a, b)
  throw new Unresolved(`${a.key} by ${b.key}, either of which may be negative`)
}

/** The result of folding two known values, or null. */
function foldValues(
  dims: readonly Dim[],
  values: readonly (ConstantValue | null)[],
  fold: Fold,
  dataType: DataType,
): ConstantValue | null {
  const concrete = concreteDims(dims)
  const [first, ...others] = values
  if (concrete === null || !first) return null
  let result = broadcastValue(first, concrete)
  for (const value of others) {
    const operand = value === null ? null : broadcastValue(value, concrete)
    if (value === null || operand === null || result === null) return null
    const left: readonly Element[] = result.elements
    const elements = operand.elements.map((b, i) => fold(left[i] ?? 0, b, value.dataType))
    result = knownValue(dataType, concrete, elements)
  }
  return result
}

function variadic(context: RuleContext, fold: Fold | null, dataType: DataType): readonly Result[] {
  const inputs = context.node.inputs.map((_, i) => i)
  const dims = broadcast(
    context,
    inputs.map((i) => context.type(i).dims),
  )
  const values = inputs.map((i) => context.value(i))
  const value = fold === null ? null : valueOrNull(() => foldValues(dims, values, fold, dataType))
  return [{ dataType, dims, value }]
}

const arithmetic =
  (fold: Fold | null): Rule =>
  (context) =>
    variadic(context, fold, context.type(0).dataType)
const comparison =
  (fold: Fold | null): Rule =>
  (context) =>
    variadic(context, fold, DataType.bool)

const where: Rule = (context) => {
  const { dataType } = context.type(1)
  const dims = broadcast(
    context,
    [0, 1, 2].map((i) => context.type(i).dims),
  )
  const concrete = concreteDims(dims)
  const [condition, yes, no] = [0, 1, 2].map((i) => context.value(i))
  if (concrete === null || !condition || !yes || !no) return [{ dataType, dims }]
  const [c, y, n] = [condition, yes, no].map((value) => broadcastValue(value, concrete)?.elements ?? [])
  const elements = (c ?? []).map((flag, i) => (flag === 0 ? n?.[i] : y?.[i]) ?? null)
  return [{ dataType, dims, value: knownValue(dataType, concrete, elements) }]
}

function castTo(context: RuleContext, dataType: DataType): readonly Result[] {
  const { dims } = context.type(0)
  const value = context.value(0)
  if (value === null) return [{ dataType, dims }]
  const elements = value.elements.map((x) => castElement(x, dataType, value.dataType))
  return [{ dataType, dims, value: knownValue(dataType, value.dims, elements) }]
}

function castElement(x: Element, to: DataType, from: DataType): Element | null {
  if (to === from) return x
  if (x instanceof Dim) {
    if (to === DataType.bool) return isDistinct(x, DIM_ZERO) ? 1 : null
    return isFloatType(to) ? null : x
  }
  if (to === DataType.bool) return Number(x !== 0)
  return heldAs(to, isFloatType(to) ? x : Math.trunc(x))
}

const cast: Rule = (context) => {
  const to = intOf(context.node, 'to', 0)
  if (!isDataType(to)) throw new Unresolved(`Cast to data type ${to}`)
  return castTo(context, to)
}

const toBool: Rule = (context) => [{ ...context.type(0), dataType: DataType.bool }]

const dropout: Rule = (context) => [
  { ...context.type(0), value: context.value(0) },
  { ...context.type(0), dataType: DataType.bool },
]

/** Y like X; Mean and InvStdDev with the normalised axes gone to 1, in float. */
const layerNormalization: Rule = (context) => {
  const type = context.type(0)
  const axis = axisOf(intOf(context.node, 'axis', -1), type.dims.length)
  const statistics = { dataType: DataType.float, dims: type.dims.map((dim, i) => (i < axis ? dim : DIM_ONE)) }
  return [type, statistics, statistics]
}

/** In inference: only Y; in training mode running mean and variance per channel beside it. */
const batchNormalization: Rule = (context) => [context.type(0), context.type(3), context.type(4)]

const identity: Rule = (context) => [{ ...context.type(0), value: context.value(0) }]

const SAME_SHAPE = [
  'Relu',
  'Sigmoid',
  'Tanh',
  'Erf',
  'Exp',
  'Log',
  'Cos',
  'Sin',
  'Tan',
  'Acos',
  'Asin',
  'Atan',
  'Cosh',
  'Sinh',
  'Acosh',
  'Asinh',
  'Atanh',
  'Gelu',
  'Softplus',
  'Softsign',
  'Elu',
  'Selu',
  'Celu',
  'LeakyRelu',
  'HardSigmoid',
  'HardSwish',
  'Mish',
  'Swish',
  'ThresholdedRelu',
  'Shrink',
  'PRelu',
  'CumSum',
  'Softmax',
  'LogSoftmax',
  'Hardmax',
  'Trilu',
  'Clip',
  'Round',
  'LpNormalization',
  'MeanVarianceNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'RMSNormalization',
  'LRN',
  'BitwiseNot',
  'SimplifiedLayerNormalization',
  'QuickGelu',
  'FastGelu',
] as const

/** The remainder with the divisor's sign. */
const rounded = folding((a, b) => (b === 0 ? Number.NaN : ((a % b) + b) % b), dimMod)
/** The remainder with the dividend's sign, as C's fmod has it. */
const truncated = folding(
  (a, b) => (b === 0 ? Number.NaN : a % b),
  (a, b) => {
    if (boundsOf(a).low < 0 || boundsOf(b).low <= 0) throw new Unresolved('a remainder of either sign')
    return dimMod(a, b)
  },
)

/** Rows and columns as given, like the input's type unless another is named. */
const eyeLike: Rule = (context) => {
  const { dims } = context.type(0)
  const to = intOf(context.node, 'dtype', context.type(0).dataType)
  if (!isDataType(to)) throw new Unresolved(`EyeLike of data type ${to}`)
  return [{ dataType: to, dims }]
}

/** Random tensors like another, or of a shape that the node states. */
const randomLike: Rule = (context) => {
  const to = intOf(context.node, 'dtype', context.type(0).dataType)
  return [{ dataType: isDataType(to) ? to : DataType.float, dims: context.type(0).dims }]
}
const random: Rule = (context) => {
  const to = intOf(context.node, 'dtype', DataType.float)
  const dims = (intsOf(context.node, 'shape') ?? []).map((size) => toDim(size))
  return [{ dataType: isDataType(to) ? to : DataType.float, dims }]
}

export const ELEMENTWISE: RuleTable = {
  ...Object.fromEntries(SAME_SHAPE.map((op) => [op, same])),
  Identity: identity,
  Neg: negate,
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Sign: unary(Math.sign),
  Not: unary((x) => Number(x === 0)),
  Add: arithmetic(folding((a, b) => a + b, dimAdd)),
  Sub: arithmetic(folding((a, b) => a - b, dimSub)),
  Mul: arithmetic(folding((a, b) => a * b, dimMul)),
  Div: arithmetic(folding(quotient, quotientOfDims)),
  Mod: (context) => arithmetic(intOf(context.node, 'fmod', 0) === 1 ? truncated : rounded)(context),
  Pow: arithmetic((a, b, type) => (a instanceof Dim || b instanceof Dim ? null : heldAs(type, a ** b))),
  Min: arithmetic(folding(Math.min, dimMin)),
  Max: arithmetic(folding(Math.max, dimMax)),
  Sum: arithmetic(folding((a, b) => a + b, dimAdd)),
  Mean: arithmetic(null),
  BitwiseAnd: arithmetic(null),
  BitwiseOr: arithmetic(null),
  BitwiseXor: arithmetic(null),
  BitShift: arithmetic(null),
  Equal: comparison(comparing((a, b) => a === b, equal)),
  Greater: comparison(comparing((a, b) => a > b, greater)),
  Less: comparison(
    comparing(
      (a, b) => a < b,
      (a, b) => greater(b, a),
    ),
  ),
  GreaterOrEqual: comparison(
    comparing(
      (a, b) => a >= b,
      (a, b) => not(greater(b, a)),
    ),
  ),
  LessOrEqual: comparison(
    comparing(
      (a, b) => a <= b,
      (a, b) => not(greater(a, b)),
    ),
  ),
  And: comparison(
    comparing(
      (a, b) => a !== 0 && b !== 0,
      () => null,
    ),
  ),
  Or: comparison(
    comparing(
      (a, b) => a !== 0 || b !== 0,
      () => null,
    ),
  ),
  Xor: comparison(
    comparing(
      (a, b) => (a !== 0) !== (b !== 0),
      () => null,
    ),
  ),
  IsNaN: toBool,
  IsInf: toBool,
  Where: where,
  Cast: cast,
  CastLike: (context) => castTo(context, context.type(1).dataType),
  Dropout: dropout,
  EyeLike: eyeLike,
  Bernoulli: randomLike,
  RandomNormalLike: randomLike,
  RandomUniformLike: randomLike,
  RandomNormal: random,
  RandomUniform: random,
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
}
