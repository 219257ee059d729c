/**
 * Where a command's words go. Results on stdout; progress, remarks and logs on stderr. Under `--json` stdout gets exactly
 * one document on one line, errors included, so that a script can read it whatever happens. Colours and bars only on a
 * terminal, and colours never where `NO_COLOR` is set (no-color.org).
 */
import { styleText } from 'node:util'
import { isRoundError, messageOf, type RoundError } from '../core/errors.ts'
import type { OnProgress } from '../core/ports.ts'
import type { CommandResult, Json } from './command.ts'
import { createProgress, type ProgressLine } from './progress.ts'

/** A stream to write to, and whether a person looks at it. */
export interface Stream {
  readonly isTTY?: boolean
  readonly write: (text: string, written?: (error?: Error | null) => void) => boolean
}

export interface OutputOptions {
  readonly stdout: Stream
  readonly stderr: Stream
  readonly isJson: boolean
  readonly isQuiet: boolean
  /** Print stacks. */
  readonly isDebug: boolean
  readonly isColorAllowed: boolean
}

export type Tint = 'bold' | 'dim' | 'green' | 'red' | 'yellow'

export interface Output {
  readonly isJson: boolean
  /** A line of the result as it happens: on stdout for people, on stderr under `--json`. */
  readonly say: (line: string) => void
  /** A piece of the result as it happens, on stdout; on a terminal without control characters; nothing under `--json`. */
  readonly write: (text: string) => void
  /** One document on a line of its own on stdout: for commands that answer several times. */
  readonly document: (value: Json) => Promise<void>
  /** A remark on stderr; silent under `--quiet`. */
  readonly note: (line: string) => void
  /** A bar on a terminal, a line now and then elsewhere. Call `stop` when done. */
  readonly progress: (title: string) => ProgressLine
  /** Text for stdout, coloured where that is wanted. */
  readonly tint: (tint: Tint, text: string) => string
  readonly result: (result: CommandResult) => Promise<void>
  readonly failure: (error: unknown) => Promise<void>
}

export type { OnProgress, ProgressLine }

export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, isJson, isQuiet, isDebug } = options
  const isColored = options.isColorAllowed && !isJson && stdout.isTTY === true
  const line = (stream: Stream, text: string) => void stream.write(`${text}\n`)
  const document = (value: Json) => writeAll(stdout, `${JSON.stringify(value)}\n`)
  const failure = async (error: unknown): Promise<void> => {
    if (isJson) await document({ error: errorDocument(error) })
    await writeAll(stderr, `${describeError(error, isDebug)}\n`)
  }
  return {
    isJson,
    say: (text) => line(isJson ? stderr : stdout, text),
    write: (text) => (isJson ? undefined : void stdout.write(stdout.isTTY === true ? printable(text) : text)),
    document,
    note: (text) => (isQuiet ? undefined : line(stderr, text)),
    progress: (title) => createProgress(title, stderr, isQuiet),
    tint: (tint, text) => (isColored ? styleText(tint, text) : text),
    result: async ({ document: value, text, isSaid }) => {
      if (isSaid === true) return
      await (isJson ? document(value) : writeAll(stdout, text === '' ? '' : `${text}\n`))
    },
    failure,
  }
}

/** What a model writes is not to move a terminal's cursor or change its settings: control characters are shown as U+FFFD. */
function printable(text: string): string {
  return Array.from(text, (letter) => {
    const code = letter.codePointAt(0) ?? 0
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0)
    return isControl && letter !== '\n' && letter !== '\t' ? '\uFFFD' : letter
  }).join('')
}

function writeAll(stream: Stream, text: string): Promise<void> {
  if (text === '') return Promise.resolve()
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

/** `code: sentence`, the hint below, and the stack where it helps: with `--debug`, or for a fault of our own. */
export function describeError(error: unknown, isDebug: boolean): string {
  if (!isRoundError(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return `INTERNAL: ${messageOf(error)}\n${stack}`
  }
  const lines = [`${error.code}: ${error.message}`]
  if (error.hint !== undefined) lines.push(`  ${error.hint}`)
  if (isDebug) lines.push(error.stack ?? '', ...causesOf(error))
  return lines.join('\n')
}

function causesOf(error: RoundError): readonly string[] {
  const causes: string[] = []
  for (let cause = error.cause; cause instanceof Error && causes.length < 8; cause = cause.cause) {
    causes.push(`caused by ${cause.stack ?? cause.message}`)
  }
  return causes
}

/** `{code, message, hint, …data}` of an error; bytes as hex. */
export function errorDocument(error: unknown): Json {
  if (!isRoundError(error)) return { code: 'INTERNAL', message: messageOf(error) }
  const data: Record<string, Json> = {}
  for (const [key, value] of Object.entries(error.info)) data[key] = jsonOf(value)
  return {
    ...data,
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
}

/** Any value of ours as JSON: bytes as hex, maps as objects, what JSON lacks as text. */
export function jsonOf(value: unknown): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return jsonOf(Object.fromEntries(value))
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, jsonOf(item)]),
    )
  }
  return typeof value === 'bigint' ? value.toString() : typeof value
}
