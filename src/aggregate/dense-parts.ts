/**
 * Dense parts (biases, norms, a classifier head) as the kernel sees them: blocks of one row each, factors of rank 1 with
 * B = 1 and scale 1, so that ΔW = A, exactly. Every inner product, distance, step and rule then counts them with no
 * arithmetic of their own; only the result is written in the parameter's shape.
 *
 * In: the charter's layout. Out: the modules of a job: the layout's modules, then each part's blocks, in byte order of
 * their names. The length of a block is part of the definition, since inner products are summed block by block.
 */
import type { DensePart, Layout } from '../charter/schema.ts'
import type { JobModule } from './job.ts'

/** Coordinates of a block; the last one of a part may be shorter. */
export const BLOCK_LENGTH = 1 << 16

const elementCount = (shape: readonly number[]): number => shape.reduce((count, size) => count * size, 1)

export function blocksOf({ name, shape }: DensePart): readonly JobModule[] {
  const count = elementCount(shape)
  const blocks: JobModule[] = []
  for (let first = 0; first < count; first += BLOCK_LENGTH) {
    const length = Math.min(BLOCK_LENGTH, count - first)
    blocks.push({ name, in: length, out: 1, block: { first, shape } })
  }
  return blocks
}

/** What a job on updates of this layout goes through, in order. */
export function jobModules({ modules, dense = [] }: Layout): readonly JobModule[] {
  return [...modules, ...dense.flatMap(blocksOf)]
}
