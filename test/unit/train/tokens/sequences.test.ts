// Protects what a line of each form becomes: ids, targets, cuts and counts; and that a refused conversation is named by its line.
import { describe, expect, it } from 'vitest'
import { createTokenizer } from '../../../../src/model/tokenizer.ts'
import { createChatTemplate } from '../../../../src/train/tokens/chat-template.ts'
import { parseExamples } from '../../../../src/train/tokens/examples.ts'
import { questionOf, toSequences, type TokenForm } from '../../../../src/train/tokens/sequences.ts'
import { STYLES } from './templates.ts'

const bytes = (text: string): number[] => [...Buffer.from(text)]
const style = STYLES.find(({ name }) => name === 'llama-2')
const template = createChatTemplate(style?.template, style?.tokens ?? {}, 'chat_template.jinja')
const form: TokenForm = { encode: bytes, endOfSequenceId: 1, lengthMax: 60, template, folder: 'base' }
const read = (lines: readonly unknown[], own: Partial<TokenForm> = {}) => {
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  return toSequences(parseExamples(text, 'data.jsonl'), 'data.jsonl', { ...form, ...own })
}
const chat = (...turns: readonly string[]) => ({
  messages: turns.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
})

describe('conversations', () => {
  it('are the template’s text, whose answers with their ends are targets', () => {
    const { sequences } = read([chat('a', 'b', 'c', 'd')])
    const text = '<s>[INST] a [/INST] b </s><s>[INST] c [/INST] d </s>'
    expect([...(sequences[0]?.ids ?? [])]).toEqual(bytes(text))
    const targets = [...(sequences[0]?.labels ?? [])].map((label) => (label === -100 ? '.' : '#')).join('')
    expect(targets).toBe(
      text.replace(/\[\/INST\]( . <\/s>)|./g, (all, answer?: string) =>
        answer === undefined ? '.' : '.'.repeat(all.length - answer.length) + '#'.repeat(answer.length),
      ),
    )
    expect(sequences[0]?.targetCount).toBe(2 * ' b </s>'.length)
  })

  it('need a template, and one that takes them: the line is named', () => {
    expect(() => read([chat('a', 'b')], { template: null })).toThrow(
      expect.objectContaining({ code: 'CHAT_TEMPLATE_MISSING' }),
    )
    const twice = { messages: [...chat('a', 'b').messages, ...chat('a', 'b').messages.slice(1)] }
    expect(() => read([chat('a', 'b'), twice])).toThrow(/^data\.jsonl:2: .*roles must alternate/)
  })
})

describe('a tokenizer that joins a space to the word behind it', () => {
  /** As SentencePiece's byte-pair models: spaces are ▁, and one is put before the text. */
  const pieces = ['<unk>', '<s>', '</s>', '▁', 'H', 'i', '[', ']', 'I', 'N', 'S', 'T', '/', 'o', 'Y', 'l']
  const merges = [
    ['▁', 'H'],
    ['▁H', 'i'],
    ['▁', '['],
    ['▁', 'Y'],
    ['▁Y', 'o'],
    ['l', 'o'],
  ]
  const vocabulary = [...pieces, ...merges.map((pair) => pair.join(''))]
  const special = (id: number) => ({
    id,
    content: pieces[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  const description = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(0), special(1), special(2)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
      merges,
    },
  }

  it('reads the whole text at once, and the first word of an answer with its space is a target', () => {
    const { encode } = createTokenizer(description, { eos_token: '</s>' }, 'tokenizer.json')
    const { sequences } = read([chat('Hi', 'Yo', 'Hi', 'lo')], { encode })
    const shown = Array.from(sequences[0]?.ids ?? [], (id, i) => {
      return `${sequences[0]?.labels[i] === -100 ? '' : '*'}${vocabulary[id]}`
    })
    expect(shown.join(' ')).toBe(
      '<s> ▁[ I N S T ] ▁Hi ▁[ / I N S T ] *▁Yo *▁ *</s> <s> ▁[ I N S T ] ▁Hi ▁[ / I N S T ] *▁ *lo *▁ *</s>',
    )
  })
})

describe('what is too long', () => {
  it('keeps its beginning; what has nothing to learn is left out; both are counted', () => {
    const { sequences, counts } = read([
      { text: 'x'.repeat(59) },
      { text: 'x'.repeat(60) },
      { prompt: 'x'.repeat(60), completion: 'y' },
      { prompt: 'x'.repeat(58), completion: 'yyy' },
      chat('x'.repeat(60), 'y'),
      { text: '' },
    ])
    expect(sequences.map(({ ids, targetCount }) => [ids.length, targetCount])).toEqual([
      [60, 59],
      [60, 59],
      [60, 2],
    ])
    expect(counts).toEqual({ cut: 2, leftOut: 3 })
  })
})

describe('questions', () => {
  const ask = (line: unknown) => {
    const [first] = parseExamples(JSON.stringify(line), 'data.jsonl')
    return first === undefined ? null : questionOf(first.example)
  }
  it('are a prompt, or a conversation up to its last answer; a text asks nothing', () => {
    expect(ask({ text: 'a' })).toBeNull()
    expect(ask({ prompt: 'a', completion: 'b' })).toEqual({
      prompt: { kind: 'text', text: 'a' },
      expected: 'b',
    })
    expect(ask(chat('a', 'b', 'c', 'd'))).toMatchObject({
      prompt: { kind: 'chat', chat: { messages: [{ content: 'a' }, { content: 'b' }, { content: 'c' }] } },
      expected: 'd',
    })
  })
})

describe('lines of two forms', () => {
  it.each([
    [{ text: 'a', messages: [] }, 'both "text" and messages'],
    [{ prompt: 'a', completion: 'b', messages: [] }, 'both "prompt" or "completion" and messages'],
    [{ messages: [{ role: 'user', content: 'a' }] }, '"messages" has no answer'],
  ])('%j is refused', (line, reason) => {
    expect(() => read([{ text: 'ok' }, line])).toThrow(`data.jsonl:2: ${reason}`)
  })
})
