// Protects: a recipe file says what flags say, keeps its gaps open, gives way to flags, and is refused by file and key.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkTrainingOptions } from '../../../src/train/options.ts'
import { readRecipe, recipeWithFlags, type StatedRecipe } from '../../../src/train/recipe-file.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-recipe-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function written(text: string): Promise<string> {
  const path = join(folder, 'recipe.json')
  await writeFile(path, text)
  return path
}

const noFlags = { recipe: {}, lora: {}, isFull: false }
const checked = (recipe: StatedRecipe) =>
  checkTrainingOptions({ model: 'base', data: ['a.jsonl'], out: 'out', recipe }).recipe

describe('a recipe file', () => {
  it('is read as it stands, and the recipe of a summary likewise', async () => {
    const recipe = { epochs: 7, mode: { kind: 'lora', rank: 3, rankPattern: { 'v_.*': 5 } } }
    expect(await readRecipe(await written(JSON.stringify(recipe)))).toEqual(recipe)
    const summary = { schema: 'oneround/training@1', recipe, steps: 12 }
    expect(await readRecipe(await written(JSON.stringify(summary)))).toEqual(recipe)
  })

  it('leaves to a flag’s optimiser the defaults of its own', async () => {
    const stated = await readRecipe(await written('{"epochs": 2}'))
    const recipe = checked(recipeWithFlags(stated, { ...noFlags, recipe: { optimizer: 'lion' } }))
    expect(recipe).toMatchObject({ epochs: 2, optimizer: 'lion', learningRate: 1e-4, betas: [0.9, 0.99] })
  })

  it.each([
    ['{"epochs": 2', 'recipe', /is no JSON/],
    ['7', 'recipe', /Expected Object/],
    ['[]', 'recipe', /is a list/],
    ['{"learningrate": 1}', 'learningrate', /never/],
    ['{"mode": {"kind": "lora", "rnak": 4}}', 'mode.rnak', /never/],
    ['{"mode": {"kind": "dora"}}', 'mode.kind', /"lora"/],
    ['{"schema": "oneround/training@1", "recipe": {"epochs": 0}}', 'epochs', /1/],
    ['{"schema": "oneround/training@2", "recipe": {"epochs": 1}}', 'schema', /never/],
  ])('%s is refused by file and key', async (text, field, reason) => {
    const path = await written(text)
    await expect(readRecipe(path)).rejects.toMatchObject({
      info: { code: 'RECIPE_INVALID', file: path, field, reason: expect.stringMatching(reason) },
    })
  })
})

describe('flags over a file', () => {
  const stated: StatedRecipe = {
    epochs: 2,
    learningRate: 0.5,
    mode: { kind: 'lora', rank: 4, alpha: 8, targets: ['q_proj'] },
  }

  it('win key by key, in the mode too', () => {
    const merged = recipeWithFlags(stated, { recipe: { epochs: 9 }, lora: { rank: 2 }, isFull: false })
    expect(merged).toEqual({
      epochs: 9,
      learningRate: 0.5,
      mode: { kind: 'lora', rank: 2, alpha: 8, targets: ['q_proj'] },
    })
  })

  it('without any, give the file’s recipe and its mode', () => {
    expect(recipeWithFlags(stated, noFlags)).toEqual(stated)
    const full: StatedRecipe = { mode: { kind: 'full' } }
    expect(recipeWithFlags(full, noFlags)).toEqual(full)
    expect(recipeWithFlags(stated, { ...noFlags, isFull: true }).mode).toEqual({ kind: 'full' })
  })

  it('of an adapter are refused where the file trains every parameter', () => {
    expect(() => recipeWithFlags({ mode: { kind: 'full' } }, { ...noFlags, lora: { rank: 2 } })).toThrow(
      /^recipe\.mode\.rank: /,
    )
  })
})
