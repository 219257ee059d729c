/**
 * The gradient table: one row an operator and range of opsets, `Op@first-last` or `Op@first+`, for the form that the operator
 * has there; models older than 18 are raised to it first (raise-opset.ts). Three answers: a rule with one entry an input
 * (`true`: gradients pass; inputs beyond the list are as its last entry), `'stops'` (piecewise constant, or about shapes: no
 * gradient passes), or a refusal with its reason.
 * What is in no row is unsupported, and is reported with every other such node before anything runs.
 */
import {
  isRule,
  type DifferentiableEntry,
  type GradRule,
  type RuleCheck,
  type TableEntry,
} from './context.ts'
import * as activations from './rules/activations.ts'
import * as norms from './rules/channel-norms.ts'
import * as bnb4 from './rules/bnb4.ts'
import * as convolution from './rules/convolution.ts'
import * as einsum from './rules/einsum.ts'
import * as elementwise from './rules/elementwise.ts'
import * as gridSample from './rules/grid-sample.ts'
import * as indexing from './rules/indexing.ts'
import * as normalization from './rules/normalization.ts'
import * as pooling from './rules/pooling.ts'
import * as products from './rules/products.ts'
import * as quantised from './rules/quantised.ts'
import * as reductions from './rules/reductions.ts'
import * as resampling from './rules/resampling.ts'
import * as shapes from './rules/shapes.ts'
import { OPSET_MAX } from './raise-opset.ts'
import { REFUSALS, STOPS } from './table-without-rules.ts'

const row = (inputs: readonly boolean[], rule: GradRule, check?: RuleCheck): DifferentiableEntry =>
  check === undefined ? { inputs, rule } : { inputs, rule, check }

const ALL = [true]
const FIRST = [true, false]

