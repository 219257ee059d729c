/**
 * JSONL → token sequences, one line one sequence: what the forms of lines mean, what is learned of them, what is cut and
 * what is left out is said in tokens/sequences.ts. In: files. Out: sequences, ids and labels of one length.
 */
import type { ChatTemplate } from './tokens/chat-template.ts'
import { dataEmpty, parseExamples, readExamples, type NumberedExample } from './tokens/examples.ts'
import { toSequences, type Sequence, type SequenceCounts } from './tokens/sequences.ts'

export { IGNORED_LABEL, type Sequence, type SequenceCounts } from './tokens/sequences.ts'

export interface SequenceForm {
  readonly encode: (text: string) => readonly number[]
  readonly endOfSequenceId: number
  /** Longer sequences are cut. */
  readonly positionCountMax: number
  /** How conversations are read; without it they are refused. */
  readonly template?: ChatTemplate | null
  /** The base's folder, for errors. */
  readonly folder?: string
}

/**
 * The sequences of a file, in its order. Those without any target (a prompt that fills all positions) are left out:
 * there is nothing in them to learn or to measure.
 * @throws FILE_MISSING | FILE_TOO_LARGE | DATA_INVALID | DATA_EMPTY | CHAT_TEMPLATE_MISSING
 */
export async function readSequences(file: string, form: SequenceForm): Promise<readonly Sequence[]> {
  return (await readCountedSequences(file, form)).sequences
}

/** As `readSequences`, with what was cut and left out. */
export async function readCountedSequences(
  file: string,
  form: SequenceForm,
): Promise<{ readonly sequences: readonly Sequence[]; readonly counts: SequenceCounts }> {
  return sequencesOf(await readExamples(file), file, form)
}

/** As `readSequences`, from text. Pure. @throws DATA_INVALID | DATA_EMPTY | CHAT_TEMPLATE_MISSING */
export function parseSequences(text: string, file: string, form: SequenceForm): readonly Sequence[] {
  return sequencesOf(parseExamples(text, file), file, form).sequences
}

function sequencesOf(
  examples: readonly NumberedExample[],
  file: string,
  { positionCountMax, template = null, folder = '', ...form }: SequenceForm,
): ReturnType<typeof toSequences> {
  const found = toSequences(examples, file, { ...form, lengthMax: positionCountMax, template, folder })
  if (found.sequences.length === 0) throw dataEmpty(file)
  return found
}
