/**
 * What a rule is. One file a rule, one frozen object; the explicit list is registry.ts.
 *
 * Combination rules fill weights from inner products of ΔW and their result is exact as stacked factors; coordinate
 * rules combine dense rows of ΔW one coordinate at a time. Both only call the kernel: not a float is touched here.
 */
import type { KernelExports } from '../kernel/kernel.ts'

interface RuleFacts {
  readonly id: string
  /** Raised whenever any bit of a result may change. */
  readonly version: number
  readonly title: string
  /** Paper and equation. */
  readonly source: string
  readonly formula: string
  /** The precondition in words, on m updates of which b are poisoned. */
  readonly precondition: string
  readonly inputCountMin: (b: number) => number
  /** What share of poisoned updates it bears, in words; honest about rules that bear none. */
  readonly breakdown: string
  readonly cost: string
}

/** Addresses in the kernel's memory; m updates in roster order. */
export interface Weighing {
  readonly kernel: KernelExports
  readonly m: number
  readonly b: number
  /** f64 [m, m]: ⟨ΔWᵢ, ΔWⱼ⟩ */
  readonly gram: number
  /** f64 [m, m]: squared distances, recomputed where the Gram form has lost its digits. */
  readonly square: number
  /** f64 [m]: ‖ΔWᵢ‖ */
  readonly norms: number
  /** f64 [m]: whole numbers, capped; all 1 when the charter says uniform. */
  readonly claims: number
  /** f64 [m]: all 1. */
  readonly ones: number
  /** i32 [m], all 1 at first: whom the rule keeps. */
  readonly keep: number
  /** f64 [m]: out, for rules that score. */
  readonly scores: number
  /** f64 [m] */
  readonly scratch: number
  /** f64 [m]: the result. */
  readonly weights: number
}

export interface CombinationRule extends RuleFacts {
  readonly family: 'combination'
  readonly weigh: (w: Weighing) => void
  /** Whether `scores` mean something, and what. */
  readonly scoreName?: string
}

/** m tiles of `count` f32 coordinates, `stride` bytes apart. */
export interface TileJob {
  readonly kernel: KernelExports
  readonly m: number
  readonly b: number
  readonly tiles: number
  readonly stride: number
  readonly count: number
  /** λ */
  readonly numerator: number
  readonly denominator: number
  /** Scratch of m × 16 bytes. */
  readonly keys: number
  readonly to: number
}

export interface CoordinateRule extends RuleFacts {
  readonly family: 'coordinate'
  readonly combineTile: (job: TileJob) => void
}

export type AggregationRule = CombinationRule | CoordinateRule
