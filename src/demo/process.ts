/**
 * Starts our own command line as a process of its own, as an operator would, and reads what it says.
 * In: the words of a command. Out: its one JSON document and exit status; its stderr line by line as it comes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { RoundError } from '../core/errors.ts'
import { entryArgs, siblingEntry } from '../core/entry.ts'

export interface CommandEnd {
  /** null when a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  /** The document on stdout; null when there was none. */
  readonly document: unknown
  /** The last lines on stderr, for error reports. */
  readonly stderrTail: readonly string[]
}

export interface RunningCommand {
  readonly child: ChildProcess
  readonly ended: Promise<CommandEnd>
}

const TAIL_LINE_COUNT = 20

const CLI = siblingEntry(import.meta.url, '../cli/main')
const LYING_SITE = siblingEntry(import.meta.url, '../attack/lying-site')

/** Starts `oneround …args --json`. @param onLine — each line on stderr */
export function startCommand(
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): RunningCommand {
  return start(CLI, [...args, '--json'], onLine)
}

/** Starts a site that breaks the protocol (src/attack/lying-site.ts). @param args — node folder, PEFT folder, conduct */
export function startLyingSite(
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): RunningCommand {
  return start(LYING_SITE, args, onLine)
}

function start(entry: URL, args: readonly string[], onLine: (line: string) => void): RunningCommand {
  const child = spawn(process.execPath, [...entryArgs(entry), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: Buffer[] = []
  const stderrTail: string[] = []
  child.stdout.on('data', (data: Buffer) => stdout.push(data))
  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => {
    stderrTail.push(line)
    if (stderrTail.length > TAIL_LINE_COUNT) stderrTail.shift()
    onLine(line)
  })
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      resolve({ status, signal, document: parseDocument(Buffer.concat(stdout).toString('utf8')), stderrTail })
    })
  })
  return { child, ended }
}

function parseDocument(text: string): unknown {
  try {
    return text.trim() === '' ? null : JSON.parse(text)
  } catch {
    // A killed process leaves half a line; whoever wants the document finds that there is none.
    return null
  }
}

export type CommandFault = {
  readonly code: 'COMMAND_FAILED'
  readonly command: string
  readonly status: number | null
}

/** Runs a command to its end and gives its document. @throws COMMAND_FAILED with what the command said */
export async function runCommand(args: readonly string[], signal?: AbortSignal): Promise<unknown> {
  const { child, ended } = startCommand(args)
  const stop = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const end = await ended
    if (end.status === 0) return end.document
    const command = `oneround ${args.slice(0, 2).join(' ')}`
    throw new RoundError<CommandFault>(
      { code: 'COMMAND_FAILED', command, status: end.status },
      `${command}: ended with status ${end.status ?? end.signal}: ${end.stderrTail.join(' / ')}`,
    )
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
