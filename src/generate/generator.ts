/**
 * A base, maybe with an adapter, that answers: in the process that holds the model. In: prompts and conversations as text.
 * Out: answers as text.
 */
import type { Device } from '../model/session.ts'
import { readAdapter } from '../model/peft.ts'
import { quantiseTrainingBase, type QuantisingOptions } from '../train/quantised-base.ts'
import type { Chat } from '../train/tokens/chat.ts'
import { chatTemplateMissing } from '../train/tokens/errors.ts'
import { openGenerationBase, type GenerationBase } from './base.ts'
import { openDecoder, type Decoder } from './decoder.ts'
import { generate, type Answer, type Generating, type Voice } from './generate.ts'
import { buildGenerationGraph } from './generation-graph.ts'
import type { CheckedGenerationOptions } from './options.ts'

/** A text to go on with, or a conversation to answer. */
export type Prompt =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'chat'; readonly chat: Chat; readonly date?: Date }

export interface GeneratorOptions {
  readonly model: string
  /** A PEFT folder; null: the base alone. */
  readonly adapter: string | null
  readonly device: Device
  /** 0: ONNX Runtime's choice. */
  readonly threads: number
  /** The base in four bits; where its weights lie then, and the digests of the base's files (train/quantised-base.ts). */
  readonly quantised?: Omit<QuantisingOptions, 'onProgress'>
}

export interface Generator {
  readonly about: GeneratorFacts
  /**
   * Answers prompts side by side.
   * @returns an answer a prompt, in their order
   * @throws CHAT_TEMPLATE_MISSING | CHAT_TEMPLATE_REFUSED | PROMPT_TOO_LONG | RUN_FAILED
   */
  readonly answer: (
    prompts: readonly Prompt[],
    options: CheckedGenerationOptions,
    generating?: Generating,
  ) => Promise<readonly Answer[]>
  /** Tokens of a prompt as the model reads it. @throws CHAT_TEMPLATE_MISSING | CHAT_TEMPLATE_REFUSED */
  readonly tokenCount: (prompt: Prompt) => number
  readonly close: () => Promise<void>
}

export interface GeneratorFacts {
  /** Whether keys and values of former tokens are kept; without, each token costs a run over the whole text. */
  readonly hasCache: boolean
  readonly hasChatTemplate: boolean
  /** Tokens of prompt and answer together. */
  readonly positionCountMax: number
}

/** @throws what base, adapter and session throw, MODEL_NOT_GENERATIVE */
export async function openGenerator(options: GeneratorOptions): Promise<Generator> {
  const original = await openGenerationBase(options.model)
  const { quantised } = options
  const base =
    quantised === undefined
      ? original
      : (await quantiseTrainingBase(original, { ...quantised, onProgress: () => undefined })).base
  const folder = options.adapter
  const adapter = folder === null ? null : { folder, adapter: await readAdapter(folder) }
  const graph = buildGenerationGraph(base.model, base.file, adapter)
  const { device, threads } = options
  const decoder = await openDecoder({ graph, weightsFolder: base.folder, device, threads })
  const { template, positionCountMax } = base
  return {
    about: { hasCache: decoder.hasCache, hasChatTemplate: template !== null, positionCountMax },
    answer: (prompts, given, generating) => answer(base, decoder, options.model, prompts, given, generating),
    tokenCount: (prompt) => idsOf(base, options.model, prompt).length,
    close: () => decoder.close(),
  }
}

async function answer(
  base: GenerationBase,
  decoder: Decoder,
  folder: string,
  prompts: readonly Prompt[],
  options: CheckedGenerationOptions,
  { onText, ...asking }: Generating = {},
): Promise<readonly Answer[]> {
  const ids = prompts.map((prompt) => idsOf(base, folder, prompt))
  const isChat = prompts.some(({ kind }) => kind === 'chat')
  const stop = isChat && base.turnEnd !== null ? [...options.stop, base.turnEnd] : options.stop
  const voice: Voice = {
    decode: base.tokenizer.decode,
    endIds: base.endIds,
    positionCountMax: base.positionCountMax,
  }
  const answers: Answer[] = []
  for (const members of batchesOf(ids, decoder.canPad)) {
    const rows = members.map((index) => ids[index] ?? [])
    const part = await generate(
      decoder,
      voice,
      rows,
      { ...options, stop },
      {
        ...asking,
        onText: (row, text) => onText?.(members[row] ?? 0, text),
      },
    )
    part.forEach((each, row) => (answers[members[row] ?? 0] = each))
  }
  return answers
}

/** All together, or those of one length where shorter ones cannot be padded. */
function batchesOf(ids: readonly (readonly number[])[], canPad: boolean): readonly (readonly number[])[] {
  const groups = new Map<number, number[]>()
  for (const [index, { length }] of ids.entries()) {
    const key = canPad ? 0 : length
    groups.set(key, [...(groups.get(key) ?? []), index])
  }
  return [...groups.values()]
}

function idsOf(base: GenerationBase, folder: string, prompt: Prompt): readonly number[] {
  const ids = base.tokenizer.encode(textOf(base, folder, prompt))
  // A model continues something: an empty prompt is the end of what was before.
  return ids.length > 0 ? ids : [[...base.endIds][0] ?? 0]
}

function textOf({ template }: GenerationBase, folder: string, prompt: Prompt): string {
  if (prompt.kind === 'text') return prompt.text
  if (template === null) throw chatTemplateMissing(folder)
  const { chat, date } = prompt
  return template.render(chat, { isPrompt: true, ...(date === undefined ? {} : { date }) })
}
