// Protects the byte-level tokenizer: every text is spelled exactly, one id a byte, and damaged files are named.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { byteLevelTokenizerFiles, createTokenizer, readTokenizer } from '../../../src/model/tokenizer.ts'

const { tokenizer: description, config } = byteLevelTokenizerFiles(128)
const tokenizer = createTokenizer(description, config, 'tokenizer.json')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-tokenizer-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a text is its bytes, each two above its value', () => {
  expect(tokenizer.encode('a b\né')).toEqual([...Buffer.from('a b\né')].map((byte) => byte + 2))
  expect(tokenizer.encode('')).toEqual([])
  expect(tokenizer.endOfSequenceId).toBe(1)
  expect(tokenizer.idOf('<|pad|>')).toBe(0)
  expect(tokenizer.idOf('no such token')).toBeNull()
})

test('any text comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const plain = Buffer.from(text).toString()
      fc.pre(!plain.includes('<|'))
      const ids = tokenizer.encode(plain)
      expect(ids).toEqual([...Buffer.from(plain)].map((byte) => byte + 2))
      expect(tokenizer.decode(ids)).toBe(plain)
    }),
    { numRuns: 300 },
  )
})

test('special tokens are left out of decoded text', () => {
  expect(tokenizer.decode([2 + 0x68, 2 + 0x69, 1, 0, 0])).toBe('hi')
})

test('a folder is read with its config; a damaged file is named', async () => {
  await expect(readTokenizer(folder)).rejects.toMatchObject({ info: { code: 'FILE_MISSING' } })
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(description))
  expect((await readTokenizer(folder)).endOfSequenceId).toBeNull()
  await writeFile(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ eos_token: { content: '<|end|>' } }),
  )
  expect((await readTokenizer(folder)).endOfSequenceId).toBe(1)
  for (const text of ['[', '3', '{"model":{"type":"Unheard"}}']) {
    await writeFile(join(folder, 'tokenizer.json'), text)
    await expect(readTokenizer(folder)).rejects.toMatchObject({
      info: { code: 'TOKENIZER_INVALID', file: join(folder, 'tokenizer.json') },
    })
  }
})
