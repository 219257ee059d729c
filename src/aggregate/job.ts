/**
 * What the kernel process is told to do: plain data, so that it can be sent. Files by path, tensors by offset: whoever
 * builds a job has read the headers, and the process reads nothing but values.
 */
import type { ChosenRule } from '../charter/rule-book.ts'

/** A stored tensor of a file. */
export interface TensorPlace {
  readonly offset: number
  readonly dtype: 'F32' | 'BF16' | 'F16'
}

/** One member's factors of one module: A [rank, in], B [out, rank]. */
export interface FactorPlaces {
  readonly rank: number
  /** s = numerator / denominator. */
  readonly scale: readonly [numerator: number, denominator: number]
  readonly a: TensorPlace
  /** null: all ones, as for blocks of dense parts. */
  readonly b: TensorPlace | null
  /** Where the layout has updates publish one. */
  readonly fisher?: DiagonalPlaces
}

/**
 * A module's Fisher diagonal [out, in] (of B [out, r] where all have one A) by its sums: over the columns of each row, and
 * over the rows of each column. Of a block of a dense part, which is one row, the columns are the diagonal itself.
 */
export interface DiagonalPlaces {
  readonly rows: TensorPlace | null
  readonly columns: TensorPlace
  /** Of B [out, r], not of ΔW [out, in]. */
  readonly ofB?: boolean
}

export interface JobInput {
  readonly path: string
  /** Whole number on the agreed path; any positive number offline. */
  readonly claim: number
  /** In the order of the job's modules. */
  readonly factors: readonly FactorPlaces[]
}

export interface JobModule {
  readonly name: string
  readonly in: number
  readonly out: number
  /** Of a dense part: which of its coordinates, in row-major order, and the whole part's shape (dense-parts.ts). */
  readonly block?: { readonly first: number; readonly shape: readonly number[] }
}

export interface AggregateJob {
  readonly kind: 'aggregate'
  readonly kernelDigest: string
  readonly rule: ChosenRule
  readonly b: number
  /** Hex; null for rules that draw nothing. */
  readonly seed: string | null
  /** `given`: those of the inputs. `inverse-norm`: made from the norms and capped, b members below half of the weight. */
  readonly claims: 'given' | 'inverse-norm'
  readonly lambda: readonly [numerator: number, denominator: number]
  /** In byte order of their names; then the blocks of dense parts, in byte order of theirs. */
  readonly modules: readonly JobModule[]
  /** In roster order. */
  readonly inputs: readonly JobInput[]
  /** Whether all inputs have one A in each module, bit for bit: rules then work on B (kernel/tile-modules.ts). */
  readonly sharedA?: boolean
  readonly outputPath: string
  /**
   * Threads that make the tiles of a coordinate rule, 1 to 64; by default what the job is worth, at most 4. Nobody agrees on
   * it: the result is the same.
   */
  readonly workers?: number
}

export interface InputFigures {
  /** Share of the result, of `fisher-mean` the mean over coordinates; null for other coordinate rules, which give none. */
  readonly weight: number | null
  readonly norm: number
  /** To the result; 0 when either is 0. */
  readonly cosine: number
  /** For rules that score, else null. */
  readonly score: number | null
  readonly clipped: boolean
  readonly leftOut: boolean
}

export interface AggregateFigures {
  /** SHA-256 of the file, hex. */
  readonly digest: string
  readonly sizeBytes: number
  readonly inputs: readonly InputFigures[]
  /** ‖result‖ */
  readonly norm: number
  /** The cap on weights made from norms, where it bites. */
  readonly weightCap: number | null
  /** What equal weights would have given; null where they are equal, or the rule does not know any. */
  readonly uniform: UniformFigures | null
  /** Figures of the rule's own, by name. */
  readonly notes: Readonly<Record<string, number>>
}

/** The result under equal weights beside the result. */
export interface UniformFigures {
  /** ‖result − that one‖ */
  readonly differenceNorm: number
  readonly cosine: number
}

export interface AdmissionJob {
  readonly kind: 'admit'
  readonly kernelDigest: string
  readonly modules: readonly JobModule[]
  readonly input: JobInput
  readonly limits: {
    readonly entry: readonly [number, number]
    readonly moduleNorm: readonly [number, number]
    readonly updateNorm: readonly [number, number]
  }
}

export type AdmissionFault =
  | {
      readonly code: 'UPDATE_NOT_FINITE'
      readonly module: string
      readonly factor: 'A' | 'B' | 'fisher'
      readonly index: number
    }
  | {
      /** A Fisher diagonal holds squares. */
      readonly code: 'UPDATE_FISHER_NEGATIVE'
      readonly module: string
      readonly index: number
    }
  | {
      readonly code: 'UPDATE_ENTRY_TOO_LARGE'
      readonly module: string
      readonly factor: 'A' | 'B'
      readonly index: number
    }
  | {
      readonly code: 'UPDATE_NORM_TOO_LARGE'
      readonly module: string | null
      readonly norm: number
      readonly normMax: number
    }

export type AdmissionAnswer =
  | { readonly ok: true; readonly norm: number }
  | { readonly ok: false; readonly fault: AdmissionFault }

/** A module of an aggregate file: stacked factors A [rank, in] and B [out, rank], or ΔW [out, in]; all f32. */
export type AggregateModulePlace =
  | {
      readonly form: 'stacked'
      readonly name: string
      readonly in: number
      readonly out: number
      readonly rank: number
      readonly aOffset: number
      readonly bOffset: number
    }
  | {
      readonly form: 'dense'
      readonly name: string
      readonly in: number
      readonly out: number
      readonly offset: number
    }

/** The best approximation of an aggregate by factors of a given rank. */
export interface RecompressJob {
  readonly kind: 'recompress'
  readonly kernelDigest: string
  readonly path: string
  /** Id and version of the rule that made it: kept in the header. */
  readonly rule: string
  readonly rank: number
  readonly modules: readonly AggregateModulePlace[]
  /** Tensors that are copied as they are: dense parts. */
  readonly parts: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly offset: number
    readonly sizeBytes: number
  }[]
  readonly outputPath: string
}

export interface RecompressedModule {
  readonly name: string
  readonly rank: number
  /** ‖ΔW‖² before, and what of it is kept. */
  readonly energy: number
  readonly keptEnergy: number
}

export interface RecompressFigures {
  /** SHA-256 of the file, hex. */
  readonly digest: string
  readonly sizeBytes: number
  readonly modules: readonly RecompressedModule[]
}

export type Job = AggregateJob | AdmissionJob | RecompressJob
export type JobResult = AggregateFigures | AdmissionAnswer | RecompressFigures
