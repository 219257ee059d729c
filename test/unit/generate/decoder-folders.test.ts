// Protects: how long a text of a built decoder may be, and what ends it, is read as its family has it, not by one name.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openGenerationBase } from '../../../src/generate/base.ts'
import { byteLevelTokenizerFiles } from '../../../src/model/tokenizer.ts'
import { writeFormulaBase } from '../../support/formula-base.ts'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneround-decoder-folders-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const SIZES = {
  vocab_size: 384,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 2,
}
const GEMMA = {
  ...SIZES,
  head_dim: 4,
  query_pre_attn_scalar: 4,
  max_position_embeddings: 70,
  eos_token_id: 9,
}
const DYNAMIC = { max_position_embeddings: 20, rope_scaling: { type: 'dynamic', factor: 3 } }

it.each([
  [
    'gpt2',
    { model_type: 'gpt2', vocab_size: 384, n_embd: 8, n_head: 2, n_layer: 1, n_positions: 33 },
    33,
    [],
  ],
  ['gemma3', { model_type: 'gemma3', text_config: GEMMA }, 70, [9]],
  ['dynamic', { ...SIZES, ...DYNAMIC, model_type: 'llama', eos_token_id: [5, 6] }, 60, [5, 6]],
] as const)('%s', async (name, config, positionCountMax, endIds) => {
  const folder = await writeFormulaBase(join(root, name), config)
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(byteLevelTokenizerFiles(128).tokenizer))
  const base = await openGenerationBase(folder)
  expect(base.positionCountMax).toBe(positionCountMax)
  for (const id of endIds) expect(base.endIds.has(id)).toBe(true)
})
