/**
 * Rotary embeddings: pairs of features turned by angles that grow with the position. Halves of the turned part are a pair
 * each, or neighbours where `isInterleaved`; features behind the turned part stay.
 * Source: Su et al. 2021 (arXiv:2104.09864); operators RotaryEmbedding-23 and com.microsoft.RotaryEmbedding.
 */
import type { Decomposition, FusedContext, RefusalCheck } from './context.ts'
import { add, concat, fixedSize, mul, reshape, slice, sub, unsqueeze } from './words.ts'
import { queryPositions } from './attend.ts'

export interface Rotation {
  /** Broadcast against x's pairs, [..., half]. */
  readonly cosine: string
  readonly sine: string
  /** Pairs that are turned. */
  readonly half: number
  /** Features of x that are not turned stay behind the others; null: none, or it is not known that there are any. */
  readonly size: number | null
  readonly isInterleaved: boolean
}

/** x [..., size], turned. */
export function rotate(
  c: FusedContext,
  x: string,
  { cosine, sine, half, size, isInterleaved }: Rotation,
): string {
  const isPart = size !== null && size > 2 * half
  const turned = isPart ? slice(c, x, -1, 0, 2 * half) : x
  const [first, second] = isInterleaved ? neighbours(c, turned, half) : halves(c, turned, half)
  const real = sub(c, mul(c, first, cosine), mul(c, second, sine))
  const imaginary = add(c, mul(c, first, sine), mul(c, second, cosine))
  const joined = isInterleaved
    ? reshape(c, concat(c, [unsqueeze(c, real, -1), unsqueeze(c, imaginary, -1)], -1), 0, 0, 0, 2 * half)
    : concat(c, [real, imaginary], -1)
  return isPart ? concat(c, [joined, slice(c, x, -1, 2 * half, size)], -1) : joined
}

const halves = (c: FusedContext, x: string, half: number): [string, string] => [
  slice(c, x, -1, 0, half),
  slice(c, x, -1, half, 2 * half),
]

function neighbours(c: FusedContext, x: string, half: number): [string, string] {
  const pairs = reshape(c, x, 0, 0, 0, half, 2)
  const side = (from: number): string => reshape(c, slice(c, pairs, -1, from, from + 1), 0, 0, 0, half)
  return [side(0), side(1)]
}

/** Rows of a cache [positions, half], at int64 positions [sequence] or [batch, sequence]; shared between layers. */
export const anglesAt = (c: FusedContext, cache: string, positions: string): string =>
  c.shared(`angles|${cache}|${positions}`, () => c.emit('Gather', [cache, positions]))

/** Inputs: X, cos_cache, sin_cache, position_ids. Caches are [positions, half], or [batch, sequence, half] without ids. */
export const standardRotary: Decomposition = (c) => {
  const [x, cosines, sines, positions] = [c.input(0), c.input(1), c.input(2), c.input(3)]
  const at = (cache: string): string => (positions === '' ? cache : anglesAt(c, cache, positions))
  return [turn(c, x, { cosine: at(cosines), sine: at(sines), cache: cosines })]
}

/** Inputs: input, position_ids, cos_cache, sin_cache. One position is where all rows start. */
export const contribRotary: Decomposition = (c) => {
  const [x, positions, cosines, sines] = [c.input(0), c.input(1), c.input(2), c.input(3)]
  const isStart = c.dimsOf(positions)?.length === 1
  const ids = isStart ? startingAt(c, x, positions) : positions
  return [turn(c, x, { cosine: anglesAt(c, cosines, ids), sine: anglesAt(c, sines, ids), cache: cosines })]
}

/** int64 [1, sequence] */
function startingAt(c: FusedContext, x: string, start: string): string {
  const sequence = [x, isRankFour(c, x) ? 2 : 1] as const
  return unsqueeze(c, add(c, queryPositions(c, { sequence, past: null }), start), 0)
}

interface Angles {
  /** [batch or 1, sequence, half] */
  readonly cosine: string
  readonly sine: string
  /** Whose last axis is the number of pairs. */
  readonly cache: string
}

function turn(c: FusedContext, x: string, { cosine, sine, cache }: Angles): string {
  const half = fixedSize(c, cache, -1) ?? 0
  const isFour = isRankFour(c, x)
  // Heads stand before the sequence in rank 4 and behind it in rank 3, where nothing need be transposed.
  const axis = isFour ? 1 : 2
  const headCount = c.int('num_heads', 0)
  const heads = isFour
    ? x
    : headCount > 0
      ? reshape(c, x, 0, 0, headCount, -1)
      : reshape(c, x, 0, 0, -1, 2 * half)
  const size = isFour ? fixedSize(c, x, -1) : headCount > 0 ? headSize(c, x, headCount) : 2 * half
  const rotation = {
    cosine: c.shared(`heads|${cosine}|${axis}`, () => unsqueeze(c, cosine, axis)),
    sine: c.shared(`heads|${sine}|${axis}`, () => unsqueeze(c, sine, axis)),
    half,
    size,
    isInterleaved: c.int('interleaved', 0) === 1,
  }
  const turned = rotate(c, heads, rotation)
  return isFour ? turned : reshape(c, turned, 0, 0, -1)
}

function headSize(c: FusedContext, x: string, headCount: number): number | null {
  const width = fixedSize(c, x, -1)
  return width === null ? null : width / headCount
}

/** Rank 3 must come with `num_heads` in the standard operator; the contributed one may leave it out. */
function isRankFour(c: FusedContext, x: string): boolean {
  const rank = c.dimsOf(x)?.length
  return rank === undefined ? c.node.domain === '' && c.int('num_heads', 0) === 0 : rank === 4
}

export const rotaryRefusal: RefusalCheck = (c) => {
  const cache = c.input(c.node.domain === '' ? 1 : 2)
  const half = fixedSize(c, cache, -1)
  if (half === null) return `the last axis of its cache ${cache} has no fixed size`
  const dims = c.int('rotary_embedding_dim', 0)
  if (dims !== 0 && dims !== 2 * half) return `rotary_embedding_dim is ${dims}, its cache turns ${2 * half}`
  const x = c.input(0)
  if (
    dims !== 0 &&
    c.dimsOf(x)?.length !== 4 &&
    headSize(c, x, Math.max(1, c.int('num_heads', 0))) === null
  ) {
    return 'only a part of each head is turned, and the size of a head is not known'
  }
  if (c.int('is_packed_batching', 0) === 1) return 'packed batching has no axes for batch and sequence'
  return null
}
