/**
 * Packing: several short sequences in one row, each blind to the others, so that little is spent on padding.
 * In: lengths. Out: which sequences share a row; and the row's ids, labels, positions and segments. Pure.
 * Invariants: every sequence is in exactly one row; no row is longer than its capacity, but for a sequence that alone is;
 * the same seed gives the same rows. Positions start at 0 with each sequence, and the label of a sequence's first token is
 * ignored, since the token before it belongs to another: packed gradients are those of the sequences apart.
 * Source: Krell et al. 2021 (arXiv:2107.02027) for packing by length; Johnson 1973 for first-fit decreasing.
 */
import { assert } from '../../core/errors.ts'
import { SeededRng } from '../../core/seeded-rng.ts'

/** Sequences that are packed together: enough for full rows, and other neighbours in each epoch. */
const WINDOW_COUNT = 1024

/**
 * First-fit decreasing within windows of the shuffled list; rows in random order.
 * @param lengths — tokens of each sequence
 * @param capacity — tokens of a row
 * @returns numbers of sequences, a list a row
 */
export function packRows(
  lengths: readonly number[],
  capacity: number,
  seed: string,
): readonly (readonly number[])[] {
  assert(Number.isInteger(capacity) && capacity > 0, 'a row holds tokens')
  const rng = new SeededRng(`${seed}/packing`)
  const shuffled = rng.shuffled(lengths.map((_, index) => index))
  const rows: (readonly number[])[] = []
  for (let start = 0; start < shuffled.length; start += WINDOW_COUNT) {
    rows.push(...firstFitDecreasing(shuffled.slice(start, start + WINDOW_COUNT), lengths, capacity))
  }
  return rng.shuffled(rows)
}

function firstFitDecreasing(
  indices: readonly number[],
  lengths: readonly number[],
  capacity: number,
): readonly (readonly number[])[] {
  const lengthOf = (index: number): number => lengths[index] ?? 0
  // The sort is stable: equal lengths keep their shuffled order.
  const falling = indices.toSorted((a, b) => lengthOf(b) - lengthOf(a))
  const rows: { readonly members: number[]; room: number }[] = []
  for (const index of falling) {
    const length = lengthOf(index)
    const row = rows.find(({ room }) => room >= length)
    if (row === undefined) rows.push({ members: [index], room: capacity - length })
    else {
      row.members.push(index)
      row.room -= length
    }
  }
  return rows.map(({ members }) => members)
}

export interface PackedRow {
  readonly ids: Int32Array
  /** −100 at the first token of each sequence. */
  readonly labels: Int32Array
  /** From 0 in each sequence. */
  readonly positionIds: Int32Array
  /** From 1, one number a sequence. */
  readonly segmentIds: Int32Array
}

/** @param ignored — the label that is no target */
export function joinRow(
  sequences: readonly { readonly ids: Int32Array; readonly labels: Int32Array }[],
  ignored: number,
): PackedRow {
  const length = sequences.reduce((sum, { ids }) => sum + ids.length, 0)
  const row: PackedRow = {
    ids: new Int32Array(length),
    labels: new Int32Array(length),
    positionIds: new Int32Array(length),
    segmentIds: new Int32Array(length),
  }
  let start = 0
  for (const [number, { ids, labels }] of sequences.entries()) {
    row.ids.set(ids, start)
    row.labels.set(labels, start)
    if (ids.length > 0) row.labels[start] = ignored
    for (let i = 0; i < ids.length; i++) row.positionIds[start + i] = i
    row.segmentIds.fill(number + 1, start, start + ids.length)
    start += ids.length
  }
  return row
}
