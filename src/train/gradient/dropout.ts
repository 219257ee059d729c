/**
 * Dropout in front of adapters (PEFT's `lora_dropout`): what the factor A reads, times a mask of zeros and 1/(1 − p).
 *
 * In: rows of a module's input. Out: the same, masked. The mask comes from two inputs of the graph, which the host draws
 * anew for each batch from a seed (`drawDropout`), so that a step that is repeated has the same masks on every device:
 * `dropout_table`, f32 of zeros and 1/(1 − p), and `dropout_starts`, int64. Row r of site k is masked by the window of the
 * table that begins at starts[(r + k·stride) mod count].
 * Why windows: how many rows a module sees only the graph knows, and a mask of its own for each row of each module would be
 * as large as all activations together. Elements of one row are independent; two rows share elements only where
 * their windows overlap, and then shifted. Evaluation graphs have no mask.
 * Source: Srivastava et al. 2014, "Dropout" (JMLR 15); Hu et al. 2021 (arXiv:2106.09685) on dropout in front of A.
 */
import { SeededRng } from '../../core/seeded-rng.ts'
import { DataType } from '../../model/graph.ts'
import type { GraphBuilder } from '../../model/graph-builder.ts'
import { floatTensor, int64Tensor, type HostTensors } from '../../model/session-tensor.ts'

export const DROPOUT_TABLE_INPUT = 'dropout_table'
export const DROPOUT_STARTS_INPUT = 'dropout_starts'
/** Where a window may begin. */
const START_COUNT = 1 << 16
/** Rows with starts of their own; later rows and other sites begin again elsewhere in the list. */
const ROW_COUNT = 1 << 13
/** A prime, so that sites take the starts in other places. */
const SITE_STRIDE = 1013

export interface Dropout {
  /** Share of elements that become zero, (0, 1). */
  readonly rate: number
  /** Elements of the table. */
  readonly tableSize: number
}

/** Adds the two inputs. @param width — the largest number of elements in a row of any site */
export function addDropout(
  b: GraphBuilder,
  rate: number,
  width: number,
): { readonly dropout: Dropout; readonly mask: (rows: string, size: number) => string } {
  const tableSize = START_COUNT + width
  const table = b.input(DROPOUT_TABLE_INPUT, DataType.float, [tableSize])
  const starts = b.input(DROPOUT_STARTS_INPUT, DataType.int64, [ROW_COUNT])
  const offsetsOf = new Map<number, string>()
  let site = 0
  const mask = (rows: string, size: number): string => {
    const int = (value: number): string => b.scalar(value, DataType.int64)
    const from = (site++ * SITE_STRIDE) % ROW_COUNT
    const count = b.add('Gather', [b.add('Shape', [rows]), int(0)])
    const places = b.add('Range', [int(from), b.add('Add', [count, int(from)]), int(1)])
    const start = b.add('Gather', [starts, b.add('Mod', [places, int(ROW_COUNT)])])
    const column = b.add('Reshape', [start, b.int64s(-1, 1)])
    const offsets = offsetsOf.get(size) ?? b.constant(DataType.int64, [1, size], [...Array(size).keys()])
    offsetsOf.set(size, offsets)
    const window = b.add('Gather', [table, b.add('Add', [column, offsets])])
    return b.add('Mul', [rows, window])
  }
  return { dropout: { rate, tableSize }, mask }
}

/** What a batch feeds to a graph with dropout. @param seed — names the run, the step and the batch */
export function drawDropout({ rate, tableSize }: Dropout, seed: string): HostTensors {
  const rng = new SeededRng(seed)
  const kept = 1 / (1 - rate)
  const table = Float32Array.from({ length: tableSize }, () => (rng.float() < rate ? 0 : kept))
  const starts = Array.from({ length: ROW_COUNT }, () => rng.below(START_COUNT))
  return {
    [DROPOUT_TABLE_INPUT]: floatTensor([tableSize], table),
    [DROPOUT_STARTS_INPUT]: int64Tensor([ROW_COUNT], starts),
  }
}
