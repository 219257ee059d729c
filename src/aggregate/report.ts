/**
 * Figures of members beside each other, for people: not agreed on, so the host computes them.
 * In: what the kernel's process said of each input. Out: ranks and ratios.
 */
import type { MemberIndex } from '../core/order.ts'
import type { InputFigures } from './job.ts'

export interface AggregateMember extends InputFigures {
  readonly member: MemberIndex
  /** Rank of the score, from 1 for the smallest; null for rules without scores. */
  readonly scoreRank: number | null
  /** Score and norm over the median of all updates: how far out this one is. */
  readonly scoreToMedian: number | null
  readonly normToMedian: number | null
}

/** Figures of a report for inputs, by whatever number they go. */
export function describeMembers(
  members: readonly MemberIndex[],
  figures: readonly InputFigures[],
): readonly AggregateMember[] {
  const scores = figures.flatMap(({ score }) => (score === null ? [] : [score]))
  const scoreMedian = medianOf(scores)
  const normMedian = medianOf(figures.map(({ norm }) => norm))
  return figures.map((each, index) => ({
    member: members[index] ?? index,
    ...each,
    scoreRank: each.score === null ? null : 1 + scores.filter((other) => other < (each.score ?? 0)).length,
    scoreToMedian: each.score === null || scoreMedian === 0 ? null : each.score / scoreMedian,
    normToMedian: normMedian === 0 ? null : each.norm / normMedian,
  }))
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2
}
