/**
 * Experiment 3, one cell: sites arrive one after another. In: sites that train adapters from one base. Out: for every set
 * of sites that may have arrived, the held-out loss of its merged model; how many aggregates come out when the same set
 * arrived in every possible order; and rounds of real nodes in which each member in turn is late and a late cut adds it.
 */
import { join } from 'node:path'
import { aggregate, type KernelClient, kernelDigest, openKernelClient } from '../../src/aggregate/index.ts'
import { parseRuleChoice } from '../../src/aggregate/rule-choice.ts'
import type { Layout } from '../../src/charter/index.ts'
import { charterRule } from '../../src/charter/draft.ts'
import { toHex } from '../../src/core/bytes.ts'
import { asDigest } from '../../src/core/ids.ts'
import { openAggregateFile } from '../../src/export/aggregate-file.ts'
import { exportMerged } from '../../src/export/export-merged.ts'
import { ensureFolder, removeFolder, writeFileAtomic } from '../../src/files/index.ts'
import { writeAdapter } from '../../src/model/peft.ts'
import { toJsonl } from '../../src/recipes/index.ts'
import type { Dataset } from '../../src/train/dataset.ts'
import { writeUpdateFile } from '../../src/update/index.ts'
import { runNodeRound, type Terms } from './asynchrony-nodes.ts'
import { consortiumData } from './domains.ts'
import { openAdapters, openWhole, RANK, SCALE, type Trained, type WholeModel } from './training.ts'
import type { AsynchronyFigures, AsynchronyPlan } from './types.ts'
import { mean } from './vectors.ts'

const FINAL_SHARE = 0.1

interface Stage {
  readonly plan: AsynchronyPlan
  readonly whole: WholeModel
  readonly kernel: KernelClient
  readonly work: string
  readonly threads: number
}

export async function runAsynchronyCell(
  plan: AsynchronyPlan,
  { model, work, threads }: { readonly model: string; readonly work: string; readonly threads: number },
): Promise<AsynchronyFigures> {
  await ensureFolder(work)
  const whole = await openWhole(model, threads)
  const kernel = openKernelClient()
  try {
    const stage = { plan, whole, kernel, work, threads }
    const data = consortiumData(plan)
    const read = async (name: string, lines: Parameters<typeof toJsonl>[0]): Promise<Dataset> => {
      const path = join(work, `${name}.jsonl`)
      await writeFileAtomic(path, toJsonl(lines))
      return whole.read(path)
    }
    const test = await read('test', data.test)
    const datasets: Dataset[] = []
    for (const [i, lines] of data.train.entries()) datasets.push(await read(`site-${i}`, lines))
    const sites = await trainSites(stage, datasets)
    const merge = await openMerging(stage, sites)
    const sets: AsynchronyFigures['sets'][number][] = []
    for (const set of subsetsOf(plan.siteCount)) {
      const digests = new Set<string>()
      const orders = ordersOf(set)
      for (const order of orders) digests.add(await merge.digestOf(order))
      const loss = await whole.lossAt(await merge.weights(), test)
      sets.push({ sites: [...set], loss, orders: orders.length, aggregates: [...digests] })
    }
    const locals: number[] = []
    for (const { weights } of sites) locals.push(await whole.lossAt(weights, test))
    const rounds = await nodeRounds(stage, sites, await merge.terms())
    return { base: await whole.lossAt(whole.start, test), local: mean(locals), sets, rounds }
  } finally {
    await whole.close()
    await kernel.stop()
    await removeFolder(work)
  }
}

async function trainSites(
  { plan, whole, threads }: Stage,
  datasets: readonly Dataset[],
): Promise<readonly Trained[]> {
  const { epochs, learningRate, seed } = plan
  const rate = { from: learningRate, to: learningRate * FINAL_SHARE }
  const adapters = await openAdapters(whole.folder, whole, { threads, initialSeed: seed })
  try {
    const trained: Trained[] = []
    for (const data of datasets)
      trained.push(await adapters.train(data, { epochs, learningRate: rate, seed }))
    return trained
  } finally {
    await adapters.close()
  }
}

