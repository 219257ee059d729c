/**
 * One module's factors of all inputs, in the kernel's memory: read from disk, widened, −0 made +0, finite.
 * In: places on disk. Out: the factor table that the kernel's functions read (assembly/gram.ts has its layout).
 */
import type { Reader } from '../../files/index.ts'
import type { FactorPlaces, JobModule, TensorPlace } from '../job.ts'
import type { Kernel } from './kernel.ts'

export const ENTRY_BYTES = 32
const DTYPES = ['F32', 'BF16', 'F16'] as const
/** 1 as f32, little-endian. */
const ONE = [0, 0, 0x80, 0x3f]
const ITEM_BYTES = { F32: 4, BF16: 2, F16: 2 } as const

export interface NotFinite {
  readonly input: number
  readonly factor: 'A' | 'B'
  readonly index: number
}

/** @returns the table's address, or where the first value lies that is not finite */
export async function loadFactors(
  kernel: Kernel,
  module: JobModule,
  readers: readonly Reader[],
  factors: readonly FactorPlaces[],
): Promise<{ readonly table: number } | { readonly notFinite: NotFinite }> {
  const { exports, arena } = kernel
  const table = arena.reserve(ENTRY_BYTES * factors.length)
  for (const [input, place] of factors.entries()) {
    const reader = readers[input]
    if (reader === undefined) continue
    const a = arena.reserve(4 * place.rank * module.in)
    const b = arena.reserve(4 * place.rank * module.out)
    const mark = arena.mark()
    const countA = place.rank * module.in
    const badA = await readTensor(kernel, reader, place.a, countA, (raw, dtype) =>
      exports.widen(raw, a, countA, dtype),
    )
    if (badA >= 0) return { notFinite: { input, factor: 'A', index: badA } }
    const badB =
      place.b === null
        ? fillOnes(b, place.rank * module.out)
        : await readTensor(kernel, reader, place.b, place.rank * module.out, (raw, dtype) =>
            exports.widenTransposed(raw, b, module.out, place.rank, dtype),
          )
    if (badB >= 0) return { notFinite: { input, factor: 'B', index: badB } }
    arena.release(mark)
    const entry = table + ENTRY_BYTES * input
    arena.integers(entry, 3).set([a, b, place.rank])
    arena.write(entry + 16, place.scale)
  }
  return { table }

  function fillOnes(to: number, count: number): number {
    for (let i = 0; i < count; i++) arena.bytes(to + 4 * i, 4).set(ONE)
    return -1
  }
}

/** Reads `count` values of a tensor and hands them to `widen`, raw. @returns its answer */
export async function readTensor(
  { arena }: Kernel,
  reader: Reader,
  { offset, dtype }: TensorPlace,
  count: number,
  widen: (raw: number, dtype: number) => number,
): Promise<number> {
  const sizeBytes = count * ITEM_BYTES[dtype]
  const mark = arena.mark()
  const raw = arena.reserve(sizeBytes)
  // Straight into the kernel's memory: buffers beside it would pile up until they are collected, once a thread.
  await reader.readInto(arena.bytes(raw, sizeBytes), offset)
  const bad = widen(raw, DTYPES.indexOf(dtype))
  arena.release(mark)
  return bad
}
