/**
 * Normalisations over the last axes, alone or with the residual stream added before: RMS norm x/√(mean(x²)+ε)·γ
 * (Zhang & Sennrich 2019, arXiv:1910.07467), layer norm (Ba, Kiros & Hinton 2016, arXiv:1607.06450) and group norm
 * (Wu & He 2018, arXiv:1803.08494).
 */
import { float, int } from '../attributes.ts'
import { DataType } from '../graph.ts'
import type { Decomposition, FusedContext, RefusalCheck } from './context.ts'
import { add, cast, meanOver, mul, reshape, sub, swish, transpose, unsqueeze } from './words.ts'

interface Normal {
  /** Before γ and β, in the node's type. */
  readonly value: string
  /** Mean and 1/√(variance+ε), or 1/√(mean of squares+ε): kept axes, in f32 for half precision. */
  readonly mean: string | null
  readonly inverse: string
}

/** Statistics of half precision are made in f32, as the operators' `stash_type` has it. */
function normalise(
  c: FusedContext,
  x: string,
  { isCentred, epsilon }: { isCentred: boolean; epsilon: number },
): Normal {
  const isHalf = c.dataType === DataType.float16 || c.dataType === DataType.bfloat16
  const wide = isHalf ? cast(c, x, DataType.float) : x
  const shift = (value: string): string => {
    const constant = isHalf ? cast(c, c.scalar(epsilon), DataType.float) : c.scalar(epsilon)
    return add(c, value, constant)
  }
  const mean = isCentred ? meanOver(c, wide, -1) : null
  const centred = mean === null ? wide : sub(c, wide, mean)
  const squares = meanOver(c, mul(c, centred, centred), -1)
  const inverse = c.emit('Reciprocal', [c.emit('Sqrt', [shift(squares)])])
  const normal = mul(c, centred, inverse)
  return { value: isHalf ? cast(c, normal, c.dataType) : normal, mean, inverse }
}

/** x/√(mean(x²)+ε)·γ over the last axis. */
export const rmsNorm = (c: FusedContext, x: string, gamma: string, epsilon: number): string =>
  mul(c, normalise(c, x, { isCentred: false, epsilon }).value, gamma)

const isLast = (c: FusedContext, value: string): boolean => {
  const axis = c.int('axis', -1)
  return axis === -1 || axis + 1 === c.dimsOf(value)?.length
}

export const lastAxisRefusal: RefusalCheck = (c) =>
  isLast(c, c.input(0)) ? null : `axis ${c.int('axis', -1)} is not known to be the last one`

/** Inputs X, γ; outputs Y, 1/√(mean(X²)+ε). */
export const simplifiedLayerNormalization: Decomposition = (c) => {
  const { value, inverse } = normalise(c, c.input(0), { isCentred: false, epsilon: c.float('epsilon', 1e-5) })
  return [mul(c, value, c.input(1)), inverse]
}

/** Inputs X, γ, β?; outputs Y, mean, 1/√(variance+ε): the standard operator where the opset has it. */
export const layerNormalization: Decomposition = (c) => {
  if (c.opset >= 17 && !c.isRead(1) && !c.isRead(2))
    return [standardNorm(c, c.input(0), c.input(1), c.input(2))]
  const { value, mean, inverse } = normalise(c, c.input(0), {
    isCentred: true,
    epsilon: c.float('epsilon', 1e-5),
  })
  const scaled = mul(c, value, c.input(1))
  return [c.has(2) ? add(c, scaled, c.input(2)) : scaled, mean, inverse]
}

/** Where ε is left out: each operator's own default. */
const epsilonOf = (c: FusedContext): number => c.float('epsilon', DEFAULTS.has(c.node.op) ? 1e-12 : 1e-5)
const DEFAULTS: ReadonlySet<string> = new Set([
  'EmbedLayerNormalization',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
])

function standardNorm(c: FusedContext, x: string, gamma: string, beta: string): string {
  const epsilon = epsilonOf(c)
  return c.emit('LayerNormalization', [x, gamma, ...(beta === '' ? [] : [beta])], {
    axis: int(-1),
    epsilon: float(epsilon),
  })
}

/** Inputs X, skip, γ, bias?; outputs Y, -, 1/√(…), X + skip + bias. */
export const skipSimplifiedLayerNormalization: Decomposition = (c) => {
  const sum = skipSum(c, 3)
  const { value, inverse } = normalise(c, sum, { isCentred: false, epsilon: epsilonOf(c) })
  return [mul(c, value, c.input(2)), null, inverse, sum]
}

