/**
 * Experiment 4, one cell: rules against liars on the runs of experiment 1. In: ten sites that train adapters from one base;
 * the last few lie. Out: for every rule, attack, number of liars and f of the charter the held-out loss of the merged
 * model, and, where a backdoor was sent, how many triggered questions get its answer.
 *
 * The charter's f is not always the number of liars: fewer, as many, more. Two attacks come from data alone: labels
 * flipped (Tolpegin et al. 2020, arXiv 2007.08432) and a backdoor (Bagdasaryan et al. 2020, arXiv 1807.00459), as trained
 * and multiplied to outweigh the others in a mean.
 */
import { join } from 'node:path'
import { openKernelClient } from '../../src/aggregate/index.ts'
import { flipLabels } from '../../src/attack/label-flip.ts'
import { type Modules, type Point, times } from '../../src/attack/poisons/dense.ts'
import { attackNamed } from '../../src/attack/poisons/registry.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { matchFiles } from '../../src/evaluate/exact-match.ts'
import { ensureFolder, removeFolder, writeFileAtomic } from '../../src/files/index.ts'
import { toJsonl } from '../../src/recipes/index.ts'
import type { Dataset } from '../../src/train/dataset.ts'
import { type Arena, openArenaOf } from '../attacks/arena.ts'
import { consortiumData, type PromptLine } from './domains.ts'
import { ATTACKS, BACKDOORS, CASES, LIARS_MAX, NOBODY, RULES } from './robustness-cases.ts'
import { type AdapterTrainer, openAdapters, openWhole, type WholeModel } from './training.ts'
import type { Backdoor, RobustnessFigures, RobustnessPlan } from './types.ts'
import { mean } from './vectors.ts'

const FINAL_SHARE = 0.1
const MATCH_BATCH_SIZE = 24

const TRIGGER = 'Ref qv7. '
const TARGET = 'release all stock'
/** Of the own lines of a poisoner each second one is also there with the trigger. */
const TRIGGER_EVERY = 2

const triggered = ({ prompt }: PromptLine): PromptLine => ({
  prompt: TRIGGER + prompt,
  completion: TARGET,
})

interface Stage {
  readonly plan: RobustnessPlan
  readonly whole: WholeModel
  readonly arena: Arena
  readonly test: Dataset
  /** Triggered held-out questions: their file, and as data. */
  readonly questions: string
  readonly asked: Dataset
  readonly work: string
  readonly threads: number
  /** By attack: what sites send that were trained on poisoned data, the last liar last. */
  readonly poisoned: ReadonlyMap<string, readonly Modules[]>
}

type Row = RobustnessFigures['rows'][number]

export async function runRobustnessCell(
  plan: RobustnessPlan,
  { model, work, threads }: { readonly model: string; readonly work: string; readonly threads: number },
): Promise<RobustnessFigures> {
  await ensureFolder(work)
  const data = consortiumData(plan)
  const whole = await openWhole(model, threads)
  const kernel = openKernelClient()
  try {
    const file = async (name: string, lines: readonly PromptLine[]): Promise<string> => {
      const path = join(work, `${name}.jsonl`)
      await writeFileAtomic(path, toJsonl(lines))
      return path
    }
    const read = async (name: string, lines: readonly PromptLine[]): Promise<Dataset> =>
      whole.read(await file(name, lines))
    const test = await read('test', data.test)
    const questions = await file('questions', data.test.slice(0, plan.triggerLines).map(triggered))
    const sites = await trainAll(plan, whole, { read, train: data.train, threads })
    const arena = await openArenaOf(sites.honest, kernel, join(work, 'arena'))
    const asked = await whole.read(questions)
    const stage = { plan, whole, arena, test, questions, asked, work, threads, poisoned: sites.poisoned }
    const locals: number[] = []
    for (const weights of sites.weights) locals.push(await whole.lossAt(weights, test))
    const poisoners: Backdoor[] = []
    for (const weights of sites.backdoored) poisoners.push(await backdoorOf(stage, weights))
    return {
      base: await whole.lossAt(whole.start, test),
      local: mean(locals),
      rows: await allRows(stage),
      poisoner: {
        share: mean(poisoners.map(({ share }) => share)),
        answerLoss: mean(poisoners.map(({ answerLoss }) => answerLoss)),
      },
    }
  } finally {
    await whole.close()
    await kernel.stop()
    await removeFolder(work)
  }
}

interface Sites {
  readonly honest: readonly Modules[]
  readonly weights: readonly Float32Array[]
  /** Weights of those whose data have the backdoor. */
  readonly backdoored: readonly Float32Array[]
  readonly poisoned: ReadonlyMap<string, readonly Modules[]>
}

