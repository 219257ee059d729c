/**
 * What a rule is. One file a rule, one frozen object; the explicit list is registry.ts.
 *
 * Combination rules fill weights from inner products of ΔW and their result is exact as stacked factors; coordinate
 * rules combine dense rows of ΔW one coordinate at a time. Both only call the kernel: not a float is touched here.
 */
import type { Rational } from '../../core/rational.ts'
import type { KernelExports } from '../kernel/exports.ts'
import type { ParameterFacts } from './parameters.ts'

/** What is known of anything that a charter can name: rules, and steps before them. */
export interface Facts {
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
  /** For rules whose cost explodes: the most updates that they take. */
  readonly inputCountMax?: (b: number) => number
  readonly cost: string
  /** Parameters that it takes, all with a default. */
  readonly takes?: readonly ParameterFacts[]
  /** Whether it draws from the round's seed. */
  readonly isSeeded?: boolean
}

interface RuleFacts extends Facts {
  /** What share of poisoned updates it bears, in words; honest about rules that bear none. */
  readonly breakdown: string
  /** Whether claimed weights change its result. */
  readonly usesClaims: boolean
  /** What a report says of it beside norms and cosines. */
  readonly reports: string
}

/** The value of a parameter of this rule, its default where the charter names none. */
export type ParameterOf = (name: string) => Rational

/** Addresses in the kernel's memory; m rows: updates in roster order, or what the steps made of them. */
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
  /** i32 [m], all 0 at first: whom the rule clipped. */
  readonly clipped: number
  /** f64 [m]: out, for rules that score. */
  readonly scores: number
  /** f64 [m] */
  readonly scratch: number
  /** f64 [m·m + 4m] */
  readonly wide: number
  /** f64 [m]: the result. */
  readonly weights: number
  readonly parameter: ParameterOf
  /** A figure for the report; not part of the result. */
  readonly note: (name: string, value: number) => void
}

export interface CombinationRule extends RuleFacts {
  readonly family: 'combination'
  readonly weigh: (w: Weighing) => void
  /** Whether `scores` mean something, and what. */
  readonly scoreName?: string
}

/** One row's tile before it is combined: `count` f32 coordinates, the first of which is coordinate `first` of the module. */
export interface RowJob {
  readonly kernel: KernelExports
  readonly tile: number
  readonly count: number
  readonly first: number
  readonly module: number
  readonly row: number
  /** Address of the seed's first 8 bytes. */
  readonly seed: number
  readonly parameter: ParameterOf
  /** Halves of the bits of the row's threshold, for rules that trim. */
  readonly threshold: readonly [upper: number, lower: number]
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
  /** f64 [m] */
  readonly claims: number
  /** Scratch of m × 32 bytes. */
  readonly keys: number
  /** Of rules that weigh each coordinate; null: all updates alike. */
  readonly fisher: FisherTile | null
  readonly to: number
}

/** What weighs the coordinates of a tile, which are whole rows. */
export interface FisherTile {
  /** m entries that the kernel's `setDiagonal` filled. */
  readonly table: number
  /** Place of the tile's first row in its matrix. */
  readonly firstRow: number
  /** Coordinates of a row. */
  readonly width: number
  /** f64 [m + 1], out: each update's shares of the weight added up, and how many coordinates were capped. */
  readonly sums: number
}

export interface CoordinateRule extends RuleFacts {
  readonly family: 'coordinate'
  /** Chooses rows from distances before any tile is made; leaves `keep`. */
  readonly choose?: (w: Weighing) => void
  /** Name of the parameter that says what share of its largest coordinates each row keeps. */
  readonly trimsTo?: string
  /** Changes a row's tile in place before the rows are combined. */
  readonly prepareRow?: (job: RowJob) => void
  /** Whether it weighs coordinates by the Fisher diagonals that updates publish. */
  readonly usesFisher?: boolean
  readonly combineTile: (job: TileJob) => void
}

export type AggregationRule = CombinationRule | CoordinateRule

/** What a step reads and writes: `to` [rows after, m] f64, each row a combination of the m rows before. */
export interface StepJob {
  readonly kernel: KernelExports
  readonly m: number
  readonly b: number
  readonly square: number
  readonly norms: number
  readonly scratch: number
  readonly order: number
  readonly clipped: number
  readonly seed: number
  /** Place of the step among the charter's. */
  readonly index: number
  readonly parameter: ParameterOf
  readonly to: number
}

/** What happens to the updates before a rule sees them. */
export interface AggregationStep extends Facts {
  readonly breakdown: string
  /** How many rows it makes of m. */
  readonly countAfter: (m: number, parameter: ParameterOf) => number
  /** Whether row i is still member i's. */
  readonly keepsMembers: boolean
  /** Whether each new row is a mean: shares that sum to 1. */
  readonly makesMeans: boolean
  readonly mix: (job: StepJob) => void
}
