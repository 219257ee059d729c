/**
 * The sites' data and training: each site writes its own lines from its recipe and trains its own adapter in a process of
 * its own, as many at a time as there are processors, one thread each. One more adapter is trained on all honest data
 * together, for comparison only: no site could have it.
 */
import { join } from 'node:path'
import type { Progress } from '../core/ports.ts'
import { ensureFolder, writeFileAtomic } from '../files/index.ts'
import { siteData, toJsonl } from '../recipes/index.ts'
import { train, type TrainingOptions } from '../train/index.ts'
import { mapInParallel } from './parallel.ts'
import { nodeFolder } from './setup.ts'
import type { SiteConfig } from './site-config.ts'

/** What everybody trains, and so what the charter's layout says. */
export const ADAPTER = { targets: ['all-linear'], rank: 8, alpha: 16 } as const

const SPLITS = ['train', 'validation', 'test'] as const
type Split = (typeof SPLITS)[number]

export const dataFile = (root: string, site: string, split: Split): string =>
  join(nodeFolder(root, site), 'data', `${split}.jsonl`)
/** What a site trained. */
export const trainedFolder = (root: string, site: string): string =>
  join(nodeFolder(root, site), 'trained', 'adapter')
/** Name of the adapter that was trained on all honest data, and of its bar. */
export const CENTRAL = 'central'
export const centralFolder = (root: string): string => join(root, CENTRAL, 'adapter')

export async function writeSiteData(root: string, sites: readonly SiteConfig[]): Promise<void> {
  for (const { name, recipe } of sites) {
    const data = siteData(recipe)
    await ensureFolder(join(nodeFolder(root, name), 'data'))
    for (const split of SPLITS) await writeFileAtomic(dataFile(root, name, split), toJsonl(data[split]))
  }
}

export interface TrainingPlan {
  readonly root: string
  readonly model: string
  readonly sites: readonly string[]
  /** Sites whose data the comparison adapter is trained on. */
  readonly honest: readonly string[]
  readonly onProgress: (name: string, progress: Progress) => void
  readonly signal: AbortSignal
}

/**
 * Patience and rate suit models of this size; the number of epochs is a bound that early stopping may undercut. One seed
 * for all, so that every site starts from the same A: their products then add up instead of diluting each other.
 */
const RECIPE = {
  learningRate: 1e-2,
  batchSize: 16,
  patience: 2,
  minGain: 3e-3,
  seed: 'oneround/demo',
} as const
const EPOCHS = 8
/** As many lines as all sites together: fewer epochs are as many steps. */
const CENTRAL_EPOCHS = 4

/** Trains every site's adapter and the comparison adapter. The longest one starts first. */
export async function trainAll({
  root,
  model,
  sites,
  honest,
  onProgress,
  signal,
}: TrainingPlan): Promise<void> {
  const run = async (
    name: string,
    options: Pick<TrainingOptions, 'data' | 'validation' | 'out'>,
    epochs: number,
  ) => {
    const mode = { kind: 'lora' as const, ...ADAPTER, targets: [...ADAPTER.targets] }
    await train(
      { ...options, model, threads: 1, recipe: { ...RECIPE, epochs, mode } },
      { signal, onProgress: (progress) => onProgress(name, progress) },
    )
  }
  const central = {
    data: honest.map((site) => dataFile(root, site, 'train')),
    validation: honest.map((site) => dataFile(root, site, 'validation')),
    out: join(root, CENTRAL),
  }
  const jobs = [
    () => run(CENTRAL, central, CENTRAL_EPOCHS),
    ...sites.map((site) => () => {
      const options = {
        data: [dataFile(root, site, 'train')],
        validation: [dataFile(root, site, 'validation')],
        out: join(nodeFolder(root, site), 'trained'),
      }
      return run(site, options, EPOCHS)
    }),
  ]
  await mapInParallel(jobs, (job) => job())
}
