/**
 * A job's modules as coordinate rules see them. Where all updates have one A, a rule on ΔW = s·B·A would give a dense result
 * of a rank that nobody asked for; on s·B it gives factors: A as it is, and a B of the same rank (FFA-LoRA: Sun et al.
 * 2024, arXiv:2403.12313). A module's coordinates are then those of s·B [out, r]: formed like ΔW, with the identity for A.
 */
import type { AggregateJob, JobModule } from '../job.ts'
import type { Address } from './exports.ts'
import { ENTRY_BYTES } from './factors.ts'
import type { Kernel } from './kernel.ts'

/** 1 as f32, little-endian. */
const ONE = [0, 0, 0x80, 0x3f]

/** Whether a module's coordinates are those of s·B. */
export const isOnB = ({ sharedA }: AggregateJob, { block }: JobModule): boolean =>
  sharedA === true && block === undefined

export const tileModules = (job: AggregateJob): readonly JobModule[] =>
  job.modules.map((module, index) => tileModule(job, module, index))

export function tileModule(job: AggregateJob, module: JobModule, index: number): JobModule {
  if (!isOnB(job, module)) return module
  return { ...module, in: job.inputs[0]?.factors[index]?.rank ?? 0 }
}

/** Puts the identity in place of every A of a module's table: what is formed from it is s·B. */
export function replaceA({ arena }: Kernel, table: Address, inputCount: number, rank: number): void {
  const identity = arena.reserve(4 * rank * rank)
  arena.bytes(identity, 4 * rank * rank).fill(0)
  for (let i = 0; i < rank; i++) arena.bytes(identity + 4 * (i * rank + i), 4).set(ONE)
  for (let input = 0; input < inputCount; input++)
    arena.integers(table + ENTRY_BYTES * input, 1).set([identity])
}
