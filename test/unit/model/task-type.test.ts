// Protects: an exported adapter names the task of its base, and a classifier's only where its head is in the adapter.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { taskTypeOf } from '../../../src/model/task-type.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-task-type-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the task of an adapter', () => {
  it.each([
    ['LlamaForCausalLM', [], 'CAUSAL_LM'],
    ['GPT2LMHeadModel', ['transformer.ln_f.weight'], 'CAUSAL_LM'],
    ['T5ForConditionalGeneration', [], 'SEQ_2_SEQ_LM'],
    ['LlavaForConditionalGeneration', [], null],
    ['BertForSequenceClassification', ['classifier.weight', 'classifier.bias'], 'SEQ_CLS'],
    ['LlamaForSequenceClassification', ['score.weight'], 'SEQ_CLS'],
    ['BertForSequenceClassification', ['bert.pooler.dense.weight'], null],
    ['BertForSequenceClassification', [], null],
    ['BertForTokenClassification', ['classifier.weight'], 'TOKEN_CLS'],
    ['ViTForImageClassification', ['classifier.weight'], null],
    ['BertModel', ['my_classifier_norm.weight'], null],
  ])('of %s with %j', async (architecture, whole, expected) => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ architectures: [architecture] }))
    expect(await taskTypeOf(folder, whole)).toBe(expected)
  })

  it.each(['{}', '{"architectures": []}', 'not json'])('of a config that says %s', async (config) => {
    await writeFile(join(folder, 'config.json'), config)
    expect(await taskTypeOf(folder, [])).toBe('CAUSAL_LM')
    expect(await taskTypeOf(folder, ['score.weight'])).toBeNull()
  })

  it('of a base that is not at hand', async () => {
    expect(await taskTypeOf(null, [])).toBe('CAUSAL_LM')
    expect(await taskTypeOf('somebody/some-model', [])).toBe('CAUSAL_LM')
    expect(await taskTypeOf(null, ['model.classifier.weight'])).toBeNull()
  })
})
