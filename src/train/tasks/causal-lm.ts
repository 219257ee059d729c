/**
 * Language modelling: token sequences, each position predicts the next id. In: JSONL files. Out: a dataset whose batches
 * are padded on the right to their longest sequence, padding without mask and target.
 */
import { DataType } from '../../model/graph.ts'
import { readCountedSequences, IGNORED_LABEL, type Sequence, type SequenceForm } from '../data.ts'
import { type Batch, type Dataset, datasetOf } from '../dataset.ts'
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

export const sequenceData = (sequences: readonly Sequence[]): Dataset =>
  datasetOf(sequences, {
    lengthOf: ({ ids }) => ids.length,
    targetCountOf: ({ targetCount }) => targetCount,
    collate: (chosen) => padSequences(chosen),
  })

/** int64 tensors [size, length], row-major; `attention_mask` is 1 for a token, 0 for padding. */
export function padSequences(sequences: readonly Sequence[]): Batch {
  const size = sequences.length
  const length = sequences.reduce((longest, { ids }) => Math.max(longest, ids.length), 0)
  const inputIds = new BigInt64Array(size * length).fill(BigInt(PAD_ID))
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
  const dims = [size, length]
  const tensor = (data: BigInt64Array) => ({ dataType: DataType.int64, dims, data })
  return {
    size,
    feeds: { input_ids: tensor(inputIds), attention_mask: tensor(attentionMask) },
    labels: tensor(labels),
    targetCount: sequences.reduce((total, sequence) => total + sequence.targetCount, 0),
  }
}
