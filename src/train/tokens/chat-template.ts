/**
 * A base's chat template: a conversation in, the text that the model was made to read out.
 * In: a Hugging Face folder. Out: `ChatTemplate`, or null where the folder has none.
 * Places, the first that is there: `chat_template.jinja`, `chat_template.json`, `chat_template` in
 * `tokenizer_config.json` (one text, or a list of named ones, of which `default` is taken, and `tool_use` for
 * conversations with tools).
 * Source: `transformers` PreTrainedTokenizerBase.apply_chat_template and get_chat_template.
 */
import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { hasFile, readText } from '../../files/index.ts'
import type { Chat } from './chat.ts'
import { chatTemplateInvalid } from './errors.ts'
import { compileTemplate, END_MARK, START_MARK, type CompiledTemplate } from './template-engine.ts'

/**
 * The day that templates see in training and evaluation, so that a result does not depend on when it was computed:
 * 26 July 2024, which Llama 3's templates fall back on themselves.
 */
export const TRAINING_DATE = new Date(2024, 6, 26)
/** tokenizer_config.json lists every added token in some models. */
const CONFIG_SIZE_BYTES_MAX = 64 << 20

export interface Rendering {
  readonly text: string
  /** What stands inside the template's `generation` blocks, as [start, end) in `text`; null where it has none. */
  readonly generated: readonly (readonly [start: number, end: number])[] | null
}

export interface ChatTemplate {
  /** Where it was read. */
  readonly file: string
  /**
   * @param isPrompt — whether the head of the next answer is put behind (`add_generation_prompt`)
   * @throws CHAT_TEMPLATE_REFUSED
   */
  readonly render: (chat: Chat, options: { readonly isPrompt: boolean; readonly date?: Date }) => string
  /** A whole conversation, with what its blocks mark. @throws CHAT_TEMPLATE_REFUSED */
  readonly renderMarked: (chat: Chat) => Rendering
}

/** Texts of the tokenizer's special tokens by role: `bos_token`, `eos_token`, … */
export type SpecialTokens = Readonly<Record<string, string>>

/** @throws CHAT_TEMPLATE_INVALID */
export async function readChatTemplate(folder: string): Promise<ChatTemplate | null> {
  const configFile = join(folder, 'tokenizer_config.json')
  const config = (await hasFile(configFile)) ? await readObject(configFile) : {}
  const tokens = specialTokensOf({ ...(await readSpecialTokens(folder)), ...config })
  const jinja = join(folder, 'chat_template.jinja')
  if (await hasFile(jinja)) {
    return createChatTemplate(await readText(jinja, CONFIG_SIZE_BYTES_MAX), tokens, jinja)
  }
  const json = join(folder, 'chat_template.json')
  const kept = (await hasFile(json)) ? (await readObject(json))['chat_template'] : undefined
  if (kept !== undefined) return createChatTemplate(kept, tokens, json)
  const inConfig = config['chat_template']
  return inConfig === undefined || inConfig === null ? null : createChatTemplate(inConfig, tokens, configFile)
}

/** @param template — a text, or a list of `{name, template}` @throws CHAT_TEMPLATE_INVALID */
export function createChatTemplate(template: unknown, tokens: SpecialTokens, file: string): ChatTemplate {
  const named = namedTemplates(template, file)
  const usual = named.get('default') ?? (named.size === 1 ? [...named.values()][0] : undefined)
  if (usual === undefined) {
    const names = [...named.keys()].join(', ')
    throw chatTemplateInvalid(file, `several chat templates (${names}), none of them is called default`)
  }
  const templateFor = (chat: Chat): CompiledTemplate =>
    (chat.tools === null ? undefined : named.get('tool_use')) ?? usual
  const variablesOf = ({ messages, tools }: Chat, isPrompt: boolean): Record<string, unknown> => ({
    ...tokens,
    messages,
    tools,
    documents: null,
    add_generation_prompt: isPrompt,
    [START_MARK]: '',
    [END_MARK]: '',
  })
  const render = (
    chat: Chat,
    { isPrompt, date }: { readonly isPrompt: boolean; readonly date?: Date },
  ): string => templateFor(chat).render(variablesOf(chat, isPrompt), date ?? TRAINING_DATE)
  return {
    file,
    render,
    renderMarked: (chat) => {
      const text = render(chat, { isPrompt: false })
      const compiled = templateFor(chat)
      if (!compiled.hasGenerationMarks) return { text, generated: null }
      const [start, end] = [freeMark(text, 'start'), freeMark(text, 'end')]
      const variables = { ...variablesOf(chat, false), [START_MARK]: start, [END_MARK]: end }
      const marked = compiled.render(variables, TRAINING_DATE)
      const generated = spansOf(marked, start, end)
      // Marks that a filter saw, or that stand one in the other, do not say what is generated.
      const isPlain = generated !== null && marked.replaceAll(start, '').replaceAll(end, '') === text
      return { text, generated: isPlain ? generated : null }
    },
  }
}

/** A text that occurs nowhere in another. */
export function freeMark(text: string, word: string): string {
  for (let i = 0; ; i++) {
    const mark = `\u{2063}oneround${word}${i}\u{2063}`
    if (!text.includes(mark)) return mark
  }
}

/** [start, end) of what stands between marks, in the text without marks; null unless they alternate. */
function spansOf(marked: string, start: string, end: string): readonly (readonly [number, number])[] | null {
  const spans: (readonly [number, number])[] = []
  let at = 0
  let removed = 0
  for (;;) {
    const from = marked.indexOf(start, at)
    const strayEnd = marked.indexOf(end, at)
    if (from < 0) return strayEnd < 0 ? spans : null
    const to = marked.indexOf(end, from)
    const nested = marked.indexOf(start, from + start.length)
    if (to < 0 || strayEnd < from || (nested >= 0 && nested < to)) return null
    spans.push([from - removed, to - removed - start.length])
    removed += start.length + end.length
    at = to + end.length
  }
}

function namedTemplates(template: unknown, file: string): ReadonlyMap<string, CompiledTemplate> {
  if (typeof template === 'string') return new Map([['default', compileTemplate(template, file)]])
  const entries: unknown[] = Array.isArray(template) ? template : []
  const named = entries.flatMap((entry): (readonly [string, string])[] => {
    if (typeof entry !== 'object' || entry === null) return []
    const { name, template: text } = entry as Record<string, unknown>
    return typeof name === 'string' && typeof text === 'string' ? [[name, text]] : []
  })
  if (named.length === 0 || named.length < entries.length) {
    throw chatTemplateInvalid(file, 'chat_template is neither a text nor a list of {name, template}')
  }
  return new Map(named.map(([name, text]) => [name, compileTemplate(text, file)]))
}

/** What `tokenizer_config.json` names: a token's text, or an object with its `content`. */
export function specialTokensOf(config: Readonly<Record<string, unknown>>): SpecialTokens {
  const tokens = Object.entries(config).flatMap(([name, value]): (readonly [string, string])[] => {
    if (!name.endsWith('_token')) return []
    const text =
      typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value
    return typeof text === 'string' ? [[name, text]] : []
  })
  return Object.fromEntries(tokens)
}

async function readSpecialTokens(folder: string): Promise<Record<string, unknown>> {
  const file = join(folder, 'special_tokens_map.json')
  return (await hasFile(file)) ? readObject(file) : {}
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  const text = await readText(file, CONFIG_SIZE_BYTES_MAX)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw chatTemplateInvalid(file, `no JSON (${messageOf(error)})`, error)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw chatTemplateInvalid(file, 'expected a JSON object')
}
