/** The real modules of a node: this machine's clock and randomness, libp2p, the kernel process, files. */
import { admitUpdate, aggregate, kernelDigest, openKernelClient } from '../aggregate/index.ts'
import { aggregateError } from '../aggregate/errors.ts'
import type { Charter } from '../charter/schema.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import type { Log } from '../core/ports.ts'
import { openExchange } from '../exchange/index.ts'
import { writeResult } from '../export/write-result.ts'
import type { Kernel, NodeModules } from './modules.ts'

export function systemModules(log: Log): NodeModules {
  return {
    clock: { now: () => Date.now() },
    rng: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    log,
    createExchange: openExchange,
    openKernel,
    writeResult,
  }
}

/** @throws KERNEL_MISMATCH */
async function openKernel(charter: Charter): Promise<Kernel> {
  const { aggregation, layout } = charter
  const found = await kernelDigest()
  if (!equalBytes(found, aggregation.kernelDigest)) {
    const expected = toHex(aggregation.kernelDigest)
    throw aggregateError(
      { code: 'KERNEL_MISMATCH', expected, found: toHex(found) },
      `the charter names kernel ${expected.slice(0, 16)}…, this version has ${toHex(found).slice(0, 16)}…`,
      {
        hint: 'All members must run a version with the same kernel: the one that the charter was drawn up with.',
      },
    )
  }
  const kernel = openKernelClient()
  return {
    admit: (path) => admitUpdate({ path, charter }, { kernel }),
    aggregate: (inputs, outputPath, seed) =>
      aggregate({ layout, aggregation, inputs, outputPath, seed }, { kernel }),
    stop: kernel.stop,
  }
}
