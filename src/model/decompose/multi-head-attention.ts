/**
 * com.microsoft.MultiHeadAttention and com.microsoft.Attention: the projections' bias, padding masks in several forms, a
 * bias of the scores, a cache. `mask_filter_value` is added to the scores of padding, as their kernels do.
 */
import { DataType } from '../graph.ts'
import { attend, biasOf, causalMask, joinHeads, lengthMask, scaleOf, splitHeads } from './attend.ts'
import type { Decomposition, FusedContext, RefusalCheck } from './context.ts'
import { add, cast, concat, fixedSize, sizeOf, slice, transpose, unsqueeze } from './words.ts'

/** What `mask_filter_value` is where it is left out. */
const MASK_FILTER = -10_000

const INPUT = {
  query: 0,
  key: 1,
  value: 2,
  bias: 3,
  padding: 4,
  scoreBias: 5,
  pastKey: 6,
  pastValue: 7,
  indirection: 9,
} as const

export const multiHeadRefusal: RefusalCheck = (c) => {
  if (c.isRead(3)) return 'its matrix of scores is read'
  if (c.has(INPUT.indirection) || c.has(8)) return 'its cache is shared between beams'
  const isReady = c.has(INPUT.key) && c.dimsOf(c.input(INPUT.key))?.length === 4
  if (c.has(INPUT.bias) && isReady) return 'it has a bias and keys that are split into heads already'
  if (c.has(INPUT.bias) && fixedSize(c, c.input(INPUT.bias), 0) === null)
    return 'the size of its bias is not known'
  return maskRefusal(c, INPUT.padding)
}

function maskRefusal(c: FusedContext, input: number): string | null {
  if (!c.has(input)) return null
  const dims = c.dimsOf(c.input(input))
  if (dims === null) return 'the rank of its mask does not follow from the graph'
  const [size] = dims
  const isLength = size?.key === c.dimsOf(c.input(0))?.[0]?.key
  if (dims.length !== 1 || isLength || hasStarts(c, c.input(input))) return null
  return `whether the ${size?.key ?? ''} numbers of its mask are lengths does not follow from the graph`
}

export const multiHeadAttention: Decomposition = (c) => {
  const heads = c.int('num_heads', 1)
  const [query, freshKey, freshValue] = projections(c, heads)
  const hasPast = c.has(INPUT.pastKey)
  const key = hasPast ? concat(c, [c.input(INPUT.pastKey), freshKey], 2) : freshKey
  const value = hasPast ? concat(c, [c.input(INPUT.pastValue), freshValue], 2) : freshValue
  const biases = c.has(INPUT.scoreBias) ? [c.input(INPUT.scoreBias)] : []
  if (c.has(INPUT.padding)) biases.push(paddingBias(c, c.input(INPUT.padding), key))
  if (c.int('unidirectional', 0) === 1) {
    const past = hasPast ? ([c.input(INPUT.pastKey), 2] as const) : null
    biases.push(biasOf(c, causalMask(c, { sequence: [query, 2], past, fresh: [freshKey, 2] })))
  }
  const mixed = attend(c, {
    query,
    key,
    value,
    headCount: heads,
    keyHeadCount: heads,
    scale: scaleOf(c),
    softCap: 0,
    biases,
  })
  return [joinHeads(c, mixed), key, value]
}

/** [batch, heads, sequence, size] each. */
function projections(c: FusedContext, heads: number): [string, string, string] {
  const [query, key, value] = [c.input(INPUT.query), c.input(INPUT.key), c.input(INPUT.value)]
  if (key === '') {
    const packed = (i: number): string => headsOf(c, query, i)
    return [packed(0), packed(1), packed(2)]
  }
  const [queryBias, keyBias, valueBias] = biasParts(c)
  const split = (x: string, bias: string | null): string =>
    splitHeads(c, bias === null ? x : add(c, x, bias), heads)
  if (value === '') return [split(query, queryBias), headsOf(c, key, 0), headsOf(c, key, 1)]
  const isReady = c.dimsOf(key)?.length === 4
  return [
    split(query, queryBias),
    isReady ? key : split(key, keyBias),
    isReady ? value : split(value, valueBias),
  ]
}

/** Part `i` of [batch, sequence, heads, count, size], as [batch, heads, sequence, size]. */
function headsOf(c: FusedContext, x: string, i: number): string {
  const part = slice(c, x, 3, i, i + 1)
  return transpose(c, c.emit('Squeeze', [part, c.int64s(3)]), 0, 2, 1, 3)
}

function biasParts(c: FusedContext): readonly [string, string, string] | readonly [null, null, null] {
  if (!c.has(INPUT.bias)) return [null, null, null]
  const bias = c.input(INPUT.bias)
  const all = fixedSize(c, bias, 0) ?? 0
  const hidden = fixedSize(c, c.input(INPUT.query), -1) ?? all / 3
  return [
    slice(c, bias, 0, 0, hidden),
    slice(c, bias, 0, hidden, 2 * hidden),
    slice(c, bias, 0, 2 * hidden, all),
  ]
}

