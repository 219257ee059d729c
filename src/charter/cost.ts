/**
 * What a round under a charter costs each site, in the worst case that the charter allows: bytes sent and received, disk.
 * Pure arithmetic on the charter; `charter check` prints it.
 */
import { silentCountMax } from '../core/quorum.ts'
import { type ChosenRule, type RuleBook, ruleFor } from './rule-book.ts'
import type { Charter, Layout } from './schema.ts'

/** A factor's line in a safetensors header: name, dtype, shape, offsets. Names of 512 characters fit. */
const HEADER_ENTRY_SIZE_BYTES = 128
const HEADER_FIXED_SIZE_BYTES = 1024
const F32_BYTES = 4

export const dtypeSizeBytes = (dtype: Layout['dtype']): number => (dtype === 'f32' ? F32_BYTES : 2)

function factorCount(layout: Layout, rank: number): number {
  return layout.modules.reduce((sum, module) => sum + rank * (module.in + module.out), 0)
}

/** Entries of the parts that are trained whole. */
function denseCount({ dense = [] }: Layout): number {
  return dense.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
}

/** Entries of Fisher diagonals: of modules their sums over rows and columns, of B where all have one A. */
function diagonalCount(layout: Layout): number {
  if (layout.fisher === undefined) return 0
  const { modules, sharedA, rankMax } = layout
  const sums = modules.reduce(
    (sum, module) => sum + module.out + (sharedA === undefined ? module.in : rankMax),
    0,
  )
  return sums + denseCount(layout)
}

function headerSizeBytes({ modules, dense = [], fisher }: Layout): number {
  const times = fisher === undefined ? 1 : 2
  const perModule = modules.map(({ name }) => 2 * times * (name.length + HEADER_ENTRY_SIZE_BYTES))
  const perPart = dense.map(({ name }) => times * (name.length + HEADER_ENTRY_SIZE_BYTES))
  return HEADER_FIXED_SIZE_BYTES + [...perModule, ...perPart].reduce((sum, size) => sum + size, 0)
}

/** At most the size of an update of the largest rank, its header included. */
export function updateSizeBytesOf(layout: Layout): number {
  const count = factorCount(layout, layout.rankMax) + denseCount(layout) + diagonalCount(layout)
  return count * dtypeSizeBytes(layout.dtype) + headerSizeBytes(layout)
}

/**
 * At most the size of the aggregate of m updates: stacked factors of rank m·rankMax, or dense weights, or factors of the
 * charter's rank.
 */
export function aggregateSizeBytesOf(
  layout: Layout,
  m: number,
  isDense: boolean,
  resultRank?: number,
): number {
  const stackedRank = layout.rankMax * m
  const weightCount = layout.modules.reduce((sum, module) => sum + module.in * module.out, 0)
  const count =
    resultRank === undefined
      ? isDense
        ? weightCount
        : factorCount(layout, stackedRank)
      : factorCount(layout, isDense ? resultRank : Math.min(resultRank, stackedRank))
  return (count + denseCount(layout)) * F32_BYTES + headerSizeBytes(layout)
}

export interface CharterCost {
  readonly updateSizeBytes: number
  /** The largest aggregate over all numbers of updates. */
  readonly aggregateSizeBytes: number
  /** Everybody else's update, once. */
  readonly receivedBytes: number
  /** As much in the mean, since every byte received was sent; up to n−1 copies of my own when nobody passes it on. */
  readonly sentBytesMax: number
  /** All updates, the aggregate and the export, at once. */
  readonly diskBytes: number
}

export interface RuleForCount {
  readonly updates: number
  readonly rule: ChosenRule | null
}

/** A rule that does not hold for some of the numbers of updates that can decide a round. */
export interface RuleValidity {
  readonly id: string
  /** Empty where it always holds. */
  readonly invalidFor: readonly { readonly updates: number; readonly reason: string }[]
}

export interface CharterReport {
  readonly n: number
  readonly f: number
  readonly q: number
  readonly b: number
  readonly minUpdates: number
  /** How many members may be absent before nothing can be decided. */
  readonly absentCountMax: number
  /** How many lying members the agreement bears: 2q − n − 1. */
  readonly liarCountMax: number
  /** For each number of updates from minUpdates to n. */
  readonly rules: readonly RuleForCount[]
  /** Every rule there is, for each number of updates from minUpdates to n. */
  readonly ruleValidity: readonly RuleValidity[]
  readonly cost: CharterCost
  /** What the charter lets the kernel use. */
  readonly memoryBytes: number
}

/** The figures of a charter that `findCharterProblems` found nothing wrong with. */
export function reportCharter(charter: Charter, rules: RuleBook): CharterReport {
  const { members, f, q, minUpdates, aggregation, layout, limits } = charter
  const n = members.length
  const counts = Array.from({ length: n - minUpdates + 1 }, (_, i) => minUpdates + i)
  const byCount = counts.map((updates) => ({ updates, rule: ruleFor(charter, updates, rules) }))
  const updateSizeBytes = updateSizeBytesOf(layout)
  const aggregateSizeBytes = Math.max(
    ...byCount.map(({ updates, rule }) =>
      aggregateSizeBytesOf(layout, updates, rule !== null && rules.isDense(rule), aggregation.resultRank),
    ),
  )
  return {
    n,
    f,
    q,
    b: aggregation.b,
    minUpdates,
    absentCountMax: silentCountMax(n, q),
    liarCountMax: 2 * q - n - 1,
    rules: byCount,
    ruleValidity: validityOf(counts, aggregation.b, rules),
    cost: {
      updateSizeBytes,
      aggregateSizeBytes,
      receivedBytes: (n - 1) * updateSizeBytes,
      sentBytesMax: (n - 1) * updateSizeBytes,
      diskBytes: n * updateSizeBytes + 2 * aggregateSizeBytes,
    },
    memoryBytes: limits.memoryBytes,
  }
}

function validityOf(counts: readonly number[], b: number, rules: RuleBook): readonly RuleValidity[] {
  const byCount = counts.map((updates) => ({ updates, rows: rules.explain(updates, b) }))
  const ids = byCount[0]?.rows.map(({ id }) => id) ?? []
  return ids.map((id) => ({
    id,
    invalidFor: byCount.flatMap(({ updates, rows }) => {
      const reason = rows.find((row) => row.id === id)?.reason ?? null
      return reason === null ? [] : [{ updates, reason }]
    }),
  }))
}
