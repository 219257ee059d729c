/**
 * Causal attention of one layer. In: rows, [batch·sequence, hidden]. Out: rows of the same width.
 * Grouped queries without repeating keys: the queries of a group are stacked along the sequence axis, so that each key
 * and value head takes part in one product.
 * Source: Vaswani et al. 2017; Ainslie et al. 2023 (grouped queries); Dehghani et al. 2023 (norms of queries and keys).
 */
import { DataType } from '../graph.ts'
import type { ModuleScope } from '../module-scope.ts'
import type { LayerTraits } from './config.ts'
import type { Geometry } from './geometry.ts'
import { buildCap, buildColumns, buildLinear, buildNorm, within, type Place } from './parts.ts'
import type { Rotary } from './rotation.ts'

/** What a layer kept of the tokens before, and how it gives out what it keeps. */
export interface LayerCache {
  readonly extend: (kind: 'key' | 'value', fresh: string) => string
}

/** @param scope — of the graph */
export function buildCache(scope: ModuleScope, groups: number, headSize: number, layer: number): LayerCache {
  return {
    extend: (kind, fresh) => {
      const dims = (length: string): (string | number)[] => ['batch', groups, length, headSize]
      const past = scope.input(`past_key_values.${layer}.${kind}`, DataType.float, dims('past'))
      const present = scope.op('Concat', [past, fresh], { axis: 2 })
      scope.outputAs(`present.${layer}.${kind}`, present, DataType.float, dims('total'))
      return present
    },
  }
}

export interface AttentionParts {
  readonly place: Place
  readonly traits: LayerTraits
  readonly geometry: Geometry
  /** Null where positions are learned. */
  readonly rotary: Rotary | null
  readonly cache: LayerCache | null
}

export function buildAttention(
  { place, traits, geometry, rotary, cache }: AttentionParts,
  input: string,
): string {
  const { scope, config } = place
  const { headCount, keyValueHeadCount: groups, headSize } = config
  const perGroup = headCount / groups
  const [queryRows, keyRows, valueRows] = buildProjections(place, geometry, input)
  const split = (rows: string, shape: readonly number[], perm: readonly number[], norm: string): string => {
    const parts = scope.op('Reshape', [rows, geometry.hiddenShape(...shape)])
    const isNormed = norm !== '' && config.attention.norms === 'head'
    const normed = isNormed ? buildNorm(within(place, norm), parts) : parts
    return scope.op('Transpose', [normed], { perm })
  }
  // [batch, groups, perGroup, sequence, headSize] and [batch, groups, sequence, headSize]
  const queries = split(queryRows, [groups, perGroup, headSize], [0, 2, 3, 1, 4], 'q_norm')
  const freshKeys = split(keyRows, [groups, headSize], [0, 2, 1, 3], 'k_norm')
  const freshValues = split(valueRows, [groups, headSize], [0, 2, 1, 3], '')
  const turnedQueries =
    rotary === null
      ? scope.op('Mul', [queries, scope.floats([traits.scoreScale], [])])
      : rotary.turnQueries(scope, queries)
  const turnedKeys = rotary?.turnKeys(scope, freshKeys) ?? freshKeys
  const keys = cache?.extend('key', turnedKeys) ?? turnedKeys
  const values = cache?.extend('value', freshValues) ?? freshValues
  const stacked = scope.op('Reshape', [turnedQueries, scope.ints([0, groups, -1, headSize])])
  const flatScores = scope.op('MatMul', [stacked, scope.op('Transpose', [keys], { perm: [0, 1, 3, 2] })])
  const scores = scope.op('Reshape', [flatScores, geometry.scoreShape])
  const capped = buildCap(scope, scores, config.attention.scoreCap)
  const shares = scope.op('Softmax', [scope.op('Add', [capped, geometry.mask(traits.window)])], { axis: -1 })
  const flatShares = scope.op('Reshape', [shares, scope.op('Shape', [flatScores])])
  const mixed = scope.op('MatMul', [flatShares, values])
  const perHead = scope.op('Reshape', [mixed, scope.ints([0, groups, perGroup, -1, headSize])])
  const rows = scope.op('Transpose', [perHead], { perm: [0, 3, 1, 2, 4] })
  const joined = scope.op('Reshape', [rows, scope.ints([-1, headCount * headSize])])
  return buildLinear(within(place, config.names.attention.output), joined)
}

/** Queries, keys and values as rows, or as [batch, sequence, heads, headSize]. */
function buildProjections(
  place: Place,
  geometry: Geometry,
  input: string,
): readonly [query: string, key: string, value: string] {
  const { scope, config } = place
  const { headCount, keyValueHeadCount, headSize, attention } = config
  const [first = '', second = '', third = ''] = config.names.attention.input
  const project = (name: string): string => buildLinear(within(place, name), input)
  const normed = (rows: string, name: string): string =>
    attention.norms === 'projection' ? buildNorm(within(place, name), rows) : rows
  if (attention.projection === 'separate') {
    return [normed(project(first), 'q_norm'), normed(project(second), 'k_norm'), project(third)]
  }
  const isByHead = attention.projection === 'by-head'
  const all = project(first)
  const parts = isByHead ? scope.op('Reshape', [all, geometry.hiddenShape(headCount, 3 * headSize)]) : all
  const queryWidth = isByHead ? headSize : headCount * headSize
  const keyWidth = isByHead ? headSize : keyValueHeadCount * headSize
  const columns = (from: number, width: number): string => buildColumns(scope, parts, from, from + width)
  return [columns(0, queryWidth), columns(queryWidth, keyWidth), columns(queryWidth + keyWidth, keyWidth)]
}
