// Protects: the experiment on late sites runs end to end: every order gives one digest, and real nodes with a late member
// end on the digest that is computed apart.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { afterAll, expect, test } from 'vitest'
import { isAsComputed } from '../../scripts/experiments/asynchrony-claims.ts'
import { type AsynchronyLine, asynchronyFiguresSchema } from '../../scripts/experiments/types.ts'
import { entryArgs } from '../../src/core/entry.ts'

const TIMEOUT_MS = 900_000
const root = mkdtempSync(join(tmpdir(), 'oneround-asynchrony-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('sites of a cell come in every order', { timeout: TIMEOUT_MS }, async () => {
  const plan: AsynchronyLine['plan'] = {
    kind: 'asynchrony',
    model: '0.3m',
    siteCount: 3,
    split: 'even',
    epochs: 1,
    seed: 'test',
    linesPerSite: 32,
    testLines: 16,
    learningRate: 1e-2,
  }
  const entry = entryArgs(new URL('../../scripts/experiments/cell-process.ts', import.meta.url))
  const model = fileURLToPath(new URL('../../nodes/base-model', import.meta.url))
  const request = JSON.stringify({ plan, model, work: join(root, 'work'), threads: 1 })
  const child = spawn(process.execPath, [...entry, request], { stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  const status = await new Promise((resolve) => child.on('close', resolve))
  expect(status, Buffer.concat(err).toString('utf8')).toBe(0)
  const figures = v.parse(asynchronyFiguresSchema, JSON.parse(Buffer.concat(out).toString('utf8')))
  expect(figures.sets).toHaveLength(7)
  for (const { aggregates } of figures.sets) expect(aggregates).toHaveLength(1)
  // Unlike sets have unlike aggregates.
  expect(new Set(figures.sets.flatMap(({ aggregates }) => aggregates)).size).toBe(7)
  expect(figures.rounds.map(({ late }) => late)).toEqual([null, 0, 1, 2])
  const line = { kind: 'asynchrony', name: '', command: '', cpu: '', node: '', modelDigest: '' } as const
  for (const round of figures.rounds)
    expect(
      isAsComputed({ ...line, parameters: 1, seconds: 1, plan, figures }, round),
      JSON.stringify(round),
    ).toBe(true)
})
