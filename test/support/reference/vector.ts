/** Conformance vectors as they lie in test/vectors/conformance/; docs/CONFORMANCE.md is their specification. */
import { fromHex } from '../../../src/core/bytes.ts'
import { assert } from '../../../src/core/errors.ts'
import type { ChosenRule } from '../../../src/charter/rule-book.ts'

export interface VectorModule {
  readonly name: string
  readonly in: number
  readonly out: number
}

/** f32 values, little-endian, as hex: A [rank, in] and B [out, rank], row by row. */
export interface VectorFactors {
  readonly rank: number
  readonly a: string
  readonly b: string
}

/** Sums of a Fisher diagonal over the columns of each row and over the rows of each column, as hex like factors. */
export interface VectorDiagonal {
  readonly rows: string
  readonly columns: string
}

export interface InputSet {
  readonly name: string
  readonly scale: readonly [number, number]
  readonly modules: readonly VectorModule[]
  /** All inputs have one A, and rules work on s·B; absent: no. */
  readonly sharedA?: boolean
  /** Parameters that are trained whole; absent: none. */
  readonly dense?: readonly { readonly name: string; readonly shape: readonly number[] }[]
  /** In roster order; factors in the modules' order, changes of dense parts (f32, row by row) in theirs. */
  readonly inputs: readonly {
    readonly claim: number
    readonly factors: readonly VectorFactors[]
    readonly dense?: readonly string[]
    /** Of each module, and of each dense part whole; absent: updates publish none. */
    readonly fisher?: { readonly modules: readonly VectorDiagonal[]; readonly dense: readonly string[] }
  }[]
}

export interface VectorQuestion {
  readonly name: string
  /** Name of the set of inputs. */
  readonly inputs: string
  readonly rule: ChosenRule
  readonly b: number
  /** `equal`: all 1. `given`: the inputs'. `inverse-norm`: from norms, capped. */
  readonly claims: 'equal' | 'given' | 'inverse-norm'
  readonly lambda: readonly [number, number]
  /** 32 bytes, hex. */
  readonly seed: string
}

export interface VectorAnswer {
  readonly sha256: string
  readonly sizeBytes: number
  /** f64, little-endian, hex; null for coordinate rules. */
  readonly weights: readonly string[] | null
  /** f32, little-endian, hex, of each module and dense part; null for combination rules. */
  readonly delta: Readonly<Record<string, string>> | null
}

export interface ConformanceVector extends VectorQuestion {
  readonly expected: VectorAnswer
}

export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  assert(bytes !== null, 'a vector holds hex')
  return bytes
}

/** f32 values of a hex text, −0 as +0. */
export function singlesOf(hex: string): number[] {
  const bytes = bytesOf(hex)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true) + 0)
}

export function hexOfSingles(values: readonly number[]): string {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, 4 * i)
  return bytes.toString('hex')
}

export function hexOfDouble(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes.toString('hex')
}
