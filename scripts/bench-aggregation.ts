/**
 * How fast updates are aggregated, against a plain copy of 1 GiB in the same process and against numpy where it is found:
 *   tsx scripts/bench-aggregation.ts [--json] [--n 16] [--d 16777216] [--rules mean,median,trimmed-mean] [--workers 1,2]
 *   tsx scripts/bench-aggregation.ts --files [--rank 8 | --whole] [--json] …
 *   tsx scripts/bench-aggregation.ts --full [--rules …] [--n 4,8] [--d 1000000] [--json]
 *   tsx scripts/bench-aggregation.ts --gram [--n 16] [--rank 16] [--side 4096] [--json]
 *
 * Without a flag: rules alone on dense f32 [n, d] in the kernel's memory, the middle of seven runs after two. `--files`:
 * from update files to the aggregate's file, as in a round, each row in a process of its own, so that its peak memory is
 * its own; `--whole`: of one parameter that is trained whole, so n·d·4 bytes of input. `--full`: the same for every rule, n and d; each row is kept in docs/results/aggregation-full.jsonl as soon as
 * it is measured, and rows that are there are not measured again. `--gram`: inner products and distances of the updates of
 * one module, against numpy on the dense ΔW.
 */
import '../src/compat.ts'
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { RULES } from '../src/aggregate/index.ts'
import { entryArgs } from '../src/core/entry.ts'
import { type BenchDocument, type BenchRow, measureDense } from './aggregation-bench/dense.ts'
import { bearableOf, measureFiles } from './aggregation-bench/files.ts'
import { measureGram } from './aggregation-bench/gram.ts'

const FULL_FILE = fileURLToPath(new URL('../docs/results/aggregation-full.jsonl', import.meta.url))
const FULL_N = [4, 8, 16, 32, 64]
const FULL_D = [1_000_000, 16_000_000, 100_000_000]

const { values } = parseArgs({
  options: {
    n: { type: 'string' },
    d: { type: 'string' },
    /** By default 8, with --gram 16. */
    rank: { type: 'string' },
    rules: { type: 'string' },
    workers: { type: 'string' },
    json: { type: 'boolean', default: false },
    whole: { type: 'boolean', default: false },
    files: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    gram: { type: 'boolean', default: false },
    side: { type: 'string', default: '4096' },
    /** One row from files, in this process. */
    row: { type: 'string' },
  },
})

const numbersOf = (text: string | undefined, otherwise: readonly number[]): readonly number[] =>
  text === undefined ? otherwise : text.split(',').map(Number)
const rules = values.rules?.split(',')
const workerCounts = numbersOf(values.workers, availableParallelism() > 1 ? [1, 2] : [1])
const rank = values.whole ? null : Number(values.rank ?? '8')
const note = (text: string): void => void process.stderr.write(`${text}\n`)

/** Three digits of what was measured. */
function rounded(row: object): Readonly<Record<string, unknown>> {
  const round = (value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(3)) : value
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, round(value)]))
}

function print({ copyGigabytesPerSecond, rows }: BenchDocument): void {
  const document = { ...rounded({ copyGigabytesPerSecond }), rows: rows.map(rounded) }
  process.stdout.write(`${JSON.stringify(document, null, values.json ? undefined : 2)}\n`)
}

/** In a process of its own. @returns null, and says so, where it failed */
function measureApart(request: { rule: string; n: number; d: number; workers?: number }): BenchRow | null {
  const { rule, n, d, workers } = request
  const args = [...entryArgs(new URL(import.meta.url)), '--row', rule, '--n', `${n}`, '--d', `${d}`]
  if (workers !== undefined) args.push('--workers', `${workers}`)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, ...(rank === null ? ['--whole'] : ['--rank', `${rank}`])],
    {
      encoding: 'utf8',
    },
  )
  const name = `${rule}, ${n} updates, ${d} coordinates`
  if (status !== 0) {
    note(`${name}: no row: ${stderr.trim().split('\n').at(-1) ?? ''}`)
    return null
  }
  // Our own process of the same version wrote it.
  const row = JSON.parse(stdout) as BenchRow
  note(`${name}, ${row.workers} threads: ${row.seconds.toFixed(2)} s, peak ${row.peakMb.toFixed(0)} MB`)
  return row
}

/** The copy's speed, as the rows have seen it: each in its own process. */
function documentOf(rows: readonly BenchRow[]): BenchDocument {
  const speeds = rows.map(({ gigabytesPerSecond, copyRatio }) => gigabytesPerSecond / copyRatio)
  return { copyGigabytesPerSecond: Math.max(0, ...speeds), rows }
}

const keyOf = ({ rule, n, d }: { rule: string; n: number; d: number }): string => `${rule} ${n} ${d}`

function readFull(): readonly BenchRow[] {
  if (!existsSync(FULL_FILE)) return []
  const lines = readFileSync(FULL_FILE, 'utf8').split('\n').filter(Boolean)
  // Written below.
  return lines.map((line) => (JSON.parse(line) as { readonly row: BenchRow }).row)
}

function measureFull(): BenchDocument {
  const known = new Set(readFull().map(keyOf))
  for (const d of numbersOf(values.d, FULL_D)) {
    for (const n of numbersOf(values.n, FULL_N)) {
      for (const rule of rules ?? RULES.map(({ id }) => id)) {
        if (known.has(keyOf({ rule, n, d }))) continue
        const b = bearableOf(rule, n)
        if (b === null) {
          note(`${rule}, ${n} updates: skipped: its precondition holds for no number of poisoned updates`)
          continue
        }
        const loadBefore = loadavg()[0] ?? 0
        const row = measureApart({ rule, n, d })
        if (row === null) continue
        const line = {
          cpu: cpus()[0]?.model.trim() ?? '',
          node: process.version,
          rank,
          b,
          loadBefore,
          row: rounded(row),
        }
        appendFileSync(FULL_FILE, `${JSON.stringify(line)}\n`)
      }
    }
  }
  return documentOf(readFull())
}

const [n = 16] = numbersOf(values.n, [16])
const [d = 0] = numbersOf(values.d, [1 << 24])
if (values.row !== undefined) {
  const [workers] = numbersOf(values.workers, [])
  const row = await measureFiles({
    rule: values.row,
    n,
    d,
    rank,
    ...(workers === undefined ? {} : { workers }),
  })
  process.stdout.write(JSON.stringify(row))
} else if (values.gram) {
  const document = await measureGram({ n, rank: Number(values.rank ?? '16'), side: Number(values.side) })
  const { numpy, ...own } = document
  const shown = { ...rounded(own), numpy: numpy === null ? null : rounded(numpy) }
  process.stdout.write(`${JSON.stringify(shown, null, values.json ? undefined : 2)}\n`)
} else if (values.full) print(measureFull())
else if (values.files) {
  const chosen = rules ?? ['mean', 'multi-krum', 'median', 'trimmed-mean']
  const requests = chosen.flatMap((rule) =>
    RULES.find(({ id }) => id === rule)?.family === 'coordinate'
      ? workerCounts.map((workers) => ({ rule, n, d, workers }))
      : [{ rule, n, d }],
  )
  print(documentOf(requests.flatMap((request) => measureApart(request) ?? [])))
} else {
  /** As many poisoned updates as the rules of the default run bear. */
  const b = Math.max(0, Math.floor((n - 3) / 2))
  const chosen = rules ?? ['mean', 'median', 'trimmed-mean']
  print(await measureDense({ n, d, b, rules: chosen, workerCounts, onRow: note }))
}