interface Merging {
  /** Merges the sites that arrived, in their order; the merged model replaces the one before. */
  readonly digestOf: (order: readonly number[]) => Promise<string>
  /** Of the model that was merged last. */
  readonly weights: () => Promise<Float32Array>
  /** What a charter for these updates says. */
  readonly terms: () => Promise<Terms>
}

async function openMerging({ whole, kernel, work }: Stage, sites: readonly Trained[]): Promise<Merging> {
  const modules = (sites[0]?.modules ?? [])
    .map(({ name, in: width, out }) => ({ name, in: width, out }))
    .sort((x, y) => (x.name < y.name ? -1 : 1))
  const layout: Layout = { modules, rankMax: RANK, scale: [SCALE, 1], dtype: 'f32' }
  const fileOf = (site: number): string => join(work, `update-${site}.safetensors`)
  for (const [site, { modules: own }] of sites.entries())
    // Files of no round: their nonces need not differ.
    await writeUpdateFile(fileOf(site), { modules: own }, layout, {
      bytes: (length) => new Uint8Array(length),
    })
  const rules = [charterRule(parseRuleChoice('mean'))]
  const digest = await kernelDigest()
  const outputPath = join(work, 'aggregate.safetensors')
  return {
    digestOf: async (order) => {
      const outcome = await aggregate(
        {
          layout,
          aggregation: {
            rules,
            b: 0,
            weights: 'uniform',
            samplesRange: [1, 1],
            lambda: [1, 1],
            kernelDigest: digest,
          },
          inputs: order.map((member) => ({ member, path: fileOf(member), claim: 1 })),
          outputPath,
          seed: asDigest(new Uint8Array(32)),
        },
        { kernel },
      )
      return toHex(outcome.digest)
    },
    weights: async () => {
      const out = join(work, 'merged')
      const update = await openAggregateFile(outputPath)
      try {
        await ensureFolder(out)
        await exportMerged(out, update, { baseModel: whole.folder, card: '' })
      } finally {
        await update.close()
      }
      return whole.weightsOf(out)
    },
    terms: async () => ({
      // Nodes that bring a trained adapter never open the base.
      baseModel: [{ name: 'model.safetensors', sha256: asDigest(new Uint8Array(32).fill(1)) }],
      modules,
      rankMax: RANK,
      scale: [SCALE, 1],
      rules: [{ id: 'mean', version: 1 }],
      // The plain mean bears nobody who poisons; three of four decide.
      f: 0,
      b: 0,
      q: sites.length - 1,
      minUpdates: sites.length - 1,
      kernelDigest: await kernelDigest(),
    }),
  }
}

/** Nobody late, then each member in turn. */
async function nodeRounds(
  { plan, work }: Stage,
  sites: readonly Trained[],
  terms: Terms,
): Promise<AsynchronyFigures['rounds']> {
  const adapters: string[] = []
  for (const [site, { modules }] of sites.entries()) {
    const folder = join(work, `adapter-${site}`)
    await writeAdapter(folder, modules)
    adapters.push(folder)
  }
  const rounds: AsynchronyFigures['rounds'] = []
  for (const late of [null, ...Array.from({ length: plan.siteCount }, (_, site) => site)]) {
    const { aggregates, holders, seconds } = await runNodeRound(join(work, 'nodes'), terms, adapters, late)
    rounds.push({
      late,
      aggregates: aggregates.map((each) => [...each]),
      holders: [...holders],
      seconds: Number(seconds.toFixed(1)),
    })
  }
  return rounds
}

/** All sets of at least one of `count` sites, small ones first. */
export function subsetsOf(count: number): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** count - 1 }, (_, i) =>
    Array.from({ length: count }, (_unused, site) => site).filter((site) => ((i + 1) >> site) % 2 === 1),
  ).sort((x, y) => x.length - y.length)
}

/** All orders of a set. */
export function ordersOf(set: readonly number[]): readonly (readonly number[])[] {
  if (set.length <= 1) return [[...set]]
  return set.flatMap((first) =>
    ordersOf(set.filter((site) => site !== first)).map((rest) => [first, ...rest]),
  )
}
