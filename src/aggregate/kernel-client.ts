/**
 * The kernel process from outside: started when first needed, one at a time, stopped by its owner.
 * In: jobs. Out: their answers. A process that dies ends its jobs with KERNEL_LOST; the next job starts another.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { entryArgs, siblingEntry } from '../core/entry.ts'
import { RoundError } from '../core/errors.ts'
import { aggregateError } from './errors.ts'
import type {
  AdmissionAnswer,
  AdmissionJob,
  AggregateFigures,
  AggregateJob,
  Job,
  JobResult,
  RecompressFigures,
  RecompressJob,
} from './job.ts'
import type { Answer, Request } from './kernel-protocol.ts'

export interface KernelClientOptions {
  readonly signal?: AbortSignal
  readonly onStep?: (done: number, total: number) => void
}

/** A kernel process. `stop` is idempotent and ends jobs that wait. */
export interface KernelClient {
  readonly aggregate: (job: AggregateJob, options?: KernelClientOptions) => Promise<AggregateFigures>
  readonly admit: (job: AdmissionJob, options?: KernelClientOptions) => Promise<AdmissionAnswer>
  readonly recompress: (job: RecompressJob, options?: KernelClientOptions) => Promise<RecompressFigures>
  readonly stop: () => Promise<void>
}

interface Waiting {
  readonly resolve: (result: JobResult) => void
  readonly reject: (error: unknown) => void
  readonly onStep: KernelClientOptions['onStep']
}

const ENTRY = siblingEntry(import.meta.url, './kernel-process')

export function openKernelClient(): KernelClient {
  const waiting = new Map<number, Waiting>()
  let child: ChildProcess | null = null
  let nextId = 1

  const start = (): ChildProcess => {
    const args = entryArgs(ENTRY)
    const started = fork(args.at(-1) ?? '', [], {
      execArgv: args.slice(0, -1),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Typed arrays never cross; numbers, texts and null do, floats as they are.
      serialization: 'advanced',
    })
    started.on('message', (answer: Answer) => settle(answer))
    started.on('error', (error) => lose(started, error.message))
    started.on('exit', (code, signal) => lose(started, `ended with ${signal ?? `status ${code}`}`))
    return started
  }

  const settle = (answer: Answer): void => {
    const found = waiting.get(answer.id)
    if (found === undefined) return
    if (answer.kind === 'progress') {
      found.onStep?.(answer.done, answer.total)
      return
    }
    waiting.delete(answer.id)
    if (answer.kind === 'result') found.resolve(answer.result)
    else found.reject(errorOf(answer))
    if (waiting.size === 0) child?.unref()
  }

  const lose = (which: ChildProcess, reason: string): void => {
    if (child !== which) return
    child = null
    const error = aggregateError({ code: 'KERNEL_LOST', reason }, `the kernel process ${reason}`)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  const run = (job: Job, { signal, onStep }: KernelClientOptions = {}): Promise<JobResult> => {
    signal?.throwIfAborted()
    child ??= start()
    const target = child
    target.ref()
    const id = nextId++
    return new Promise<JobResult>((resolve, reject) => {
      // A job cannot be taken back half way; the process is the unit that stops.
      const abort = (): void => {
        reject(signal?.reason)
        target.kill('SIGKILL')
      }
      signal?.addEventListener('abort', abort, { once: true })
      const done = (): void => signal?.removeEventListener('abort', abort)
      waiting.set(id, {
        resolve: (result) => (done(), resolve(result)),
        reject: (error) => (done(), reject(error)),
        onStep,
      })
      const request: Request = { id, job }
      target.send(request)
    })
  }

  const stop = async (): Promise<void> => {
    const target = child
    if (target === null) return
    const ended = new Promise<void>((resolve) => target.once('exit', () => resolve()))
    // An idle process keeps nobody alive; one that is waited for must.
    target.ref()
    target.kill('SIGKILL')
    await ended
  }

  return {
    // Sound: a job's kind decides its answer's type (kernel-process.ts).
    aggregate: async (job, options) => (await run(job, options)) as AggregateFigures,
    admit: async (job, options) => (await run(job, options)) as AdmissionAnswer,
    recompress: async (job, options) => (await run(job, options)) as RecompressFigures,
    stop,
  }
}

function errorOf({ info, message, hint }: Extract<Answer, { kind: 'error' }>): Error {
  if (info === null) return new Error(`${message}\n${hint ?? ''}`)
  return new RoundError(info, message, hint === undefined ? {} : { hint })
}
