// Protects what a training line means: which ids, which targets, which cut; and that a bad line is named.
import { expect, test } from 'vitest'
import { orderedBatches, shuffledBatches, splitForValidation } from '../../../src/train/dataset.ts'
import { parseSequences } from '../../../src/train/data.ts'
import { padSequences, sequenceData } from '../../../src/train/tasks/causal-lm.ts'

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
  const { size, feeds, labels, targetCount } = padSequences(
    parse('{"text":"a"}', '{"prompt":"b","completion":"cd"}'),
  )
  expect({ size, dims: labels.dims, targetCount }).toEqual({ size: 2, dims: [2, 4], targetCount: 4 })
  const numbers = (name: string) => [...(feeds[name]?.data ?? [])].map(Number)
  expect(numbers('input_ids')).toEqual([97, 1, 0, 0, 98, 99, 100, 1])
  expect(numbers('attention_mask')).toEqual([1, 1, 0, 0, 1, 1, 1, 1])
  expect([...labels.data].map(Number)).toEqual([97, 1, -100, -100, -100, 99, 100, 1])
})

test('an epoch shows every sample once, in an order that its seed decides', () => {
  const data = sequenceData(
    parse(...Array.from({ length: 50 }, (_, i) => `{"text":"${'x'.repeat(i % 6)}${i}"}`)),
  )
  const order = (seed: string) => shuffledBatches(data, 4, seed).flat()
  expect(order('a/1')).toEqual(order('a/1'))
  expect(order('a/1')).not.toEqual(order('a/2'))
  const all = Array.from({ length: 50 }, (_, i) => i)
  expect(order('a/1').toSorted((a, b) => a - b)).toEqual(all)
  const ordered = orderedBatches(data, 4).flat()
  expect(ordered.toSorted((a, b) => a - b)).toEqual(all)
  const lengths = ordered.map((number) => data.lengths[number] ?? 0)
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
})

test('the validation split shares nothing with what is trained on, and both sides hold something', () => {
  const data = sequenceData(parse(...Array.from({ length: 20 }, (_, i) => `{"text":"${i + 10}"}`)))
  const { training, validation } = splitForValidation(data, 0.1, 'seed')
  expect([training.size, validation.size]).toEqual([18, 2])
  expect(training.targetCount + validation.targetCount).toBe(data.targetCount)
  const rows = ({ size, collate }: typeof data) =>
    Array.from({ length: size }, (_, i) => [...(collate([i]).feeds['input_ids']?.data ?? [])].join())
  expect(new Set([...rows(training), ...rows(validation)]).size).toBe(20)
  const pair = splitForValidation(data.subset([0, 1]), 0.01, 'seed')
  expect([pair.training.size, pair.validation.size]).toEqual([1, 1])
})
