/**
 * `npm run nodes -- --sites 7 --attack sign-flip:site-g --kill site-c@certify [--model DIR] [--adapters DIR…] [--json]`:
 * starts a local consortium (src/demo/) with the frame of the command line. `--help` lists the options.
 */
import '../src/compat.ts'
import { nodesCommand } from '../src/cli/commands/demo.ts'
import { EXIT_STATUS } from '../src/cli/exit-status.ts'
import { runCli } from '../src/cli/run-cli.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(EXIT_STATUS.interrupted)
    stop.abort(new Error(`received ${signal}`))
  })
}
const { stdout, stderr, env } = process
const entry = {
  name: 'nodes',
  summary: 'start a local consortium',
  load: () => Promise.resolve(nodesCommand),
}
const terminal = { stdout, stderr, env, signal: stop.signal, version: 'checkout' }
process.exit(await runCli(['nodes', ...process.argv.slice(2)], terminal, [entry]))
