// Protects: conversations become the text their model was made to read, answers alone are learned, and no template hangs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseChat, type Chat } from '../../../../src/train/tokens/chat.ts'
import { renderTargets, type TargetText } from '../../../../src/train/tokens/chat-targets.ts'
import { createChatTemplate, readChatTemplate } from '../../../../src/train/tokens/chat-template.ts'
import { encodeTargets } from '../../../../src/train/tokens/encode-targets.ts'
import { STYLES } from './templates.ts'

const SYSTEM = { role: 'system', content: 'Be brief.' }
const TURNS = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello!' },
  { role: 'user', content: 'Sum?' },
  { role: 'assistant', content: '4' },
]

function chatOf(messages: readonly unknown[], more: Readonly<Record<string, unknown>> = {}): Chat {
  const chat = parseChat({ messages, ...more })
  if ('reason' in chat) throw new Error(chat.reason)
  return chat
}

/** Targets between « and ». */
function shown({ text, targets }: TargetText): string {
  let out = ''
  let at = 0
  for (const [start, end] of targets) {
    out += `${text.slice(at, start)}«${text.slice(start, end)}»`
    at = end
  }
  return out + text.slice(at)
}

describe('templates of known styles', () => {
  it.each(STYLES)('$name renders what its format says and marks the answers', (style) => {
    const template = createChatTemplate(style.template, style.tokens, 'chat_template.jinja')
    const first = style.hasSystem ? [SYSTEM] : []
    const chat = chatOf([...first, ...TURNS])
    expect(shown(renderTargets(template, chat))).toBe(style.expected)
    const prompt = { ...chat, messages: chat.messages.slice(0, first.length + 1) }
    expect(template.render(prompt, { isPrompt: true })).toBe(style.prompt)
  })

  it.each(STYLES)('$name: an answer of weight 0 is read and not learned', (style) => {
    const template = createChatTemplate(style.template, style.tokens, 'chat_template.jinja')
    const turns = TURNS.map((turn, i) => (i === 1 ? { ...turn, weight: 0 } : turn))
    const chat = chatOf(style.hasSystem ? [SYSTEM, ...turns] : turns)
    const [first = '', ...rest] = style.expected.split(/[«»]/)
    const [answer = '', between = '', last = ''] = rest
    expect(shown(renderTargets(template, chat))).toBe(`${first}${answer}${between}«${last}»`)
  })

  it('name the conversation that a template refuses', () => {
    const llama2 = STYLES.find(({ name }) => name === 'llama-2')
    const template = createChatTemplate(llama2?.template, llama2?.tokens ?? {}, 'tokenizer_config.json')
    expect(() => renderTargets(template, chatOf([TURNS[0], TURNS[0], TURNS[1]]))).toThrow(
      /tokenizer_config\.json: .*roles must alternate/,
    )
  })

  it('refuse a template whose answers cannot be told apart', () => {
    const text =
      '{% for m in messages %}{{ messages | length }}{{ m.content | upper }}{% endfor %}{{ messages | length }}'
    const template = createChatTemplate(text, {}, 'chat_template.jinja')
    expect(() => renderTargets(template, chatOf(TURNS))).toThrow(/message 2 otherwise/)
  })
})

describe('templates from folders', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneround-chat-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const config = (value: unknown) => writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(value))
  const chat = chatOf([TURNS[0], TURNS[1]])

  it('are none, one text, a list by name, or a file of their own, which comes first', async () => {
    await config({ eos_token: { content: '</s>' } })
    expect(await readChatTemplate(folder)).toBeNull()
    await config({ eos_token: { content: '</s>' }, chat_template: 'one{{ eos_token }}' })
    expect((await readChatTemplate(folder))?.render(chat, { isPrompt: false })).toBe('one</s>')
    const list = [
      { name: 'default', template: 'plain' },
      { name: 'tool_use', template: '{{ tools | length }} tools' },
    ]
    await config({ chat_template: list })
    const named = await readChatTemplate(folder)
    expect(named?.render(chat, { isPrompt: false })).toBe('plain')
    expect(named?.render(chatOf([TURNS[0], TURNS[1]], { tools: [{}, {}] }), { isPrompt: false })).toBe(
      '2 tools',
    )
    await writeFile(join(folder, 'chat_template.jinja'), 'own\n')
    expect((await readChatTemplate(folder))?.render(chat, { isPrompt: false })).toBe('own')
  })

  it('must be Jinja, and one of several must be the default', async () => {
    await rm(join(folder, 'chat_template.jinja'), { force: true })
    await config({ chat_template: '{% for m in %}' })
    await expect(readChatTemplate(folder)).rejects.toMatchObject({ code: 'CHAT_TEMPLATE_INVALID' })
    await config({ chat_template: [1] })
    await expect(readChatTemplate(folder)).rejects.toMatchObject({ code: 'CHAT_TEMPLATE_INVALID' })
    const two = ['a', 'b'].map((name) => ({ name, template: name }))
    await config({ chat_template: two })
    await expect(readChatTemplate(folder)).rejects.toThrow(/\(a, b\).*default/)
  })
})

