/**
 * com.microsoft.GroupQueryAttention, as onnx-community's graphs have it: causal attention with a cache, shared key heads,
 * and on request rotary embeddings inside.
 *
 * What is visible. Its kernel takes one length a row (`seqlens_k` = tokens − 1), which says right padding only. Where that
 * length is the sum of an attention mask in the graph, the mask itself decides, so that padding may stand anywhere; rows of
 * real tokens are the same. Else the lengths do. All rows of a cache are taken to be full, as an empty one is.
 */
import { DataType } from '../graph.ts'
import {
  allOf,
  attend,
  biasOf,
  causalMask,
  joinHeads,
  lengthMask,
  queryPositions,
  scaleOf,
  splitHeads,
} from './attend.ts'
import type { Decomposition, FusedContext, RefusalCheck } from './context.ts'
import { rmsNorm } from './norms.ts'
import { anglesAt, rotate } from './rotary.ts'
import { cast, concat, fixedSize, reshape, sizeOf, slice, transpose, unsqueeze } from './words.ts'

const INPUT = {
  query: 0,
  key: 1,
  value: 2,
  pastKey: 3,
  pastValue: 4,
  lengths: 5,
  cosine: 7,
  sine: 8,
  positions: 9,
  bias: 10,
  sink: 11,
  queryNorm: 14,
  keyNorm: 15,
} as const

export const groupQueryRefusal: RefusalCheck = (c) => {
  if (c.isRead(3)) return 'its matrix of scores is read'
  if (c.text('k_quant_type', 'NONE') !== 'NONE' || c.text('v_quant_type', 'NONE') !== 'NONE')
    return 'its cache is quantised'
  if (c.int('sliding_window_cache', 0) === 1) return 'its cache is as short as the window'
  if (c.has(INPUT.queryNorm) !== c.has(INPUT.keyNorm)) return 'it normalises queries or keys alone'
  if (c.int('do_rotary', 0) === 1 && fixedSize(c, c.input(INPUT.cosine), -1) === null) {
    return 'the last axis of its cosines has no fixed size'
  }
  if (c.int('do_rotary', 0) === 1 && headSizeOf(c) === null)
    return 'the size of its heads does not follow from the graph'
  return null
}

/** From the queries' width or the cache's last axis. */
function headSizeOf(c: FusedContext): number | null {
  const width = fixedSize(c, c.input(INPUT.query), -1)
  const heads = c.int('num_heads', 1)
  if (width !== null) return width / (c.has(INPUT.key) ? heads : heads + 2 * c.int('kv_num_heads', 1))
  return c.has(INPUT.pastKey) ? fixedSize(c, c.input(INPUT.pastKey), -1) : null
}

export const groupQueryAttention: Decomposition = (c) => {
  const headCount = c.int('num_heads', 1)
  const keyHeadCount = c.int('kv_num_heads', 1)
  const [plainQueries, plainKeys, freshValue] = c.has(INPUT.key)
    ? [
        splitHeads(c, c.input(INPUT.query), headCount),
        splitHeads(c, c.input(INPUT.key), keyHeadCount),
        splitHeads(c, c.input(INPUT.value), keyHeadCount),
      ]
    : unpacked(c, headCount, keyHeadCount)
  const queries = normalised(c, plainQueries, INPUT.queryNorm)
  const keys = normalised(c, plainKeys, INPUT.keyNorm)
  const past = c.has(INPUT.pastKey) ? ([c.input(INPUT.pastKey), 2] as const) : null
  const sequence = [c.input(INPUT.query), 1] as const
  const [query, freshKey] = c.int('do_rotary', 0) === 1 ? rotated(c, [queries, keys]) : [queries, keys]
  const key = past === null ? freshKey : concat(c, [past[0], freshKey], 2)
  const value = past === null ? freshValue : concat(c, [c.input(INPUT.pastValue), freshValue], 2)
  const windowSize = Math.max(0, c.int('local_window_size', -1))
  const masks = [visibleKeys(c, key)]
  if (c.int('causal', 1) === 1) masks.push(causalMask(c, { sequence, past, windowSize }))
  const visible = allOf(c, masks)
  const mixed = attend(c, {
    query,
    key,
    value,
    headCount,
    keyHeadCount,
    scale: scaleOf(c),
    softCap: c.float('softcap', 0),
    biases: [
      ...(c.has(INPUT.bias) ? [c.input(INPUT.bias)] : []),
      ...(visible === null ? [] : [biasOf(c, visible)]),
    ],
    ...sinkOf(c),
  })
  return [joinHeads(c, mixed), key, value]
}