/**
 * What is added to the scores for a padding mask: [batch] lengths, [2·batch] ends then starts, [batch, total] or
 * [batch, sequence, total] of 0 and 1, or [batch, 1, longest, longest].
 */
function paddingBias(c: FusedContext, mask: string, key: string, query: string | null = null): string {
  const filter = c.scalar(c.float('mask_filter_value', MASK_FILTER))
  const dims = c.dimsOf(mask) ?? []
  if (dims.length === 1) return biasOf(c, lengthVisible(c, mask, key), filter)
  const seen = c.emit('Greater', [cast(c, mask, DataType.int64), c.whole(0)])
  if (dims.length === 2) return biasOf(c, unsqueeze(c, seen, 1, 2), filter)
  if (dims.length === 3) return biasOf(c, unsqueeze(c, seen, 1), filter)
  const total = unsqueeze(c, sizeOf(c, key, 2), 0)
  const rows = unsqueeze(c, sizeOf(c, query ?? key, 2), 0)
  const start = c.emit('Sub', [total, rows])
  const cut = c.emit('Slice', [
    seen,
    c.emit('Concat', [start, c.int64s(0)], AXIS_0),
    c.emit('Concat', [total, total], AXIS_0),
    c.int64s(2, 3),
  ])
  return biasOf(c, cut, filter)
}

const AXIS_0 = { axis: { kind: 'int', value: 0 } } as const

/** Ends of rows, and behind them their starts where there are twice as many as rows. */
function lengthVisible(c: FusedContext, mask: string, key: string): string {
  const total = sizeOf(c, key, 2)
  if (!hasStarts(c, mask)) return lengthMask(c, mask, total)
  const rows = fixedSize(c, mask, 0) ?? 0
  const ends = lengthMask(c, slice(c, mask, 0, 0, rows / 2), total)
  const starts = cast(c, slice(c, mask, 0, rows / 2, rows), DataType.int64)
  const row = c.emit('Range', [c.whole(0), total, c.whole(1)])
  return c.emit('And', [ends, c.emit('GreaterOrEqual', [row, unsqueeze(c, starts, 1, 2, 3)])])
}

function hasStarts(c: FusedContext, mask: string): boolean {
  const [batch, size] = [fixedSize(c, c.input(0), 0), fixedSize(c, mask, 0)]
  return batch !== null && size === 2 * batch
}

const PACKED = { input: 0, weight: 1, bias: 2, mask: 3, past: 4, scoreBias: 5, pastLength: 6 } as const

export const packedRefusal: RefusalCheck = (c) => {
  if (c.int('do_rotary', 0) === 1) return 'it turns positions inside'
  if (c.int('past_present_share_buffer', 0) === 1 || c.has(PACKED.pastLength))
    return 'its cache is shared with its result'
  if (fixedSize(c, c.input(PACKED.weight), 1) === null) return 'the size of its weight is not known'
  return maskRefusal(c, PACKED.mask)
}

/** The contributed Attention: one weight [in, queries + keys + values], which cannot be adapted in parts. */
export const packedAttention: Decomposition = (c) => {
  const heads = c.int('num_heads', 1)
  const width = fixedSize(c, c.input(PACKED.weight), 1) ?? 0
  const [own = width / 3, keys = width / 3] = c.ints('qkv_hidden_sizes') ?? []
  const product = c.emit('MatMul', [c.input(PACKED.input), c.input(PACKED.weight)])
  const all = c.has(PACKED.bias) ? add(c, product, c.input(PACKED.bias)) : product
  const cut = (from: number, to: number): string => splitHeads(c, slice(c, all, 2, from, to), heads)
  const [query, freshKey, freshValue] = [cut(0, own), cut(own, own + keys), cut(own + keys, width)]
  const past = c.has(PACKED.past) ? pasts(c) : null
  const key = past === null ? freshKey : concat(c, [past[0], freshKey], 2)
  const value = past === null ? freshValue : concat(c, [past[1], freshValue], 2)
  const biases = c.has(PACKED.scoreBias) ? [c.input(PACKED.scoreBias)] : []
  if (c.has(PACKED.mask)) biases.push(paddingBias(c, c.input(PACKED.mask), key, query))
  if (c.int('unidirectional', 0) === 1) {
    const before = past === null ? null : ([past[0], 2] as const)
    biases.push(biasOf(c, causalMask(c, { sequence: [query, 2], past: before, fresh: [freshKey, 2] })))
  }
  const mixed = attend(c, {
    query,
    key,
    value,
    headCount: heads,
    keyHeadCount: heads,
    scale: scaleOf(c),
    softCap: 0,
    biases,
  })
  const present = c.isRead(1) ? concat(c, [unsqueeze(c, key, 0), unsqueeze(c, value, 0)], 0) : null
  return [joinHeads(c, mixed), present]
}

/** Keys and values of [2, batch, heads, past, size]. */
function pasts(c: FusedContext): [string, string] {
  const part = (i: number): string =>
    c.emit('Squeeze', [slice(c, c.input(PACKED.past), 0, i, i + 1), c.int64s(0)])
  return [part(0), part(1)]
}
