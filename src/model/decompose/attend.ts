/**
 * Attention of standard operators: softmax(scale·Q·Kᵀ + masks)·V over heads, of which several may share a key head.
 * The heads that share one are stacked along the sequence, so that no key or value is repeated.
 * Source: Vaswani et al. 2017 (arXiv:1706.03762); Ainslie et al. 2023 (arXiv:2305.13245) for shared heads;
 * Gemma 2 (arXiv:2408.00118) for the soft cap.
 */
import { int } from '../attributes.ts'
import { DataType } from '../graph.ts'
import type { FusedContext } from './context.ts'
import {
  add,
  axisKey,
  cast,
  concat,
  fixedSize,
  lowest,
  mul,
  reshape,
  sizeOf,
  slice,
  transpose,
  unsqueeze,
} from './words.ts'

export interface Attending {
  /** [batch, heads, sequence, size] */
  readonly query: string
  /** [batch, key heads, total, size] */
  readonly key: string
  /** [batch, key heads, total, value size] */
  readonly value: string
  readonly headCount: number
  readonly keyHeadCount: number
  /** null: 1/√size. */
  readonly scale: number | null
  /** 0: none. */
  readonly softCap: number
  /** Added to the scores, each broadcast against [batch, heads, sequence, total]. */
  readonly biases: readonly string[]
  /** One further score a head, [heads], that takes a share and gives nothing. */
  readonly sink?: string
  /** The type the softmax is computed in, where it is another one. */
  readonly softmaxType?: DataType | null
}

/** @returns [batch, heads, sequence, value size] */
export function attend(c: FusedContext, a: Attending): string {
  const isShared = a.headCount !== a.keyHeadCount
  const scaled = mul(c, a.query, a.scale === null ? inverseRoot(c, a.query) : c.scalar(a.scale))
  const stacked = isShared ? reshape(c, scaled, 0, a.keyHeadCount, -1, 0) : scaled
  const product = c.emit('MatMul', [stacked, transpose(c, a.key, 0, 1, 3, 2)])
  let scores = isShared ? reshape(c, product, 0, a.headCount, -1, 0) : product
  if (a.softCap !== 0) {
    const capped = c.emit('Tanh', [c.emit('Div', [scores, c.scalar(a.softCap)])])
    scores = mul(c, capped, c.scalar(a.softCap))
  }
  for (const bias of a.biases) scores = add(c, scores, bias)
  const shares = softmax(c, scores, a)
  const mixing = isShared ? reshape(c, shares, 0, a.keyHeadCount, -1, 0) : shares
  const mixed = c.emit('MatMul', [mixing, a.value])
  return isShared ? reshape(c, mixed, 0, a.headCount, -1, 0) : mixed
}

function softmax(c: FusedContext, scores: string, { sink, softmaxType }: Attending): string {
  const isOther = softmaxType !== undefined && softmaxType !== null && softmaxType !== c.dataType
  const over = (x: string): string => c.emit('Softmax', [x], { axis: int(-1) })
  if (sink !== undefined) {
    const shape = concat(
      c,
      [c.emit('Slice', [c.emit('Shape', [scores]), c.int64s(0), c.int64s(3)]), c.int64s(1)],
      0,
    )
    const column = c.emit('Expand', [reshape(c, sink, 1, -1, 1, 1), shape])
    return slice(c, over(concat(c, [column, scores], -1)), -1, 1, Number.MAX_SAFE_INTEGER)
  }
  return isOther ? cast(c, over(cast(c, scores, softmaxType)), c.dataType) : over(scores)
}

function inverseRoot(c: FusedContext, query: string): string {
  const size = fixedSize(c, query, -1)
  if (size !== null) return c.scalar(1 / Math.sqrt(size))
  return c.emit('Reciprocal', [c.emit('Sqrt', [cast(c, sizeOf(c, query, 3), c.dataType)])])
}

/** [batch, sequence, heads·size] → [batch, heads, sequence, size] */
export const splitHeads = (c: FusedContext, x: string, headCount: number): string =>
  transpose(c, reshape(c, x, 0, 0, headCount, -1), 0, 2, 1, 3)

/** [batch, heads, sequence, size] → [batch, sequence, heads·size] */
export const joinHeads = (c: FusedContext, x: string): string =>
  reshape(c, transpose(c, x, 0, 2, 1, 3), 0, 0, -1)

export interface Positions {
  /** Value and axis that hold the number of queries. */
  readonly sequence: readonly [string, number]
  /** Value and axis that hold the number of keys, or null where the keys are the queries' own. */
  readonly past: readonly [string, number] | null
  /** Where the node computes keys of its own beside the cache: their number; the queries' where left out. */
  readonly fresh?: readonly [string, number]
  /** Keys that a query sees at most, itself included; 0: all before it. */
  readonly windowSize?: number
}

/** Positions of the queries, int64 [sequence]: behind the past. */
export function queryPositions(
  c: FusedContext,
  { sequence, past }: Pick<Positions, 'sequence' | 'past'>,
): string {
  const key = `positions|${axisKey(c, ...sequence)}|${past === null ? '' : axisKey(c, ...past)}`
  return c.shared(key, () => {
    const start = past === null ? c.whole(0) : sizeOf(c, ...past)
    const length = sizeOf(c, ...sequence)
    const end = past === null ? length : add(c, start, length)
    return c.emit('Range', [start, end, c.whole(1)])
  })
}

/** bool [sequence, total]: the keys at or before a query's position, and no farther away than the window. */
export function causalMask(c: FusedContext, positions: Positions): string {
  const { sequence, past, fresh = sequence, windowSize = 0 } = positions
  const key = [
    axisKey(c, ...sequence),
    past === null ? '' : axisKey(c, ...past),
    axisKey(c, ...fresh),
    windowSize,
  ]
  return c.shared(`causal|${key.join('|')}`, () => {
    const own = sizeOf(c, ...fresh)
    const total = past === null ? own : add(c, own, sizeOf(c, ...past))
    const row = unsqueeze(c, c.emit('Range', [c.whole(0), total, c.whole(1)]), 0)
    const column = unsqueeze(c, queryPositions(c, { sequence, past }), 1)
    const isPast = c.emit('LessOrEqual', [row, column])
    if (windowSize === 0) return isPast
    const first = c.emit('Sub', [column, c.whole(windowSize)])
    return c.emit('And', [isPast, c.emit('Greater', [row, first])])
  })
}

/** bool [batch, 1, 1, total]: the keys before each row's length, int [batch]. */
export function lengthMask(c: FusedContext, lengths: string, total: string): string {
  const row = c.emit('Range', [c.whole(0), total, c.whole(1)])
  const ends = unsqueeze(c, cast(c, lengths, DataType.int64), 1, 2, 3)
  return c.emit('Less', [row, ends])
}

/** 0 where something is seen, else `masked` (the lowest number where left out). */
export function biasOf(c: FusedContext, visible: string, masked: string = lowest(c)): string {
  return c.shared(`bias|${visible}|${masked}`, () => c.emit('Where', [visible, c.scalar(0), masked]))
}

/** Both, or the one there is. */
export function allOf(c: FusedContext, masks: readonly string[]): string | null {
  const [first, ...others] = masks
  if (first === undefined) return null
  return others.reduce((all, mask) => c.shared(`and|${all}|${mask}`, () => c.emit('And', [all, mask])), first)
}

/** The scale attribute, or null where it is left out or 0. */
export function scaleOf(c: FusedContext): number | null {
  const scale = c.float('scale', 0)
  return scale === 0 ? null : scale
}
