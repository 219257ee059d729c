/**
 * Lines that a person types or a pipe brings, one after the other. In: standard input. Out: each line when it is asked for,
 * null at its end. The mark before a line goes to standard error, on a terminal only.
 */
import { createInterface } from 'node:readline'

export interface Lines {
  readonly next: () => Promise<string | null>
  readonly close: () => void
}

/** @param mark — shown where a line is awaited @param signal — ends the lines */
export function openLines(mark: string, signal: AbortSignal): Lines {
  const { stdin, stderr } = process
  const isTerminal = stdin.isTTY
  const reader = createInterface({ input: stdin, output: isTerminal ? stderr : undefined, prompt: mark })
  // On a terminal Ctrl-C comes as a key: it means what the signal means.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const close = (): void => reader.close()
  signal.addEventListener('abort', close, { once: true })
  const lines = reader[Symbol.asyncIterator]()
  return {
    next: async () => {
      if (signal.aborted) return null
      if (isTerminal) reader.prompt()
      const { value, done } = (await lines.next()) as IteratorResult<string, undefined>
      return done === true ? null : value
    },
    close: () => {
      signal.removeEventListener('abort', close)
      close()
    },
  }
}