const RULES: readonly (readonly [string, DifferentiableEntry])[] = [
  ['Add@7+', row(ALL, elementwise.addRule)],
  ['Sub@7+', row(ALL, elementwise.subRule)],
  ['Mul@7+', row(ALL, elementwise.mulRule)],
  ['Div@7+', row(ALL, elementwise.divRule)],
  ['Mod@10+', row(ALL, activations.modRule, activations.modCheck)],
  ['Sum@8+', row(ALL, elementwise.addRule)],
  ['Mean@8+', row(ALL, elementwise.meanRule)],
  ['Pow@7+', row(ALL, elementwise.powRule)],
  ['Where@9+', row([false, true, true], elementwise.whereRule)],
  ['Max@8+', row(ALL, elementwise.extremumRule)],
  ['Min@8+', row(ALL, elementwise.extremumRule)],
  ['Neg@6+', row(ALL, elementwise.negRule)],
  ['Reciprocal@6+', row(ALL, elementwise.reciprocalRule)],
  ['Sqrt@6+', row(ALL, elementwise.sqrtRule)],
  ['Exp@6+', row(ALL, elementwise.expRule)],
  ['Log@6+', row(ALL, elementwise.logRule)],
  ['Sin@7+', row(ALL, elementwise.sinRule)],
  ['Cos@7+', row(ALL, elementwise.cosRule)],
  ['Tan@7+', row(ALL, activations.tanRule)],
  ['Asin@7+', row(ALL, activations.asinRule)],
  ['Acos@7+', row(ALL, activations.acosRule)],
  ['Atan@7+', row(ALL, activations.atanRule)],
  ['Sinh@9+', row(ALL, activations.sinhRule)],
  ['Cosh@9+', row(ALL, activations.coshRule)],
  ['Asinh@9+', row(ALL, activations.asinhRule)],
  ['Acosh@9+', row(ALL, activations.acoshRule)],
  ['Atanh@9+', row(ALL, activations.atanhRule)],
  ['Abs@6+', row(ALL, elementwise.absRule)],
  ['Tanh@6+', row(ALL, elementwise.tanhRule)],
  ['Sigmoid@6+', row(ALL, elementwise.sigmoidRule)],
  ['Softplus@1+', row(ALL, elementwise.softplusRule)],
  ['Softsign@1+', row(ALL, activations.softsignRule)],
  ['Erf@9+', row(ALL, elementwise.erfRule)],
  ['Gelu@20+', row(ALL, elementwise.geluRule)],
  ['Relu@6+', row(ALL, elementwise.reluRule)],
  ['LeakyRelu@6+', row(ALL, elementwise.leakyReluRule)],
  ['PRelu@7+', row(ALL, activations.preluRule)],
  ['ThresholdedRelu@10+', row(ALL, activations.thresholdedReluRule)],
  ['Elu@6+', row(ALL, elementwise.eluRule)],
  ['Selu@6+', row(ALL, activations.seluRule)],
  ['Celu@12+', row(ALL, activations.celuRule)],
  ['HardSigmoid@6+', row(ALL, activations.hardSigmoidRule)],
  ['HardSwish@14+', row(ALL, activations.hardSwishRule)],
  ['Mish@18+', row(ALL, activations.mishRule)],
  ['Swish@24+', row(ALL, activations.swishRule)],
  ['Shrink@9+', row(ALL, activations.shrinkRule)],
  ['Clip@11+', row(ALL, elementwise.clipRule)],
  ['Identity@1+', row(ALL, elementwise.identityRule)],
  ['Cast@9+', row(ALL, elementwise.castRule)],
  ['CastLike@15+', row(FIRST, elementwise.castLikeRule)],
  ['Dropout@12+', row(FIRST, elementwise.identityRule, elementwise.dropoutCheck)],

  ['MatMul@1+', row(ALL, products.matMulRule)],
  ['Gemm@11+', row(ALL, products.gemmRule)],
  ['Einsum@12+', row(ALL, einsum.einsumRule, einsum.einsumCheck)],

  ['Reshape@5+', row(FIRST, shapes.reshapeRule)],
  ['Flatten@1+', row(ALL, shapes.reshapeRule)],
  ['Squeeze@13+', row(FIRST, shapes.reshapeRule)],
  ['Unsqueeze@13+', row(FIRST, shapes.reshapeRule)],
  ['Transpose@1+', row(ALL, shapes.transposeRule)],
  ['Expand@8+', row(FIRST, shapes.expandRule)],
  ['Concat@4+', row(ALL, shapes.concatRule)],
  ['Split@13+', row(FIRST, shapes.splitRule)],
  ['Slice@10+', row(FIRST, shapes.sliceRule, shapes.sliceCheck)],
  ['Pad@11+', row([true, false, true, false], shapes.padRule, shapes.padCheck)],
  ['Tile@6+', row(FIRST, shapes.tileRule)],
  ['Trilu@14+', row(FIRST, shapes.triluRule)],
  ['ReverseSequence@10+', row(FIRST, shapes.reverseSequenceRule)],
  ['Compress@9+', row(FIRST, shapes.compressRule)],
  ['Range@11+', row([true, false, true], shapes.rangeRule)],
  ['DepthToSpace@11+', row(ALL, resampling.depthToSpaceRule)],
  ['SpaceToDepth@1+', row(ALL, resampling.spaceToDepthRule)],

  ['Gather@1+', row(FIRST, indexing.gatherRule)],
  ['GatherElements@11+', row(FIRST, indexing.gatherElementsRule)],
  ['GatherND@11+', row(FIRST, indexing.gatherNdRule)],
  ['ScatterND@11+', row([true, false, true], indexing.scatterNdRule, indexing.reductionCheck)],
  ['ScatterElements@11+', row([true, false, true], indexing.scatterElementsRule, indexing.reductionCheck)],
  ['TopK@11+', row(FIRST, indexing.topKRule)],
  ['OneHot@9+', row([false, false, true], indexing.oneHotRule)],

  ['ReduceSum@13+', row(FIRST, reductions.reduceSumRule, reductions.axesCheck)],
  ['ReduceMean@18+', row(FIRST, reductions.reduceMeanRule, reductions.axesCheck)],
  ['ReduceMax@18+', row(FIRST, reductions.reduceExtremumRule, reductions.axesCheck)],
  ['ReduceMin@18+', row(FIRST, reductions.reduceExtremumRule, reductions.axesCheck)],
  ['ReduceProd@18+', row(FIRST, reductions.reduceProdRule, reductions.axesCheck)],
  ['ReduceL1@18+', row(FIRST, reductions.reduceL1Rule, reductions.axesCheck)],
  ['ReduceL2@18+', row(FIRST, reductions.reduceL2Rule, reductions.axesCheck)],
  ['ReduceSumSquare@18+', row(FIRST, reductions.reduceSumSquareRule, reductions.axesCheck)],
  ['ReduceLogSum@18+', row(FIRST, reductions.reduceLogSumRule, reductions.axesCheck)],
  ['ReduceLogSumExp@18+', row(FIRST, reductions.reduceLogSumExpRule, reductions.axesCheck)],
  ['Softmax@13+', row(ALL, reductions.softmaxRule)],
  ['LogSoftmax@13+', row(ALL, reductions.logSoftmaxRule)],
  ['CumSum@11+', row(FIRST, reductions.cumSumRule)],

  ['LayerNormalization@17+', row(ALL, normalization.layerNormalizationRule)],
  ['InstanceNormalization@6+', row(ALL, normalization.instanceNormalizationRule)],
  ['RMSNormalization@23+', row(ALL, normalization.rmsNormalizationRule)],
  ['BatchNormalization@9+', row(ALL, norms.batchNormalizationRule, norms.batchNormalizationCheck)],
  ['GroupNormalization@18-20', row(ALL, norms.groupNormalizationRule(true))],
  ['GroupNormalization@21+', row(ALL, norms.groupNormalizationRule(false))],
  ['MeanVarianceNormalization@9+', row(ALL, norms.meanVarianceRule)],
  ['LpNormalization@1+', row(ALL, norms.lpNormalizationRule)],
  ['LRN@1+', row(ALL, norms.lrnRule)],

  ['Conv@1+', row(ALL, convolution.convRule, convolution.convCheck)],
  ['ConvTranspose@1+', row(ALL, convolution.convTransposeRule, convolution.convCheck)],
  ['MaxPool@8+', row(ALL, pooling.maxPoolRule, pooling.maxPoolCheck)],
  ['AveragePool@7+', row(ALL, pooling.averagePoolRule)],
  ['LpPool@2+', row(ALL, pooling.lpPoolRule)],
  ['GlobalAveragePool@1+', row(ALL, pooling.globalAveragePoolRule)],
  ['GlobalMaxPool@1+', row(ALL, pooling.globalMaxPoolRule)],
  ['Resize@11+', row(FIRST, resampling.resizeRule, resampling.resizeCheck)],
  ['GridSample@16+', row(ALL, gridSample.gridSampleRule, gridSample.gridSampleCheck)],
  ['Col2Im@18+', row(FIRST, resampling.col2ImRule, resampling.col2ImCheck)],
]

