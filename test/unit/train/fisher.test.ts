// Protects: the published Fisher trace is the mean of squared norms of single samples' gradients, over samples that the seed
// chooses, and reaches the header that charters weigh by.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { weightClaim } from '../../../src/agree/claim.ts'
import { readTrainingClaim } from '../../../src/node/own-update.ts'
import { FISHER_SAMPLE_COUNT_MAX, type FisherObjective, measureFisher } from '../../../src/train/fisher.ts'
import { train } from '../../../src/train/index.ts'
import { sequenceData } from '../../../src/train/tasks/causal-lm.ts'
import { testConsortium } from '../../support/charter.ts'
import { makeTinyBase, ruleLines } from './tiny-base.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneround-fisher-'))
  await makeTinyBase(join(folder, 'base'))
  await writeFile(join(folder, 'data.jsonl'), ruleLines(6))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Sample i has one token, i + 1, and a gradient of (i + 1) times the parameters. */
const dataOf = (size: number) =>
  sequenceData(
    Array.from({ length: size }, (_, i) => ({
      ids: Int32Array.of(i + 1),
      labels: Int32Array.of(i + 1),
      targetCount: 1,
    })),
  )
const seenBy = (seen: number[]): FisherObjective => ({
  lossAndMargins: (parameters, { feeds }) => {
    const id = Number(feeds['input_ids']?.data[0])
    seen.push(id)
    const gradient = parameters.map((value) => id * value)
    return Promise.resolve({ gradient, margins: Float32Array.of(id) })
  },
})
const running = { seed: 'a', onProgress: () => undefined }

it('is the mean of squared norms, sample by sample', async () => {
  const seen: number[] = []
  const found = await measureFisher(seenBy(seen), Float32Array.of(3, 4), dataOf(3), running)
  expect(seen).toEqual([1, 2, 3])
  const mean = (1 + 4 + 9) / 3
  expect(found).toEqual({
    samples: 3,
    trace: (25 * (1 + 4 + 9)) / 3,
    squares: Float64Array.of(9 * mean, 16 * mean),
    margins: Float64Array.of(2),
  })
})

it('looks at a bounded choice of many samples, the same for the same seed', async () => {
  const choiceOf = async (seed: string): Promise<readonly number[]> => {
    const seen: number[] = []
    await measureFisher(seenBy(seen), Float32Array.of(1), dataOf(600), { ...running, seed })
    return seen
  }
  const first = await choiceOf('a')
  expect(new Set(first).size).toBe(FISHER_SAMPLE_COUNT_MAX)
  expect(await choiceOf('a')).toEqual(first)
  expect(await choiceOf('b')).not.toEqual(first)
})

it('reaches the header, and the weight that a charter gives it', { timeout: 60_000 }, async () => {
  const result = await train({
    model: join(folder, 'base'),
    data: [join(folder, 'data.jsonl')],
    out: join(folder, 'out'),
    threads: 1,
    recipe: { epochs: 1, fisher: true, mode: { kind: 'lora', targets: ['q_proj'], rank: 2 } },
  })
  expect(result.fisher?.samples).toBe(result.samples.training)
  expect(result.fisher?.trace).toBeGreaterThan(0)
  const { samples, summary } = await readTrainingClaim(result.out)
  expect(summary.fisherMillionths).toBe(Math.max(1, Math.round(1e6 * (result.fisher?.trace ?? 0))))
  const { charter } = testConsortium(3)
  const aggregation = { ...charter.aggregation, weights: 'fisher' as const }
  expect(weightClaim({ ...charter, aggregation }, { member: 0, samples, summary })).toBe(
    summary.fisherMillionths,
  )
})
