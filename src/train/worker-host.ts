/** The worker's side of worker-client.ts: one input in, progress and one result or error out, then the end. */
import { messageOf, RoundError } from '../core/errors.ts'
import type { OnProgress } from '../core/ports.ts'
import type { WorkerError, WorkerMessage } from './worker-client.ts'

/**
 * Serves one call of `runWorker` and lets the process end.
 * @param check — turns what came into an input, or throws
 */
export function serveWorker<Input>(
  check: (input: unknown) => Input,
  work: (input: Input, onProgress: OnProgress) => Promise<unknown>,
): void {
  const parentLost = (): void => process.exit(1)
  process.once('disconnect', parentLost)
  process.once('message', (message) => {
    // The parent is our own runWorker.
    const { input } = message as { readonly input: unknown }
    const onProgress: OnProgress = (progress) => send({ type: 'progress', progress })
    const leave = (last: WorkerMessage<unknown>): void => {
      process.off('disconnect', parentLost)
      // Native threads of a device may hold the process open after its work is done.
      send(last, () => process.exit(0))
    }
    const run = async (): Promise<unknown> => work(check(input), onProgress)
    run().then(
      (result) => leave({ type: 'result', result }),
      (error: unknown) => leave({ type: 'error', error: describeForParent(error) }),
    )
  })
}

/** A parent that is gone cannot be told: the callback takes the error, and `disconnect` ends the process. */
function send(message: WorkerMessage<unknown>, sent: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, sent)
}

/** An error as it crosses to the parent process. */
export function describeForParent(error: unknown): WorkerError {
  const isOurs = error instanceof RoundError
  return {
    info: isOurs ? error.info : null,
    message: messageOf(error),
    hint: isOurs ? (error.hint ?? null) : null,
    stack: error instanceof Error ? (error.stack ?? null) : null,
  }
}
