/**
 * Experiment 1, one cell: the same sites, data and number of local epochs, merged once or after every epoch.
 *
 * One round: every site trains T epochs from the base, and the updates are merged once. Many rounds: T times, every site
 * trains one epoch from the model that the round before left, and the updates are merged. Sites are truly parallel: in a
 * round each starts from the same weights. The rate falls linearly over all T epochs in both; optimisers begin anew in
 * each round, and so do adapters, since the one before is in the weights then.
 * Beside both: what each site has alone, and one model trained on all data together for as many epochs.
 */
import { join } from 'node:path'
import { openKernelClient, type KernelClient } from '../../src/aggregate/index.ts'
import { matchFiles } from '../../src/evaluate/exact-match.ts'
import { ensureFolder, removeFolder, writeFileAtomic } from '../../src/files/index.ts'
import { toJsonl } from '../../src/recipes/index.ts'
import type { Dataset } from '../../src/train/dataset.ts'
import { consortiumData } from './domains.ts'
import { mergeSites } from './merging.ts'
import { openAdapters, openWhole, type Stretch, type Trained, type WholeModel } from './training.ts'
import type { RoundsFigures, RoundsPlan } from './types.ts'
import { difference, mean, meanCosine, norm } from './vectors.ts'

/** Share of the peak rate that is left at the end of all epochs. */
const FINAL_SHARE = 0.1
const MATCH_BATCH_SIZE = 32

interface Stage {
  readonly plan: RoundsPlan
  readonly whole: WholeModel
  readonly sites: readonly Dataset[]
  readonly kernel: KernelClient
  readonly work: string
  readonly threads: number
}

/** @param model — the pretrained folder @param work — an own folder, emptied at the end */
export async function runRoundsCell(
  plan: RoundsPlan,
  { model, work, threads }: { readonly model: string; readonly work: string; readonly threads: number },
): Promise<RoundsFigures> {
  const { siteCount, split, seed, linesPerSite, testLines, matchLines } = plan
  await ensureFolder(work)
  const data = consortiumData({ split, siteCount, seed, linesPerSite, testLines })
  const whole = await openWhole(model, threads)
  const kernel = openKernelClient()
  try {
    const file = async (name: string, lines: readonly object[]): Promise<string> => {
      const path = join(work, `${name}.jsonl`)
      await writeFileAtomic(path, toJsonl(lines as Parameters<typeof toJsonl>[0]))
      return path
    }
    const sites: Dataset[] = []
    for (const [i, lines] of data.train.entries())
      sites.push(await whole.read(await file(`site-${i}`, lines)))
    const pooled = await whole.read(await file('pooled', data.train.flat()))
    const test = await whole.read(await file('test', data.test))
    const questions = await file('questions', data.test.slice(0, matchLines))
    const stage = { plan, whole, sites, kernel, work, threads }

    const one = await trainRound(
      stage,
      { folder: model, weights: whole.start },
      { first: 0, epochs: plan.epochs },
    )
    const oneFolder = join(work, 'one-round')
    await mergeSites(
      one,
      { folder: model, weights: whole.start },
      { ...stage, work: join(work, 'merge'), out: oneFolder },
    )
    const many = await manyRounds(stage, model)
    const central = await trainTogether(stage, model, pooled)
    const centralFolder = join(work, 'centralised')
    await whole.write(centralFolder, central.weights)

    const oneWeights = await whole.weightsOf(oneFolder)
    const manyWeights = await whole.weightsOf(many.folder)
    const locals: number[] = []
    for (const { weights } of one) locals.push(await whole.lossAt(weights, test))
    const loss = {
      base: await whole.lossAt(whole.start, test),
      local: mean(locals),
      bestLocal: Math.min(...locals),
      oneRound: await whole.lossAt(oneWeights, test),
      manyRounds: await whole.lossAt(manyWeights, test),
      centralised: await whole.lossAt(central.weights, test),
    }
    const match = async (folder: string): Promise<number | null> => {
      const options = { model: folder, adapter: null, device: 'cpu', threads } as const
      const [found] = await matchFiles(options, [questions], MATCH_BATCH_SIZE)
      return found ? found.matches / found.questions : null
    }
    const exactMatch = {
      base: await match(model),
      oneRound: await match(oneFolder),
      manyRounds: await match(many.folder),
      centralised: await match(centralFolder),
    }
    const geometry = await geometryOf(stage, { one, oneWeights, manyWeights, test })
    return { loss, lossAfterRound: [...(await many.lossAfterRound(test))], exactMatch, ...geometry }
  } finally {
    await whole.close()
    await kernel.stop()
    await removeFolder(work)
  }
}

