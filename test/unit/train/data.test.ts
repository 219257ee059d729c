// Protects what a training line means: which ids, which targets, which cut; and that a bad line is named.
import { expect, test } from 'vitest'
import { orderedBatches, padBatch, shuffledBatches, splitForValidation } from '../../../src/train/batch.ts'
import { parseSequences } from '../../../src/train/data.ts'

const form = {
  encode: (text: string) => [...Buffer.from(text)],
  endOfSequenceId: 1,
  positionCountMax: 8,
}
const parse = (...lines: readonly string[]) => parseSequences(lines.join('\n'), 'data.jsonl', form)
const bytes = (text: string) => [...Buffer.from(text)]

test('a text is its ids and the end id, all of them targets', () => {
  const [sequence] = parse('{"text":"abc","source":"kept out"}')
  expect([...(sequence?.ids ?? [])]).toEqual([...bytes('abc'), 1])
  expect([...(sequence?.labels ?? [])]).toEqual([...bytes('abc'), 1])
  // The first id cannot be predicted from anything.
  expect(sequence?.targetCount).toBe(3)
})

test('a prompt is no target; its completion and the end id are', () => {
  const [sequence] = parse('{"prompt":"ab","completion":"cd"}')
  expect([...(sequence?.ids ?? [])]).toEqual([...bytes('abcd'), 1])
  expect([...(sequence?.labels ?? [])]).toEqual([-100, -100, ...bytes('cd'), 1])
  expect(sequence?.targetCount).toBe(3)
})

test('prompt and completion are tokenised apart', () => {
  // This tokenizer would join "ab"; no token may span prompt and completion.
  const joining = (text: string): number[] => bytes(text.replaceAll('ab', '#'))
  const [sequence] = parseSequences('{"prompt":"xa","completion":"b"}', 'f', { ...form, encode: joining })
  expect([...(sequence?.ids ?? [])]).toEqual([...bytes('xab'), 1])
})

test('a sequence is cut at the model’s positions, its end id with it', () => {
  const [sequence] = parse('{"text":"0123456789"}')
  expect([...(sequence?.ids ?? [])]).toEqual(bytes('01234567'))
})

test('a prompt that fills all positions leaves nothing to learn', () => {
  const sequences = parse('{"prompt":"0123456789","completion":"x"}', '', '{"text":"ok"}')
  expect(sequences).toHaveLength(1)
  expect(() => parse('{"prompt":"0123456789","completion":"x"}')).toThrowError(/data\.jsonl: no sequence/)
})

test.each([
  ['{"text":"a"}\n{"text":', 2, 'no JSON'],
  ['{"text":"a"}\n\n[1]', 3, 'object'],
  ['{"text":3}', 1, 'no text'],
  ['{"prompt":"a"}', 1, '"completion" is missing'],
  ['{"completion":"a"}', 1, '"prompt" is missing'],
  ['{"text":"a","prompt":"b","completion":"c"}', 1, 'both'],
  ['{"question":"a"}', 1, 'neither'],
])('%j is DATA_INVALID in line %i', (text, line, reason) => {
  expect(() => parse(text)).toThrowError(new RegExp(`data\\.jsonl:${line}: .*${reason}`))
  expect(() => parse(text)).toThrowError(
    expect.objectContaining({ info: expect.objectContaining({ code: 'DATA_INVALID', line }) }),
  )
})

test('empty data is DATA_EMPTY', () => {
  for (const text of ['', '\n \n']) {
    expect(() => parse(text)).toThrowError(
      expect.objectContaining({ info: { code: 'DATA_EMPTY', file: 'data.jsonl' } }),
    )
  }
})

test('a batch is padded on the right, padding without mask and target', () => {
  const batch = padBatch(parse('{"text":"a"}', '{"prompt":"b","completion":"cd"}'), 0)
  expect({ size: batch.size, length: batch.length, targetCount: batch.targetCount }).toEqual({
    size: 2,
    length: 4,
    targetCount: 4,
  })
  expect([...batch.inputIds].map(Number)).toEqual([97, 1, 0, 0, 98, 99, 100, 1])
  expect([...batch.attentionMask].map(Number)).toEqual([1, 1, 0, 0, 1, 1, 1, 1])
  expect([...batch.labels].map(Number)).toEqual([97, 1, -100, -100, -100, 99, 100, 1])
})

test('an epoch shows every sequence once, in an order that its seed decides', () => {
  const sequences = parse(...Array.from({ length: 50 }, (_, i) => `{"text":"${'x'.repeat(i % 6)}${i}"}`))
  const texts = (seed: string) =>
    shuffledBatches(sequences, 4, seed).flatMap((batch) => batch.map(({ ids }) => ids.join()))
  expect(texts('a/1')).toEqual(texts('a/1'))
  expect(texts('a/1')).not.toEqual(texts('a/2'))
  const all = sequences.map(({ ids }) => ids.join()).sort()
  expect(texts('a/1').sort()).toEqual(all)
  const ordered = orderedBatches(sequences, 4).flatMap((batch) => batch.map(({ ids }) => ids.join()))
  expect(ordered.sort()).toEqual(all)
})

test('the validation split shares nothing with what is trained on, and both sides hold something', () => {
  const sequences = parse(...Array.from({ length: 20 }, (_, i) => `{"text":"${i}"}`))
  const { training, validation } = splitForValidation(sequences, 0.1, 'seed')
  expect(validation).toHaveLength(2)
  expect(new Set([...training, ...validation]).size).toBe(20)
  const pair = splitForValidation(sequences.slice(0, 2), 0.01, 'seed')
  expect([pair.training.length, pair.validation.length]).toEqual([1, 1])
})
