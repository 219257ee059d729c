/**
 * Experiment 5, one cell: what the ways of merging adapters cost. In: sites that train adapters from one base. Out: for
 * each way the held-out loss of the merged model, and how far its ΔW lies from the exact mean of the sites' ΔW.
 *
 * Ways: the exact mean of ΔW; A and B averaged apart, as FedAvg on adapters does, from a shared first A and from one of
 * each site's own; the exact mean where all train B on one frozen A; the exact mean recompressed to smaller ranks; and
 * the exact mean of sites with unlike ranks.
 */
import { join } from 'node:path'
import { openKernelClient, type KernelClient } from '../../src/aggregate/index.ts'
import { ensureFolder, removeFolder, writeFileAtomic } from '../../src/files/index.ts'
import { toJsonl } from '../../src/recipes/index.ts'
import type { Dataset } from '../../src/train/dataset.ts'
import type { UpdateModule } from '../../src/update/index.ts'
import { consortiumData } from './domains.ts'
import { mergeSites } from './merging.ts'
import { movedBy, openAdapters, openWhole, RANK, type Trained, type WholeModel } from './training.ts'
import type { ExactnessFigures, ExactnessPlan } from './types.ts'
import { difference, mean, norm } from './vectors.ts'

const FINAL_SHARE = 0.1
/** Of the sites in turn, where ranks are unlike. */
const UNLIKE_RANKS = [2, 4, 8, 16] as const

interface Stage {
  readonly plan: ExactnessPlan
  readonly whole: WholeModel
  readonly sites: readonly Dataset[]
  readonly test: Dataset
  readonly kernel: KernelClient
  readonly work: string
  readonly threads: number
}

type Way = ExactnessFigures['ways'][number]

export async function runExactnessCell(
  plan: ExactnessPlan,
  { model, work, threads }: { readonly model: string; readonly work: string; readonly threads: number },
): Promise<ExactnessFigures> {
  await ensureFolder(work)
  const data = consortiumData(plan)
  const whole = await openWhole(model, threads)
  const kernel = openKernelClient()
  try {
    const read = async (name: string, lines: Parameters<typeof toJsonl>[0]): Promise<Dataset> => {
      const path = join(work, `${name}.jsonl`)
      await writeFileAtomic(path, toJsonl(lines))
      return whole.read(path)
    }
    const sites: Dataset[] = []
    for (const [i, lines] of data.train.entries()) sites.push(await read(`site-${i}`, lines))
    const stage = { plan, whole, sites, test: await read('test', data.test), kernel, work, threads }
    const shared = await trainSites(stage, () => ({ initialSeed: plan.seed }))
    const apart = await trainSites(stage, (site) => ({ initialSeed: `${plan.seed}/${site}` }))
    const frozen = await trainSites(stage, () => ({ initialSeed: plan.seed, freezeA: true }))
    const unlike = await trainSites(stage, (site) => ({
      initialSeed: plan.seed,
      rank: UNLIKE_RANKS[site % UNLIKE_RANKS.length] ?? RANK,
    }))
    const locals: number[] = []
    for (const { weights } of shared) locals.push(await whole.lossAt(weights, stage.test))
    const stacked = plan.siteCount * RANK
    const ways: Way[] = [
      await merged(stage, 'exact mean of ΔW', shared),
      await averagedApart(stage, 'A and B averaged apart, shared first A', shared),
      await averagedApart(stage, 'A and B averaged apart, own first A', apart),
      await merged(stage, 'exact mean of ΔW, own first A', apart),
      await merged(stage, 'exact mean, one frozen A', frozen),
      await merged(stage, `recompressed to rank ${stacked / 2}`, shared, stacked / 2),
      await merged(stage, `recompressed to rank ${RANK}`, shared, RANK),
      await merged(stage, `recompressed to rank ${RANK / 2}`, shared, RANK / 2),
      await merged(stage, `exact mean, ranks ${UNLIKE_RANKS.join(', ')}`, unlike),
    ]
    return { base: await whole.lossAt(whole.start, stage.test), local: mean(locals), ways }
  } finally {
    await whole.close()
    await kernel.stop()
    await removeFolder(work)
  }
}

async function trainSites(
  { plan, whole, sites, threads }: Stage,
  optionsOf: (site: number) => {
    readonly initialSeed: string
    readonly rank?: number
    readonly freezeA?: boolean
  },
): Promise<readonly Trained[]> {
  const { epochs, learningRate, seed } = plan
  const rate = { from: learningRate, to: learningRate * FINAL_SHARE }
  const trained: Trained[] = []
  for (const [site, data] of sites.entries()) {
    const adapters = await openAdapters(whole.folder, whole, { threads, ...optionsOf(site) })
    try {
      trained.push(await adapters.train(data, { epochs, learningRate: rate, seed }))
    } finally {
      await adapters.close()
    }
  }
  return trained
}

/** The exact mean, through the product. */
async function merged(
  stage: Stage,
  way: string,
  sites: readonly Trained[],
  resultRank?: number,
): Promise<Way> {
  const { whole, work } = stage
  const out = join(work, 'merged')
  await mergeSites(
    sites,
    { folder: whole.folder, weights: whole.start },
    { ...stage, work: join(work, 'merge'), out, ...(resultRank === undefined ? {} : { resultRank }) },
  )
  return judged(stage, way, await whole.weightsOf(out), sites)
}

/** The mean of the A and the mean of the B: what is done elsewhere, and no mean of the models. */
async function averagedApart(stage: Stage, way: string, sites: readonly Trained[]): Promise<Way> {
  const [first] = sites
  const averaged = (first?.modules ?? []).map((module): UpdateModule => {
    const own = sites.flatMap(({ modules }) => modules.filter(({ name }) => name === module.name))
    return { ...module, a: meanOf(own.map(({ a }) => a)), b: meanOf(own.map(({ b }) => b)) }
  })
  const { start, slots } = stage.whole
  return judged(stage, way, movedBy(start, averaged, slots), sites)
}

const meanOf = (factors: readonly Float32Array[]): Float32Array =>
  (factors[0] ?? new Float32Array()).map((_, i) => mean(factors.map((factor) => factor[i] ?? 0)))

async function judged(
  { whole, test }: Stage,
  way: string,
  weights: Float32Array,
  sites: readonly Trained[],
): Promise<Way> {
  const exact = whole.start.map((_, i) => mean(sites.map((site) => site.weights[i] ?? 0)))
  const moved = difference(exact, whole.start)
  return {
    way,
    loss: await whole.lossAt(weights, test),
    error: norm(difference(weights, exact)) / norm(moved),
  }
}
