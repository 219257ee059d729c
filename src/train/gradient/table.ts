/**
 * The gradient table: one row an operator and range of opsets, `Op@first-last` or `Op@first+`. Three answers: a rule with
 * one entry an input (`true`: gradients pass; inputs beyond the list are as its last entry), `'stops'` (piecewise
 * constant, or about shapes: no gradient passes), `'refused'` (random: the backward pass could not repeat it).
 * What is in no row is unsupported, and is reported with every other such node before anything runs.
 */
import type { DifferentiableEntry, GradRule, RuleCheck, TableEntry } from './context.ts'
import * as convolution from './rules/convolution.ts'
import * as elementwise from './rules/elementwise.ts'
import * as indexing from './rules/indexing.ts'
import * as normalization from './rules/normalization.ts'
import * as products from './rules/products.ts'
import * as reductions from './rules/reductions.ts'
import * as shapes from './rules/shapes.ts'

const row = (inputs: readonly boolean[], rule: GradRule, check?: RuleCheck): DifferentiableEntry =>
  check === undefined ? { inputs, rule } : { inputs, rule, check }

const ALL = [true]
const FIRST = [true, false]

/** Opsets below 13 give several operators other forms; none of today's exporters writes them. */
export const OPSET_MIN = 13
/** The newest opset whose operators' definitions were read against the rows below. */
export const OPSET_MAX = 24

