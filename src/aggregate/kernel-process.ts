/**
 * The kernel's own process: loads the WebAssembly module and nothing native, takes jobs one after the other, answers.
 * A native library that sets flush-to-zero changes WebAssembly's floats in its whole process (measured), so nothing but
 * Node and the kernel may live here.
 */
import '../compat.ts'
import { fromHex } from '../core/bytes.ts'
import { isRoundError, messageOf } from '../core/errors.ts'
import { asDigest } from '../core/ids.ts'
import { assert } from '../core/errors.ts'
import type { Answer, Request } from './kernel-protocol.ts'
import { admit } from './kernel/admit.ts'
import { type Kernel, loadKernel } from './kernel/kernel.ts'
import { runRecompress } from './kernel/recompress.ts'
import { runAggregate } from './kernel/run.ts'
import type { Job, JobResult } from './job.ts'

const kernels = new Map<string, Kernel>()

async function kernelOf(digest: string): Promise<Kernel> {
  const held = kernels.get(digest)
  if (held !== undefined) return held
  const bytes = fromHex(digest)
  assert(bytes !== null, 'a job names its kernel by hex')
  const kernel = await loadKernel(asDigest(bytes))
  kernels.set(digest, kernel)
  return kernel
}

async function work(job: Job, onStep: (done: number, total: number) => void): Promise<JobResult> {
  const kernel = await kernelOf(job.kernelDigest)
  switch (job.kind) {
    case 'admit':
      return admit(kernel, job)
    case 'aggregate':
      return runAggregate(kernel, job, onStep)
    case 'recompress':
      return runRecompress(kernel, job, onStep)
  }
}

const send = (answer: Answer): void => void process.send?.(answer)

async function answer({ id, job }: Request): Promise<void> {
  try {
    const result = await work(job, (done, total) => send({ id, kind: 'progress', done, total }))
    send({ id, kind: 'result', result })
  } catch (error) {
    const fault = isRoundError(error)
      ? { info: error.info, hint: error.hint }
      : { info: null, hint: error instanceof Error ? error.stack : undefined }
    send({ id, kind: 'error', message: messageOf(error), ...fault })
  }
}

let queue: Promise<void> = Promise.resolve()
process.on('message', (request: Request) => {
  queue = queue.then(() => answer(request))
})
// Whoever started this process is gone: there is nobody to work for.
process.on('disconnect', () => process.exit(0))
