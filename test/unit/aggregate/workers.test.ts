// Protects: one, two and four threads give the same bytes and the same figures, and a thread's fault is the job's.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  aggregate,
  type AggregateOutcome,
  kernelDigest,
  openKernelClient,
  parseRuleChoice,
  RULES,
  whyInvalid,
} from '../../../src/aggregate/index.ts'
import type { AggregateJob } from '../../../src/aggregate/job.ts'
import { workerCountOf } from '../../../src/aggregate/kernel/tile-threads.ts'
import { openTileWorker } from '../../../src/aggregate/kernel/tile-worker.ts'
import type { Layout } from '../../../src/charter/schema.ts'
import { toHex, utf8 } from '../../../src/core/bytes.ts'
import { sha256 } from '../../../src/core/hash.ts'
import { SeededRng } from '../../../src/core/seeded-rng.ts'
import { aggregationOf, tempFolder, writeUpdate } from '../../support/update-files.ts'

/** `long` has one row a tile and more tiles than a thread takes at once, so several threads share it. */
const layout: Layout = {
  modules: [
    { name: 'a.proj', in: 37, out: 19 },
    { name: 'b.long', in: 65_540, out: 35 },
    { name: 'c.proj', in: 8, out: 41 },
    { name: 'd.proj', in: 130, out: 700 },
  ],
  fisher: true,
  rankMax: 2,
  scale: [5, 3],
  dtype: 'f32',
}
const COUNT = 7
const seed = sha256(utf8('workers/1'))
const folder = tempFolder()
const kernel = openKernelClient()
const rng = new SeededRng('workers/1')
const draw = (): number => (rng.below(2 ** 24) - 2 ** 23) / 2 ** 23
const inputs = Array.from({ length: COUNT }, (_, member) => {
  const rank = 1 + (member % 2)
  const modules = layout.modules.map(({ in: width, out }) => ({
    a: Array.from({ length: rank * width }, draw),
    b: Array.from({ length: out * rank }, draw),
  }))
  const squares = (count: number) => Array.from({ length: count }, () => draw() ** 2)
  const diagonals = layout.modules.map((module) => ({
    rows: squares(module.out),
    columns: squares(module.in),
  }))
  const fisher = { modules: diagonals, dense: [] }
  return {
    member,
    claim: 1 + member,
    path: writeUpdate(join(folder, `${member}`), layout, { rank, modules, fisher }),
  }
})

afterAll(async () => {
  await kernel.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function run(rule: string, workers: number, of = inputs): Promise<AggregateOutcome> {
  const choice = parseRuleChoice(rule)
  const b = [2, 1].find((count) => whyInvalid(choice, COUNT, count) === null) ?? 0
  const aggregation = await aggregationOf([rule], b, { weights: 'samples', lambda: [7, 5] })
  const request = { layout, aggregation, inputs: of, outputPath: join(folder, `out-${workers}`), seed }
  return aggregate(request, { kernel, workers })
}

const coordinate = RULES.filter(({ family }) => family === 'coordinate').map(({ id }) => id)
const WITH_STEPS = ['bucketing:size=3+meamed', 'clip+bulyan']
/** Whose tiles are counted before they are combined, too: asked of every number of threads. */
const COUNTED = 'ties'

describe('coordinate rules', () => {
  it.each([...coordinate, ...WITH_STEPS])(
    '%s: the same of any number of threads',
    async (rule) => {
      const one = await run(rule, 1)
      for (const workers of rule === COUNTED ? [2, 4] : [4])
        expect(await run(rule, workers), `${workers} threads`).toEqual(one)
    },
    120_000,
  )

  it('write the same file, byte for byte', async () => {
    await run('median', 1)
    await run('median', 3)
    expect(readFileSync(join(folder, 'out-3')).equals(readFileSync(join(folder, 'out-1')))).toBe(true)
  }, 60_000)
})

const job = (side: number, rank: number, workers?: number): AggregateJob => ({
  kind: 'aggregate',
  kernelDigest: '',
  rule: { id: 'median', version: 1 },
  b: 1,
  seed: null,
  claims: 'given',
  lambda: [1, 1],
  modules: [{ name: 'm', in: side, out: side }],
  inputs: Array.from({ length: 16 }, () => {
    const place = { offset: 0, dtype: 'F32' as const }
    return { path: '', claim: 1, factors: [{ rank, scale: [1, 1] as const, a: place, b: place }] }
  }),
  outputPath: '',
  ...(workers === undefined ? {} : { workers }),
})

describe('a thread', () => {
  const none = new Uint8Array(0)
  const seat = { gram: none, square: none, norms: none, claims: none }

  it('that finds no kernel of that digest says so', async () => {
    const thread = openTileWorker({ ...seat, job: job(8, 1), kernelDigest: toHex(sha256(utf8('another'))) })
    await expect(thread.ask({ kind: 'finish' })).rejects.toMatchObject({ info: { code: 'KERNEL_MISMATCH' } })
    await thread.close()
  })

  it('that cannot read an update says which', async () => {
    const missing = join(folder, 'missing')
    const [first] = job(8, 1).inputs
    const inputsOfIt = first === undefined ? [] : [{ ...first, path: missing }]
    const digest = toHex(await kernelDigest())
    const thread = openTileWorker({
      ...seat,
      job: { ...job(8, 1), inputs: inputsOfIt },
      kernelDigest: digest,
    })
    await expect(thread.ask({ kind: 'finish' })).rejects.toThrow(missing)
    await thread.close()
  })

  it('that was ended answers nothing more', async () => {
    const thread = openTileWorker({ ...seat, job: job(8, 1), kernelDigest: toHex(await kernelDigest()) })
    await thread.close()
    await expect(thread.ask({ kind: 'finish' })).rejects.toMatchObject({ info: { code: 'KERNEL_LOST' } })
  })
})

describe('how many threads a job gets', () => {
  it('is what it asks for', () => expect(workerCountOf(job(8, 1, 3))).toBe(3))
  it('is one where it is soon done', () => expect(workerCountOf(job(1024, 8))).toBe(1))
  it('is one where factors are so large that each thread’s copy counts', () =>
    expect(workerCountOf(job(4096, 128))).toBe(1))
  it('is at most four', () => {
    const count = workerCountOf(job(4096, 8))
    expect(count).toBeGreaterThanOrEqual(1)
    expect(count).toBeLessThanOrEqual(4)
  })
  it('is refused beyond what is there', () => expect(() => workerCountOf(job(8, 1, 65))).toThrow(/1 to 64/))
})
