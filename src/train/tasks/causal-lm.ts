/**
 * Language modelling: token sequences, each position predicts the next id. In: JSONL files. Out: a dataset whose batches
 * are padded on the right to their longest sequence, padding without mask and target.
 */
import { DataType } from '../../model/graph.ts'
import { readCountedSequences, IGNORED_LABEL, type Sequence, type SequenceForm } from '../data.ts'
import type { HostTensor } from '../../model/session-tensor.ts'
import { type Batch, type Dataset, datasetOf, type Packing } from '../dataset.ts'
import { joinRow, packRows, type PackedRow } from '../tokens/packing.ts'
import type { DataSummary, TaskData } from './task.ts'

/** @throws what readCountedSequences throws */
export async function readTokenData(files: readonly string[], form: SequenceForm): Promise<TaskData> {
  const sequences: Sequence[] = []
  let [cut, leftOut] = [0, 0]
  for (const file of files) {
    const found = await readCountedSequences(file, form)
    sequences.push(...found.sequences)
    cut += found.counts.cut
    leftOut += found.counts.leftOut
  }
  const summary: DataSummary = { samplesCut: cut, samplesLeftOut: leftOut }
  return { dataset: sequenceData(sequences), summary }
}

/** Any id serves for padding: it is masked out of attention and loss. */
const PAD_ID = 0

export function sequenceData(sequences: readonly Sequence[]): Dataset {
  const plain = datasetOf(sequences, {
    lengthOf: ({ ids }) => ids.length,
    targetCountOf: ({ targetCount }) => targetCount,
    collate: (chosen) => padSequences(chosen),
  })
  return {
    ...plain,
    subset: (numbers) => sequenceData(chosenOf(sequences, numbers)),
    packed: (packing) => packedData(sequences, packing),
  }
}

/** Rows of several sequences as samples. A row's neighbours stay the same in all epochs; the order of rows does not. */
function packedData(sequences: readonly Sequence[], { rowLength, seed }: Packing): Dataset {
  const lengths = sequences.map(({ ids }) => ids.length)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1)
  const rows = packRows(lengths, rowLength ?? longest, seed).map((numbers) => {
    const members = chosenOf(sequences, numbers)
    const targetCount = members.reduce((sum, member) => sum + member.targetCount, 0)
    return { row: joinRow(members, IGNORED_LABEL), targetCount }
  })
  return datasetOf(rows, {
    lengthOf: ({ row }) => row.ids.length,
    targetCountOf: ({ targetCount }) => targetCount,
    collate: (chosen) => ({
      ...padRows(chosen.map(({ row }) => row)),
      targetCount: chosen.reduce((sum, { targetCount }) => sum + targetCount, 0),
    }),
  })
}

const chosenOf = <T>(items: readonly T[], numbers: readonly number[]): readonly T[] =>
  numbers.flatMap((number) => items.slice(number, number + 1))

/** int64 tensors [size, length], row-major; `attention_mask` is 1 for a token, 0 for padding. */
export function padSequences(sequences: readonly Sequence[]): Batch {
  const ids = sequences.map((sequence) => sequence.ids)
  return {
    size: sequences.length,
    feeds: {
      input_ids: padded(ids, PAD_ID),
      attention_mask: padded(
        ids.map((row) => row.map(() => 1)),
        0,
      ),
    },
    labels: padded(
      sequences.map(({ labels }) => labels),
      IGNORED_LABEL,
    ),
    targetCount: sequences.reduce((total, sequence) => total + sequence.targetCount, 0),
  }
}

/** As `padSequences`, with the positions and segments of packed rows; padding is of segment 0. */
function padRows(rows: readonly PackedRow[]): Omit<Batch, 'targetCount'> {
  const column = (of: (row: PackedRow) => Int32Array, pad: number): HostTensor => padded(rows.map(of), pad)
  return {
    size: rows.length,
    feeds: {
      input_ids: column(({ ids }) => ids, PAD_ID),
      attention_mask: column(({ ids }) => ids.map(() => 1), 0),
      position_ids: column(({ positionIds }) => positionIds, 0),
      segment_ids: column(({ segmentIds }) => segmentIds, 0),
    },
    labels: column(({ labels }) => labels, IGNORED_LABEL),
  }
}

/** Rows of one length, filled up on the right. */
function padded(rows: readonly Int32Array[], pad: number): HostTensor {
  const length = rows.reduce((longest, row) => Math.max(longest, row.length), 0)
  const data = new BigInt64Array(rows.length * length).fill(BigInt(pad))
  rows.forEach((row, number) => row.forEach((value, i) => (data[number * length + i] = BigInt(value))))
  return { dataType: DataType.int64, dims: [rows.length, length], data }
}
