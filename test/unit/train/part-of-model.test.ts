// Protects: a model of which only the text part is built is never written whole, and neither is an exported graph.
import { expect, test } from 'vitest'
import { parseDecoderConfig } from '../../../src/model/hf-config.ts'
import { checkTrainingOptions } from '../../../src/train/index.ts'
import { refuseFullExport } from '../../../src/train/run-training.ts'
import { TINY_FAMILIES } from '../../support/tiny-families.ts'

test('full training is refused by name where the folder would lose a part', () => {
  const recipeOf = (kind: 'lora' | 'full') =>
    checkTrainingOptions({ model: 'm', data: ['d'], out: 'o', recipe: { mode: { kind } } }).recipe
  const refuse = (source: 'hugging-face' | 'onnx', isPart: boolean, kind: 'lora' | 'full') => () =>
    refuseFullExport({ source, folder: 'm', isPart }, recipeOf(kind))
  expect(refuse('hugging-face', true, 'full')).toThrow(/m holds a model of which one part is built/)
  expect(refuse('onnx', false, 'full')).toThrow(/m holds an exported graph/)
  for (const kind of ['lora', 'full'] as const) expect(refuse('hugging-face', false, kind)).not.toThrow()
  expect(refuse('hugging-face', true, 'lora')).not.toThrow()
  expect(refuse('onnx', false, 'lora')).not.toThrow()
})

test('the text part of a model that sees images is a part, every other decoder is whole', () => {
  const parts = TINY_FAMILIES.filter(({ config }) => parseDecoderConfig(JSON.stringify(config), 'c').isPart)
  expect(parts.map(({ config }) => config.model_type)).toEqual(['gemma3'])
})
