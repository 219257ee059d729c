// Protects: a charter's recipe survives its canonical bytes, becomes the defaults of training with what the layout says, and
// every key in which a run did otherwise is named, and no other.
import { describe, expect, it } from 'vitest'
import { charterCodec } from '../../../src/charter/charter.ts'
import type { Charter } from '../../../src/charter/schema.ts'
import { deviationsOf, recipeOfCharter, trainingOfRecipe } from '../../../src/train/charter-recipe.ts'
import { checkTrainingOptions } from '../../../src/train/options.ts'
import { recipeWithFlags, type StatedRecipe } from '../../../src/train/recipe-file.ts'
import { testConsortium } from '../../support/charter.ts'

const stated: StatedRecipe = {
  epochs: 5,
  learningRate: 3e-4,
  schedule: 'linear',
  weightDecay: 0.01,
  pull: 0.1,
  packing: true,
  mode: { kind: 'lora', rank: 2, dropout: 0.05 },
}
const withTraining = (training: Charter['training']): Charter => {
  const { charter } = testConsortium(3)
  return { ...charter, training }
}
const charter = withTraining(trainingOfRecipe(stated, 'recipe.json'))
const recipeFor = (recipe: StatedRecipe) =>
  checkTrainingOptions({ model: 'm', data: ['d'], out: 'o', recipe }).recipe

describe('a charter’s recipe', () => {
  it('holds fractions, and comes back through the canonical bytes', () => {
    expect(charter.training).toMatchObject({
      learningRate: [3, 10_000],
      weightDecay: [1, 100],
      dropout: [1, 20],
    })
    const decoded = charterCodec.decode(charterCodec.encode(charter))
    expect(decoded.ok && decoded.value.training).toEqual(charter.training)
  })

  it('becomes the defaults of a run, with modules and scale of the layout', () => {
    const { mode, ...recipe } = recipeFor(recipeOfCharter(charter))
    expect(recipe).toMatchObject({
      epochs: 5,
      learningRate: 3e-4,
      schedule: 'linear',
      pull: 0.1,
      packing: true,
    })
    const [numerator, denominator] = charter.layout.scale
    expect(mode).toMatchObject({
      rank: 2,
      dropout: 0.05,
      alpha: (2 * numerator) / denominator,
      targets: charter.layout.modules.map(({ name }) => name),
    })
    expect(deviationsOf(charter, recipeFor(recipeOfCharter(charter)))).toEqual([])
  })

  it('names what a run does otherwise, key by key', () => {
    const own = recipeWithFlags(recipeOfCharter(charter), {
      recipe: { epochs: 2, seed: 'mine' },
      lora: { targets: ['v_proj'], dropout: 0 },
      isFull: false,
    })
    expect(deviationsOf(charter, recipeFor(own))).toEqual([
      'epochs: 2, charter 5',
      'dropout: 0, charter 0.05',
      expect.stringMatching(/^targets: 1 names, charter \d+ names$/),
    ])
  })

  it('takes shared A and whole parameters from the layout', () => {
    const dense = [
      { name: 'score.bias', shape: [2] },
      { name: 'score.weight', shape: [2, 4] },
    ]
    const layout = { ...charter.layout, sharedA: new Uint8Array(32) as never, dense }
    expect(recipeOfCharter({ layout }).mode).toMatchObject({ freezeA: true, modulesToSave: ['score'] })
  })

  it('of whole models trains every parameter, and carries no word of adapters', () => {
    const dense = [{ name: 'score.weight', shape: [2, 4] }]
    const training = trainingOfRecipe({ epochs: 2, mode: { kind: 'full' } }, 'recipe.json', true)
    expect(training).toEqual({ epochs: 2 })
    const layout = { ...charter.layout, modules: [], dense }
    expect(recipeOfCharter({ layout, training })).toEqual({ epochs: 2, mode: { kind: 'full' } })
    const lora = { mode: { kind: 'lora', rank: 2 } } as const
    expect(() => trainingOfRecipe(lora, 'recipe.json', true)).toThrow('whole models')
  })

  it.each([
    [{ seed: 'a' }, 'seed'],
    [{ mode: { kind: 'lora' as const, targets: ['q_proj'] } }, 'targets'],
    [{ mode: { kind: 'full' as const } }, 'mode'],
  ])('does not carry %j', (recipe, key) => {
    expect(() => trainingOfRecipe(recipe, 'recipe.json')).toThrowError(
      expect.objectContaining({
        info: expect.objectContaining({ code: 'TRAIN_OPTION_INVALID', option: `recipe.${key}` }),
      }),
    )
  })
})
