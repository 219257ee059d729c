/**
 * What a report is about: updates, the result they were combined to, and how to combine them again without one of them.
 * A round and an offline merge are both such subjects. In: files. Out: factors and ΔW, one module at a time.
 */
import type { AggregateMember, AggregateOutcome, FactorPlaces } from '../aggregate/index.ts'
import { openReader } from '../files/index.ts'
import { decodeFloat32 } from '../model/weights.ts'

export interface ReportModule {
  readonly name: string
  readonly in: number
  readonly out: number
  /** Of a dense part (src/aggregate/dense-parts.ts). */
  readonly block?: { readonly first: number }
}

/** What the rule did, as `aggregate` and `merge` say it. */
export type ReportOutcome = Pick<
  AggregateOutcome,
  'ruleText' | 'form' | 'norm' | 'weightCap' | 'uniform' | 'notes' | 'recompression'
> & { readonly members: readonly Omit<AggregateMember, 'member'>[] }

export interface ReportSubject {
  /** In roster order, as the outcome's members. */
  readonly names: readonly string[]
  readonly modules: readonly ReportModule[]
  /** Files and the places of their factors, in the order of `modules`. */
  readonly inputs: readonly { readonly path: string; readonly factors: readonly FactorPlaces[] }[]
  readonly outcome: ReportOutcome
  /** SHA-256 of the aggregate, hex. */
  readonly aggregate: string
  readonly aggregatePath: string
  /**
   * Combines all updates but one. @param path — the aggregate's file to write @returns null, or why the rule does not hold
   * for one update less
   */
  readonly combineWithout: (input: number, path: string) => Promise<string | null>
}

/** A [rank, in] and B [out, rank], row-major, widened; ΔW = scale·B·A. */
export interface Factors {
  readonly rank: number
  readonly scale: number
  readonly a: Float32Array
  readonly b: Float32Array
}

/** Reads one module's factors of one update. */
export async function readFactors(
  { path, factors }: ReportSubject['inputs'][number],
  index: number,
  { in: width, out }: ReportModule,
): Promise<Factors> {
  const place = factors[index]
  if (place === undefined) return { rank: 0, scale: 0, a: new Float32Array(), b: new Float32Array() }
  const { rank, scale, a, b } = place
  const reader = await openReader(path)
  try {
    const read = async (
      { offset, dtype }: FactorPlaces['a'],
      shape: readonly number[],
    ): Promise<Float32Array> => {
      const count = shape.reduce((product, extent) => product * extent, 1)
      const sizeBytes = count * (dtype === 'F32' ? 4 : 2)
      return decodeFloat32(await reader.read(offset, sizeBytes), { name: 'a factor', path, dtype })
    }
    return {
      rank,
      scale: scale[0] / scale[1],
      a: await read(a, [rank, width]),
      b: b === null ? new Float32Array(out * rank).fill(1) : await read(b, [out, rank]),
    }
  } finally {
    await reader.close()
  }
}
