/** JSONL → objects with their line numbers, and errors that name file, line and field. In: a file of any task. */
import { messageOf, RoundError } from '../../core/errors.ts'
import { readText } from '../../files/index.ts'
import type { TrainFault } from '../errors.ts'

/** A text of JavaScript holds 2^29 − 24 characters at most. */
const DATA_SIZE_BYTES_MAX = 2 ** 29 - 24

export interface DataLine {
  readonly fields: Readonly<Record<string, unknown>>
  readonly file: string
  /** From 1. */
  readonly line: number
  /** What a line of this task looks like. */
  readonly form: string
}

/** The lines of a file; empty ones are skipped. @throws FILE_MISSING | FILE_TOO_LARGE | DATA_INVALID | DATA_EMPTY */
export async function readLines(file: string, form: string): Promise<readonly DataLine[]> {
  const text = await readText(file, DATA_SIZE_BYTES_MAX)
  const lines = text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return []
    return [
      { fields: parse(content, { fields: {}, file, line: index + 1, form }), file, line: index + 1, form },
    ]
  })
  if (lines.length > 0) return lines
  const fault: TrainFault = { code: 'DATA_EMPTY', file }
  throw new RoundError(fault, `${file}: holds no sample`, {
    hint: `Expected one JSON object a line: ${form}.`,
  })
}

function parse(content: string, at: DataLine): DataLine['fields'] {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw badLine(at, `no JSON (${messageOf(error)})`, error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badLine(at, 'expected a JSON object')
  }
  return value as DataLine['fields']
}

/** A line that cannot be learned from. */
export function badLine(
  { file, line, form }: DataLine,
  reason: string,
  cause?: unknown,
): RoundError<TrainFault> {
  return new RoundError({ code: 'DATA_INVALID', file, line, reason }, `${file}:${line}: ${reason}`, {
    cause,
    hint: `Each line is one JSON object: ${form}.`,
  })
}

/** A field that is a text. @throws DATA_INVALID */
export function textField(at: DataLine, name: string): string {
  const value = at.fields[name]
  if (typeof value === 'string') return value
  throw badLine(at, value === undefined ? `"${name}" is missing` : `"${name}" is no text`)
}
