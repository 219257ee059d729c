/** How text is continued: one schema for library, worker and command line. */
import * as v from 'valibot'
import { RoundError } from '../core/errors.ts'
import type { GenerateFault } from './errors.ts'

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))

export const samplingSchema = v.strictObject({
  /** 0: always the likeliest token (the lowest id among equals). Otherwise logits are divided by it. */
  temperature: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(100)), 0),
  /** Only so many of the likeliest tokens; 0: all. */
  topK: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** The fewest of the likeliest tokens that have this probability together. */
  topP: v.optional(v.pipe(share, v.gtValue(0)), 1),
  /** Only tokens with at least this share of the likeliest one's probability. */
  minP: v.optional(share, 0),
  /** What logits of tokens that are there already are divided by (multiplied where negative); 1: nothing. */
  repetitionPenalty: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1),
  /** Decides every draw. Any text. */
  seed: v.optional(v.string(), 'oneround'),
})

export const generationOptionsSchema = v.strictObject({
  ...samplingSchema.entries,
  /** New tokens at most. */
  maxTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24)), 256),
  /** Texts that end an answer; they are not part of it. */
  stop: v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.maxLength(64)), []),
})

export type Sampling = Readonly<v.InferOutput<typeof samplingSchema>>
export type GenerationOptions = Readonly<v.InferInput<typeof generationOptionsSchema>>
export type CheckedGenerationOptions = Readonly<v.InferOutput<typeof generationOptionsSchema>>

/** Fills in defaults. @throws GENERATION_OPTION_INVALID naming the option */
export function checkGenerationOptions(options: unknown): CheckedGenerationOptions {
  const parsed = v.safeParse(generationOptionsSchema, options)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const option = v.getDotPath(issue) ?? 'options'
  const fault: GenerateFault = { code: 'GENERATION_OPTION_INVALID', option, reason: issue.message }
  throw new RoundError(fault, `${option}: ${issue.message}`)
}
