/**
 * Sequences → batches, padded on the right to the longest of each. Pure; the order is the seed's.
 * Batches hold sequences of similar length: the shuffled list is sorted by length within windows of a few batches, and
 * the batches are shuffled again. That saves most of the arithmetic on padding and keeps the order random.
 */
import { SeededRng } from '../core/seeded-rng.ts'
import { IGNORED_LABEL, type Sequence } from './data.ts'

/** Wide enough that lengths match, narrow enough that an epoch does not run from short to long. */
const WINDOW_BATCH_COUNT = 8

/** int64 tensors [size, length], row-major. */
export interface Batch {
  readonly size: number
  readonly length: number
  readonly inputIds: BigInt64Array
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: BigInt64Array
  readonly labels: BigInt64Array
  readonly targetCount: number
}

/** The batches of one epoch. @param seed — decides the order, with the epoch's number in it */
export function shuffledBatches(
  sequences: readonly Sequence[],
  batchSize: number,
  seed: string,
): readonly (readonly Sequence[])[] {
  const rng = new SeededRng(seed)
  const shuffled = rng.shuffled(sequences)
  const batches: Sequence[][] = []
  const windowSize = batchSize * WINDOW_BATCH_COUNT
  for (let start = 0; start < shuffled.length; start += windowSize) {
    const window = shuffled.slice(start, start + windowSize)
    batches.push(...chunks(sortedByLength(window), batchSize))
  }
  return rng.shuffled(batches)
}

/** The batches of an evaluation: each sequence once, longest together. */
export function orderedBatches(
  sequences: readonly Sequence[],
  batchSize: number,
): readonly (readonly Sequence[])[] {
  return chunks(sortedByLength(sequences), batchSize)
}

/** Array.prototype.sort is stable, so equal lengths keep the order they came in. */
const sortedByLength = (sequences: readonly Sequence[]): Sequence[] =>
  [...sequences].sort((a, b) => a.ids.length - b.ids.length)

function chunks<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = []
  for (let start = 0; start < items.length; start += size) out.push(items.slice(start, start + size))
  return out
}

export function padBatch(sequences: readonly Sequence[], padId: number): Batch {
  const size = sequences.length
  const length = sequences.reduce((longest, { ids }) => Math.max(longest, ids.length), 0)
  const inputIds = new BigInt64Array(size * length).fill(BigInt(padId))
  const attentionMask = new BigInt64Array(size * length)
  const labels = new BigInt64Array(size * length).fill(BigInt(IGNORED_LABEL))
  sequences.forEach((sequence, row) => {
    const start = row * length
    for (let i = 0; i < sequence.ids.length; i++) {
      inputIds[start + i] = BigInt(sequence.ids[i] ?? 0)
      attentionMask[start + i] = 1n
      labels[start + i] = BigInt(sequence.labels[i] ?? IGNORED_LABEL)
    }
  })
  const targetCount = sequences.reduce((total, sequence) => total + sequence.targetCount, 0)
  return { size, length, inputIds, attentionMask, labels, targetCount }
}

/** A share of the sequences set aside for validation, by seed. At least one stays on each side. */
export function splitForValidation(
  sequences: readonly Sequence[],
  share: number,
  seed: string,
): { readonly training: readonly Sequence[]; readonly validation: readonly Sequence[] } {
  const shuffled = new SeededRng(`${seed}/split`).shuffled(sequences)
  const count = Math.min(shuffled.length - 1, Math.max(1, Math.round(shuffled.length * share)))
  return { validation: shuffled.slice(0, count), training: shuffled.slice(count) }
}
