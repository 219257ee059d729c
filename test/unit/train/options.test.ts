// Protects: what is not said gets the default that suits the optimiser, and a wrong option is named.
import { describe, expect, it } from 'vitest'
import { checkTrainingOptions } from '../../../src/train/options.ts'

const optionsOf = (recipe: object) => ({ model: 'base', data: ['a.jsonl'], out: 'out', recipe })

describe('defaults', () => {
  it.each([
    [{}, 1e-3, [0.9, 0.999]],
    [{ optimizer: 'adamw' }, 1e-3, [0.9, 0.999]],
    [{ optimizer: 'lion' }, 1e-4, [0.9, 0.99]],
    [{ optimizer: 'sgd' }, 1e-1, [0.9, 0.999]],
    [{ optimizer: 'lion', learningRate: 3e-4, betas: [0.95, 0.98] }, 3e-4, [0.95, 0.98]],
  ])('of %j', (recipe, learningRate, betas) => {
    expect(checkTrainingOptions(optionsOf(recipe)).recipe).toMatchObject({ learningRate, betas })
  })
})

describe('a wrong option', () => {
  it.each([
    [{ optimizer: 'adam' }, 'recipe.optimizer'],
    [{ mode: { kind: 'lora', rankPattern: { '(': 3 } } }, 'recipe.mode.rankPattern'],
    [{ momentum: 1 }, 'recipe.momentum'],
    [{ learningrate: 1 }, 'recipe.learningrate'],
  ])('%j is named', (recipe, option) => {
    expect(() => checkTrainingOptions(optionsOf(recipe))).toThrow(
      new RegExp(`^${option.replaceAll('.', '\\.')}`),
    )
  })
})
