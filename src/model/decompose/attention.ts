/**
 * The standard operator Attention (opset 23 and 24). In: Q, K, V, mask?, past key?, past value?, lengths? (24); rank 3 with
 * head counts or rank 4. Out: Y in Q's rank, present key and value of rank 4.
 */
import { isDataType } from '../onnx-tensor.ts'
import { DataType } from '../graph.ts'
import { allOf, attend, biasOf, causalMask, joinHeads, lengthMask, scaleOf, splitHeads } from './attend.ts'
import type { Decomposition, FusedContext, RefusalCheck } from './context.ts'
import { concat, fixedSize, sizeOf } from './words.ts'

const isPacked = (c: FusedContext): boolean => {
  const rank = c.dimsOf(c.input(0))?.length
  return rank === undefined ? c.int('q_num_heads', 0) > 0 : rank === 3
}

export const attentionRefusal: RefusalCheck = (c) => {
  if (c.isRead(3)) return 'its matrix of scores is read'
  if (headCounts(c) === null) return 'the numbers of heads do not follow from the graph'
  if (c.has(3) && c.dataTypeOf(c.input(3)) === null)
    return 'the type of its mask does not follow from the graph'
  return null
}

/** Heads of queries and of keys. */
function headCounts(c: FusedContext): readonly [number, number] | null {
  const [own, keys] = isPacked(c)
    ? [c.int('q_num_heads', 0), c.int('kv_num_heads', 0)]
    : [fixedSize(c, c.input(0), 1), fixedSize(c, c.input(1), 1)]
  return own === null || keys === null || own === 0 || keys === 0 ? null : [own, keys]
}

export const attention: Decomposition = (c) => {
  const [headCount, keyHeadCount] = headCounts(c) ?? [1, 1]
  const isThree = isPacked(c)
  const split = (x: string, heads: number): string => (isThree ? splitHeads(c, x, heads) : x)
  const query = split(c.input(0), headCount)
  const [freshKey, freshValue] = [split(c.input(1), keyHeadCount), split(c.input(2), keyHeadCount)]
  const hasPast = c.has(4)
  const key = hasPast ? concat(c, [c.input(4), freshKey], 2) : freshKey
  const value = hasPast ? concat(c, [c.input(5), freshValue], 2) : freshValue
  const visible: string[] = []
  const biases: string[] = []
  if (c.int('is_causal', 0) === 1) {
    const past = hasPast ? ([c.input(4), 2] as const) : null
    visible.push(causalMask(c, { sequence: [query, 2], past, fresh: [freshKey, 2] }))
  }
  const mask = c.input(3)
  if (mask !== '') {
    if (c.dataTypeOf(mask) === DataType.bool) visible.push(mask)
    else biases.push(mask)
  }
  if (c.has(6)) visible.push(lengthMask(c, c.input(6), sizeOf(c, key, 2)))
  const all = allOf(c, visible)
  const softmaxType = c.int('softmax_precision', 0)
  const mixed = attend(c, {
    query,
    key,
    value,
    headCount,
    keyHeadCount,
    scale: scaleOf(c),
    softCap: c.float('softcap', 0),
    biases: [...biases, ...(all === null ? [] : [biasOf(c, all)])],
    softmaxType: softmaxType !== 0 && isDataType(softmaxType) ? softmaxType : null,
  })
  return [isThree ? joinHeads(c, mixed) : mixed, key, value]
}
