/** Runs the real command line in a process of its own and reads its status, its document and its words. */
import { spawn } from 'node:child_process'
import { entryArgs } from '../../src/core/entry.ts'

export interface CliEnd {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** The one JSON document on stdout, or null when stdout holds none. */
  readonly document: Readonly<Record<string, unknown>> | null
}

export interface CliError {
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly [field: string]: unknown
}

const MAIN = new URL('../../src/cli/main.ts', import.meta.url)

/** `oneround …args` in `cwd`. */
export async function oneround(
  args: readonly string[],
  {
    cwd = process.cwd(),
    env = {},
  }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CliEnd> {
  const child = spawn(process.execPath, [...entryArgs(MAIN), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const stdout = Buffer.concat(out).toString('utf8')
  return { status, stdout, stderr: Buffer.concat(err).toString('utf8'), document: documentOf(stdout) }
}

function documentOf(stdout: string): Readonly<Record<string, unknown>> | null {
  const lines = stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') return null
  try {
    return JSON.parse(lines[0] ?? '') as Readonly<Record<string, unknown>>
  } catch {
    // Text for people: no document.
    return null
  }
}

/** The error of a document that is one. */
export function errorOf(end: CliEnd): CliError | null {
  return (end.document?.['error'] as CliError | undefined) ?? null
}
