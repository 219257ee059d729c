/**
 * How long a training step takes and how much memory it needs, beside PyTorch where a python3 with torch is found:
 *   npm run bench:training [-- --model tiny,88m,1.1b] [--shapes 4x128,1x512] [--rounds 3] [--steps 3] [--threads 2] [--json]
 *   npm run bench:training -- --full   all models, five rounds of ten steps
 *
 * Every measurement is a process of its own; PyTorch's and ours take turns, round by round, and the rounds are printed.
 * `ratio` is our time over PyTorch's, median of the rounds' medians, without checkpointing; `torchPeakMb` is the peak
 * of its process. Weights are random and lie in --work (default: a folder below the system's for temporary files).
 */
import '../src/compat.ts'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { entryArgs } from '../src/core/entry.ts'
import { type BenchModel, BENCH_MODELS, writeBenchModel } from './training-bench/models.ts'

const isFull = process.argv.includes('--full')
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: isFull ? 'tiny,88m,1.1b' : 'tiny,88m' },
    shapes: { type: 'string', default: '4x128,1x512' },
    rounds: { type: 'string', default: isFull ? '5' : '3' },
    steps: { type: 'string', default: isFull ? '10' : '3' },
    full: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    work: { type: 'string', default: join(tmpdir(), 'oneround-bench-training') },
    /** Only ours. */
    'no-torch': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
/** Larger than this is not compared: PyTorch holds such a model in f32. */
const TORCH_MODELS = ['tiny', '88m']
const MEMORY_ONLY_STEPS = '2'

interface Measured {
  readonly ms: readonly number[]
  readonly peakMb: number
  readonly sessionMs?: number
  readonly torch?: string
  readonly peft?: boolean
  readonly blas?: string
}

interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

interface Row {
  readonly model: string
  readonly shape: string
  readonly checkpointing: boolean
  readonly ms: Spread
  readonly peakMb: number
  readonly sessionMs: number
  /** Medians of the rounds, ms. */
  readonly rounds: readonly number[]
  readonly torchMs?: number
  readonly torchRounds?: readonly number[]
  readonly torchPeakMb?: number
  readonly ratio?: number
  readonly peakRatio?: number
}

const medianOf = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2
}
const spreadOf = (numbers: readonly number[]): Spread => ({
  min: Math.min(...numbers),
  median: medianOf(numbers),
  max: Math.max(...numbers),
})
/** Rounds go to standard error, which the one document of `--json` does not. */
const note = (text: string): void => void process.stderr.write(`${text}\n`)

function run(command: string, args: readonly string[]): Measured | null {
  const { status, stdout, stderr } = spawnSync(command, [...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  })
  if (status === 0) return JSON.parse(stdout) as Measured
  process.stderr.write(`${command} ended with status ${status}: ${stderr.slice(-2000)}\n`)
  return null
}

/** Every python3 on the PATH, the first that has torch. */
function findTorch(): string | null {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'python3'))
  return (
    paths.find((path) => existsSync(path) && spawnSync(path, ['-c', 'import torch']).status === 0) ?? null
  )
}

const stepProgram = entryArgs(new URL('./training-bench/step.ts', import.meta.url))
const baseline = fileURLToPath(new URL('./baseline/llama_step.py', import.meta.url))

interface Case {
  readonly id: string
  readonly bench: BenchModel
  readonly folder: string
  readonly shape: string
}

function ours({ id, folder, shape }: Case, checkpointing: 'on' | 'off', steps: string): Measured | null {
  const [batch = '1', length = '128'] = shape.split('x')
  return run(process.execPath, [
    ...stepProgram,
    id,
    folder,
    batch,
    length,
    values.threads,
    steps,
    checkpointing,
  ])
}

function torchs({ bench, folder, shape }: Case, python: string): Measured | null {
  const [batch = '1', length = '128'] = shape.split('x')
  const { rank, targets } = bench
  return run(python, [
    baseline,
    folder,
    batch,
    length,
    values.threads,
    values.steps,
    String(rank),
    targets.join(','),
  ])
}

