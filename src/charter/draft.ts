/**
 * Drawing up a charter: every figure that nobody states gets its default here, in one place.
 * In: members, layout, rules, deadlines, 16 random bytes. Out: a charter, not yet checked or signed. Pure.
 */
import { compareBytes, utf8 } from '../core/bytes.ts'
import type { Digest, PublicKey } from '../core/ids.ts'
import { defaultFaultCount, defaultQuorum } from '../core/quorum.ts'
import type { Rational } from '../core/rational.ts'
import { updateSizeBytesOf } from './cost.ts'
import type { ChosenRule, NamedPart } from './rule-book.ts'
import type { Charter, DensePart, Layout, LayoutModule, RoundSchedule } from './schema.ts'

export interface CharterDraft {
  /** 16 fresh random bytes. */
  readonly consortium: Uint8Array
  readonly members: readonly {
    readonly name: string
    readonly publicKey: PublicKey
    readonly weight?: number
  }[]
  readonly baseModel: readonly { readonly name: string; readonly sha256: Digest }[]
  readonly modules: readonly LayoutModule[]
  /** Parameters that are trained whole. */
  readonly dense?: readonly DensePart[]
  readonly rankMax: number
  /** Digest of the A that all updates have (schema.ts). */
  readonly sharedA?: Digest
  /** Whether a rule reads Fisher diagonals. */
  readonly fisher?: boolean
  /** alpha / r. */
  readonly scale: Rational
  readonly dtype?: Layout['dtype']
  readonly training?: Charter['training']
  readonly rules: readonly ChosenRule[]
  readonly kernelDigest: Digest
  readonly rounds: readonly RoundSchedule[]
  readonly f?: number
  readonly q?: number
  readonly b?: number
  readonly minUpdates?: number
  readonly weights?: Charter['aggregation']['weights']
  readonly samplesRange?: readonly [low: number, high: number]
  readonly lambda?: Rational
  readonly resultRank?: number
  readonly limits?: Partial<Charter['limits']>
  readonly reveal?: Charter['reveal']
  readonly latecomers?: boolean
  readonly retentionMs?: number
  readonly clockSkewMaxMs?: number
}

/** Above the norms of trained adapters (about 60 for the demo's sites), far below what breaks a model's arithmetic. */
const NORM_MAX: Rational = [1000, 1]
/** The largest that finite f16 products bear (schema.ts). */
const ENTRY_MAX: Rational = [2 ** 15, 1]
const CHUNK_SIZE_BYTES = 1 << 20
const MEMORY_BYTES = 2 ** 31
const SAMPLES_RANGE: readonly [number, number] = [1, 1_000_000_000]
const WEEK_MS = 7 * 24 * 3600 * 1000
/** Clocks that are kept by NTP differ by far less; deadlines are minutes apart. */
const CLOCK_SKEW_MAX_MS = 60_000

export function buildCharter(draft: CharterDraft): Charter {
  const n = draft.members.length
  const f = draft.f ?? defaultFaultCount(n)
  const layout: Layout = {
    modules: inByteOrder(draft.modules),
    ...(draft.dense === undefined || draft.dense.length === 0
      ? {}
      : { dense: inByteOrder(draft.dense).map(({ name, shape }) => ({ name, shape: [...shape] })) }),
    ...(draft.sharedA === undefined ? {} : { sharedA: draft.sharedA }),
    ...(draft.fisher === true ? { fisher: true as const } : {}),
    rankMax: draft.rankMax,
    scale: draft.scale,
    dtype: draft.dtype ?? 'f32',
  }
  const [low, high] = draft.samplesRange ?? SAMPLES_RANGE
  return {
    schema: 'oneround/charter@1',
    consortium: draft.consortium,
    epoch: 0,
    members: draft.members.map(({ name, publicKey, weight }) => ({ name, publicKey, weight: weight ?? 1 })),
    f,
    q: draft.q ?? defaultQuorum(n, f),
    baseModel: inByteOrder(draft.baseModel),
    layout,
    ...(draft.training === undefined ? {} : { training: draft.training }),
    aggregation: {
      rules: draft.rules.map(charterRule),
      b: draft.b ?? f,
      weights: draft.weights ?? 'uniform',
      samplesRange: [low, high],
      lambda: draft.lambda ?? [1, 1],
      ...(draft.resultRank === undefined ? {} : { resultRank: draft.resultRank }),
      kernelDigest: draft.kernelDigest,
    },
    limits: {
      updateSizeBytes: updateSizeBytesOf(layout),
      chunkSizeBytes: CHUNK_SIZE_BYTES,
      moduleNorm: NORM_MAX,
      entry: ENTRY_MAX,
      updateNorm: NORM_MAX,
      memoryBytes: MEMORY_BYTES,
      ...draft.limits,
    },
    rounds: draft.rounds.map((round) => ({ ...round, lateCutsAtMs: [...round.lateCutsAtMs] })),
    // Silent liars alone then do not leave the round undecided.
    minUpdates: draft.minUpdates ?? Math.max(1, n - f),
    reveal: draft.reveal ?? 'committed',
    latecomers: draft.latecomers ?? false,
    retentionMs: draft.retentionMs ?? WEEK_MS,
    clockSkewMaxMs: draft.clockSkewMaxMs ?? CLOCK_SKEW_MAX_MS,
  }
}

type CharterRule = Charter['aggregation']['rules'][number]

/** A chosen rule as the charter holds it: an absent field and one that says nothing are not the same bytes. */
export function charterRule({ steps, ...rule }: ChosenRule): CharterRule {
  return { ...partOf(rule), ...(steps === undefined ? {} : { steps: steps.map(partOf) }) }
}

function partOf({ id, version, parameters }: NamedPart): CharterRule {
  return { id, version, ...(parameters === undefined ? {} : { parameters: { ...parameters } }) }
}

function inByteOrder<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => compareBytes(utf8(a.name), utf8(b.name)))
}
