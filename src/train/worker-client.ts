/**
 * Long native work in a process of its own: `session.run` holds the event loop, and a session gives its memory back
 * only when its process ends. In: an entry point and its input. Out: its result, or the error it threw with code and
 * data. The worker dies with its parent, and an abort ends it.
 */
import { spawn } from 'node:child_process'
import { entryArgs } from '../core/entry.ts'
import { RoundError, type ErrorInfo } from '../core/errors.ts'
import type { OnProgress, Progress } from '../core/ports.ts'
import type { TrainFault } from './errors.ts'

/** What a worker says to its parent. `T` is its result. */
export type WorkerMessage<T> =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'result'; readonly result: T }
  | { readonly type: 'error'; readonly error: WorkerError }

/** An error, without its class, which does not survive the way between processes. */
export interface WorkerError {
  /** null: a programmer's error, which crosses as text. */
  readonly info: ErrorInfo | null
  readonly message: string
  readonly hint: string | null
  readonly stack: string | null
}

export interface WorkerOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: OnProgress | undefined
}

/**
 * Runs a worker to its end.
 * @param entry — the entry point, `siblingEntry(import.meta.url, './worker')`
 * @param input — anything that structured clone carries
 * @throws what the worker threw, WORKER_LOST if it ended without a word, CANCELLED
 */
export async function runWorker<Output>(
  entry: URL,
  input: unknown,
  { signal, onProgress }: WorkerOptions = {},
): Promise<Output> {
  if (signal?.aborted === true) throw workerCancelled()
  // Standard output belongs to the command's one document: a worker's goes to standard error.
  const child = spawn(process.execPath, [...entryArgs(entry)], {
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
  })
  const abort = (): void => void child.kill('SIGTERM')
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await new Promise<Output>((resolve, reject) => {
      let last: WorkerMessage<Output> | null = null
      child.on('message', (message) => {
        // Only our own entry point writes to this channel.
        const said = message as WorkerMessage<Output>
        if (said.type === 'progress') onProgress?.(said.progress)
        else last = said
      })
      child.on('error', (cause) => reject(workerLost(entry, cause.message)))
      child.on('close', (status, endSignal) => {
        if (last?.type === 'result') resolve(last.result)
        else if (last?.type === 'error') reject(reviveWorkerError(last.error))
        else if (signal?.aborted === true) reject(workerCancelled())
        else reject(workerLost(entry, endSignal === null ? `exit status ${status}` : `signal ${endSignal}`))
      })
      // A worker that is gone already says so by its exit.
      child.send({ type: 'start', input }, () => undefined)
    })
  } finally {
    signal?.removeEventListener('abort', abort)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
}

/** The error that a worker threw, again with code and data. */
export function reviveWorkerError(error: WorkerError): Error {
  if (error.info === null) {
    const plain = new Error(error.message)
    if (error.stack !== null) plain.stack = error.stack
    return plain
  }
  return new RoundError(error.info, error.message, error.hint === null ? {} : { hint: error.hint })
}

/** A worker's end without a word. */
export function workerLost(entry: URL, reason: string): RoundError<TrainFault> {
  const worker = entry.pathname.split('/').slice(-2).join('/')
  return new RoundError(
    { code: 'WORKER_LOST', worker, reason },
    `${worker} ended without a result: ${reason}`,
    {
      hint: 'Out of memory is the usual cause: smaller batches, or fewer threads. Training resumes from its checkpoint.',
    },
  )
}

/** What a caller's signal ended. */
export function workerCancelled(): RoundError<TrainFault> {
  return new RoundError({ code: 'CANCELLED' }, 'cancelled')
}
