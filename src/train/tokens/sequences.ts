/**
 * Examples of text → token sequences. Pure.
 * `{"text"}`: its ids, then the end-of-sequence id; every position is a target.
 * `{"prompt", "completion"}`: ids of the prompt, ids of the completion (tokenised apart, so that a token never spans
 * both), the end-of-sequence id; positions of the prompt are no targets.
 * Conversations: the ids of what the base's chat template renders, whole; the assistant's answers with the ends of
 * their turns are targets, and no end-of-sequence id is added to what the template writes.
 * No begin id beside the template's. Longer sequences keep their beginning and are cut at `lengthMax`; those without any
 * target, before or after the cut, are left out: there is nothing in them to learn or to measure. Both are counted.
 * Labels are ids, or −100 = no target; they are not shifted: the loss compares what position t predicts with the label
 * at t + 1.
 */
import { RoundError } from '../../core/errors.ts'
import { ASSISTANT, type Chat } from './chat.ts'
import { renderTargets } from './chat-targets.ts'
import type { ChatTemplate } from './chat-template.ts'
import { encodeTargets } from './encode-targets.ts'
import { chatTemplateMissing } from './errors.ts'
import { dataInvalid, type Example, type NumberedExample } from './examples.ts'

/** The label that the loss ignores, as in PyTorch's cross-entropy. */
export const IGNORED_LABEL = -100

export interface Sequence {
  readonly ids: Int32Array
  /** As long as `ids`. */
  readonly labels: Int32Array
  /** How many labels after the first position are targets. */
  readonly targetCount: number
}

/** How a base reads text. */
export interface TokenForm {
  readonly encode: (text: string) => readonly number[]
  readonly endOfSequenceId: number
  /** Longer sequences are cut. */
  readonly lengthMax: number
  /** null: conversations are refused. */
  readonly template: ChatTemplate | null
  /** The base's folder, for errors. */
  readonly folder: string
}

/** What became of a file's examples. */
export interface SequenceCounts {
  /** Sequences that were longer than allowed and lost their ends. */
  readonly cut: number
  /** Examples without anything to learn. */
  readonly leftOut: number
}

export interface Sequences {
  readonly sequences: readonly Sequence[]
  readonly counts: SequenceCounts
}

/**
 * @param file — the name for errors
 * @throws DATA_INVALID naming file and line where the template refuses a conversation, CHAT_TEMPLATE_MISSING
 */
export function toSequences(examples: readonly NumberedExample[], file: string, form: TokenForm): Sequences {
  const sequences: Sequence[] = []
  let [cut, leftOut] = [0, 0]
  for (const { example, line } of examples) {
    const { ids, isTarget } = maskedIds(example, form, file, line)
    const sequence = sequenceOf(ids, isTarget, form.lengthMax)
    if (sequence.targetCount === 0) leftOut++
    else {
      if (ids.length > form.lengthMax) cut++
      sequences.push(sequence)
    }
  }
  return { sequences, counts: { cut, leftOut } }
}

interface Masked {
  readonly ids: readonly number[]
  readonly isTarget: (position: number) => boolean
}

function maskedIds(example: Example, form: TokenForm, file: string, line: number): Masked {
  const { encode, endOfSequenceId, template, folder } = form
  if (example.kind === 'text') {
    return { ids: [...encode(example.text), endOfSequenceId], isTarget: () => true }
  }
  if (example.kind === 'pair') {
    const prompt = encode(example.prompt)
    const ids = [...prompt, ...encode(example.completion), endOfSequenceId]
    return { ids, isTarget: (position) => position >= prompt.length }
  }
  if (template === null) throw chatTemplateMissing(folder)
  try {
    const { ids, isTarget } = encodeTargets(renderTargets(template, example.chat), encode)
    return { ids, isTarget: (position) => isTarget[position] === true }
  } catch (error) {
    if (!(error instanceof RoundError) || error.code !== 'CHAT_TEMPLATE_REFUSED') throw error
    throw dataInvalid(file, line, error.message, error)
  }
}

function sequenceOf(
  all: readonly number[],
  isTarget: (position: number) => boolean,
  lengthMax: number,
): Sequence {
  const ids = Int32Array.from(all.slice(0, lengthMax))
  const labels = ids.map((id, position) => (isTarget(position) ? id : IGNORED_LABEL))
  // The first position has nothing before it that could predict it.
  const targetCount = labels
    .subarray(1)
    .reduce((count, label) => count + (label === IGNORED_LABEL ? 0 : 1), 0)
  return { ids, labels, targetCount }
}

/** What a model is asked and what it should answer: the last answer of a conversation; null where nothing is asked. */
export interface Question {
  readonly prompt:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'chat'; readonly chat: Chat }
  readonly expected: string
}

export function questionOf(example: Example): Question | null {
  if (example.kind === 'text') return null
  if (example.kind === 'pair') {
    return { prompt: { kind: 'text', text: example.prompt }, expected: example.completion }
  }
  const { messages } = example.chat
  const last = messages.findLastIndex(({ role, content }) => role === ASSISTANT && content !== null)
  const expected = messages[last]?.content ?? null
  if (expected === null) return null
  return { prompt: { kind: 'chat', chat: { ...example.chat, messages: messages.slice(0, last) } }, expected }
}
