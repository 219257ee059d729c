/** Which cells there are: the full grid and the quick one. Seeds and sizes stand here and nowhere else. */
import type { Split } from './domains.ts'
import { MODELS, type ModelName } from './models.ts'
import type { Mode } from './training.ts'
import type { AsynchronyPlan, BytesPlan, ExactnessPlan, Plan, RobustnessPlan, RoundsPlan } from './types.ts'

const SEEDS = ['seed-1', 'seed-2', 'seed-3'] as const
const LINES = { linesPerSite: 160, testLines: 120, matchLines: 60 } as const

interface Span {
  readonly models: readonly ModelName[]
  readonly siteCounts: readonly number[]
  readonly splits: readonly Split[]
  readonly epochs: readonly number[]
  readonly modes: readonly Mode[]
  readonly seeds: readonly string[]
}

/** The cheap ones first, all seeds of a kind together: a run that is stopped has whole groups. */
function rounds({ models, siteCounts, splits, epochs, modes, seeds }: Span): readonly RoundsPlan[] {
  return models.flatMap((model) =>
    epochs.flatMap((count) =>
      siteCounts.flatMap((siteCount) =>
        seeds.flatMap((seed) =>
          splits.flatMap((split) =>
            modes.map((mode): RoundsPlan => {
              const learningRate = MODELS[model].rates[mode]
              return {
                kind: 'rounds',
                model,
                siteCount,
                split,
                epochs: count,
                mode,
                seed,
                ...LINES,
                learningRate,
              }
            }),
          ),
        ),
      ),
    ),
  )
}

function exactness(
  models: readonly ModelName[],
  splits: readonly Split[],
  seeds: readonly string[],
): readonly ExactnessPlan[] {
  const { linesPerSite, testLines } = LINES
  return models.flatMap((model) =>
    seeds.flatMap((seed) =>
      splits.map((split): ExactnessPlan => {
        const learningRate = MODELS[model].rates.lora
        return {
          kind: 'exactness',
          model,
          siteCount: 4,
          split,
          epochs: 3,
          seed,
          linesPerSite,
          testLines,
          learningRate,
        }
      }),
    ),
  )
}

const asynchrony = (...options: Parameters<typeof exactness>): readonly AsynchronyPlan[] =>
  exactness(...options).map((plan) => ({ ...plan, kind: 'asynchrony' }))

/** Ten sites, so that three of them may lie; ten epochs, so that there is something to spoil. */
const robustness = (...options: Parameters<typeof exactness>): readonly RobustnessPlan[] =>
  exactness(...options).map((plan) => ({
    ...plan,
    kind: 'robustness',
    siteCount: 10,
    epochs: 10,
    triggerLines: 24,
  }))

/** One round and the two after it are in each cell. */
const bytes = (sizes: readonly (readonly [siteCount: number, megabytes: number])[]): readonly BytesPlan[] =>
  sizes.map(([siteCount, megabytes]) => ({ kind: 'bytes', siteCount, megabytes, rounds: 3 }))

const WHOLE = {
  siteCounts: [4, 10],
  splits: ['even', 'dirichlet'],
  epochs: [3, 10],
  modes: ['lora', 'full'],
} as const

const QUICK = { ...WHOLE, models: ['0.3m'], siteCounts: [4] } as const

export interface Experiment {
  readonly name: string
  readonly title: string
  readonly full: readonly Plan[]
  readonly quick: readonly Plan[]
}

export const EXPERIMENTS: readonly Experiment[] = [
  {
    name: 'rounds',
    title: 'one round against many, at equal local epochs',
    full: [
      ...rounds({ models: ['0.3m', '0.3m-little'], ...WHOLE, seeds: SEEDS }),
      ...rounds({ models: ['3m'], ...WHOLE, seeds: SEEDS }),
      ...rounds({
        models: ['20m'],
        siteCounts: [4],
        splits: ['dirichlet'],
        epochs: [3],
        modes: ['lora'],
        seeds: SEEDS,
      }),
    ],
    quick: [
      ...rounds({ ...QUICK, epochs: [3], seeds: SEEDS }),
      // Three times the work each, and what tells one round from many.
      ...rounds({ ...QUICK, epochs: [10], seeds: SEEDS.slice(0, 1) }),
    ],
  },
  {
    name: 'exactness',
    title: 'what the ways of merging adapters cost',
    full: exactness(['0.3m', '3m'], ['even', 'dirichlet'], SEEDS),
    quick: exactness(['0.3m'], ['dirichlet'], SEEDS.slice(0, 1)),
  },
  {
    name: 'asynchrony',
    title: 'sites that arrive in any order, and late cuts of real nodes',
    full: asynchrony(['0.3m'], ['even', 'dirichlet'], SEEDS),
    quick: asynchrony(['0.3m'], ['dirichlet'], SEEDS.slice(0, 1)),
  },
  {
    name: 'robustness',
    title: 'rules against liars, more or fewer than the charter bears, and poison that looks like data',
    full: robustness(['0.3m'], ['even', 'dirichlet'], SEEDS),
    quick: [],
  },
  {
    name: 'bytes',
    title: 'bytes on the wire, one round and three',
    full: bytes([
      [4, 1],
      [4, 16],
      [8, 1],
      [8, 16],
      [16, 1],
      [16, 4],
    ]),
    quick: bytes([[4, 1]]),
  },
]
