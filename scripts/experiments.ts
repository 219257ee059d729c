/**
 * The experiments: is one communication round enough, and what does exact merging buy?
 *   npm run experiments -- --list
 *   npm run experiments [-- --only rounds] [--models 0.3m,3m] [--jobs 2] [--json]
 *   npm run experiments -- --quick [--json]
 *   npm run experiments -- --tables
 *
 * Each cell is a process of its own; its line is appended to docs/results/experiments.jsonl as soon as it is there, and a
 * run that was stopped goes on where it was. Models are pretrained where they are missing (.experiments/, ignored).
 * `--quick` runs a small grid into .experiments/quick.jsonl and says where its directions differ from the committed ones.
 */
import '../src/compat.ts'
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import * as v from 'valibot'
import { withTables } from '../src/cli/docs.ts'
import { entryArgs } from '../src/core/entry.ts'
import { ensureFolder, hasFile, readText, writeFileAtomic } from '../src/files/index.ts'
import { openBase } from '../src/train/base.ts'
import { compareDirections, comparisonText } from './experiments/compare.ts'
import { directionsOf } from './experiments/directions.ts'
import { documentOf } from './experiments/document.ts'
import { EXPERIMENTS } from './experiments/grid.ts'
import { ensureModel, modelDigest, MODEL_NAMES, type ModelName } from './experiments/models.ts'
import { pagesOf, picturesOf } from './experiments/pages.ts'
import { writeBenchPages } from './experiments/bench-pages.ts'
import { type Line, lineSchema, nameOf, type Plan } from './experiments/types.ts'

const ROOT = '.experiments'
const RESULTS = 'docs/results'
const COMMITTED = join(RESULTS, 'experiments.jsonl')
const FILE_SIZE_BYTES_MAX = 64 << 20
const CELL = new URL('./experiments/cell-process.ts', import.meta.url)

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string' },
    models: { type: 'string' },
    quick: { type: 'boolean', default: false },
    tables: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Cells at a time, each with one thread. */
    jobs: { type: 'string', default: '2' },
    /** Where raw lines go, by default as said above. */
    raw: { type: 'string' },
  },
})
const rawFile = values.raw ?? (values.quick ? join(ROOT, 'quick.jsonl') : COMMITTED)
const note = (text: string): void => void process.stderr.write(`${text}\n`)
const controller = new AbortController()

function chosenPlans(): readonly Plan[] {
  const experiments = EXPERIMENTS.filter(({ name }) => values.only === undefined || name === values.only)
  if (experiments.length === 0)
    throw new Error(
      `--only: no experiment ${values.only}; there are ${EXPERIMENTS.map(({ name }) => name).join(', ')}`,
    )
  const models: readonly string[] = values.models?.split(',') ?? MODEL_NAMES
  const strange = models.find((name) => !MODEL_NAMES.some((known) => known === name))
  if (strange !== undefined)
    throw new Error(`--models: no model ${strange}; there are ${MODEL_NAMES.join(', ')}`)
  return experiments
    .flatMap(({ full, quick }) => (values.quick ? quick : full))
    .filter((plan) => plan.kind === 'bytes' || models.includes(plan.model))
}

async function readLines(file: string): Promise<readonly Line[]> {
  if (!(await hasFile(file))) return []
  const text = await readText(file, FILE_SIZE_BYTES_MAX)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(lineSchema, JSON.parse(line)))
}

interface Model {
  readonly folder: string
  readonly digest: string
  readonly parameters: number
}

async function prepareModel(name: ModelName, threads: number): Promise<Model> {
  let shown = 0
  const folder = await ensureModel(ROOT, name, {
    threads,
    signal: controller.signal,
    onProgress: ({ done, total, note: words }) => {
      if (done < shown + 100) return
      shown = done
      note(`pretraining ${name}: step ${done} of ${total}, ${words ?? ''}`)
    },
  })
  const { model } = await openBase(folder)
  let parameters = 0
  for (const { dims, external } of model.graph.initializers.values())
    if (external !== undefined) parameters += dims.reduce((product, size) => product * size, 1)
  return { folder, digest: await modelDigest(folder), parameters }
}

