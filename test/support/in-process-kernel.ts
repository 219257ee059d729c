/**
 * The kernel in this process instead of its own: for machines on which a process cannot start another (an emulated
 * processor) and for programs whose memory is measured. What is computed is the same.
 */
import type { KernelClient } from '../../src/aggregate/index.ts'
import { admit } from '../../src/aggregate/kernel/admit.ts'
import { loadKernel } from '../../src/aggregate/kernel/kernel.ts'
import { runRecompress } from '../../src/aggregate/kernel/recompress.ts'
import { runAggregate } from '../../src/aggregate/kernel/run.ts'

export async function openInProcessKernel(): Promise<KernelClient> {
  const kernel = await loadKernel()
  const quiet = (): void => undefined
  return {
    aggregate: (job) => runAggregate(kernel, job, quiet),
    admit: (job) => admit(kernel, job),
    recompress: (job) => runRecompress(kernel, job, quiet),
    stop: () => Promise.resolve(),
  }
}
