/** What can go wrong in aggregation and admission. Data only: the sentence is made where it is thrown. */
import { RoundError } from '../core/errors.ts'

export type AggregateFault =
  /** The module on disk is not the one that the charter, or this package, names. */
  | { readonly code: 'KERNEL_MISMATCH'; readonly expected: string; readonly found: string }
  /** This machine's floating-point arithmetic is not IEEE 754's: never a result. */
  | { readonly code: 'KERNEL_ARITHMETIC'; readonly answer: string }
  | { readonly code: 'KERNEL_LOST'; readonly reason: string }
  | { readonly code: 'KERNEL_MEMORY'; readonly neededBytes: number; readonly maxBytes: number }
  | { readonly code: 'RULE_UNKNOWN'; readonly rule: string; readonly known: readonly string[] }
  /** A step or a parameter of a rule is not there or out of range. */
  | { readonly code: 'RULE_PARAMETER'; readonly rule: string; readonly reason: string }
  /** A rule that draws lots was given nothing to draw from. */
  | { readonly code: 'SEED_MISSING'; readonly rule: string }
  /** A rule weighs by Fisher diagonals that the layout, or an adapter's folder, has not. */
  | { readonly code: 'FISHER_MISSING'; readonly rule: string; readonly file: string | null }
  | {
      readonly code: 'RULE_PRECONDITION'
      readonly rule: string
      readonly inputCount: number
      readonly b: number
      readonly inputCountMin: number
      readonly inputCountMax: number | null
      readonly valid: readonly string[]
    }
  /** With m ≤ 2b no cap keeps b members below half of the weight. */
  | { readonly code: 'WEIGHTS_UNCAPPABLE'; readonly inputCount: number; readonly b: number }
  | { readonly code: 'INPUT_MISMATCH'; readonly file: string; readonly reason: string }
  | {
      readonly code: 'INPUT_NOT_FINITE'
      readonly file: string
      readonly tensor: string
      readonly index: number
    }

export function aggregateError(
  fault: AggregateFault,
  message: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): RoundError<AggregateFault> {
  return new RoundError(fault, message, options)
}
