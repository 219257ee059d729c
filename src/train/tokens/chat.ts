/**
 * Conversations, as JSONL lines hold them. In: a parsed line. Out: a `Chat`, or why it is none. Pure.
 * `{"messages": [{"role", "content", …}], "tools"?: […]}`: as chat templates and OpenAI's fine-tuning files have it; a
 * message's `weight` 0 takes an answer out of what is learned. `{"conversations": [{"from", "value"}]}`: ShareGPT's form.
 * Everything else that a message holds (tool_calls, name, …) goes to the template as it is.
 */

/** What a template reads. */
export interface Message {
  readonly role: string
  /** null: a message that holds nothing but tool calls. */
  readonly content: string | null
  readonly [field: string]: unknown
}

export interface Chat {
  readonly messages: readonly Message[]
  /** Descriptions of functions, handed to the template. */
  readonly tools: readonly unknown[] | null
  /** Numbers of the assistant's messages that are not to be learned. */
  readonly unlearned: ReadonlySet<number>
}

export const ASSISTANT = 'assistant'

const SHARE_GPT_ROLES: ReadonlyMap<string, string> = new Map([
  ['system', 'system'],
  ['human', 'user'],
  ['user', 'user'],
  ['gpt', ASSISTANT],
  ['assistant', ASSISTANT],
  ['model', ASSISTANT],
  ['tool', 'tool'],
  ['observation', 'tool'],
])

/** Whether a line is meant as a conversation. */
export function isChatLine(line: Readonly<Record<string, unknown>>): boolean {
  return line['messages'] !== undefined || line['conversations'] !== undefined
}

/** @returns the conversation, or what is wrong with it */
export function parseChat(line: Readonly<Record<string, unknown>>): Chat | { readonly reason: string } {
  const { messages: given, conversations, tools = null } = line
  if (given !== undefined && conversations !== undefined)
    return { reason: 'both "messages" and "conversations"' }
  const field = given === undefined ? 'conversations' : 'messages'
  const list = given ?? conversations
  if (!Array.isArray(list) || list.length === 0) return { reason: `"${field}" is no list of messages` }
  if (tools !== null && !Array.isArray(tools)) return { reason: '"tools" is no list' }
  const messages: Message[] = []
  const unlearned = new Set<number>()
  for (const [index, entry] of list.entries()) {
    const read = given === undefined ? readShareGpt(entry) : readMessage(entry)
    if ('reason' in read) return { reason: `${field}[${index}] ${read.reason}` }
    if (!read.isLearned) unlearned.add(index)
    messages.push(read.message)
  }
  if (!messages.some(({ role }) => role === ASSISTANT))
    return { reason: `"${field}" has no answer of an assistant` }
  return { messages, tools: tools === null || tools.length === 0 ? null : tools, unlearned }
}

type Read = { readonly message: Message; readonly isLearned: boolean } | { readonly reason: string }

function readMessage(entry: unknown): Read {
  if (!isObject(entry)) return { reason: 'is no JSON object' }
  const { role, content: given, weight = 1, ...rest } = entry
  if (typeof role !== 'string' || role === '') return { reason: 'has no "role"' }
  if (weight !== 0 && weight !== 1) return { reason: 'has a "weight" other than 0 and 1' }
  const content = contentOf(given)
  if (typeof content === 'object' && content !== null) return content
  if (content === null && rest['tool_calls'] === undefined) return { reason: 'has no "content"' }
  return { message: { ...rest, role, content }, isLearned: weight === 1 }
}

/** A text, or parts of text, which are joined. */
function contentOf(content: unknown): string | null | { readonly reason: string } {
  if (content === undefined || content === null) return null
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return { reason: 'has "content" that is no text' }
  const texts: string[] = []
  for (const part of content) {
    const { type, text } = isObject(part) ? part : {}
    if (type !== 'text' || typeof text !== 'string') {
      return { reason: `has content of type ${JSON.stringify(type ?? null)}; only text is read` }
    }
    texts.push(text)
  }
  return texts.join('')
}

function readShareGpt(entry: unknown): Read {
  if (!isObject(entry)) return { reason: 'is no JSON object' }
  const { from, value, weight = 1 } = entry
  const role = typeof from === 'string' ? SHARE_GPT_ROLES.get(from) : undefined
  if (role === undefined) {
    const known = [...SHARE_GPT_ROLES.keys()].join(', ')
    return { reason: `has "from" ${JSON.stringify(from ?? null)}; known are ${known}` }
  }
  if (typeof value !== 'string') return { reason: 'has no text "value"' }
  if (weight !== 0 && weight !== 1) return { reason: 'has a "weight" other than 0 and 1' }
  return { message: { role, content: value }, isLearned: weight === 1 }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