interface Span {
  /** Epochs of the whole schedule that are over. */
  readonly first: number
  readonly epochs: number
}

function stretchOf({ epochs: total, learningRate, seed }: RoundsPlan, { first, epochs }: Span): Stretch {
  const at = (done: number): number => learningRate * (1 - ((1 - FINAL_SHARE) * done) / total)
  return { epochs, learningRate: { from: at(first), to: at(first + epochs) }, seed: `${seed}/epoch-${first}` }
}

/** One round's local training: every site from the same start. */
async function trainRound(
  stage: Stage,
  start: { readonly folder: string; readonly weights: Float32Array },
  span: Span,
): Promise<readonly Trained[]> {
  return trainEach(stage, start, stage.sites, span)
}

async function trainEach(
  { plan, whole, threads }: Stage,
  start: { readonly folder: string; readonly weights: Float32Array },
  data: readonly Dataset[],
  span: Span,
): Promise<readonly Trained[]> {
  const stretch = stretchOf(plan, span)
  const trained: Trained[] = []
  if (plan.mode === 'full') {
    for (const each of data) trained.push(await whole.train(each, start.weights, stretch))
    return trained
  }
  // All members draw the same first A, as the product's default seed has it.
  const adapters = await openAdapters(start.folder, whole, {
    threads,
    initialSeed: `${plan.seed}/${span.first}`,
  })
  try {
    for (const each of data) trained.push(await adapters.train(each, stretch))
  } finally {
    await adapters.close()
  }
  return trained
}

async function manyRounds(
  stage: Stage,
  model: string,
): Promise<{
  readonly folder: string
  readonly lossAfterRound: (test: Dataset) => Promise<readonly number[]>
}> {
  const { plan, whole, work } = stage
  let folder = model
  const folders: string[] = []
  for (let round = 0; round < plan.epochs; round++) {
    const start = { folder, weights: await whole.weightsOf(folder) }
    const trained = await trainRound(stage, start, { first: round, epochs: 1 })
    const out = join(work, `round-${round + 1}`)
    await mergeSites(trained, start, { ...stage, work: join(work, 'merge'), out })
    folder = out
    folders.push(out)
  }
  const lossAfterRound = async (test: Dataset): Promise<readonly number[]> => {
    const losses: number[] = []
    for (const each of folders) losses.push(await whole.lossAt(await whole.weightsOf(each), test))
    return losses
  }
  return { folder, lossAfterRound }
}

/** All data at one place, as many epochs. */
async function trainTogether(stage: Stage, model: string, pooled: Dataset): Promise<Trained> {
  const start = { folder: model, weights: stage.whole.start }
  const [trained] = await trainEach(stage, start, [pooled], { first: 0, epochs: stage.plan.epochs })
  if (trained === undefined) throw new Error('one model is trained on one dataset')
  return trained
}

/** How far models moved, how alike, and what the paper makes of it. */
async function geometryOf(
  { plan, whole, sites }: Stage,
  found: {
    readonly one: readonly Trained[]
    readonly oneWeights: Float32Array
    readonly manyWeights: Float32Array
    readonly test: Dataset
  },
): Promise<Pick<RoundsFigures, 'tau' | 'tauMerged' | 'cosine' | 'smoothness' | 'bound'>> {
  const { one, oneWeights, manyWeights, test } = found
  const length = norm(whole.start)
  const updates = one.map(({ weights }) => difference(weights, whole.start))
  const merged = difference(oneWeights, whole.start)
  const tau = mean(updates.map(norm)) / length
  const turned = difference(
    await whole.gradientAt(oneWeights, test),
    await whole.gradientAt(whole.start, test),
  )
  const smoothness = norm(turned) / norm(merged)
  // Local steps of a round of the many.
  const steps = Math.ceil((sites[0]?.size ?? 0) / 16)
  const value = smoothness * tau * plan.epochs * steps * plan.siteCount * length
  const actual = norm(difference(oneWeights, manyWeights))
  // By the triangle inequality the two results are never farther apart than this.
  const trivial = norm(merged) + norm(difference(manyWeights, whole.start))
  return {
    tau,
    tauMerged: norm(merged) / length,
    cosine: meanCosine(updates),
    smoothness,
    bound: { value, actual, trivial },
  }
}
