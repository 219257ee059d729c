/** `oneround chat`: answers of a base model, with or without an adapter, as they come. */
import { isRoundError } from '../../core/errors.ts'
import {
  checkGenerationOptions,
  openRemoteGenerator,
  type AnswersInTime,
  type GenerationOptions,
  type Message,
  type Prompt,
  type RemoteGenerator,
} from '../../generate/index.ts'
import {
  choice,
  count,
  decimal,
  defineCommand,
  flag,
  required,
  text,
  texts,
  usageError,
  type CommandContext,
  type Json,
  type OptionValues,
} from '../command.ts'
import { describeError } from '../output.ts'
import { openLines, type Lines } from '../lines.ts'
import { quantisationOf, quantiseOptions } from '../quantise-options.ts'

const options = {
  model: required(
    text('--model <folder>', 'Hugging Face folder of the base model, or an ONNX export of one'),
  ),
  adapter: text('--adapter <folder>', 'PEFT folder that is put in'),
  prompt: text('--prompt <text>', 'answer this and end; without it, lines of standard input are answered'),
  system: text('--system <text>', 'what the conversation begins with'),
  plain: flag('--plain', 'go on with the prompt as it is, even where the base has a chat template'),
  temperature: decimal(
    '--temperature <t>',
    'how much chance there is; 0 takes the likeliest token (default: 0)',
  ),
  topK: count('--top-k <n>', 'draw from the n likeliest tokens only (default: all)'),
  topP: decimal('--top-p <p>', 'draw from the fewest tokens that have this probability (default: 1)'),
  minP: decimal('--min-p <p>', 'leave out tokens with less than this share of the likeliest (default: 0)'),
  repetitionPenalty: decimal(
    '--repetition-penalty <x>',
    'above 1 makes what was said less likely (default: 1)',
  ),
  maxTokens: count('--max-tokens <n>', 'tokens of an answer at most (default: 256)', { min: 1 }),
  stop: texts('--stop <text>', 'a text that ends an answer, \\n for a new line; may be given several times'),
  seed: text('--seed <text>', 'decides every draw'),
  ...quantiseOptions,
  threads: count('--threads <n>', 'threads of the processor (default: ONNX Runtime’s choice)', { max: 1024 }),
  device: choice('--device <name>', 'where the graph runs', ['cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
} as const

type Given = OptionValues<typeof options>

/** Forgets the conversation. */
const NEW = '/new'

export const chatCommand = defineCommand({
  name: 'chat',
  description:
    'Answers one prompt, or one line of standard input after the other until its end, in a process of its own.\n' +
    'Where the base has a chat template, lines make a conversation (/new forgets it); where it has none, each line is\n' +
    'gone on with as it is. Ctrl-C ends the answer, and between answers the program.\n' +
    'With --json, each answer is one document on a line.',
  options,
  examples: [
    'oneround chat --model base --adapter mine/adapter --prompt "Who?" --max-tokens 20',
    'oneround chat --model base --system "Answer briefly." --temperature 0.7 --top-p 0.9 --seed mine',
  ],
  run: async ({ options: given }, context) => {
    const generation = generationOf(given)
    checkGenerationOptions(generation)
    const { model, adapter = null, device = 'cpu', threads = 0 } = given
    const base = { model, adapter, device, threads, ...quantisationOf(given) }
    const generator = await openRemoteGenerator(base, context.signal)
    try {
      const conversation = openConversation(given, generator, generation, context)
      if (given.prompt === undefined) await converse(conversation, context)
      else await conversation.say(given.prompt)
      context.signal.throwIfAborted()
      return { document: null, text: '', isSaid: true }
    } finally {
      await generator.close()
    }
  },
})

function generationOf(given: Given): GenerationOptions {
  const entries = {
    temperature: given.temperature,
    topK: given.topK,
    topP: given.topP,
    minP: given.minP,
    repetitionPenalty: given.repetitionPenalty,
    maxTokens: given.maxTokens,
    seed: given.seed,
    stop: [...given.stop],
  }
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined))
}

interface Conversation {
  readonly isChat: boolean
  readonly say: (line: string) => Promise<void>
  readonly forget: () => void
}

function openConversation(
  { system, plain }: Given,
  generator: RemoteGenerator,
  generation: GenerationOptions,
  context: CommandContext,
): Conversation {
  const isChat = generator.about.hasChatTemplate && !plain
  if (system !== undefined && !isChat) {
    throw usageError('--system needs a base with a chat template, and no --plain')
  }
  const beginning: readonly Message[] = system === undefined ? [] : [{ role: 'system', content: system }]
  let messages = beginning
  let answerCount = 0
  return {
    isChat,
    forget: () => (messages = beginning),
    say: async (line) => {
      const asked = [...messages, { role: 'user', content: line }]
      const chat = { messages: asked, tools: null, unlearned: new Set<number>() }
      const prompt: Prompt = isChat ? { kind: 'chat', chat, date: new Date() } : { kind: 'text', text: line }
      // Each answer draws anew, and the same ones again when the program is started again.
      const seed = answerCount === 0 ? generation.seed : `${generation.seed ?? 'oneround'}/${answerCount}`
      answerCount++
      const numbered = seed === undefined ? generation : { ...generation, seed }
      const answered = await answerOnce(generator, prompt, numbered, context)
      const [answer] = answered.answers
      if (answer === undefined) return
      if (isChat && answer.text !== '') messages = [...asked, { role: 'assistant', content: answer.text }]
      if (context.output.isJson) await context.output.document(documentOf(line, answered))
      else context.output.write('\n')
    },
  }
}

/** One answer; SIGINT ends it and not the program. */
async function answerOnce(
  generator: RemoteGenerator,
  prompt: Prompt,
  generation: GenerationOptions,
  { output, signal, onInterrupt }: CommandContext,
): Promise<AnswersInTime> {
  const stop = new AbortController()
  const release = onInterrupt(() => {
    const isFirst = !stop.signal.aborted
    stop.abort()
    return isFirst
  })
  try {
    return await generator.answer([prompt], generation, {
      signal: AbortSignal.any([stop.signal, signal]),
      onText: (_row, piece) => output.write(piece),
    })
  } finally {
    release()
  }
}

function documentOf(prompt: string, { answers, seconds }: AnswersInTime): Json {
  const [answer] = answers
  return { schema: 'oneround/answer@1', prompt, ...answer, seconds }
}

/** Line after line. What an answer cannot be given for is said, and the next line may be better. */
async function converse(conversation: Conversation, { output, signal }: CommandContext): Promise<void> {
  output.note(
    conversation.isChat
      ? `Each line is answered; ${NEW} forgets the conversation, the end of input ends.`
      : 'The base has no chat template: each line is gone on with by itself. The end of input ends.',
  )
  const lines: Lines = openLines('> ', signal)
  try {
    for (let line = await lines.next(); line !== null; line = await lines.next()) {
      if (line.trim() === '') continue
      if (line.trim() === NEW) conversation.forget()
      else await tryLine(conversation, line, output)
    }
  } finally {
    lines.close()
  }
}

async function tryLine(
  conversation: Conversation,
  line: string,
  output: CommandContext['output'],
): Promise<void> {
  try {
    await conversation.say(line)
  } catch (error) {
    if (!isRoundError(error, 'PROMPT_TOO_LONG') && !isRoundError(error, 'CHAT_TEMPLATE_REFUSED')) throw error
    if (output.isJson) await output.failure(error)
    else output.note(describeError(error, false))
  }
}
