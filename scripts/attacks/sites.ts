/**
 * The sites whose adapters are attacked: trained by the real trainer on the recipes' data, each from the same base and
 * seed, and kept in a folder so that a second run needs no training. In: a split and a number of sites. Out: folders of
 * adapters, of adapters trained on flipped answers (for the last few), and everybody's held-out lines.
 */
import { join } from 'node:path'
import { flipLabels, type LabelledLine } from '../../src/attack/label-flip.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { mapInParallel } from '../../src/demo/parallel.ts'
import { ADAPTER } from '../../src/demo/training.ts'
import { ensureFolder, hasFile, writeFileAtomic } from '../../src/files/index.ts'
import {
  FORM_NAMES,
  type RecipeLine,
  siteData,
  type SiteRecipe,
  siteRecipe,
  toJsonl,
} from '../../src/recipes/index.ts'
import { DIAGONAL_FILE_NAME } from '../../src/model/diagonal-file.ts'
import { train } from '../../src/train/index.ts'

/** `even`: every site has the same mixture; `skewed`: each has its own forms, neighbours two of three in common. */
export const SPLITS = ['even', 'skewed'] as const
export type Split = (typeof SPLITS)[number]

export interface SiteSet {
  readonly split: Split
  /** PEFT folders, in roster order. */
  readonly adapters: readonly string[]
  /** PEFT folders of the last sites, trained on flipped answers, by the site's place. */
  readonly flipped: ReadonlyMap<number, string>
  /** JSONL of each site's held-out lines. */
  readonly tests: readonly string[]
}

export interface SitePlan {
  readonly root: string
  readonly model: string
  readonly split: Split
  readonly siteCount: number
  /** How many of the last sites also train on flipped answers. */
  readonly flippedCount: number
  readonly lines: SiteRecipe['lines']
  readonly epochs: number
  readonly signal: AbortSignal
  readonly onSite: (done: number, total: number) => void
}

/** The demo's recipe, for every site alike. */
const RECIPE = {
  learningRate: 1e-2,
  batchSize: 16,
  patience: 2,
  minGain: 3e-3,
  seed: 'oneround/attacks',
} as const

export async function prepareSites(plan: SitePlan): Promise<SiteSet> {
  const { split, siteCount, flippedCount } = plan
  const folder = join(plan.root, split)
  const places = Array.from({ length: siteCount }, (_, index) => index)
  const tests: string[] = []
  for (const index of places) tests.push(await writeData(folder, index, plan))
  const jobs = [
    ...places.map((index) => ({ index, isFlipped: false })),
    ...places.slice(siteCount - flippedCount).map((index) => ({ index, isFlipped: true })),
  ]
  let done = 0
  const outs = await mapInParallel(jobs, async ({ index, isFlipped }) => {
    const out = await trainSite(folder, index, isFlipped, plan)
    plan.onSite(++done, jobs.length)
    return { index, isFlipped, out }
  })
  return {
    split,
    adapters: outs.filter(({ isFlipped }) => !isFlipped).map(({ out }) => out),
    flipped: new Map(outs.filter(({ isFlipped }) => isFlipped).map(({ index, out }) => [index, out])),
    tests,
  }
}

function recipeOf(index: number, { split, lines }: SitePlan): SiteRecipe {
  if (split === 'skewed') return siteRecipe(index, lines)
  const forms = Object.fromEntries(FORM_NAMES.map((form) => [form, 1]))
  return { seed: `even-${index}`, forms, lines }
}

const isLabelled = (line: RecipeLine): line is LabelledLine => 'prompt' in line

/** @returns the file of held-out lines */
async function writeData(folder: string, index: number, plan: SitePlan): Promise<string> {
  const site = join(folder, `site-${index}`)
  await ensureFolder(site)
  const { train: training, validation, test } = siteData(recipeOf(index, plan))
  const rng = (what: string) => new SeededRng(`oneround/attacks/flip/${index}/${what}`)
  const files = {
    'train.jsonl': training,
    'validation.jsonl': validation,
    'test.jsonl': test,
    'flipped-train.jsonl': flipLabels(training.filter(isLabelled), rng('train')),
    'flipped-validation.jsonl': flipLabels(validation.filter(isLabelled), rng('validation')),
  }
  for (const [name, lines] of Object.entries(files)) await writeFileAtomic(join(site, name), toJsonl(lines))
  return join(site, 'test.jsonl')
}

async function trainSite(folder: string, index: number, isFlipped: boolean, plan: SitePlan): Promise<string> {
  const site = join(folder, `site-${index}`)
  const prefix = isFlipped ? 'flipped-' : ''
  const out = join(site, `${prefix}trained`)
  const adapter = join(out, 'adapter')
  if (await hasFile(join(adapter, DIAGONAL_FILE_NAME))) return adapter
  await train(
    {
      model: plan.model,
      data: [join(site, `${prefix}train.jsonl`)],
      validation: [join(site, `${prefix}validation.jsonl`)],
      out,
      threads: 1,
      recipe: {
        ...RECIPE,
        epochs: plan.epochs,
        fisher: true,
        mode: { kind: 'lora', ...ADAPTER, targets: [...ADAPTER.targets] },
      },
    },
    { signal: plan.signal, onProgress: () => {} },
  )
  return adapter
}