/** One cell, in a process of its own. @returns what it printed */
async function runApart(plan: Plan, model: Model | null, job: number): Promise<unknown> {
  const work = join(ROOT, 'work', `${process.pid}-${job}`)
  const request = JSON.stringify({ plan, model: model?.folder ?? '', work, threads: 1 })
  const child = spawn(process.execPath, [...entryArgs(CELL), request], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: controller.signal,
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (status !== 0)
    throw new Error(`${nameOf(plan)}: status ${status}\n${Buffer.concat(err).toString('utf8')}`)
  return JSON.parse(Buffer.concat(out).toString('utf8'))
}

function lineOf(plan: Plan, figures: unknown, model: Model | null, seconds: number): Line {
  return v.parse(lineSchema, {
    kind: plan.kind,
    name: nameOf(plan),
    command: `npm run experiments -- ${values.quick ? '--quick' : `--only ${plan.kind}`}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    seconds: Number(seconds.toFixed(1)),
    ...(model === null ? {} : { modelDigest: model.digest, parameters: model.parameters }),
    plan,
    figures,
  })
}

function timeText(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

async function runCells(): Promise<readonly Line[]> {
  const lines = [...(await readLines(rawFile))]
  const known = new Set(lines.map(({ name }) => name))
  const plans = chosenPlans()
  const missing = plans.filter((plan) => !known.has(nameOf(plan)))
  const jobs = Number(values.jobs)
  note(`${plans.length} cells, ${plans.length - missing.length} are there already`)
  const models = new Map<ModelName, Model>()
  for (const name of new Set(missing.flatMap((plan) => (plan.kind === 'bytes' ? [] : [plan.model]))))
    models.set(name, await prepareModel(name, jobs))
  const startedAt = performance.now()
  let done = 0
  const left = missing.values()
  const work = async (job: number): Promise<void> => {
    for (const plan of left) {
      const model = plan.kind === 'bytes' ? null : models.get(plan.model)
      if (model === undefined) throw new Error(`${nameOf(plan)}: its model was not prepared`)
      const from = performance.now()
      const figures = await runApart(plan, model, job)
      const line = lineOf(plan, figures, model, (performance.now() - from) / 1000)
      lines.push(line)
      appendFileSync(rawFile, `${JSON.stringify(line)}\n`)
      done++
      const rest = ((performance.now() - startedAt) / 1000 / done) * (missing.length - done)
      note(
        `${done} of ${missing.length}: ${line.name}: ${wordsOf(line)}; ${line.seconds} s; about ${timeText(rest)} left`,
      )
    }
  }
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)))
  return lines.filter(({ name }) => plans.some((plan) => nameOf(plan) === name))
}

function wordsOf(line: Line): string {
  if (line.kind === 'exactness') return line.figures.ways.map(({ loss }) => loss.toFixed(2)).join(' ')
  if (line.kind === 'bytes')
    return line.figures.rounds.map(({ sentBytes }) => `${(sentBytes / 1e6).toFixed(1)} MB`).join(' ')
  if (line.kind === 'robustness') {
    const worst = line.figures.rows.map(({ loss }) => loss ?? 0)
    return `${worst.length} merges, losses up to ${Math.max(...worst).toFixed(2)}`
  }
  if (line.kind === 'asynchrony') return line.figures.sets.map(({ loss }) => loss.toFixed(2)).join(' ')
  const { local, oneRound, manyRounds } = line.figures.loss
  return `alone ${local.toFixed(2)}, one round ${oneRound.toFixed(2)}, many ${manyRounds.toFixed(2)}`
}

async function writePages(lines: readonly Line[]): Promise<void> {
  for (const [name, svg] of picturesOf(lines)) await writeFileAtomic(join(RESULTS, name), svg)
  for (const { file, tables } of pagesOf(lines)) {
    const path = join(RESULTS, file)
    await writeFileAtomic(path, withTables(await readText(path, FILE_SIZE_BYTES_MAX), tables))
  }
  writeBenchPages(RESULTS)
}

async function main(): Promise<void> {
  if (values.list) {
    for (const { name, title, full, quick } of EXPERIMENTS)
      process.stdout.write(`${name}: ${title}; ${full.length} cells, quick ${quick.length}\n`)
    return
  }
  if (values.tables) return writePages(await readLines(COMMITTED))
  process.once('SIGINT', () => controller.abort())
  process.once('SIGTERM', () => controller.abort())
  await ensureFolder(ROOT)
  const lines = await runCells()
  if (rawFile === COMMITTED) await writePages(await readLines(COMMITTED))
  const directions = directionsOf(lines)
  const compared = values.quick
    ? comparisonText(compareDirections(directions, directionsOf(await readLines(COMMITTED))))
    : []
  if (values.json) {
    // The document is all of stdout.
    for (const text of compared) note(text)
    process.stdout.write(`${JSON.stringify(documentOf(lines, directions))}\n`)
    return
  }
  for (const {
    claim,
    measured,
    interval: [low, high],
    holds,
  } of directions)
    process.stdout.write(
      `${holds ? 'holds    ' : 'does not '} ${claim}: ${measured.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})\n`,
    )
  for (const text of compared) process.stdout.write(`${text}\n`)
}

/** Lines that are written stay; a run that is started again goes on. */
const STATUS_INTERRUPTED = 130

try {
  await main()
} catch (error) {
  if (!controller.signal.aborted) throw error
  note('stopped; what is done is kept, start again to go on')
  process.exitCode = STATUS_INTERRUPTED
}
