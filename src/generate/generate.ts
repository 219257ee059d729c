/**
 * Prompts → answers, in the process that holds the model. In: a decoder, prompts as ids, options. Out: a text a prompt, and
 * why it ended. An answer ends at an end id, before a stop text, at its length, where the positions of the model end, or
 * when it is cancelled. Rows that ended wait for the others of their batch.
 * Invariants: the same seed gives the same answers; a row's answer does not depend on what stands beside it, but for the
 * rounding of the last bits.
 */
import { RoundError } from '../core/errors.ts'
import { SeededRng } from '../core/seeded-rng.ts'
import type { Continuation, Decoder } from './decoder.ts'
import type { GenerateFault } from './errors.ts'
import type { CheckedGenerationOptions } from './options.ts'
import { sampleToken } from './sampling.ts'
import { createTextStream, type TextStream } from './text-stream.ts'

export type Finish = 'end' | 'stop' | 'length' | 'cancelled'

export interface Answer {
  readonly text: string
  readonly finish: Finish
  /** Tokens of the prompt, and those that were made, the end id among them. */
  readonly promptTokens: number
  readonly tokens: number
}

/** What a model's texts need beside its graph. */
export interface Voice {
  readonly decode: (ids: readonly number[]) => string
  /** Ids that end an answer. */
  readonly endIds: ReadonlySet<number>
  /** Tokens of prompt and answer together at most. */
  readonly positionCountMax: number
}

export interface Generating {
  /** Text that is final, of the row with this number. */
  readonly onText?: (row: number, text: string) => void
  /** Asked before each step. */
  readonly isCancelled?: () => boolean
  /** Awaited between steps: time for the event loop. */
  readonly breathe?: () => Promise<void>
}

/** The last tokens of a prompt that a decoder may need to see, so that the answer's first space is right. */
const CONTEXT_COUNT = 4

/**
 * Continues prompts, all in one batch.
 * @param prompts — of one length where the decoder cannot pad
 * @throws PROMPT_TOO_LONG, and what the session throws
 */
export async function generate(
  decoder: Decoder,
  voice: Voice,
  prompts: readonly (readonly number[])[],
  options: CheckedGenerationOptions,
  { onText, isCancelled, breathe }: Generating = {},
): Promise<readonly Answer[]> {
  for (const { length } of prompts) if (length >= voice.positionCountMax) throw tooLong(length, voice)
  const rows = prompts.map((prompt, index) => openRow(prompt, index, voice, options))
  let at: Continuation | null = null
  let chosen: readonly number[] = []
  while (rows.some((row) => row.finish === null)) {
    await breathe?.()
    if (isCancelled?.() === true) {
      for (const row of rows) row.finish ??= 'cancelled'
      break
    }
    at = at === null ? await decoder.start(prompts) : await at.next(chosen)
    const { logits } = at
    chosen = rows.map((row, index) => {
      if (row.finish !== null) return 0
      const id = sampleToken(logits[index] ?? new Float32Array(), options, row.seen, row.rng)
      const text = take(row, id, voice, options)
      if (text !== '') onText?.(index, text)
      return id
    })
  }
  return rows.map((row, index) => {
    const rest = row.stream.isStopped() ? '' : row.stream.end()
    if (rest !== '') onText?.(index, rest)
    const finish = row.finish ?? 'length'
    return { text: row.text + rest, finish, promptTokens: row.promptTokens, tokens: row.tokens }
  })
}

interface Row {
  readonly stream: TextStream
  readonly rng: SeededRng
  readonly seen: Set<number>
  readonly promptTokens: number
  tokens: number
  text: string
  finish: Finish | null
}

function openRow(
  prompt: readonly number[],
  index: number,
  { decode }: Voice,
  { seed, stop }: CheckedGenerationOptions,
): Row {
  return {
    stream: createTextStream(decode, stop, prompt.slice(-CONTEXT_COUNT)),
    rng: new SeededRng(`${seed}/${index}`),
    seen: new Set(prompt),
    promptTokens: prompt.length,
    tokens: 0,
    text: '',
    finish: null,
  }
}

/** Adds a token to a row. @returns text that is final now */
function take(row: Row, id: number, voice: Voice, { maxTokens }: CheckedGenerationOptions): string {
  row.tokens++
  row.seen.add(id)
  if (voice.endIds.has(id)) {
    row.finish = 'end'
    return ''
  }
  const text = row.stream.push(id)
  row.text += text
  const isFull = row.tokens >= maxTokens || row.promptTokens + row.tokens >= voice.positionCountMax
  if (row.stream.isStopped()) row.finish = 'stop'
  else if (isFull) row.finish = 'length'
  return text
}

function tooLong(tokens: number, { positionCountMax }: Voice): RoundError<GenerateFault> {
  return new RoundError(
    { code: 'PROMPT_TOO_LONG', tokens, tokensMax: positionCountMax - 1 },
    `the prompt has ${tokens} tokens, and the model has ${positionCountMax} positions for prompt and answer`,
    { hint: 'Shorten the prompt or start a new conversation.' },
  )
}
