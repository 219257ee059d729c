/**
 * What is trained on, whatever it is made of: the loop, the validation and `evaluate` know samples by number, how long
 * they are and how many targets they have, and get batches ready to be fed. What a sample is, only its task knows
 * (tasks/). Pure; every order is its seed's.
 * Batches hold samples of similar length: the shuffled list is sorted by length within windows of a few batches, and the
 * batches are shuffled again. That saves most of the arithmetic on padding and keeps the order random.
 */
import { SeededRng } from '../core/seeded-rng.ts'
import type { HostTensor, HostTensors } from '../model/session-tensor.ts'

/** Wide enough that lengths match, narrow enough that an epoch does not run from short to long. */
const WINDOW_BATCH_COUNT = 8

/** One run of the graph. */
export interface Batch {
  /** Samples, or rows that hold several. */
  readonly size: number
  /** Every input of the model, by name. */
  readonly feeds: HostTensors
  /** What the loss compares with: see loss.ts for its type and shape in each task. */
  readonly labels: HostTensor
  /** What the loss is a sum over: target tokens, labelled samples, or predicted numbers. */
  readonly targetCount: number
}

export interface Dataset {
  readonly size: number
  /** How long each sample is, in the unit that costs: tokens, or 1 where all are alike. */
  readonly lengths: readonly number[]
  /** Over all samples. */
  readonly targetCount: number
  /** @param numbers — samples, each below `size` */
  readonly collate: (numbers: readonly number[]) => Batch
  readonly subset: (numbers: readonly number[]) => Dataset
  /** The same samples, several in a row (tokens/packing.ts); absent where samples cannot share one. */
  readonly packed?: (packing: Packing) => Dataset
}

export interface Packing {
  /** Tokens of a row, unless one sample alone is longer; null: as many as the longest sample has. */
  readonly rowLength: number | null
  readonly seed: string
}

/** What a task knows of its samples. */
export interface SampleTraits<Sample> {
  readonly lengthOf: (sample: Sample) => number
  readonly targetCountOf: (sample: Sample) => number
  readonly collate: (samples: readonly Sample[]) => Batch
}

export function datasetOf<Sample>(samples: readonly Sample[], traits: SampleTraits<Sample>): Dataset {
  const choose = (numbers: readonly number[]): readonly Sample[] =>
    numbers.flatMap((number) => samples.slice(number, number + 1))
  return {
    size: samples.length,
    lengths: samples.map(traits.lengthOf),
    targetCount: samples.reduce((sum, sample) => sum + traits.targetCountOf(sample), 0),
    collate: (numbers) => traits.collate(choose(numbers)),
    subset: (numbers) => datasetOf(choose(numbers), traits),
  }
}

/** Numbers of the samples of one batch. */
export type BatchNumbers = readonly number[]

/** The batches of one epoch. @param seed — decides the order, with the epoch's number in it */
export function shuffledBatches(
  { size, lengths }: Pick<Dataset, 'size' | 'lengths'>,
  batchSize: number,
  seed: string,
): readonly BatchNumbers[] {
  const rng = new SeededRng(seed)
  const shuffled = rng.shuffled(numbersBelow(size))
  const batches: BatchNumbers[] = []
  const windowSize = batchSize * WINDOW_BATCH_COUNT
  for (let start = 0; start < shuffled.length; start += windowSize) {
    const window = shuffled.slice(start, start + windowSize)
    batches.push(...chunks(sortedByLength(window, lengths), batchSize))
  }
  return rng.shuffled(batches)
}

/** The batches of an evaluation: each sample once, longest together. */
export function orderedBatches(
  { size, lengths }: Pick<Dataset, 'size' | 'lengths'>,
  batchSize: number,
): readonly BatchNumbers[] {
  return chunks(sortedByLength(numbersBelow(size), lengths), batchSize)
}

/** A share of the samples set aside for validation, by seed. At least one stays on each side. */
export function splitForValidation(
  data: Dataset,
  share: number,
  seed: string,
): { readonly training: Dataset; readonly validation: Dataset } {
  const shuffled = new SeededRng(`${seed}/split`).shuffled(numbersBelow(data.size))
  const count = Math.min(shuffled.length - 1, Math.max(1, Math.round(shuffled.length * share)))
  return { validation: data.subset(shuffled.slice(0, count)), training: data.subset(shuffled.slice(count)) }
}

const numbersBelow = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, number) => number)

/** The sort is stable, so equal lengths keep the order they came in. */
const sortedByLength = (numbers: readonly number[], lengths: readonly number[]): readonly number[] =>
  numbers.toSorted((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0))

function chunks<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = []
  for (let start = 0; start < items.length; start += size) out.push(items.slice(start, start + size))
  return out
}
