/**
 * Coordinate rules: rows chosen, trimmed, prepared and combined one coordinate at a time, and the dense result written.
 * In: rows (rows.ts). Out: the aggregate's file and what a report says of it. The tiles are made by this thread or by
 * several (tile-threads.ts); what they sum up for the report is added in the order of the tiles.
 */
import type { TensorLayout } from '../../core/safetensors.ts'
import type { AtomicWriter } from '../../files/index.ts'
import { denseName } from '../../charter/tensor-names.ts'
import type { Run } from './arrays.ts'
import type { Written } from './combine.ts'
import { addDenseSums, figuresOfDense, noDenseSums, notesOfShares } from './figures.ts'
import { denseTensor, openOutput } from './output.ts'
import type { Rows } from './rows.ts'
import { sharedRank, writeSharedA } from './shared-a.ts'
import { findThresholds } from './thresholds.ts'
import { openTileThreads } from './tile-threads.ts'
import { planTiles, type TileRule } from './tile-work.ts'

export async function combineTiles(
  run: Run,
  rule: TileRule,
  {
    rows,
    writer,
    onStep,
  }: { readonly rows: Rows; readonly writer: AtomicWriter; readonly onStep: (done: number) => void },
): Promise<Written> {
  const { job } = run
  const { facts, parameter } = rule
  const tensors = job.modules.flatMap(({ name, in: inCount, out, block }, index): TensorLayout[] => {
    if (block !== undefined) return denseTensor(name, block)
    if (job.sharedA !== true) return [{ name: `${name}.delta`, dtype: 'F32', shape: [out, inCount] }]
    const rank = sharedRank(job, index)
    return [
      { name: `${name}.lora_A`, dtype: 'F32', shape: [rank, inCount] },
      { name: `${name}.lora_B`, dtype: 'F32', shape: [out, rank] },
    ]
  })
  const work = planTiles(run, rule, rows)
  const threads = openTileThreads(run, work)
  try {
    const thresholds =
      facts.trimsTo === undefined ? null : await findThresholds(run, threads, parameter(facts.trimsTo))
    const form = job.sharedA === true ? 'stacked' : 'dense'
    const output = await openOutput(writer, rule, form, tensors)
    let sums = noDenseSums(job.inputs.length)
    await threads.combine(thresholds, {
      onTile: ({ moduleIndex, first, bytes }) => {
        const { name, block } = job.modules[moduleIndex] ?? { name: '' }
        const suffix = job.sharedA === true ? 'lora_B' : 'delta'
        if (block === undefined) return output.writeTensor(`${name}.${suffix}`, bytes, 4 * first)
        return output.writeTensor(denseName(name), bytes, 4 * (block.first + first))
      },
      onSums: (tile) => {
        sums = addDenseSums(sums, tile)
      },
      onModule: onStep,
    })
    await threads.finish()
    if (job.sharedA === true) await writeSharedA(run, output)
    const { isCompared, plan } = work
    const isUsed = usedInputs(run, rows, plan.chosen)
    const figures = figuresOfDense(run, rows, sums, { isUsed, isCompared })
    return { sizeBytes: output.header.fileSizeBytes, ...figures, notes: notesOfShares(sums) }
  } finally {
    await threads.close()
  }
}

/** Which updates any chosen row holds some of. */
function usedInputs(
  { kernel, job, arrays }: Run,
  { matrix }: Rows,
  chosen: readonly number[],
): readonly boolean[] {
  const { exports, arena } = kernel
  const m = job.inputs.length
  if (matrix === null) return job.inputs.map((_, input) => chosen.includes(input))
  const found = new Set<number>()
  for (const row of chosen) {
    exports.markUsed(matrix + 8 * m * row, m, arrays.used)
    for (const [input, flag] of arena.integers(arrays.used, m).entries()) if (flag === 1) found.add(input)
  }
  return job.inputs.map((_, input) => found.has(input))
}