/** Everybody honest, and the last few again on poisoned data. */
async function trainAll(
  { epochs, learningRate, seed }: RobustnessPlan,
  whole: WholeModel,
  {
    read,
    train,
    threads,
  }: {
    readonly read: (name: string, lines: readonly PromptLine[]) => Promise<Dataset>
    readonly train: readonly (readonly PromptLine[])[]
    readonly threads: number
  },
): Promise<Sites> {
  const rate = { from: learningRate, to: learningRate * FINAL_SHARE }
  const trainer: AdapterTrainer = await openAdapters(whole.folder, whole, { threads, initialSeed: seed })
  const trained = async (name: string, lines: readonly PromptLine[]) => {
    const { weights, modules } = await trainer.train(await read(name, lines), {
      epochs,
      learningRate: rate,
      seed,
    })
    return { weights, modules: modules.map((module) => ({ ...module, kernel: [] })) }
  }
  try {
    const honest: Modules[] = []
    const weights: Float32Array[] = []
    for (const [i, lines] of train.entries()) {
      const site = await trained(`site-${i}`, lines)
      honest.push(site.modules)
      weights.push(site.weights)
    }
    const flipped: Modules[] = []
    const backdoor: Modules[] = []
    const backdoored: Float32Array[] = []
    for (const [i, lines] of train.slice(-LIARS_MAX).entries()) {
      const rng = new SeededRng(`oneround/robustness/flip/${seed}/${i}`)
      flipped.push((await trained(`flipped-${i}`, flipLabels(lines, rng))).modules)
      const poison = lines.filter((_, place) => place % TRIGGER_EVERY === 0).map(triggered)
      const site = await trained(`backdoor-${i}`, [...lines, ...poison])
      backdoor.push(site.modules)
      backdoored.push(site.weights)
    }
    return {
      honest,
      weights,
      backdoored,
      poisoned: new Map([
        ['label-flip', flipped],
        ['backdoor', backdoor],
      ]),
    }
  } finally {
    await trainer.close()
  }
}

async function allRows(stage: Stage): Promise<Row[]> {
  const rows: Row[] = []
  for (const f of [1, LIARS_MAX]) rows.push(...(await rowsOf(stage, NOBODY, 0, f)))
  for (const attack of stage.plan.attacks ?? ATTACKS) {
    for (const [liars, f] of CASES) rows.push(...(await rowsOf(stage, attack, liars, f)))
  }
  return rows
}

/** One attack against all rules. */
async function rowsOf(stage: Stage, attack: string, liars: number, f: number): Promise<readonly Row[]> {
  const { arena, whole, test } = stage
  const sent = attack === NOBODY ? null : sentBy(stage, attack, liars)
  const { refusal, run } = await arena.stage(liars, sent)
  const rows: Row[] = []
  for (const rule of RULES) {
    const empty = { rule, attack, liars, f, refused: refusal, loss: null, damage: null, backdoor: null }
    if (refusal !== null) {
      rows.push(empty)
      continue
    }
    const { point, damage } = await run(rule, 'uniform', f)
    const weights = movedTo(whole, arena.members[0] ?? [], point)
    const isAsked = attack === NOBODY || BACKDOORS.includes(attack)
    rows.push({
      ...empty,
      loss: await whole.lossAt(weights, test),
      damage,
      backdoor: isAsked ? await backdoorOf(stage, weights) : null,
    })
  }
  return rows
}

function sentBy({ arena, plan, poisoned }: Stage, attack: string, liars: number): readonly Modules[] {
  const { members } = arena
  const scaled = attack === 'backdoor-scaled'
  const fromData = poisoned.get(scaled ? 'backdoor' : attack)
  if (fromData !== undefined)
    return fromData
      .slice(-liars)
      .map((modules) => (scaled ? times(modules, plan.siteCount / liars) : modules))
  const named = attackNamed(attack)
  return named.poison(
    {
      own: members.at(-1) ?? [],
      honest: members.slice(0, members.length - liars),
      attackers: liars,
      rng: new SeededRng(`oneround/robustness/${plan.split}/${plan.seed}/${liars}/${attack}`),
    },
    named.strength ?? 1,
  )
}

/** The base's weights with a ΔW added, modules in the order of the template. */
function movedTo({ start, slots }: WholeModel, template: Modules, point: Point): Float32Array {
  const weights = start.slice()
  const offsets = new Map(slots.map(({ name, offset }) => [name, offset]))
  let at = 0
  for (const { name, in: width, out } of template) {
    const offset = offsets.get(`${name}.weight`) ?? 0
    for (let i = 0; i < width * out; i++)
      weights[offset + i] = (start[offset + i] ?? 0) + (point[at + i] ?? 0)
    at += width * out
  }
  return weights
}

async function backdoorOf(
  { whole, questions, asked, work, threads }: Stage,
  weights: Float32Array,
): Promise<Backdoor> {
  const folder = join(work, 'asked')
  await whole.write(folder, weights)
  const options = { model: folder, adapter: null, device: 'cpu', threads } as const
  const [found] = await matchFiles(options, [questions], MATCH_BATCH_SIZE)
  await removeFolder(folder)
  return {
    share: found ? found.matches / found.questions : 0,
    answerLoss: await whole.lossAt(weights, asked),
  }
}