/** Of each head by itself, where the node has a weight for it: before positions are turned. */
const normalised = (c: FusedContext, heads: string, weight: number): string =>
  c.has(weight) ? rmsNorm(c, heads, c.input(weight), c.float('qk_norm_epsilon', 1e-6)) : heads

/** One more score a head, or one of 0 for all where `smooth_softmax` says so. */
function sinkOf(c: FusedContext): { readonly sink?: string } {
  if (c.has(INPUT.sink)) return { sink: c.input(INPUT.sink) }
  return c.int('smooth_softmax', 0) === 1 ? { sink: reshape(c, c.scalar(0), 1) } : {}
}

/** Heads of queries, keys and values behind one another in one projection. */
function unpacked(c: FusedContext, headCount: number, keyHeadCount: number): [string, string, string] {
  const heads = reshape(c, c.input(INPUT.query), 0, 0, headCount + 2 * keyHeadCount, -1)
  const cut = (from: number, count: number): string =>
    transpose(c, slice(c, heads, 2, from, from + count), 0, 2, 1, 3)
  return [cut(0, headCount), cut(headCount, keyHeadCount), cut(headCount + keyHeadCount, keyHeadCount)]
}

function rotated(c: FusedContext, [queries, keys]: readonly [string, string]): [string, string] {
  const past = c.has(INPUT.pastKey) ? ([c.input(INPUT.pastKey), 2] as const) : null
  const given = c.input(INPUT.positions)
  const positions = given === '' ? queryPositions(c, { sequence: [c.input(INPUT.query), 1], past }) : given
  // [sequence, half] stands for all rows and heads; [batch, sequence, half] needs an axis for the heads.
  const angles = (cache: string): string => {
    const rows = anglesAt(c, cache, positions)
    return given === '' ? rows : c.shared(`heads|${rows}|1`, () => unsqueeze(c, rows, 1))
  }
  const half = fixedSize(c, c.input(INPUT.cosine), -1) ?? 0
  const rotation = {
    cosine: angles(c.input(INPUT.cosine)),
    sine: angles(c.input(INPUT.sine)),
    half,
    size: headSizeOf(c),
    isInterleaved: c.int('rotary_interleaved', 0) === 1,
  }
  return [rotate(c, queries, rotation), rotate(c, keys, rotation)]
}

/** bool [batch, 1, 1, total] */
function visibleKeys(c: FusedContext, key: string): string {
  const lengths = c.input(INPUT.lengths)
  const mask = summedMask(c, lengths)
  return c.shared(`keys|${mask ?? lengths}`, () => {
    if (mask !== null) return unsqueeze(c, cast(c, mask, DataType.bool), 1, 2)
    const ends = c.emit('Add', [cast(c, lengths, DataType.int64), c.whole(1)])
    return lengthMask(c, reshape(c, ends, -1), sizeOf(c, key, 2))
  })
}

/** Operators between a mask and the lengths made of it. */
const STEPS: ReadonlySet<string> = new Set([
  'Cast',
  'Identity',
  'Reshape',
  'Squeeze',
  'Flatten',
  'Sub',
  'Add',
])

/** The attention mask [batch, total] whose sums over rows, less one, are the lengths; null if they are anything else. */
function summedMask(c: FusedContext, lengths: string): string | null {
  let value = lengths
  for (;;) {
    const node = c.producerOf(value)
    if (node === null) return null
    const [first = ''] = node.inputs
    if (node.op === 'ReduceSum') return c.dimsOf(first)?.length === 2 ? first : null
    if (!STEPS.has(node.op) || node.domain !== '') return null
    // A constant is taken off: it is no further operand that the mask could hide behind.
    const isConstant =
      node.op !== 'Add' && node.op !== 'Sub' ? true : c.dimsOf(node.inputs[1] ?? '')?.length !== 2
    if (!isConstant) return null
    value = first
  }
}
