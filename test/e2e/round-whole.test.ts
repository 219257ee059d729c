// Protects: a round whose charter has parameters trained whole: their changes are taken from the base, agreed, combined, proven
// from the folder alone, and leave as PEFT's modules_to_save; without the base a node says what it needs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeHeader } from '../../src/core/safetensors.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { readPlan } from '../../src/demo/plan.ts'
import { runRound } from '../../src/demo/round.ts'
import { digestBaseModel } from '../../src/model/base-digest.ts'
import { littleEndian, readAdapter, writeAdapter } from '../../src/model/peft.ts'
import { makeTemporaryFolder } from '../../src/files/index.ts'
import { type Consortium, makeConsortium } from '../support/consortium.ts'
import { errorOf, oneround } from '../support/cli.ts'
import { tmpdir } from 'node:os'

const TIMEOUT_MS = 150_000
const N = 4
const SHAPE = [5, 16]
const rng = new SeededRng('round-whole')
const values = (count: number): Float32Array => Float32Array.from({ length: count }, () => rng.normal())
const head = values(80)
const trained = Array.from({ length: N }, () => head.map((value) => value + 0.1 * rng.normal()))

let base = ''
let consortium: Consortium
let digests: readonly (string | null | undefined)[] = []

beforeAll(async () => {
  base = await makeTemporaryFolder(join(tmpdir(), 'oneround-base-'))
  mkdirSync(base, { recursive: true })
  const { prefix } = encodeHeader([{ name: 'classifier.weight', dtype: 'F32', shape: SHAPE }])
  writeFileSync(join(base, 'model.safetensors'), Buffer.concat([prefix, littleEndian(head)]))
  writeFileSync(join(base, 'config.json'), '{"model_type": "bert"}')
  const rules = [{ id: 'trimmed-mean', version: 1 }]
  const dense = [{ name: 'classifier.weight', shape: SHAPE }]
  consortium = await makeConsortium({
    n: N,
    changes: { rules, dense, resultRank: 2, baseModel: await digestBaseModel(base) },
  })
  for (const [i, name] of consortium.names.entries()) {
    const folder = consortium.adapterOf(name)
    const { modules } = await readAdapter(folder)
    const whole = [{ name: 'classifier.weight', shape: SHAPE, values: trained[i] ?? head }]
    await writeAdapter(folder, modules, { whole })
  }
}, TIMEOUT_MS)
afterAll(() => {
  for (const folder of [base, consortium.root]) rmSync(folder, { recursive: true, force: true })
})

const nameBase = (name: string): void => {
  const path = join(consortium.folderOf(name), 'node.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), model: base }))
}

describe('parameters trained whole', { timeout: TIMEOUT_MS + 30_000 }, () => {
  test('need the base model at the node', async () => {
    const [name = ''] = consortium.names
    const end = await oneround([
      'run',
      consortium.folderOf(name),
      '--adapter',
      consortium.adapterOf(name),
      '--json',
    ])
    expect(errorOf(end)).toMatchObject({ code: 'BASE_MODEL_NEEDED' })
  })

  test('are combined in a round of real processes, with one digest', async () => {
    for (const name of consortium.names) nameBase(name)
    const runs = await runRound({
      plan: readPlan(N, [], []),
      folderOf: consortium.folderOf,
      adapterOf: consortium.adapterOf,
      timeoutMs: TIMEOUT_MS,
      onEvent: () => undefined,
      signal: new AbortController().signal,
    })
    expect(runs.map(({ end }) => end?.status)).toEqual(runs.map(() => 0))
    digests = runs.map(({ digest }) => digest)
    expect(new Set(digests).size).toBe(1)
  })

  test('are proven by a folder alone, recomputed', async () => {
    const folder = consortium.folderOf(consortium.names[1] ?? '')
    const end = await oneround(['verify', folder, '--recompute', '--json'])
    expect(end.status, end.stderr).toBe(0)
  })

  test('leave as modules_to_save: the base plus the trimmed mean of the changes', async () => {
    const folder = consortium.folderOf(consortium.names[2] ?? '')
    const out = join(consortium.root, 'exported')
    const end = await oneround([
      'export',
      folder,
      '--format',
      'adapter',
      '--model',
      base,
      '--out',
      out,
      '--json',
    ])
    expect(end.status, end.stderr).toBe(0)
    const { whole, config, modules } = await readAdapter(out)
    expect(config.modulesToSave).toEqual(['classifier'])
    expect(modules.map(({ rank }) => rank)).toEqual([2, 2])
    const [{ values: found } = { values: head }] = whole
    for (const [at, value] of found.entries()) {
      const sorted = trained.map((each) => (each[at] ?? 0) - (head[at] ?? 0)).sort((x, y) => x - y)
      const mean = ((sorted[1] ?? 0) + (sorted[2] ?? 0)) / 2
      expect(value).toBeCloseTo((head[at] ?? 0) + mean, 5)
    }
  })

  test('are shown layer by layer in the report', async () => {
    const folder = consortium.folderOf(consortium.names[0] ?? '')
    const end = await oneround(['report', folder, '--json'])
    expect(end.status, end.stderr).toBe(0)
    expect(JSON.stringify(end.document)).toContain('"classifier.weight"')
  })
})
