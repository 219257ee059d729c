/** Pass 1: inner products of all updates, module by module; distances, recomputed from differences where those cancelled. */
import { type Run, withFactors } from './arrays.ts'

export async function addInnerProducts(run: Run, onStep: (done: number) => void): Promise<void> {
  const { kernel, job, arrays } = run
  for (const index of job.modules.keys()) {
    await withFactors(run, index, (table, module) =>
      kernel.exports.addGram(table, job.inputs.length, module.in, module.out, arrays.gram),
    )
    onStep(index + 1)
  }
}

export async function findDistances(run: Run): Promise<void> {
  const { exports, arena } = run.kernel
  const { gram, square } = run.arrays
  const m = run.job.inputs.length
  exports.distances(gram, m, square)
  const cancelled: (readonly [number, number])[] = []
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++)
      if (exports.isCancelled(gram, square, m, i, j) !== 0) cancelled.push([i, j])
  }
  if (cancelled.length === 0) return
  for (const [i, j] of cancelled) exports.clearDistance(square, m, i, j)
  for (const index of run.job.modules.keys()) {
    await withFactors(run, index, (table, module) => {
      const rowI = arena.reserve(8 * module.in)
      const rowJ = arena.reserve(8 * module.in)
      for (const [i, j] of cancelled) {
        exports.addDifference(table, i, j, module.in, module.out, rowI, rowJ, m, square)
      }
    })
  }
}
