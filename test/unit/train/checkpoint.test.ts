// Protects checkpoints: they come back whole, belong to one run, and damaged ones are refused.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCheckpointStore } from '../../../src/train/checkpoint.ts'
import { checkLoopState } from '../../../src/train/run-training.ts'
import { FULL_PATIENCE } from '../../../src/train/schedule.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-checkpoint-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const vectors = {
  parameters: Float32Array.of(1, -0, 3e-40),
  optimizer: { first: Float32Array.of(4, 5, 6), second: Float32Array.of(7, 8, 9) },
  best: Float32Array.of(0.1, 0.2, 0.3),
}
const state = {
  step: 7,
  epoch: 1,
  batchesDone: 3,
  patience: FULL_PATIENCE,
  bestStep: 5,
  lossSum: 1 / 3,
  targetCount: 12,
  gradientNormMax: 0.7,
  history: [
    { step: 0, epoch: 0, learningRate: 0.1, trainLoss: null, validationLoss: 2.5, gradientNormMax: null },
    { step: 5, epoch: 1, learningRate: 0.1, trainLoss: 2.4, validationLoss: 2.5, gradientNormMax: 1 / 3 },
  ],
}
const open = (identity: string) => openCheckpointStore(folder, identity, checkLoopState)

test('a checkpoint comes back with every bit', async () => {
  const store = open('run')
  expect(await store.read(3)).toBeNull()
  await store.write({ state, vectors })
  const read = await store.read(3)
  expect(read).toEqual({ state, vectors })
  expect(Object.is(read?.vectors.parameters[1], -0)).toBe(true)
})

test('a checkpoint of another run is foreign, one of another size or version invalid', async () => {
  await open('run').write({ state, vectors })
  await expect(open('other').read(3)).rejects.toMatchObject({ info: { code: 'CHECKPOINT_FOREIGN' } })
  await expect(open('run').read(4)).rejects.toMatchObject({ info: { code: 'CHECKPOINT_INVALID' } })
  const strict = openCheckpointStore(folder, 'run', () => null)
  await expect(strict.read(3)).rejects.toMatchObject({ info: { code: 'CHECKPOINT_INVALID' } })
})

test('a damaged checkpoint is refused, and removing it starts afresh', async () => {
  const path = join(folder, 'checkpoint.safetensors')
  await open('run').write({ state, vectors })
  await writeFile(path, (await readFile(path)).subarray(0, 100))
  await expect(open('run').read(3)).rejects.toMatchObject({ info: { code: 'SAFETENSORS_INVALID' } })
  await open('run').remove()
  expect(await open('run').read(3)).toBeNull()
})
