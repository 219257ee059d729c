/**
 * How a template ends an answer: what a model that was made for it writes when it is done. In: a template. Out: a text
 * such as `<|im_end|>`, or '' where none is found. Pure.
 */
import { RoundError } from '../../core/errors.ts'
import { ASSISTANT } from './chat.ts'
import type { ChatTemplate } from './chat-template.ts'

const ANSWER = 'oneroundanswer'

export function turnEndOf(template: ChatTemplate): string {
  const messages = [
    { role: 'user', content: 'a' },
    { role: ASSISTANT, content: ANSWER },
  ]
  try {
    const text = template.render({ messages, tools: null, unlearned: new Set() }, { isPrompt: false })
    const at = text.lastIndexOf(ANSWER)
    return at < 0 ? '' : text.slice(at + ANSWER.length).trim()
  } catch (error) {
    // A template that wants other conversations than this one: its model's end ids must do.
    if (error instanceof RoundError && error.code === 'CHAT_TEMPLATE_REFUSED') return ''
    throw error
  }
}