/** Inputs X, skip, γ, β?, bias?; outputs Y, mean, 1/√(…), X + skip + bias. */
export const skipLayerNormalization: Decomposition = (c) => {
  const sum = skipSum(c, 4)
  if (c.opset >= 17 && !c.isRead(1) && !c.isRead(2))
    return [standardNorm(c, sum, c.input(2), c.input(3)), null, null, sum]
  const { value, mean, inverse } = normalise(c, sum, { isCentred: true, epsilon: epsilonOf(c) })
  const scaled = mul(c, value, c.input(2))
  return [c.has(3) ? add(c, scaled, c.input(3)) : scaled, mean, inverse, sum]
}

function skipSum(c: FusedContext, bias: number): string {
  const sum = add(c, c.input(0), c.input(1))
  return c.has(bias) ? add(c, sum, c.input(bias)) : sum
}

/** Inputs ids, segments?, word, position and segment tables, γ, β, mask?, positions?; outputs Y, lengths, sum. */
export const embedLayerNormalization: Decomposition = (c) => {
  const [ids, segments, words, positionTable, segmentTable] = [0, 1, 2, 3, 4].map(c.input) as [
    string,
    string,
    string,
    string,
    string,
  ]
  // The operator takes int32 alone; scattering gradients back takes int64 alone.
  const wide = (indices: string): string => cast(c, indices, DataType.int64)
  const positions = c.has(8)
    ? wide(c.input(8))
    : c.emit('Range', [c.whole(0), c.emit('Gather', [c.emit('Shape', [ids]), c.whole(1)]), c.whole(1)])
  let sum = add(c, c.emit('Gather', [words, wide(ids)]), c.emit('Gather', [positionTable, positions]))
  if (segments !== '') sum = add(c, sum, c.emit('Gather', [segmentTable, wide(segments)]))
  const lengths =
    c.isRead(1) && c.has(7)
      ? cast(c, c.emit('ReduceSum', [c.input(7), c.int64s(1)], { keepdims: int(0) }), DataType.int32)
      : null
  if (c.opset >= 17) return [standardNorm(c, sum, c.input(5), c.input(6)), lengths, sum]
  const { value } = normalise(c, sum, { isCentred: true, epsilon: epsilonOf(c) })
  return [add(c, mul(c, value, c.input(5)), c.input(6)), lengths, sum]
}

export const embedRefusal: RefusalCheck = (c) =>
  c.isRead(1) && !c.has(7) ? 'its mask index is read, but it has no mask' : null

/** [batch, height, width, channels], or channels second; γ and β for each channel; `activation` 1 is SiLU. */
export const groupNorm: Decomposition = (c) => [groupNormed(c, c.input(0), [c.input(1), c.input(2)])]

/** As `groupNorm`, of X + skip + bias; the sum is the second output. */
export const skipGroupNorm: Decomposition = (c) => {
  const channelsLast = c.int('channels_last', 1) === 1
  const perChannel = (value: string): string => (channelsLast ? value : unsqueeze(c, value, -1, -2))
  const skip =
    c.dimsOf(c.input(3))?.length === 2
      ? unsqueeze(c, c.input(3), ...(channelsLast ? [1, 2] : [2, 3]))
      : c.input(3)
  const sum = add(c, c.input(0), skip)
  const whole = c.has(4) ? add(c, sum, perChannel(c.input(4))) : sum
  return [groupNormed(c, whole, [c.input(1), c.input(2)]), whole]
}

function groupNormed(c: FusedContext, x: string, [gamma, beta]: readonly [string, string]): string {
  const channelsLast = c.int('channels_last', 1) === 1
  const first = channelsLast ? transpose(c, x, 0, 3, 1, 2) : x
  const grouped = reshape(c, first, 0, c.int('groups', 1), -1)
  const { value } = normalise(c, grouped, { isCentred: true, epsilon: c.float('epsilon', 1e-5) })
  const normal = c.emit('Reshape', [value, c.emit('Shape', [first])])
  const wide = (value: string): string => unsqueeze(c, like(c, value), 1, 2)
  const scaled = add(c, mul(c, normal, wide(gamma)), wide(beta))
  const last = channelsLast ? transpose(c, scaled, 0, 2, 3, 1) : scaled
  return c.int('activation', 0) === 1 ? swish(c, last, 1) : last
}

/** γ and β of half-precision group norms are f32. */
const like = (c: FusedContext, value: string): string =>
  c.dataTypeOf(value) === c.dataType || c.dataTypeOf(value) === null ? value : cast(c, value, c.dataType)
