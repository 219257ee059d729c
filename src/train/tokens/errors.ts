/** What can go wrong between a conversation and its tokens. */
import { RoundError } from '../../core/errors.ts'

export type ChatFault =
  /** Chat data, or a chat, with a base that has no chat template. */
  | { readonly code: 'CHAT_TEMPLATE_MISSING'; readonly folder: string }
  /** A template that cannot be read: no template of the wanted name, too large, or not Jinja. */
  | { readonly code: 'CHAT_TEMPLATE_INVALID'; readonly file: string; readonly reason: string }
  /** A template that does not render a conversation, or renders it so that answers cannot be told apart. */
  | { readonly code: 'CHAT_TEMPLATE_REFUSED'; readonly file: string; readonly reason: string }

export function chatTemplateMissing(folder: string): RoundError<ChatFault> {
  return new RoundError(
    { code: 'CHAT_TEMPLATE_MISSING', folder },
    `${folder}: the base has no chat template`,
    {
      hint:
        'Put its chat_template.jinja into the folder (or chat_template into tokenizer_config.json), ' +
        'or use {"prompt", "completion"} lines.',
    },
  )
}

export function chatTemplateInvalid(file: string, reason: string, cause?: unknown): RoundError<ChatFault> {
  return new RoundError({ code: 'CHAT_TEMPLATE_INVALID', file, reason }, `${file}: ${reason}`, { cause })
}

export function chatTemplateRefused(file: string, reason: string, cause?: unknown): RoundError<ChatFault> {
  return new RoundError({ code: 'CHAT_TEMPLATE_REFUSED', file, reason }, `${file}: ${reason}`, { cause })
}
