#!/usr/bin/env node
/** The entry point of `oneround`: connects the frame (run-cli.ts) to this process. */
import '../compat.ts'
import { readText } from '../files/index.ts'
import { fileURLToPath } from 'node:url'
import { EXIT_STATUS } from './exit-status.ts'
import { runCli } from './run-cli.ts'

const PACKAGE_SIZE_BYTES_MAX = 1 << 20
const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url))
const { version } = JSON.parse(await readText(packageFile, PACKAGE_SIZE_BYTES_MAX)) as { version: string }

const stop = new AbortController()
/** The command's own answer to SIGINT, the last one first. */
const interruptHandlers: (() => boolean)[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (signal === 'SIGINT' && interruptHandlers.at(-1)?.() === true) return
    // The first asks the command to end in order; whoever asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(EXIT_STATUS.interrupted)
    stop.abort(new Error(`received ${signal}`))
  })
}
// A reader that went away (`| head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_STATUS.ok)
  throw error
})

const onInterrupt = (handler: () => boolean): (() => void) => {
  interruptHandlers.push(handler)
  return () => {
    const at = interruptHandlers.indexOf(handler)
    if (at >= 0) interruptHandlers.splice(at, 1)
  }
}

const { stdout, stderr, env } = process
const terminal = { stdout, stderr, env, signal: stop.signal, version, onInterrupt }
const status = await runCli(process.argv.slice(2), terminal)
// Everything was written: output waits for its writes. Handles that a library left open must not keep a person waiting.
process.exit(status)
