// Protects: the cells of the experiments run end to end on a model of any size, with the product's own merging, and the same
// cell gives the same figures again.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { afterAll, describe, expect, test } from 'vitest'
import {
  exactnessFiguresSchema,
  robustnessFiguresSchema,
  roundsFiguresSchema,
} from '../../scripts/experiments/types.ts'
import { entryArgs } from '../../src/core/entry.ts'

const TIMEOUT_MS = 400_000
const root = mkdtempSync(join(tmpdir(), 'oneround-experiments-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const model = fileURLToPath(new URL('../../nodes/base-model', import.meta.url))

async function runCell(plan: object): Promise<unknown> {
  const entry = entryArgs(new URL('../../scripts/experiments/cell-process.ts', import.meta.url))
  const request = JSON.stringify({ plan, model, work: join(root, 'work'), threads: 1 })
  const child = spawn(process.execPath, [...entry, request], { stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  const status = await new Promise((resolve) => child.on('close', resolve))
  expect(status, Buffer.concat(err).toString('utf8')).toBe(0)
  return JSON.parse(Buffer.concat(out).toString('utf8'))
}

const shared = {
  model: '0.3m',
  siteCount: 2,
  split: 'even',
  epochs: 2,
  seed: 'test',
  linesPerSite: 32,
  testLines: 16,
}

describe('a cell', { timeout: TIMEOUT_MS }, () => {
  test.each(['lora', 'full'])('of rounds trains and merges (%s), twice alike', async (mode) => {
    const plan = {
      ...shared,
      kind: 'rounds',
      mode,
      matchLines: 8,
      learningRate: mode === 'lora' ? 1e-2 : 4e-3,
    }
    const figures = v.parse(roundsFiguresSchema, await runCell(plan))
    const { base, local, oneRound, manyRounds, centralised } = figures.loss
    for (const trained of [local, oneRound, manyRounds, centralised]) expect(trained).toBeLessThan(base)
    expect(figures.lossAfterRound).toHaveLength(2)
    expect(figures.lossAfterRound[1]).toBe(manyRounds)
    expect(figures.tauMerged).toBeLessThan(figures.tau)
    expect(figures.bound.actual).toBeLessThan(figures.bound.trivial)
    expect(await runCell(plan)).toEqual(figures)
  })

  test('of exactness finds the exact mean exact, and A and B apart not', async () => {
    const plan = { ...shared, kind: 'exactness', learningRate: 1e-2 }
    const { ways } = v.parse(exactnessFiguresSchema, await runCell(plan))
    const errorOf = (word: string): number => ways.find(({ way }) => way.includes(word))?.error ?? Number.NaN
    // f32 weights that moved by a hundredth of their size in a few steps: the rounding of the sum is all that differs.
    expect(errorOf('exact mean of ΔW')).toBeLessThan(1e-5)
    expect(errorOf('apart, shared')).toBeGreaterThan(0.01)
    expect(errorOf('apart, own')).toBeGreaterThan(errorOf('apart, shared'))
  })

  test('of robustness: a liar rules a mean and no median, and nobody lying is nobody lying', async () => {
    const plan = {
      ...shared,
      kind: 'robustness',
      siteCount: 9,
      learningRate: 1e-2,
      triggerLines: 4,
      attacks: ['scale', 'backdoor'],
    }
    const { base, local, rows, poisoner } = v.parse(robustnessFiguresSchema, await runCell(plan))
    expect(local).toBeLessThan(base)
    const found = (rule: string, attack: string, liars: number, f: number) => {
      const row = rows.find(
        (each) => each.rule === rule && each.attack === attack && each.liars === liars && each.f === f,
      )
      if (row === undefined) throw new Error(`no row of ${rule}, ${attack}, ${liars}, ${f}`)
      return row
    }
    expect(rows).toHaveLength(6 * (2 + 2 * 5))
    expect(found('mean', 'none', 0, 3).damage).toBeLessThan(1e-5)
    expect(found('mean', 'scale', 3, 3).damage).toBeGreaterThan(2)
    expect(found('median', 'scale', 3, 3).damage).toBeLessThan(1)
    // Whether f is right is nothing to a median, and much to a trimmed mean.
    expect(found('median', 'scale', 3, 1)).toEqual({ ...found('median', 'scale', 3, 3), f: 1 })
    expect(found('trimmed-mean', 'scale', 3, 1).damage).toBeGreaterThan(
      found('trimmed-mean', 'scale', 3, 3).damage ?? Number.NaN,
    )
    // The backdoor is asked after where there is one, and where nobody lies, for comparison.
    expect(rows.filter(({ backdoor }) => backdoor !== null).map(({ attack }) => attack)).not.toContain(
      'scale',
    )
    const honest = found('mean', 'none', 0, 1).backdoor?.answerLoss ?? Number.NaN
    expect(poisoner.answerLoss).toBeLessThan(honest)
    expect(found('mean', 'backdoor', 3, 3).backdoor?.answerLoss).toBeLessThan(honest)
  })
})
