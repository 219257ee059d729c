// Protects: checkpointing is chosen where activations would not fit, and a run that goes on keeps its choice.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLinearModules } from '../../../src/model/linear-modules.ts'
import { buildTrainingGraph } from '../../../src/train/gradient/training-graph.ts'
import {
  chooseMemory,
  describeMemory,
  keepMemoryChoice,
  removeMemoryChoice,
} from '../../../src/train/memory.ts'
import { fixtureModel } from '../../fixtures/reference.ts'

const MEGABYTE = 1e6
const question = {
  checkpointing: 'auto',
  memoryLimitMb: 0,
  extents: { batch: 4, length: 100 },
  activationBytes: ({ batch, length }: { batch: number; length: number }) => batch * length * MEGABYTE,
} as const

describe('the choice', () => {
  it('keeps everything where there is room, and not where there is none', () => {
    expect(chooseMemory(question, 4000 * MEGABYTE)).toEqual({
      checkpointing: false,
      activationMb: 400,
      limitMb: 4000,
    })
    expect(chooseMemory(question, 500 * MEGABYTE).checkpointing).toBe(true)
  })

  it('goes by the limit that it is given, and by a plain word before everything', () => {
    expect(chooseMemory({ ...question, memoryLimitMb: 500 }, 4000 * MEGABYTE).checkpointing).toBe(true)
    expect(chooseMemory({ ...question, checkpointing: 'off' }, 1).checkpointing).toBe(false)
    expect(chooseMemory({ ...question, checkpointing: 'on' }, 4000 * MEGABYTE).checkpointing).toBe(true)
  })

  it('says in words what was chosen', () => {
    const text = describeMemory(chooseMemory(question, 500 * MEGABYTE))
    expect(text).toBe(
      'Layers are computed again in the backward pass (checkpointing): activations of the largest batch need about 400 MB of 500 MB.',
    )
  })
})

describe('the estimate', () => {
  it('grows with the batch as activations do', () => {
    const base = fixtureModel('llama', 'dynamo')
    const sites = findLinearModules(base)
      .filter(({ isHead }) => !isHead)
      .map((module) => ({ module, rank: 2, scale: 1 }))
    const { activationBytes } = buildTrainingGraph(base, {
      trainable: { kind: 'lora', sites },
      loss: 'causal-lm',
    })
    const one = activationBytes({ batch: 1, length: 32 })
    expect(one).toBeGreaterThan(0)
    expect(activationBytes({ batch: 8, length: 32 }) / one).toBeGreaterThan(7)
    // Attention's scores grow with the square of the length, everything else with the length.
    const longer = activationBytes({ batch: 1, length: 64 }) / one
    expect(longer).toBeGreaterThan(2)
    expect(longer).toBeLessThan(4)
  })
})

describe('a run that goes on', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oneround-memory-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const choiceOf = (checkpointing: boolean) => () => ({ checkpointing, activationMb: 1, limitMb: 2 })

  it('keeps its choice; another run and a fresh start choose anew', async () => {
    expect((await keepMemoryChoice(folder, 'run', true, choiceOf(true))).checkpointing).toBe(true)
    expect((await keepMemoryChoice(folder, 'run', true, choiceOf(false))).checkpointing).toBe(true)
    expect((await keepMemoryChoice(folder, 'other', true, choiceOf(false))).checkpointing).toBe(false)
    expect((await keepMemoryChoice(folder, 'other', false, choiceOf(true))).checkpointing).toBe(true)
    await writeFile(join(folder, 'memory.json'), 'no choice')
    expect((await keepMemoryChoice(folder, 'other', true, choiceOf(false))).checkpointing).toBe(false)
    await removeMemoryChoice(folder)
    await expect(readFile(join(folder, 'memory.json'))).rejects.toThrow(/ENOENT/)
  })
})
