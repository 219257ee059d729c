/**
 * JSONL → examples of text, before tokenisation: `{"text"}`, `{"prompt", "completion"}`, `{"messages"}` or
 * `{"conversations"}` (chat.ts). Other fields of a line are left alone.
 * In: a file. Out: its examples with their line numbers, from 1.
 */
import { messageOf, RoundError } from '../../core/errors.ts'
import { readText } from '../../files/index.ts'
import type { TrainFault } from '../errors.ts'
import { isChatLine, parseChat, type Chat } from './chat.ts'

export type Example =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pair'; readonly prompt: string; readonly completion: string }
  | { readonly kind: 'chat'; readonly chat: Chat }

export interface NumberedExample {
  readonly example: Example
  readonly line: number
}

/** A text of JavaScript holds 2^29 − 24 characters at most. */
const DATA_SIZE_BYTES_MAX = 2 ** 29 - 24
const FORMS = '{"text": …}, {"prompt": …, "completion": …} or {"messages": [{"role": …, "content": …}, …]}'

/** @throws FILE_MISSING | FILE_TOO_LARGE | DATA_INVALID */
export async function readExamples(file: string): Promise<readonly NumberedExample[]> {
  return parseExamples(await readText(file, DATA_SIZE_BYTES_MAX), file)
}

/** As `readExamples`, from text. Empty lines are skipped. Pure. @throws DATA_INVALID */
export function parseExamples(text: string, file: string): readonly NumberedExample[] {
  return text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return []
    const line = index + 1
    const example = parseExample(content)
    if ('reason' in example) throw dataInvalid(file, line, example.reason)
    return [{ example, line }]
  })
}

/** A line that cannot be learned from. */
export function dataInvalid(
  file: string,
  line: number,
  reason: string,
  cause?: unknown,
): RoundError<TrainFault> {
  return new RoundError({ code: 'DATA_INVALID', file, line, reason }, `${file}:${line}: ${reason}`, {
    cause,
    hint: `Each line is one JSON object: ${FORMS}.`,
  })
}

export function dataEmpty(file: string): RoundError<TrainFault> {
  return new RoundError({ code: 'DATA_EMPTY', file }, `${file}: no sequence with anything to learn`, {
    hint: `Expected one JSON object a line: ${FORMS}.`,
  })
}

function parseExample(content: string): Example | { readonly reason: string } {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    return { reason: `no JSON (${messageOf(error)})` }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { reason: 'expected a JSON object' }
  }
  const line = value as Record<string, unknown>
  const { text, prompt, completion } = line
  const forms = [
    ...(text === undefined ? [] : ['"text"']),
    ...(prompt === undefined && completion === undefined ? [] : ['"prompt" or "completion"']),
    ...(isChatLine(line) ? ['messages'] : []),
  ]
  if (forms.length > 1) return { reason: `both ${forms.join(' and ')}` }
  if (isChatLine(line)) {
    const chat = parseChat(line)
    return 'reason' in chat ? chat : { kind: 'chat', chat }
  }
  return text === undefined ? parsePair(prompt, completion) : parseText(text)
}

function parseText(text: unknown): Example | { readonly reason: string } {
  return typeof text === 'string' ? { kind: 'text', text } : { reason: '"text" is no text' }
}

function parsePair(prompt: unknown, completion: unknown): Example | { readonly reason: string } {
  if (prompt === undefined && completion === undefined) {
    return { reason: 'neither "text" nor "prompt" and "completion" nor "messages"' }
  }
  for (const [name, value] of Object.entries({ prompt, completion })) {
    if (typeof value !== 'string') {
      return { reason: value === undefined ? `"${name}" is missing` : `"${name}" is no text` }
    }
  }
  return { kind: 'pair', prompt: String(prompt), completion: String(completion) }
}