/** Ours and PyTorch's in turns. The model with checkpointing is measured in the same rounds. */
function measure(each: Case, python: string | null): readonly Row[] {
  const found = { off: [] as Measured[], on: [] as Measured[], torch: [] as Measured[] }
  const isLarge = !TORCH_MODELS.includes(each.id)
  const [rounds, steps] = isLarge ? [1, MEMORY_ONLY_STEPS] : [Number(values.rounds), values.steps]
  for (let round = 0; round < rounds; round++) {
    // Without checkpointing a large model may need more memory than there is: only with.
    const off = isLarge ? null : ours(each, 'off', steps)
    const torch = python === null || isLarge ? null : torchs(each, python)
    const on = ours(each, 'on', steps)
    if (off) found.off.push(off)
    if (torch) found.torch.push(torch)
    if (on) found.on.push(on)
    const text = (name: string, one: Measured | null): string =>
      one === null ? '' : ` ${name} ${medianOf(one.ms).toFixed(0)} ms ${one.peakMb.toFixed(0)} MB;`
    note(
      `${each.bench.name} ${each.shape} round ${round + 1}:${text('ours', off)}${text('with checkpointing', on)}${text('PyTorch', torch)}`,
    )
  }
  return (['off', 'on'] as const).flatMap((kind) => rowOf(each, kind === 'on', found[kind], found.torch))
}

function rowOf(
  { bench, shape }: Case,
  checkpointing: boolean,
  runs: readonly Measured[],
  torch: readonly Measured[],
): readonly Row[] {
  if (runs.length === 0) return []
  const medians = runs.map(({ ms }) => medianOf(ms))
  const peakMb = Math.max(...runs.map((one) => one.peakMb))
  const own: Row = {
    model: bench.name,
    shape,
    checkpointing,
    ms: spreadOf(runs.flatMap(({ ms }) => ms)),
    peakMb,
    sessionMs: medianOf(runs.map(({ sessionMs }) => sessionMs ?? 0)),
    rounds: medians,
  }
  if (torch.length === 0) return [own]
  const torchRounds = torch.map(({ ms }) => medianOf(ms))
  const torchPeakMb = Math.max(...torch.map((one) => one.peakMb))
  const torchMs = medianOf(torchRounds)
  return [
    {
      ...own,
      torchMs,
      torchRounds,
      torchPeakMb,
      ratio: medianOf(medians) / torchMs,
      peakRatio: peakMb / torchPeakMb,
    },
  ]
}

interface TorchFacts {
  readonly version: string
  readonly blas: string
  readonly peft: boolean
}

function torchFacts(python: string): TorchFacts | null {
  const script =
    'import json, torch, importlib.util as u; ' +
    "blas = torch.__config__.show().split('BLAS_INFO=')[-1].split(',')[0]; " +
    "print(json.dumps(dict(version=torch.__version__, blas=blas, peft=u.find_spec('peft') is not None)))"
  const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' })
  return status === 0 ? (JSON.parse(stdout) as TorchFacts) : null
}

async function main(): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0
  const python = values['no-torch'] ? null : findTorch()
  if (python === null) note('no python3 with torch on the PATH: nothing to compare with')
  const rows: Row[] = []
  for (const id of values.model.split(',')) {
    const bench = BENCH_MODELS[id]
    if (bench === undefined)
      throw new Error(`--model ${id}: expected ${Object.keys(BENCH_MODELS).join(', ')}`)
    const folder = join(values.work, id)
    await writeBenchModel(bench, folder)
    const shapes = TORCH_MODELS.includes(id) ? values.shapes.split(',') : ['1x512']
    for (const shape of shapes) rows.push(...measure({ id, bench, folder, shape }, python))
  }
  const baselineFacts = python === null ? null : torchFacts(python)
  const document = {
    schema: 'oneround/bench-training@1',
    cpu: cpus()[0]?.model.trim() ?? '',
    node: process.version,
    threads: Number(values.threads),
    /** Version, BLAS, and whether PEFT's own layers were used. */
    torch: baselineFacts,
    /** Of the minute before: other work on the machine. */
    loadBefore,
    rows,
  }
  if (values.json) process.stdout.write(`${JSON.stringify(document)}\n`)
  else for (const row of rows) note(describe(row))
}

function describe({
  model,
  shape,
  checkpointing,
  ms,
  peakMb,
  sessionMs,
  ratio,
  peakRatio,
  torchMs,
}: Row): string {
  const against =
    ratio === undefined
      ? ''
      : `; ${ratio.toFixed(2)}× PyTorch’s ${torchMs?.toFixed(0)} ms, ${peakRatio?.toFixed(2)}× its memory`
  return `${model} ${shape}${checkpointing ? ', checkpointing' : ''}: ${ms.median.toFixed(0)} ms a step (${ms.min.toFixed(0)} … ${ms.max.toFixed(0)}), peak ${peakMb.toFixed(0)} MB, session ${sessionMs.toFixed(0)} ms${against}`
}

await main()
