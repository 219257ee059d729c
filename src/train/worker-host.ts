/** The worker's side of worker-client.ts: one input in, progress and one result or error out, then the end. */
import { messageOf, RoundError } from '../core/errors.ts'
import type { OnProgress } from '../core/ports.ts'
import type { WorkerError, WorkerMessage } from './worker-client.ts'

/** Serves one call of `runWorker` and lets the process end. */
export function serveWorker<Input, Output>(
  work: (input: Input, onProgress: OnProgress) => Promise<Output>,
): void {
  const parentLost = (): void => process.exit(1)
  process.once('disconnect', parentLost)
  process.once('message', (message) => {
    // The parent is our own runWorker.
    const { input } = message as { readonly input: Input }
    const onProgress: OnProgress = (progress) => send({ type: 'progress', progress })
    work(input, onProgress)
      .then((result): WorkerMessage<Output> => ({ type: 'result', result }))
      .catch((error: unknown): WorkerMessage<Output> => ({ type: 'error', error: describe(error) }))
      .then((last) => {
        send(last, () => {
          process.off('disconnect', parentLost)
          // Native threads of a device may hold the process open after its work is done.
          process.exit(0)
        })
      })
      .catch(parentLost)
  })
}

function send<Output>(message: WorkerMessage<Output>, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent)
}

function describe(error: unknown): WorkerError {
  const isOurs = error instanceof RoundError
  return {
    info: isOurs ? error.info : null,
    message: messageOf(error),
    hint: isOurs ? (error.hint ?? null) : null,
    stack: error instanceof Error ? (error.stack ?? null) : null,
  }
}
