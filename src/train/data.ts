/**
 * JSONL → token sequences. One line is one sequence, never packed with another:
 * `{"text"}`: its ids, then the end-of-sequence id; every position is a target.
 * `{"prompt","completion"}`: ids of the prompt, ids of the completion (tokenised apart, so that a token never spans
 * both), the end-of-sequence id; positions of the prompt are no targets.
 * No begin id. Cut at the model's number of positions. Other fields of a line are left alone.
 * In: files. Out: sequences, ids and labels of one length; label −100 = no target (labels are not shifted: the loss
 * compares what position t predicts with the label at t + 1).
 */
import { messageOf, RoundError } from '../core/errors.ts'
import { readText } from '../files/index.ts'
import type { TrainFault } from './errors.ts'

/** The label that the loss ignores, as in PyTorch's cross-entropy. */
export const IGNORED_LABEL = -100
/** A text of JavaScript holds 2^29 − 24 characters at most. */
const DATA_SIZE_BYTES_MAX = 2 ** 29 - 24

export interface Sequence {
  readonly ids: Int32Array
  /** As long as `ids`. */
  readonly labels: Int32Array
  /** How many labels after the first position are targets. */
  readonly targetCount: number
}

export interface SequenceForm {
  readonly encode: (text: string) => readonly number[]
  readonly endOfSequenceId: number
  /** Longer sequences are cut. */
  readonly positionCountMax: number
}

/**
 * The sequences of a file, in its order. Those without any target (a prompt that fills all positions) are left out:
 * there is nothing in them to learn or to measure.
 * @throws FILE_MISSING | FILE_TOO_LARGE | DATA_INVALID | DATA_EMPTY
 */
export async function readSequences(file: string, form: SequenceForm): Promise<readonly Sequence[]> {
  return parseSequences(await readText(file, DATA_SIZE_BYTES_MAX), file, form)
}

/** As `readSequences`, from text. Pure. @throws DATA_INVALID | DATA_EMPTY */
export function parseSequences(text: string, file: string, form: SequenceForm): readonly Sequence[] {
  const sequences: Sequence[] = []
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return
    const sequence = toSequence(parseLine(line, file, index + 1), form)
    if (sequence.targetCount > 0) sequences.push(sequence)
  })
  if (sequences.length > 0) return sequences
  const fault: TrainFault = { code: 'DATA_EMPTY', file }
  throw new RoundError(fault, `${file}: no sequence with anything to learn`, {
    hint: 'Expected one JSON object a line: {"text": …} or {"prompt": …, "completion": …}.',
  })
}

/** A line's meaning, before tokenisation. */
export type Example = { readonly text: string } | { readonly prompt: string; readonly completion: string }

function parseLine(line: string, file: string, number: number): Example {
  const bad = (reason: string): Error => {
    const fault: TrainFault = { code: 'DATA_INVALID', file, line: number, reason }
    return new RoundError(fault, `${file}:${number}: ${reason}`, {
      hint: 'Each line is one JSON object: {"text": …} or {"prompt": …, "completion": …}.',
    })
  }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw bad(`no JSON (${messageOf(error)})`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('expected a JSON object')
  const { text, prompt, completion } = value as Record<string, unknown>
  const isPair = prompt !== undefined || completion !== undefined
  if (text !== undefined && isPair) throw bad('both "text" and "prompt" or "completion"')
  if (!isPair) {
    if (typeof text === 'string') return { text }
    throw bad(text === undefined ? 'neither "text" nor "prompt" and "completion"' : '"text" is no text')
  }
  if (typeof prompt !== 'string')
    throw bad(prompt === undefined ? '"prompt" is missing' : '"prompt" is no text')
  if (typeof completion === 'string') return { prompt, completion }
  throw bad(completion === undefined ? '"completion" is missing' : '"completion" is no text')
}

function toSequence(example: Example, form: SequenceForm): Sequence {
  const prompt = 'text' in example ? [] : form.encode(example.prompt)
  const learned = form.encode('text' in example ? example.text : example.completion)
  const ids = Int32Array.from([...prompt, ...learned, form.endOfSequenceId].slice(0, form.positionCountMax))
  const labels = ids.map((id, position) => (position < prompt.length ? IGNORED_LABEL : id))
  // The first position has nothing before it that could predict it.
  const targetCount = labels
    .subarray(1)
    .reduce((count, label) => count + (label === IGNORED_LABEL ? 0 : 1), 0)
  return { ids, labels, targetCount }
}