export const GRADIENT_TABLE: ReadonlyMap<string, TableEntry> = new Map<string, TableEntry>([
  ['Add@7+', row(ALL, elementwise.addRule)],
  ['Sub@7+', row(ALL, elementwise.subRule)],
  ['Mul@7+', row(ALL, elementwise.mulRule)],
  ['Div@7+', row(ALL, elementwise.divRule)],
  ['Sum@8+', row(ALL, elementwise.addRule)],
  ['Pow@7+', row(ALL, elementwise.powRule)],
  ['Where@9+', row([false, true, true], elementwise.whereRule)],
  ['Max@8+', row(ALL, elementwise.extremumRule('GreaterOrEqual'), elementwise.extremumCheck)],
  ['Min@8+', row(ALL, elementwise.extremumRule('LessOrEqual'), elementwise.extremumCheck)],
  ['Neg@6+', row(ALL, elementwise.negRule)],
  ['Reciprocal@6+', row(ALL, elementwise.reciprocalRule)],
  ['Sqrt@6+', row(ALL, elementwise.sqrtRule)],
  ['Exp@6+', row(ALL, elementwise.expRule)],
  ['Log@6+', row(ALL, elementwise.logRule)],
  ['Sin@7+', row(ALL, elementwise.sinRule)],
  ['Cos@7+', row(ALL, elementwise.cosRule)],
  ['Abs@6+', row(ALL, elementwise.absRule)],
  ['Tanh@6+', row(ALL, elementwise.tanhRule)],
  ['Sigmoid@6+', row(ALL, elementwise.sigmoidRule)],
  ['Softplus@1+', row(ALL, elementwise.softplusRule)],
  ['Erf@9+', row(ALL, elementwise.erfRule)],
  ['Gelu@20+', row(ALL, elementwise.geluRule)],
  ['Relu@6+', row(ALL, elementwise.reluRule)],
  ['LeakyRelu@6+', row(ALL, elementwise.leakyReluRule)],
  ['Elu@6+', row(ALL, elementwise.eluRule)],
  ['Clip@11+', row(FIRST, elementwise.clipRule)],
  ['Identity@1+', row(ALL, elementwise.identityRule)],
  ['Cast@9+', row(ALL, elementwise.castRule)],
  ['CastLike@15+', row(FIRST, elementwise.castLikeRule)],
  ['Dropout@13+', row(FIRST, elementwise.identityRule, elementwise.dropoutCheck)],

  ['MatMul@1+', row(ALL, products.matMulRule)],
  ['Gemm@11+', row(ALL, products.gemmRule)],

  ['Reshape@5+', row(FIRST, shapes.reshapeRule)],
  ['Flatten@1+', row(ALL, shapes.reshapeRule)],
  ['Squeeze@13+', row(FIRST, shapes.reshapeRule)],
  ['Unsqueeze@13+', row(FIRST, shapes.reshapeRule)],
  ['Transpose@1+', row(ALL, shapes.transposeRule)],
  ['Expand@8+', row(FIRST, shapes.expandRule)],
  ['Concat@4+', row(ALL, shapes.concatRule)],
  ['Split@13+', row(FIRST, shapes.splitRule)],
  ['Slice@10+', row(FIRST, shapes.sliceRule, shapes.sliceCheck)],
  ['Pad@11+', row(FIRST, shapes.padRule, shapes.padCheck)],
  ['Tile@6+', row(FIRST, shapes.tileRule)],
  ['DepthToSpace@13+', row(ALL, shapes.depthToSpaceRule, shapes.depthToSpaceCheck)],

  ['Gather@1+', row(FIRST, indexing.gatherRule, indexing.scatterCheck)],
  ['GatherElements@11+', row(FIRST, indexing.gatherElementsRule, indexing.scatterCheck)],
  ['GatherND@12+', row(FIRST, indexing.gatherNdRule, indexing.gatherNdCheck)],
  ['ScatterND@11+', row([true, false, true], indexing.scatterNdRule, indexing.scatterNdCheck)],

  ['ReduceSum@13+', row(FIRST, reductions.reduceSumRule, reductions.axesCheck)],
  ['ReduceMean@1+', row(FIRST, reductions.reduceMeanRule, reductions.axesCheck)],
  ['ReduceMax@1+', row(FIRST, reductions.reduceExtremumRule, reductions.axesCheck)],
  ['ReduceMin@1+', row(FIRST, reductions.reduceExtremumRule, reductions.axesCheck)],
  ['ReduceL2@1+', row(FIRST, reductions.reduceL2Rule, reductions.axesCheck)],
  ['ReduceSumSquare@1+', row(FIRST, reductions.reduceSumSquareRule, reductions.axesCheck)],
  ['Softmax@13+', row(ALL, reductions.softmaxRule)],
  ['LogSoftmax@13+', row(ALL, reductions.logSoftmaxRule)],
  ['CumSum@11+', row(FIRST, reductions.cumSumRule)],

  ['LayerNormalization@17+', row(ALL, normalization.layerNormalizationRule)],
  ['InstanceNormalization@6+', row(ALL, normalization.instanceNormalizationRule)],
  ['RMSNormalization@23+', row(ALL, normalization.rmsNormalizationRule)],

  ['Conv@1+', row(ALL, convolution.convRule, convolution.convCheck)],
  ['Resize@11+', row(FIRST, convolution.resizeRule, convolution.resizeCheck)],
  ['GlobalAveragePool@1+', row(ALL, convolution.globalAveragePoolRule, convolution.globalAveragePoolCheck)],

  ...[
    'And@7+',
    'ArgMax@1+',
    'ArgMin@1+',
    'BitwiseAnd@18+',
    'Ceil@6+',
    'Constant@1+',
    'ConstantOfShape@9+',
    'Equal@7+',
    'Floor@6+',
    'Greater@7+',
    'GreaterOrEqual@12+',
    'IsInf@10+',
    'IsNaN@9+',
    'Less@7+',
    'LessOrEqual@12+',
    'NonZero@9+',
    'Not@1+',
    'OneHot@9+',
    'Or@7+',
    'Range@11+',
    'Round@11+',
    'Shape@1+',
    'Sign@9+',
    'Size@1+',
    'Xor@7+',
  ].map((key): [string, TableEntry] => [key, 'stops']),
  ...['Bernoulli@15+', 'Multinomial@7+', 'RandomNormal@1+', 'RandomNormalLike@1+', 'RandomUniform@1+']
    .concat('RandomUniformLike@1+')
    .map((key): [string, TableEntry] => [key, 'refused']),
])

interface ParsedRow {
  readonly first: number
  readonly last: number
  readonly entry: TableEntry
}

const ROWS: ReadonlyMap<string, readonly ParsedRow[]> = parseTable()

function parseTable(): ReadonlyMap<string, readonly ParsedRow[]> {
  const rows = new Map<string, ParsedRow[]>()
  for (const [key, entry] of GRADIENT_TABLE) {
    const [, op = '', first = '', last] = /^(\w+)@(\d+)(?:\+|-(\d+))$/.exec(key) ?? []
    const parsed = { first: Number(first), last: last === undefined ? OPSET_MAX : Number(last), entry }
    rows.set(op, [...(rows.get(op) ?? []), parsed])
  }
  return rows
}

/** The row of a standard-domain operator, or null where there is none. */
export function entryOf(op: string, domain: string, opset: number): TableEntry | null {
  if (domain !== '' && domain !== 'ai.onnx') return null
  return ROWS.get(op)?.find((row) => row.first <= opset && opset <= row.last)?.entry ?? null
}
