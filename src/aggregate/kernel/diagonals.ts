/**
 * One module's Fisher diagonals of all inputs, in the kernel's memory: read from disk, widened, finite, none below 0.
 * In: places on disk. Out: the table that the kernel's `fisherMeanTile` reads (assembly/fisher.ts has its layout).
 */
import type { Reader } from '../../files/index.ts'
import type { DiagonalPlaces, JobModule } from '../job.ts'
import type { Address } from './exports.ts'
import { readTensor } from './factors.ts'
import type { Kernel } from './kernel.ts'

const ENTRY_BYTES = 16

export type DiagonalFault = {
  readonly input: number
  /** Rows before columns. */
  readonly index: number
  readonly isNegative: boolean
}

/** @returns the table's address, or where the first value lies that no sum of squares can be */
export async function loadDiagonals(
  kernel: Kernel,
  module: JobModule,
  readers: readonly Reader[],
  diagonals: readonly DiagonalPlaces[],
): Promise<{ readonly table: Address } | { readonly fault: DiagonalFault }> {
  const { exports, arena } = kernel
  const table = arena.reserve(ENTRY_BYTES * diagonals.length)
  for (const [input, { rows, columns }] of diagonals.entries()) {
    const reader = readers[input]
    if (reader === undefined) continue
    const read = async (
      place: DiagonalPlaces['columns'],
      count: number,
    ): Promise<readonly [Address, number]> => {
      const to = arena.reserve(4 * count)
      const bad = await readTensor(kernel, reader, place, count, (raw, dtype) =>
        exports.widen(raw, to, count, dtype),
      )
      return [to, bad]
    }
    const [rowsAt, badRow] = rows === null ? [0, -1] : await read(rows, module.out)
    if (badRow >= 0) return { fault: { input, index: badRow, isNegative: false } }
    const [columnsAt, badColumn] = await read(columns, module.in)
    const before = rows === null ? 0 : module.out
    if (badColumn >= 0) return { fault: { input, index: before + badColumn, isNegative: false } }
    const entry = table + ENTRY_BYTES * input
    const negative = exports.setDiagonal(entry, rowsAt, module.out, columnsAt, module.in)
    if (negative >= 0) return { fault: { input, index: negative, isNegative: true } }
  }
  return { table }
}
