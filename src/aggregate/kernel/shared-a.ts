/**
 * Where all updates have one A: the result's A, and figures of results that are formed on s·B. For rows R and T of s·B,
 * ⟨R·A, T·A⟩ = ⟨R·(A·Aᵀ), T⟩: a tile times that small matrix makes inner products those of ΔW. Figures are for reports.
 */
import type { Run } from './arrays.ts'
import { withFactors } from './arrays.ts'
import type { Address } from './exports.ts'
import { ENTRY_BYTES } from './factors.ts'
import { divideDown } from './integers.ts'
import type { Kernel } from './kernel.ts'
import type { Output } from './output.ts'

const F32 = 0

export const sharedRank = ({ inputs }: Run['job'], index: number): number =>
  inputs[0]?.factors[index]?.rank ?? 0

/** Writes A as every update has it. */
export async function writeSharedA(run: Run, output: Output): Promise<void> {
  const { job, kernel } = run
  for (const [index, { block }] of job.modules.entries()) {
    if (block !== undefined) continue
    await withFactors(run, index, async (table, module) => {
      const [a = 0] = kernel.arena.integers(table, 1)
      const sizeBytes = 4 * sharedRank(job, index) * module.in
      await output.writeTensor(`${module.name}.lora_A`, kernel.arena.bytes(a, sizeBytes))
    })
  }
}

/** A·Aᵀ of a module's first update, f32 [rank, rank]. */
export function metricOf(
  { arena, exports }: Kernel,
  table: Address,
  { rank, width }: { readonly rank: number; readonly width: number },
): Address {
  const [a = 0] = arena.integers(table, 1)
  const products = Array.from({ length: rank * rank }, (_, at) => {
    const [k, l] = [divideDown(at, rank), at % rank]
    return exports.dot(a + 4 * k * width, a + 4 * l * width, width)
  })
  const doubles = arena.reserve(8 * rank * rank)
  arena.write(doubles, products)
  const metric = arena.reserve(4 * rank * rank)
  exports.demote(doubles, rank * rank, false, metric, 4)
  return metric
}

/** A tile of rows of s·B times A·Aᵀ. @param tile — f32 [rows, rank] */
export function throughMetric(
  { arena, exports }: Kernel,
  tile: Address,
  metric: Address,
  { rank, count }: { readonly rank: number; readonly count: number },
): Address {
  const rows = divideDown(count, rank)
  const transposed = arena.reserve(4 * count)
  exports.widenTransposed(tile, transposed, rows, rank, F32)
  const entry = arena.reserve(ENTRY_BYTES)
  arena.integers(entry, 3).set([metric, transposed, rank])
  arena.write(entry + 16, [1, 1])
  const to = arena.reserve(4 * count)
  exports.denseTile(entry, 0, rows, rank, rows, arena.reserve(8 * rank), to)
  return to
}