describe('hostile templates', () => {
  const chat = chatOf(TURNS)
  const rows: readonly (readonly [string, string])[] = [
    [
      'loops in loops',
      '{% for a in range(60000) %}{% for b in range(60000) %}{{ b }}{% endfor %}{% endfor %}',
    ],
    [
      'loops that are left at once',
      '{% set r = range(60000) %}{% for a in r %}{% for b in r %}{% break %}{% endfor %}{% endfor %}',
    ],
    [
      'loops that choose nothing',
      '{% set r = range(60000) %}{% for a in r %}{% for b in r if false %}x{% endfor %}{% endfor %}',
    ],
    ['a long range', '{% for a in range(1000000000) %}x{% endfor %}'],
    ['a range without step', '{% for a in range(1, 5, 0) %}x{% endfor %}'],
    [
      'a text that doubles',
      "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(60) %}{% set n.t = n.t + n.t %}{% endfor %}{{ n.t }}",
    ],
    ['recursion', '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}'],
    ['unknown functions', '{{ open("/etc/passwd") }}'],
    ['the host’s objects', '{{ messages.constructor.constructor("return process")() }}'],
  ]
  it.each(rows)('%s end in an error', (_, text) => {
    const template = createChatTemplate(text, {}, 'chat_template.jinja')
    expect(() => template.render(chat, { isPrompt: false })).toThrow(/does not render/)
  })

  it.each([
    ['too long', 'x'.repeat(1 << 19)],
    ['white space without end', `${' '.repeat(100_000)}{{ 1 }}`],
  ])('%s are refused unread', (_, text) => {
    expect(() => createChatTemplate(text, {}, 'chat_template.jinja')).toThrow(/at most|white space/)
  })

  it('see the same day whenever they run', () => {
    const template = createChatTemplate('{{ strftime_now("%d %b %Y") }}', {}, 'chat_template.jinja')
    expect(template.render(chat, { isPrompt: false })).toBe('26 Jul 2024')
    expect(template.render(chat, { isPrompt: false, date: new Date(2026, 10, 2) })).toBe('02 Nov 2026')
  })
})

describe('lines', () => {
  it('of ShareGPT are read', () => {
    const conversations = [
      { from: 'human', value: 'Hi' },
      { from: 'gpt', value: 'Hello!' },
    ]
    expect(parseChat({ conversations })).toMatchObject({ messages: TURNS.slice(0, 2) })
  })

  it('join parts of text, and keep what else a message holds', () => {
    const content = [
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo!' },
    ]
    expect(parseChat({ messages: [{ role: 'assistant', name: 'a', content }] })).toMatchObject({
      messages: [{ role: 'assistant', name: 'a', content: 'Hello!' }],
    })
  })

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['no list', { messages: 'Hi' }, /no list/],
    ['no messages', { messages: [] }, /no list/],
    ['no object', { messages: [1] }, /messages\[0\] is no JSON object/],
    ['no role', { messages: [{ content: 'x' }] }, /messages\[0\] has no "role"/],
    ['no content', { messages: [{ role: 'assistant' }] }, /messages\[0\] has no "content"/],
    ['a picture', { messages: [{ role: 'user', content: [{ type: 'image' }] }] }, /"image"; only text/],
    ['no answer', { messages: [{ role: 'user', content: 'x' }] }, /no answer/],
    ['half a weight', { messages: [{ role: 'assistant', content: 'x', weight: 0.5 }] }, /weight/],
    ['an unknown speaker', { conversations: [{ from: 'cat', value: 'x' }] }, /"cat"; known are/],
    ['both forms', { messages: [], conversations: [] }, /both/],
    ['tools that are no list', { messages: TURNS, tools: {} }, /"tools"/],
  ]
  it.each(bad)('with %s are refused', (_, line, reason) => {
    expect(parseChat(line as Record<string, unknown>)).toMatchObject({
      reason: expect.stringMatching(reason),
    })
  })
})

describe('ids', () => {
  /** Special tokens by name, pairs of letters, single letters: pairs are taken from the left. */
  const encode = (text: string): readonly number[] =>
    (text.match(/<[^>]*>|[a-z]{2}|[^]/g) ?? []).map((piece) =>
      Array.from(piece).reduce((id, letter) => (id * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003, 7),
    )

  it('are those of the whole text, with a token across the start as a target and one across the end not', () => {
    const whole = encodeTargets({ text: '<a>abcd<e>', targets: [[3, 7]] }, encode)
    expect(whole).toEqual({ ids: encode('<a>abcd<e>'), isTarget: [false, true, true, false] })
    const across = encodeTargets({ text: '<a>abcdef<e>', targets: [[4, 8]] }, encode)
    expect(across.isTarget).toEqual([false, true, true, false, false])
    const end = encodeTargets({ text: '<a>ab', targets: [[3, 5]] }, encode)
    expect(end.isTarget).toEqual([false, true])
  })
})
