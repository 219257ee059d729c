/**
 * Which part of a rendered conversation is to be learned: the assistant's answers, each with the end of its turn.
 * In: a template and a conversation. Out: the text, and spans of it. Pure.
 *
 * Three ways, the first that holds: the template's own `generation` blocks; else, for each answer, what the template
 * adds between the prompt for it (messages before it, with the head of an answer) and the same with the answer; else,
 * where templates render former turns otherwise than the last one (thoughts left out), where the answer's text stands,
 * found by rendering a mark in its place. Every way is checked against the whole text: what does not fit is refused.
 */
import { RoundError } from '../../core/errors.ts'
import { ASSISTANT, type Chat } from './chat.ts'
import { freeMark, type ChatTemplate } from './chat-template.ts'
import { chatTemplateRefused } from './errors.ts'

export interface TargetText {
  readonly text: string
  /** [start, end) of what is to be learned, in characters, ascending. */
  readonly targets: readonly Span[]
}

export type Span = readonly [start: number, end: number]

/** @throws CHAT_TEMPLATE_REFUSED */
export function renderTargets(template: ChatTemplate, chat: Chat): TargetText {
  const { text, generated } = template.renderMarked(chat)
  const answers = chat.messages.flatMap(({ role }, index) => (role === ASSISTANT ? [index] : []))
  const isLearned = (index: number): boolean => !chat.unlearned.has(index)
  if (generated !== null) return { text, targets: chosen(template, generated, answers, isLearned) }
  const targets = answers.filter(isLearned).map((index) => {
    const span = spanByPrefix(template, chat, index, text) ?? spanByContent(template, chat, index, text)
    if (span !== null) return span
    const reason = `the chat template renders message ${index + 1} otherwise inside the conversation than alone`
    throw chatTemplateRefused(template.file, `${reason}, so that the answer cannot be told apart`)
  })
  return { text, targets: targets.filter(([start, end]) => end > start) }
}

function chosen(
  template: ChatTemplate,
  generated: readonly Span[],
  answers: readonly number[],
  isLearned: (index: number) => boolean,
): readonly Span[] {
  if (answers.every(isLearned)) return generated.filter(([start, end]) => end > start)
  if (generated.length === answers.length) return generated.filter((_, i) => isLearned(answers[i] ?? 0))
  const counts = `${generated.length} generation blocks for ${answers.length} answers`
  throw chatTemplateRefused(template.file, `the chat template makes ${counts}: weights cannot be told apart`)
}

function spanByPrefix(template: ChatTemplate, chat: Chat, index: number, text: string): Span | null {
  const before = renderOrNull(template, head(chat, index), true)
  const isLast = index === chat.messages.length - 1
  const after = isLast ? text : renderOrNull(template, head(chat, index + 1), false)
  if (before === null || after === null) return null
  return text.startsWith(after) && after.startsWith(before) ? [before.length, after.length] : null
}

function spanByContent(template: ChatTemplate, chat: Chat, index: number, text: string): Span | null {
  const message = chat.messages[index]
  if (message === undefined || message.content === null) return null
  const mark = freeMark(text, 'answer')
  const marked = (messages: Chat['messages']): Chat => ({
    ...chat,
    messages: messages.map((each, i) => (i === index ? { ...each, content: mark } : each)),
  })
  const whole = splitOnce(renderOrNull(template, marked(chat.messages), false), mark)
  if (whole === null) return null
  const [before, rest] = whole
  const isSame = text.startsWith(before) && text.endsWith(rest) && text.length >= before.length + rest.length
  if (!isSame) return null
  const contentEnd = text.length - rest.length
  if (index === chat.messages.length - 1) return [before.length, text.length]
  const alone = splitOnce(renderOrNull(template, marked(head(chat, index + 1).messages), false), mark)
  const turnEnd = alone?.[1]
  return turnEnd !== undefined && rest.startsWith(turnEnd)
    ? [before.length, contentEnd + turnEnd.length]
    : null
}

const head = (chat: Chat, count: number): Chat => ({ ...chat, messages: chat.messages.slice(0, count) })

/** Templates may refuse a part of a conversation, such as a system prompt alone. */
function renderOrNull(template: ChatTemplate, chat: Chat, isPrompt: boolean): string | null {
  try {
    return template.render(chat, { isPrompt })
  } catch (error) {
    if (error instanceof RoundError && error.code === 'CHAT_TEMPLATE_REFUSED') return null
    throw error
  }
}

function splitOnce(text: string | null, mark: string): readonly [string, string] | null {
  const [before, after, ...others] = text?.split(mark) ?? []
  return before === undefined || after === undefined || others.length > 0 ? null : [before, after]
}
