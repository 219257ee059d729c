// Protects the demo's data: a seed decides it for ever, splits share no prompt, and sites overlap in part.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { learnMerges } from '../../../scripts/pretrain/byte-pair.ts'
import { FORM_NAMES, pretrainingLines, siteData, siteRecipe, toJsonl } from '../../../src/recipes/index.ts'
import { byteLevelTokenizerFiles, createTokenizer } from '../../../src/model/tokenizer.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
const formsOf = (index: number): readonly string[] => Object.keys(siteRecipe(index).forms)
const promptsOf = (lines: readonly object[]): readonly string[] =>
  lines.map((line) => ('prompt' in line ? String(line.prompt) : ''))

test('a seed gives these lines, for ever: the committed base model was trained on them', () => {
  expect(digest(toJsonl(pretrainingLines('oneround/base-model/1/train', 2000)))).toBe('dd29d9ce99e9bc76')
  expect(digest(toJsonl(siteData(siteRecipe(0)).train))).toBe('a6c1d8c49a29199d')
})

test('splits have the lines asked for and share no prompt', () => {
  const lines = { train: 300, validation: 40, test: 50 }
  const data = siteData(siteRecipe(2, lines))
  expect([data.train.length, data.validation.length, data.test.length]).toEqual([300, 40, 50])
  const prompts = promptsOf([...data.train, ...data.validation, ...data.test])
  expect(new Set(prompts).size).toBe(390)
})

test('each site writes tickets and three other forms, of which a neighbour has two', () => {
  for (let i = 0; i < 7; i++) {
    expect(formsOf(i)).toContain('ticket')
    expect(formsOf(i)).toHaveLength(4)
    expect(formsOf(i).filter((form) => formsOf(i + 1).includes(form))).toHaveLength(3)
    expect(formsOf(i)).not.toEqual(formsOf(i + 1))
  }
  expect(new Set(Array.from({ length: 6 }, (_, i) => formsOf(i)).flat()).size).toBe(FORM_NAMES.length)
})

test('the base never sees an instruction of a site', () => {
  const seen = toJsonl(pretrainingLines('any', 20_000))
  for (const instruction of ['Ticket:', 'Pick:', 'Class:', 'Receipt:', 'Norsk:', 'Route:', 'Stock:']) {
    expect(seen).not.toContain(`\\n${instruction}`)
  }
})

test('merges join the most frequent pair first, ties by name, digits never', () => {
  const merges = learnMerges(['ab ab ab cd cd 11 11 11 11'], 9)
  expect(merges.slice(0, 2)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
  expect(merges.flat().join('')).not.toMatch(/[0-9]/)
  const { tokenizer, config } = byteLevelTokenizerFiles(64, merges)
  const { encode, decode } = createTokenizer(tokenizer, config, 'tokenizer.json')
  expect(encode('ab')).toHaveLength(1)
  expect(decode(encode('ab cd 11 xy'))).toBe('ab cd 11 xy')
})