export const GRADIENT_TABLE: ReadonlyMap<string, TableEntry> = new Map<string, TableEntry>([
  ...RULES,
  ...STOPS.map((key): [string, TableEntry] => [key, 'stops']),
  ...Object.entries(REFUSALS).flatMap(([reason, keys]) =>
    keys.map((key): [string, TableEntry] => [key, { refused: reason }]),
  ),
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

/** Contributed operators that are kept fused: everything else of their domain is decomposed first. */
export const CONTRIBUTED: ReadonlyMap<string, TableEntry> = new Map<string, TableEntry>([
  ['com.microsoft.MatMulBnb4', row([true], bnb4.matMulBnb4Rule, bnb4.matMulBnb4Check)],
  [
    'com.microsoft.MatMulNBits',
    row([true, false, false, false, false, true], quantised.matMulNBitsRule, quantised.matMulNBitsCheck),
  ],
])

/** The row of an operator, or null where there is none. @param opset — of the standard domain */
export function entryOf(op: string, domain: string, opset: number): TableEntry | null {
  if (domain !== '' && domain !== 'ai.onnx') return CONTRIBUTED.get(`${domain}.${op}`) ?? null
  return ROWS.get(op)?.find((row) => row.first <= opset && opset <= row.last)?.entry ?? null
}

export interface GradientRow {
  readonly op: string
  /** `13+`, or `18–20` for a form that has an end. */
  readonly opsets: string
  /** Which inputs gradients pass to. */
  readonly reach: string
  /** Whether some forms of the operator are refused. */
  readonly isPartial: boolean
}

/** The differentiable rows, for documents: sorted by operator. */
export function gradientRows(): readonly GradientRow[] {
  const rules = [...GRADIENT_TABLE].flatMap(([key, entry]) => (isRule(entry) ? [[key, entry] as const] : []))
  const contributed = [...CONTRIBUTED].flatMap(([key, entry]) =>
    isRule(entry) ? [[`${key}@1+`, entry] as const] : [],
  )
  return [...rules, ...contributed]
    .map(([key, entry]) => {
      const [op = '', opsets = ''] = key.split('@')
      const reach = reachOf(entry.inputs)
      return { op, opsets: opsets.replace('-', '–'), reach, isPartial: entry.check !== undefined }
    })
    .sort((a, b) => (`${a.op} ${a.opsets}` < `${b.op} ${b.opsets}` ? -1 : 1))
}

/** Inputs counted from 1, as people count. */
function reachOf(inputs: readonly boolean[]): string {
  if (inputs.every((isPassed) => isPassed)) return 'all inputs'
  const passed = inputs.flatMap((isPassed, i) => (isPassed ? [i + 1] : []))
  return passed.length === 1 ? `input ${passed.join()}` : `inputs ${passed.join(', ')}`
}

/** Operators that pass no gradient, sorted. */
export const operatorsThatStop = (): readonly string[] =>
  [...GRADIENT_TABLE].flatMap(([key, entry]) => (entry === 'stops' ? [key.replace(/@.*/, '')] : [])).sort()
