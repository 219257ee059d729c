// Protects: what of a base's folder decides how it is asked and when its answers end, wherever the graph lies in it.
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openGenerationBase } from '../../../src/generate/base.ts'
import { openGenerator, type Prompt } from '../../../src/generate/generator.ts'
import { checkGenerationOptions } from '../../../src/generate/options.ts'
import type { Chat } from '../../../src/train/tokens/chat.ts'

const vectors = fileURLToPath(new URL('../../vectors/generation/', import.meta.url))
/** The fixture's 48 ids as words; the last two are special tokens. */
const WORDS = [...Array.from({ length: 46 }, (_, id) => `w${id}`), '<user>', '<turn>']

let folder = ''
const json = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-generator-'))
  await mkdir(join(folder, 'onnx'))
  await copyFile(join(vectors, 'model.onnx'), join(folder, 'onnx', 'model.onnx'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(async () => {
  const special = (id: number) => ({
    id,
    content: WORDS[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  await json('tokenizer.json', {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(46), special(47)],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
      unk_token: 'w0',
    },
  })
  await json('tokenizer_config.json', { tokenizer_class: 'PreTrainedTokenizerFast' })
  await json('config.json', { max_position_embeddings: 64, eos_token_id: 45 })
  await rm(join(folder, 'generation_config.json'), { force: true })
  await rm(join(folder, 'chat_template.jinja'), { force: true })
})

const model = (): string => join(folder, 'onnx', 'model.onnx')
const chat = (content: string): Prompt => {
  const asked: Chat = { messages: [{ role: 'user', content }], tools: null, unlearned: new Set() }
  return { kind: 'chat', chat: asked }
}
const TEMPLATE =
  '{% for m in messages %}<user> {{ m.content }} <turn> {% endfor %}{% if add_generation_prompt %}w2{% endif %}'

describe('a base', () => {
  it('whose graph lies in a folder below is opened with all that lies above', async () => {
    const base = await openGenerationBase(model())
    expect(base).toMatchObject({ positionCountMax: 64, template: null, turnEnd: null })
    expect([...base.endIds]).toEqual([45])
    expect((await openGenerationBase(join(folder, 'onnx'))).positionCountMax).toBe(64)
  })

  it('has the end ids of all its files, and that of its template’s turns', async () => {
    await json('generation_config.json', { eos_token_id: [45, 30] })
    await json('tokenizer_config.json', { eos_token: 'w44' })
    await writeFile(join(folder, 'chat_template.jinja'), TEMPLATE)
    const base = await openGenerationBase(model())
    expect([...base.endIds].toSorted((a, b) => a - b)).toEqual([30, 44, 45, 47])
    expect(base.turnEnd).toBeNull()
  })

  it('ends turns with a text where the tokenizer has no token for it', async () => {
    await writeFile(join(folder, 'chat_template.jinja'), TEMPLATE.replace('<turn>', 'w1 w1'))
    expect((await openGenerationBase(model())).turnEnd).toBe('w1 w1')
  })
})

describe('answers', () => {
  it('are PyTorch’s continuation in words, until an end id, for prompts and conversations', async () => {
    const text = await readFile(join(vectors, 'expected.json'), 'utf8')
    const { rows } = JSON.parse(text) as {
      readonly rows: readonly {
        readonly prompt: readonly number[]
        readonly continuation: readonly number[]
      }[]
    }
    await writeFile(join(folder, 'chat_template.jinja'), TEMPLATE)
    const generator = await openGenerator({ model: model(), adapter: null, device: 'cpu', threads: 1 })
    expect(generator.about).toEqual({ hasCache: true, hasChatTemplate: true, positionCountMax: 64 })
    const words = (ids: readonly number[]): string => ids.map((id) => WORDS[id]).join(' ')
    const prompts = rows.map(({ prompt }): Prompt => ({ kind: 'text', text: words(prompt) }))
    const answers = await generator.answer(prompts, checkGenerationOptions({ maxTokens: 12 }))
    for (const [i, { continuation }] of rows.entries()) {
      const end = continuation.indexOf(45)
      const expected = words(end < 0 ? continuation : continuation.slice(0, end))
      expect(answers[i]?.text.trim()).toBe(expected)
      expect(answers[i]?.finish).toBe(end < 0 ? 'length' : 'end')
    }
    expect(generator.tokenCount(chat('w7 w8'))).toBe(5)
    const [said] = await generator.answer([chat('w7 w8')], checkGenerationOptions({ maxTokens: 3 }))
    expect(said).toMatchObject({ promptTokens: 5 })
    await generator.close()
  })

  it('of a Hugging Face folder take one token a step', async () => {
    const base = fileURLToPath(new URL('../../../nodes/base-model', import.meta.url))
    const generator = await openGenerator({ model: base, adapter: null, device: 'cpu', threads: 1 })
    expect(generator.about).toEqual({ hasCache: true, hasChatTemplate: false, positionCountMax: 128 })
    await generator.close()
  })

  it('of a conversation need a template', async () => {
    const generator = await openGenerator({ model: model(), adapter: null, device: 'cpu', threads: 1 })
    await expect(generator.answer([chat('w7')], checkGenerationOptions({}))).rejects.toMatchObject({
      code: 'CHAT_TEMPLATE_MISSING',
      info: { folder: model() },
    })
    await generator.close()
  })
})
