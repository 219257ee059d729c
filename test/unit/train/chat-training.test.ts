// Protects: conversations are learned through the base's template: answers only, cut and left-out lines counted, bad lines named.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { train, type TrainingOptions } from '../../../src/train/index.ts'
import { makeTinyBase } from './tiny-base.ts'
import { STYLES } from './tokens/templates.ts'

let folder = ''
const lines = (name: string, values: readonly unknown[]): Promise<void> =>
  writeFile(join(folder, name), values.map((value) => JSON.stringify(value)).join('\n'))
const chat = (question: string, answer: string) => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ],
})
const options = (data: string, out: string): TrainingOptions => ({
  model: join(folder, 'base'),
  data: [join(folder, data)],
  out: join(folder, out),
  threads: 1,
  recipe: { mode: { kind: 'lora', rank: 4 }, epochs: 8, batchSize: 13, learningRate: 2e-2 },
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-chat-training-'))
  await makeTinyBase(join(folder, 'base'))
  const template = STYLES.find(({ name }) => name === 'zephyr')?.template ?? ''
  await writeFile(join(folder, 'base', 'chat_template.jinja'), template)
  await makeTinyBase(join(folder, 'mute'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('conversations', () => {
  it('are learned: the loss on answers falls, and what was cut or left out is recorded', async () => {
    const letters = Array.from({ length: 40 }, (_, i) => String.fromCodePoint(97 + ((i * 7) % 26)))
    await lines('chats.jsonl', [
      ...letters.map((letter) => chat(letter, letter.repeat(3))),
      chat('a', 'b'.repeat(300)),
      chat('a'.repeat(300), 'b'),
    ])
    const result = await train(options('chats.jsonl', 'learned'))
    expect(result.validationLoss?.best).toBeLessThan((result.validationLoss?.before ?? 0) * 0.95)
    expect(result.samples).toEqual({ training: 37, validation: 4 })
    const short = {
      ...options('chats.jsonl', 'short'),
      recipe: { epochs: 1, maxLength: 28, validationShare: 0 },
    }
    expect((await train(short)).dataSummary).toEqual({ samplesCut: 41, samplesLeftOut: 1 })
    expect(result.dataSummary).toEqual({ samplesCut: 1, samplesLeftOut: 1 })
  })

  it('are refused by line, and for a base without a template', async () => {
    await lines('bad.jsonl', [chat('a', 'b'), { messages: [{ role: 'user', content: 'a' }] }])
    await expect(train(options('bad.jsonl', 'bad'))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      info: { line: 2 },
    })
    await lines('good.jsonl', [chat('a', 'b')])
    const mute = { ...options('good.jsonl', 'mute-out'), model: join(folder, 'mute') }
    await expect(train(mute)).rejects.toMatchObject({ code: 'CHAT_TEMPLATE_MISSING' })
  })
})
